"""Timelines: home, public, by hashtag, by list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reblogbot.sandbox.api.lists import own_roster
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Status
from reblogbot.sandbox.wire import Answer, Call, Reply, Route, as_json


def home(call: Call) -> Reply:
    state = call.world.state
    whose = state.followed(call.viewer.id) | {call.viewer.id}
    found, headers = page(call, _narrowed(call, _seen(call, _of(call, whose))))
    shown = call.show.statuses(found)
    if call.profile.home_twice:
        shown *= 2
    return as_json(shown, headers=headers)


def public(call: Call) -> Reply:
    open_ones = (
        status
        for status in call.world.state.statuses.values()
        if status.visibility == "public" and not status.boost_of and not status.reply_to
    )
    return _answer(call, _narrowed(call, open_ones))


def tagged(call: Call) -> Reply:
    """Public statuses with the tag; `any[]`, `all[]` and `none[]` widen and narrow it."""
    wanted = {call.places["tag"].lower(), *_names(call, "any")}
    needed, barred = _names(call, "all"), _names(call, "none")
    if not call.profile.cjk_tag_timelines and not call.places["tag"].isascii():
        return []
    found = (
        status
        for status, tags in _with_tags(call)
        if status.visibility == "public" and tags & wanted and needed <= tags and not tags & barred
    )
    return _answer(call, _narrowed(call, found))


def _names(call: Call, name: str) -> set[str]:
    return {str(tag).lower() for tag in call.params.many(name)}


def _with_tags(call: Call) -> Iterator[tuple[Status, set[str]]]:
    for status in call.world.state.statuses.values():
        if status.tags:
            yield status, {tag.lower() for tag in status.tags}


def listed(call: Call) -> Reply:
    members = set(own_roster(call).members)
    return _answer(call, _narrowed(call, _seen(call, _of(call, members))))


def _of(call: Call, whose: set[str]) -> Iterator[Status]:
    for account_id in whose:
        yield from call.world.state.own[account_id].values()


def _seen(call: Call, statuses: Iterable[Status]) -> Iterator[Status]:
    return (status for status in statuses if call.world.may_see(call.account, status))


def _narrowed(call: Call, statuses: Iterable[Status]) -> Iterator[Status]:
    """Only what `local`, `remote` and `only_media` leave."""
    state, params = call.world.state, call.params
    for status in statuses:
        host = state.accounts[status.account_id].host
        if params.flag("remote" if not host else "local"):
            continue
        if params.flag("only_media") and not status.media:
            continue
        yield status


def _answer(call: Call, statuses: Iterable[Status]) -> Answer:
    found, headers = page(call, statuses)
    return as_json(call.show.statuses(found), headers=headers)


ROUTES = (
    Route("GET", "/api/v1/timelines/home", home, "read:statuses"),
    Route("GET", "/api/v1/timelines/public", public, "read:statuses", open=True),
    Route("GET", "/api/v1/timelines/tag/{tag}", tagged, "read:statuses", open=True),
    Route("GET", "/api/v1/timelines/list/{id}", listed, "read:lists"),
)
