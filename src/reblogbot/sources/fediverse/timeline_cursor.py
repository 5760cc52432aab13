"""The cursor of a timeline: what is stored of it, so that the next poll can stop early."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

_MARK_LENGTH = 8
_MAX_MARKS = 240


def mark_of(id_: str) -> str:
    """Eight characters that stand for the id of an item."""
    octets = id_.encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.blake2b(octets, digest_size=6).digest()).decode()


def bounded_marks(marks: Iterable[str]) -> tuple[str, ...]:
    """The marks, each once, and no more than a cursor stores."""
    return tuple(dict.fromkeys(marks))[:_MAX_MARKS]


@dataclass(frozen=True, slots=True)
class TimelineCursor:
    """What is remembered of a timeline.

    A mark stands for the id of an item (`mark_of`). The store decides by itself which entries are
    new; marks only save requests.
    """

    settings_digest: str = ""
    """The digest of the source's own settings with which it was read."""
    resolved_id: str = ""
    """The id that the settings were resolved to: of an account, a list or an actor."""
    known_marks: tuple[str, ...] = ()
    """The marks of the items that have been read, the newest first."""
    above_gap: tuple[str, ...] = ()
    """The marks above the gap, if there is one; `known_marks` are then the marks below it."""
    gap: str = ""
    """Where the next poll goes on, when the last one could not read down to the known items."""
    history: tuple[str, ...] = ()
    """The marks of items from before `since` that appeared later."""
    since: datetime | None = None
    """The date of the oldest item of the first poll: older items are history, not news."""
    read_at: datetime | None = None
    """When the newest page was last read; None before the first poll."""

    @classmethod
    def load(cls, cursor: str, settings_digest: str) -> TimelineCursor:
        """The cursor from its text; an empty one for other settings or an unreadable text."""
        try:
            stored = json.loads(cursor)
            loaded = cls(
                settings_digest=str(stored["own"]),
                resolved_id=str(stored["place"]),
                known_marks=_split(stored["known"]),
                above_gap=_split(stored["above"]),
                gap=str(stored["gap"]),
                history=_split(stored["passed"]),
                since=_instant(stored["since"]),
                read_at=_instant(stored["read_at"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls(settings_digest)
        return loaded if loaded.settings_digest == settings_digest else cls(settings_digest)

    def dump(self) -> str:
        """The cursor as text. The names in it are stored: they do not change."""
        return json.dumps(
            {
                "own": self.settings_digest,
                "place": self.resolved_id,
                "known": "".join(self.known_marks),
                "above": "".join(self.above_gap),
                "gap": self.gap,
                "passed": "".join(self.history),
                "since": self.since.isoformat() if self.since else "",
                "read_at": self.read_at.isoformat() if self.read_at else "",
            }
        )

    def without(self, ids: Iterable[str]) -> TimelineCursor:
        """The cursor without these items, so that the next poll meets them as new."""
        marks = {mark_of(id_) for id_ in ids}
        return replace(
            self,
            known_marks=tuple(mark for mark in self.known_marks if mark not in marks),
            above_gap=tuple(mark for mark in self.above_gap if mark not in marks),
        )


def _split(joined: str) -> tuple[str, ...]:
    if not isinstance(joined, str):
        raise TypeError(joined)
    return tuple(joined[at : at + _MARK_LENGTH] for at in range(0, len(joined), _MARK_LENGTH))


def _instant(written: str) -> datetime | None:
    instant = datetime.fromisoformat(written) if written else None
    if instant is not None and instant.tzinfo is None:
        raise ValueError(written)
    return instant
