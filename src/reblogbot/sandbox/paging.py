"""Pages of anything ranked: max_id, since_id, min_id, limit, and the Link header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from reblogbot.sandbox.call import Call

_BOUNDS = ("max_id", "since_id", "min_id")


class Ranked(Protocol):
    """Anything with an id by which clients page."""

    @property
    def id(self) -> str: ...

    @property
    def rank(self) -> int: ...


R = TypeVar("R", bound=Ranked)


def page(
    call: Call, records: Iterable[R], *, default: int = 20, ceiling: int = 40
) -> tuple[list[R], Mapping[str, str]]:
    """The page of records that was asked for, newest first, and its Link header."""
    limit = call.params.limit(default, ceiling)
    bounds = {name: _rank(call, call.params.text(name)) for name in _BOUNDS}
    low = max(bounds["since_id"] or 0, bounds["min_id"] or 0)
    high = bounds["max_id"]
    chosen = sorted(
        (r for r in records if r.rank > low and (high is None or r.rank < high)),
        key=lambda record: record.rank,
        reverse=True,
    )
    chosen = chosen[-limit:] if bounds["min_id"] is not None else chosen[:limit]
    return chosen, _links(call, chosen, limit)


def _rank(call: Call, record_id: str) -> int | None:
    """The rank that an id stands for; an unknown number is taken for a rank, as on Mastodon."""
    if not record_id:
        return None
    state = call.instance.state
    record = (
        call.instance.find_status(record_id)
        or state.notifications.get(record_id)
        or state.accounts.get(record_id)
    )
    if record is not None:
        return record.rank
    return int(record_id[:30]) if record_id.isdecimal() else None


def _links(call: Call, chosen: list[R], limit: int) -> Mapping[str, str]:
    if not chosen:
        return {}
    links = [_link(call, "prev", min_id=chosen[0].id)]
    if len(chosen) == limit:
        links.insert(0, _link(call, "next", max_id=chosen[-1].id))
    return {"Link": ", ".join(links)}


def _link(call: Call, rel: str, **bound: str) -> str:
    url = urlsplit(call.url)
    others = [(name, value) for name, value in parse_qsl(url.query) if name not in _BOUNDS]
    query = urlencode([*others, *bound.items()])
    return f'<{call.instance.origin}{url.path}?{query}>; rel="{rel}"'
