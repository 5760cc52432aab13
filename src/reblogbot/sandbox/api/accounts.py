"""Accounts: who they are, what they posted, and who follows whom."""

from __future__ import annotations

from collections.abc import Iterator

from reblogbot.sandbox.answers import Reply, json_answer
from reblogbot.sandbox.call import Call, Route
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Status


def verify(call: Call) -> Reply:
    return call.entities.credentials(call.viewer)


def show(call: Call) -> Reply:
    return call.entities.account(call.find_account())


def lookup(call: Call) -> Reply:
    account = call.instance.find_account(call.params.text("acct"))
    if account is None:
        raise call.refused("not_found")
    return call.entities.account(account)


def statuses(call: Call) -> Reply:
    chosen, headers = page(call, visible_statuses(call))
    return json_answer(call.entities.statuses(chosen), headers=headers)


def visible_statuses(call: Call) -> Iterator[Status]:
    """The statuses of the account in the path that the caller may see and asked for."""
    for status in call.instance.state.by_account[call.find_account().id].values():
        if call.instance.may_see(call.account, status) and _is_wanted(call, status):
            yield status


def _is_wanted(call: Call, status: Status) -> bool:
    """Whether a status passes the parameters that exclude some."""
    params = call.params
    parent = call.instance.state.statuses.get(status.reply_to)
    is_to_others = bool(status.reply_to) and (
        parent is None or parent.account_id != status.account_id
    )
    if (
        (params.flag("exclude_replies") and is_to_others)
        or (params.flag("exclude_reblogs") and status.boost_of)
        or (params.flag("only_media") and not status.media)
        or params.flag("pinned")  # nothing can be pinned here
    ):
        return False
    tag = params.text("tagged").lower()
    return not tag or tag in map(str.lower, status.tags)


def relationships(call: Call) -> Reply:
    accounts = call.instance.state.accounts
    return [
        call.entities.relationship(call.viewer, accounts[account_id])
        for account_id in call.params.many("id")
        if account_id in accounts
    ]


def follow(call: Call) -> Reply:
    account = call.find_account()
    if (call.viewer.id, account.id) not in call.instance.state.follows:
        call.instance.follow(call.viewer, account)
    return call.entities.relationship(call.viewer, account)


def unfollow(call: Call) -> Reply:
    account = call.find_account()
    call.instance.follow(call.viewer, account, "")
    return call.entities.relationship(call.viewer, account)


_ACCOUNTS = "/api/v1/accounts"
ROUTES = (
    Route("GET", f"{_ACCOUNTS}/verify_credentials", verify, "read:accounts|profile"),
    Route("GET", f"{_ACCOUNTS}/lookup", lookup),
    Route("GET", f"{_ACCOUNTS}/relationships", relationships, "read:follows"),
    Route("GET", f"{_ACCOUNTS}/{{id}}", show, "read:accounts", is_open=True),
    Route("GET", f"{_ACCOUNTS}/{{id}}/statuses", statuses, "read:statuses", is_open=True),
    Route("POST", f"{_ACCOUNTS}/{{id}}/follow", follow, "write:follows"),
    Route("POST", f"{_ACCOUNTS}/{{id}}/unfollow", unfollow, "write:follows"),
)
