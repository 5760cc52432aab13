"""Pages of anything ranked: max_id, since_id, min_id, limit, and the Link header."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from reblogbot.sandbox.wire import Call


class Ranked(Protocol):
    """Anything with an id that the client pages by."""

    @property
    def id(self) -> str: ...

    @property
    def rank(self) -> int: ...


R = TypeVar("R", bound=Ranked)


def page(
    call: Call,
    records: Iterable[R],
    *,
    default: int = 20,
    ceiling: int = 40,
    ignored: Container[str] = (),
) -> tuple[list[R], Mapping[str, str]]:
    """The records asked for, newest first, with the headers that lead on."""
    limit = call.params.number("limit", default, ceiling)
    bounds = {
        name: _rank(call, call.params.text(name))
        for name in ("max_id", "since_id", "min_id")
        if name not in ignored
    }
    low = max((bounds.get(name) or 0 for name in ("since_id", "min_id")), default=0)
    high = bounds.get("max_id")
    found = sorted(
        (r for r in records if r.rank > low and (high is None or r.rank < high)),
        key=lambda record: record.rank,
        reverse=True,
    )
    found = found[-limit:] if bounds.get("min_id") is not None else found[:limit]
    return found, _links(call, found, limit)


def _rank(call: Call, asked: str) -> int | None:
    """Where an id stands; one that is not known counts as a snowflake if it is a number."""
    if not asked:
        return None
    state = call.world.state
    known = call.world.find_status(asked) or state.notices.get(asked) or state.accounts.get(asked)
    if known is not None:
        return known.rank
    return int(asked[:30]) if asked.isdecimal() else None


def _links(call: Call, found: list[R], limit: int) -> Mapping[str, str]:
    if not found or not call.profile.link_header:
        return {}
    links = [_link(call, "prev", min_id=found[0].id)]
    if len(found) == limit:
        links.insert(0, _link(call, "next", max_id=found[-1].id))
    return {"Link": ", ".join(links)}


def _link(call: Call, rel: str, **bound: str) -> str:
    asked = urlsplit(call.url)
    kept = [
        (name, value)
        for name, value in parse_qsl(asked.query)
        if name not in ("max_id", "min_id", "since_id")
    ]
    query = urlencode([*kept, *bound.items()])
    return f'<{call.world.origin}{asked.path}?{query}>; rel="{rel}"'
