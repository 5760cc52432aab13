"""Timelines: home, by hashtag, and by list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reblogbot.sandbox.answers import Reply, json_answer
from reblogbot.sandbox.api.lists import own_list
from reblogbot.sandbox.call import Call, Route
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Status


def home(call: Call) -> Reply:
    """Statuses of the caller and of the accounts it follows."""
    followed = call.instance.state.followed(call.viewer.id)
    return _timeline(call, _by_accounts(call, followed | {call.viewer.id}))


def tagged(call: Call) -> Reply:
    """Public statuses with a hashtag; `any[]`, `all[]` and `none[]` widen and narrow it."""
    any_of = {call.path_params["tag"].lower(), *_tags(call, "any")}
    all_of, none_of = _tags(call, "all"), _tags(call, "none")
    matching = []
    for status in call.instance.state.statuses.values():
        tags = {tag.lower() for tag in status.tags}
        if (
            status.visibility == "public"
            and tags & any_of
            and all_of <= tags
            and not tags & none_of
        ):
            matching.append(status)
    return _timeline(call, matching)


def _tags(call: Call, name: str) -> set[str]:
    return {str(tag).lower() for tag in call.params.many(name)}


def by_list(call: Call) -> Reply:
    return _timeline(call, _by_accounts(call, own_list(call).members))


def _by_accounts(call: Call, account_ids: Iterable[str]) -> Iterator[Status]:
    """The statuses of some accounts that the caller may see."""
    for account_id in account_ids:
        for status in call.instance.state.by_account[account_id].values():
            if call.instance.may_see(call.account, status):
                yield status


def _timeline(call: Call, statuses: Iterable[Status]) -> Reply:
    """A page of those statuses that pass `local`, `remote` and `only_media`."""
    params, accounts = call.params, call.instance.state.accounts
    wanted = (
        status
        for status in statuses
        if not params.flag("local" if accounts[status.account_id].host else "remote")
        and (status.media or not params.flag("only_media"))
    )
    chosen, headers = page(call, wanted)
    return json_answer(call.entities.statuses(chosen), headers=headers)


_TIMELINES = "/api/v1/timelines"
ROUTES = (
    Route("GET", f"{_TIMELINES}/home", home, "read:statuses"),
    Route("GET", f"{_TIMELINES}/tag/{{tag}}", tagged, "read:statuses", is_open=True),
    Route("GET", f"{_TIMELINES}/list/{{id}}", by_list, "read:lists"),
)
