"""The cursor of a document: what is stored between two polls beside HTTP's validators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

# A cache that answers 304 forever would silence a source, so once a day no validators are sent.
_FULL_FETCH_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DocumentCursor:
    """What is remembered of the last response of a document."""

    read_at: datetime | None = None
    """When a body last came."""
    ttl: timedelta | None = None
    """How long that body itself, not HTTP, said it stays fresh."""
    skipped_hours: frozenset[int] = frozenset()
    """The hours of the week in which that body wants no polls."""
    settings_digest: str = ""
    """The digest of the kind's own settings with which it was read."""
    read_from: str = ""
    """The origin that answered, which the validators belong to."""
    rests: Mapping[str, datetime] = field(default_factory=dict)
    """Origins that asked for no requests until a time."""

    @classmethod
    def load(cls, cursor: str) -> DocumentCursor:
        """The cursor from its text; an empty one when the text cannot be read."""
        try:
            stored = json.loads(cursor)
            ttl = stored["ttl"]
            rests = stored.get("rests", {})
            return cls(
                read_at=datetime.fromisoformat(stored["read_at"]),
                ttl=None if ttl is None else timedelta(seconds=ttl),
                skipped_hours=frozenset(stored.get("skipped_hours", ())),
                settings_digest=stored.get("own", ""),
                read_from=stored.get("read_from", ""),
                rests={at: datetime.fromisoformat(until) for at, until in rests.items()},
            )
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
            return cls()

    def dump(self) -> str:
        """The cursor as text. The names in it are stored: they do not change."""
        return json.dumps(
            {
                "read_at": self.read_at.isoformat() if self.read_at else "",
                "ttl": self.ttl.total_seconds() if self.ttl else None,
                "skipped_hours": sorted(self.skipped_hours),
                "own": self.settings_digest,
                "read_from": self.read_from,
                "rests": {at: until.isoformat() for at, until in self.rests.items()},
            }
        )

    def is_recent(self, now: datetime) -> bool:
        """True when a whole body came within the last day."""
        if self.read_at is None or self.read_at.tzinfo is None:
            return False
        return abs(now - self.read_at) < _FULL_FETCH_EVERY
