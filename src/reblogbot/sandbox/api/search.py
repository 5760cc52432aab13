"""Search for accounts and statuses by name or address, and trends."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, time
from typing import TypeVar

from reblogbot.sandbox import text as texts
from reblogbot.sandbox.answers import Entity, Reply
from reblogbot.sandbox.call import Call, Route, refused
from reblogbot.sandbox.profiles import Refusal
from reblogbot.sandbox.records import Account, Status

T = TypeVar("T")


def search(call: Call) -> Reply:
    """The account called like the query, or what its address leads to. There are no hashtags."""
    query = call.params.text("q").strip()
    if call.params.flag("resolve") and call.account is None:
        message = "Search queries that resolve remote resources need a login"
        raise refused(Refusal(401, message=message))
    if query.startswith(("http://", "https://")):
        accounts, statuses = _resolve(call, query)
    else:
        account = call.instance.find_account(query)
        accounts, statuses = [account] if account else [], []
    accounts = _part(call, "accounts", accounts)
    statuses = _part(call, "statuses", statuses)
    return {
        "accounts": [call.entities.account(account) for account in accounts],
        "statuses": call.entities.statuses(statuses),
        "hashtags": [],
    }


def _part(call: Call, kind: str, results: list[T]) -> list[T]:
    """The results of a kind that were asked for."""
    return _slice(call, results, 20, 40) if call.params.text("type", kind) == kind else []


def _resolve(call: Call, address: str) -> tuple[list[Account], list[Status]]:
    """The accounts and statuses that have an address."""
    if not call.params.flag("resolve"):
        return [], []
    instance = call.instance
    accounts = [
        account
        for account in instance.state.accounts.values()
        if address in (instance.account_url(account), instance.account_uri(account))
    ]
    statuses = [
        status
        for status in instance.state.statuses.values()
        if address in (instance.uri(status), instance.url(status))
        and instance.may_see(call.account, status)
    ]
    return accounts, statuses


def _public_statuses(call: Call) -> list[Status]:
    """All public statuses that are no boosts, newest first."""
    public = (
        status
        for status in call.instance.state.statuses.values()
        if status.visibility == "public" and not status.boost_of
    )
    return sorted(public, key=lambda status: status.rank, reverse=True)


def trending_statuses(call: Call) -> Reply:
    """Public statuses with boosts or favourites, those with most first."""
    statuses = call.entities.statuses(_public_statuses(call))
    liked = [status for status in statuses if _likes(status) and not status["in_reply_to_id"]]
    return _slice(call, sorted(liked, key=_likes, reverse=True), 20, 40)


def _likes(status: Entity) -> int:
    return int(status["reblogs_count"]) + int(status["favourites_count"])


def trending_links(call: Call) -> Reply:
    """Preview cards of the links in public statuses, the most posted first."""
    linking: dict[str, list[Status]] = defaultdict(list)
    for status in _public_statuses(call):
        for piece in texts.pieces(status.text):
            if piece.kind == "link":
                linking[piece.name].append(status)
    ranked = sorted(linking.items(), key=lambda pair: len(pair[1]), reverse=True)
    return _slice(call, [_link_card(call, link, statuses) for link, statuses in ranked], 10, 20)


def _link_card(call: Call, link: str, statuses: list[Status]) -> Entity:
    """The card of a link, with its use of today as its whole history."""
    values = next((status.card for status in statuses if status.card), {})
    day = datetime.combine(call.instance.now().date(), time(), UTC)
    history = {
        "day": str(int(day.timestamp())),
        "accounts": str(len({status.account_id for status in statuses})),
        "uses": str(len(statuses)),
    }
    return call.entities.card(link, values) | {"history": [history]}


def _slice(call: Call, results: list[T], default: int, ceiling: int) -> list[T]:
    offset = call.params.offset()
    return results[offset : offset + call.params.limit(default, ceiling)]


ROUTES = (
    Route("GET", "/api/v2/search", search, "read:search", is_open=True),
    Route("GET", "/api/v1/trends/statuses", trending_statuses),
    Route("GET", "/api/v1/trends/links", trending_links),
)
