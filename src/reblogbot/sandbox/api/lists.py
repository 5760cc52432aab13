"""Lists of accounts whose statuses are read together."""

from __future__ import annotations

from dataclasses import replace

from reblogbot.sandbox.answers import Reply
from reblogbot.sandbox.call import Call, Route
from reblogbot.sandbox.records import AccountList


def own_list(call: Call) -> AccountList:
    """The caller's list that the path names."""
    list_ = call.instance.state.lists.get(call.path_params["id"])
    if list_ is None or list_.account_id != call.viewer.id:
        raise call.refused("not_found")
    return list_


def index(call: Call) -> Reply:
    lists = call.instance.state.lists.values()
    return [call.entities.account_list(lst) for lst in lists if lst.account_id == call.viewer.id]


def create(call: Call) -> Reply:
    rank = call.instance.new_rank()
    list_ = AccountList(str(rank), call.viewer.id, call.params.text("title"))
    call.instance.record("roster", list_)
    return call.entities.account_list(list_)


def add_members(call: Call) -> Reply:
    """Add accounts to a list, which takes only those that its owner follows."""
    followed = call.instance.state.followed(call.viewer.id)
    if not {str(account_id) for account_id in call.params.many("account_ids")} <= followed:
        raise call.refused("not_found")
    return extend(call)


def extend(call: Call) -> Reply:
    """Add accounts to a list, followed or not."""
    list_ = own_list(call)
    members = dict.fromkeys([*list_.members, *map(str, call.params.many("account_ids"))])
    if not members.keys() <= call.instance.state.accounts.keys():
        raise call.refused("not_found")
    call.instance.record("roster", replace(list_, members=list(members)))
    return {}


_LISTS = "/api/v1/lists"
ROUTES = (
    Route("GET", _LISTS, index, "read:lists"),
    Route("POST", _LISTS, create, "write:lists"),
    Route("POST", f"{_LISTS}/{{id}}/accounts", add_members, "write:lists"),
)
