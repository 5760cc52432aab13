"""Fields of the Mastodon API's JSON entities, as sources and targets read them.

Servers that speak this API differ: any field may be missing or of another type.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reblogbot.core import consent
from reblogbot.core.json_values import text_of

# A boost of a boost is not in the API; this bounds what a hostile server can nest.
_MAX_DEPTH = 5


def text(entity: object, name: str) -> str:
    """A text field, "" when it is missing; see `json_values.text_of` for its bounds."""
    return text_of(entity.get(name)) if isinstance(entity, Mapping) else ""


def id_of(entity: object) -> str:
    """The id of an entity on its server, opaque and never folded; "" when there is none."""
    return text(entity, "id")


def instant(entity: object, name: str) -> datetime | None:
    """An ISO 8601 date as aware UTC; None when it is missing or cannot be read."""
    written = entity.get(name) if isinstance(entity, Mapping) else None
    try:
        parsed = datetime.fromisoformat(written) if isinstance(written, str) else None
        return parsed and (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def addresses_of(status: object) -> tuple[str, ...]:
    """The ActivityPub id of a status and the URL of its page, as far as there are any."""
    return tuple(dict.fromkeys(filter(None, (text(status, "uri"), text(status, "url")))))


def boosted(status: object) -> Mapping[str, Any] | None:
    """The status that a status boosts, None when it is not a boost."""
    inner = status.get("reblog") if isinstance(status, Mapping) else None
    return inner if isinstance(inner, Mapping) else None


def original(status: Mapping[str, Any]) -> Mapping[str, Any]:
    """The status itself; for a boost, the status that it boosts."""
    for _ in range(_MAX_DEPTH):
        inner = boosted(status)
        if inner is None:
            break
        status = inner
    return status


def has_borrowed_id(status: object) -> bool:
    """True for a boost that has the id of the boosted status, as snac sends it."""
    inner = boosted(status)
    return inner is not None and id_of(inner).lower() == id_of(status).lower()


def account_address(account: object) -> str:
    """`name@host` of an account, in lower case, after the URL of its profile; "" when unknown."""
    page = text(account, "url") or text(account, "uri")
    return consent.account_address(text(account, "username"), page)
