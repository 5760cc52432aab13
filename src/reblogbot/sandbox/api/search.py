"""Search, which also resolves addresses, and trends."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from typing import TypeVar

from reblogbot.sandbox import text as texts
from reblogbot.sandbox.api.accounts import matching
from reblogbot.sandbox.entities import Entity
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Account, Status
from reblogbot.sandbox.wire import Call, Reply, Route, refuse

Found = TypeVar("Found")


def search(call: Call) -> Reply:
    """Accounts, statuses and hashtags; an address finds only what it names."""
    words = call.params.text("q").strip()
    if call.profile.bad_flag and call.params.text("resolve", "true") not in ("true", "false"):
        raise refuse(call.profile.bad_flag)
    if call.params.flag("resolve") and call.account is None:
        raise refuse(No(401, words="Search queries that resolve remote resources need a login"))
    if words.startswith(("http://", "https://")):
        accounts, statuses = _resolved(call, words)
        tags: list[str] = []
    else:
        accounts, statuses = matching(call, words), list(_own_with(call, words))
        tags = [
            tag for tag in _tags(call) if words and tag.lower().startswith(words.strip("#").lower())
        ]
    return {
        "accounts": [call.show.account(found) for found in _part(call, "accounts", accounts)],
        "statuses": call.show.statuses(_part(call, "statuses", statuses)),
        "hashtags": [call.show.tag(name) for name in _part(call, "hashtags", tags)],
    }


def _part(call: Call, kind: str, found: list[Found]) -> list[Found]:
    wanted = call.params.text("type")
    if wanted and wanted != kind:
        return []
    offset = call.params.offset()
    return found[offset : offset + call.params.number("limit", 20, 40)]


def _resolved(call: Call, address: str) -> tuple[list[Account], list[Status]]:
    """Whom or what an address names, as far as this server finds it."""
    world, finds = call.world, call.profile.finds
    if finds == "nothing" or not call.params.flag("resolve"):
        return [], []
    accounts = [
        account
        for account in world.state.accounts.values()
        if address in (world.account_url(account), world.account_uri(account))
    ]
    statuses = [
        status
        for status in world.state.statuses.values()
        if address in (world.uri(status), world.url(status))
        and world.may_see(call.account, status)
        and (finds == "all" or _is_at_home(call, status))
    ]
    return accounts, statuses


def _is_at_home(call: Call, status: Status) -> bool:
    """Whether a status stands in the home timeline of the one who asks."""
    if call.account is None:
        return False
    return status.account_id in {call.account.id, *call.world.state.followed(call.account.id)}


def _own_with(call: Call, words: str) -> Iterator[Status]:
    """Full-text search finds only the viewer's own."""
    if call.account is not None and words:
        for status in call.world.state.own[call.account.id].values():
            if words.lower() in status.text.lower():
                yield status


def _tags(call: Call) -> list[str]:
    return list({t.lower(): t for s in call.world.state.statuses.values() for t in s.tags}.values())


def _public(call: Call) -> list[Status]:
    """Newest first."""
    found = (
        status
        for status in call.world.state.statuses.values()
        if status.visibility == "public" and not status.boost_of
    )
    return sorted(found, key=lambda status: status.rank, reverse=True)


def trending_statuses(call: Call) -> Reply:
    """Public statuses that somebody boosted or liked, the most liked first."""
    shown = [s for s in call.show.statuses(_public(call)) if _liked(s) and not s["in_reply_to_id"]]
    return _slice(call, sorted(shown, key=_liked, reverse=True), 20, 40)


def _liked(status: Entity) -> int:
    return int(status["reblogs_count"]) + int(status["favourites_count"])


def trending_links(call: Call) -> Reply:
    """Preview cards of links in public statuses, the most posted first."""
    posted: dict[str, list[Status]] = defaultdict(list)
    for status in _public(call):
        for piece in texts.pieces(status.text):
            if piece.kind == "link":
                posted[piece.name].append(status)
    ranked = sorted(posted.items(), key=lambda pair: len(pair[1]), reverse=True)
    cards = [
        call.show.card(link, _told(statuses)) | {"history": _history(call, statuses)}
        for link, statuses in ranked
    ]
    return _slice(call, cards, 10, 20)


def _told(statuses: list[Status]) -> Entity:
    return next((status.card for status in statuses if status.card), {})


def trending_tags(call: Call) -> Reply:
    counted = Counter(tag.lower() for status in _public(call) for tag in status.tags)
    tags = []
    for tag, _ in counted.most_common():
        using = [s for s in _public(call) if tag in map(str.lower, s.tags)]
        tags.append(call.show.tag(tag, _history(call, using)))
    return _slice(call, tags, 10, 20)


def _history(call: Call, statuses: Iterable[Status]) -> list[Entity]:
    """One day's worth of use: today's."""
    statuses = list(statuses)
    day = datetime.combine(call.world.now().date(), time(), UTC)
    people = {status.account_id for status in statuses}
    return [
        {"day": str(int(day.timestamp())), "accounts": str(len(people)), "uses": str(len(statuses))}
    ]


def _slice(call: Call, found: list[Entity], default: int, ceiling: int) -> list[Entity]:
    offset = call.params.offset()
    return found[offset : offset + call.params.number("limit", default, ceiling)]


ROUTES = (
    Route("GET", "/api/v2/search", search, "read:search", open=True),
    Route("GET", "/api/v1/trends/statuses", trending_statuses),
    Route("GET", "/api/v1/trends/links", trending_links),
    Route("GET", "/api/v1/trends/tags", trending_tags),
    Route("GET", "/api/v1/trends", trending_tags),
)
