"""Accounts: who they are, what they posted, and who follows whom."""

from __future__ import annotations

from collections.abc import Iterator

from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Account, Status
from reblogbot.sandbox.wire import Call, Reply, Route, as_json, refuse


def verify(call: Call) -> Reply:
    return call.show.credentials(call.viewer)


def update(call: Call) -> Reply:
    """Set those of the profile's fields that are given."""
    words = {
        name: call.params.text(name) for name in ("display_name", "note") if name in call.params
    }
    switches = {
        name: call.params.flag(name)
        for name in ("bot", "locked", "discoverable", "indexable")
        if name in call.params
    }
    account = call.world.add_account(call.viewer.acct, words | switches)
    return call.show.credentials(account)


def show(call: Call) -> Reply:
    return call.show.account(call.find_account())


def several(call: Call) -> Reply:
    known = call.world.state.accounts
    return [call.show.account(known[i]) for i in call.params.many("id") if i in known]


def lookup(call: Call) -> Reply:
    account = call.world.account(call.params.text("acct"))
    if account is None:
        raise refuse(call.profile.deleted)
    return call.show.account(account)


def search(call: Call) -> Reply:
    limit = call.params.number("limit", 40, 80)
    return [call.show.account(found) for found in matching(call, call.params.text("q"))][:limit]


def matching(call: Call, words: str) -> list[Account]:
    """Accounts an acct or a part of a name finds, the exact one first."""
    words = words.strip().removeprefix("@").lower()
    exact = call.world.account(words)
    others = [
        account
        for account in call.world.state.accounts.values()
        if words
        and account is not exact
        and words in f"{account.acct} {account.display_name}".lower()
    ]
    return [exact, *others] if exact else others


def statuses(call: Call) -> Reply:
    account = call.find_account()
    ignored = call.profile.ignored_paging
    found, headers = page(call, _asked_for(call, account), ignored=ignored)
    return as_json(call.show.statuses(found), headers=headers)


def _asked_for(call: Call, account: Account) -> Iterator[Status]:
    for status in call.world.state.own[account.id].values():
        if call.profile.hides_from_author and status.visibility in ("private", "direct"):
            continue
        if call.world.may_see(call.account, status) and _passes(call, status):
            yield status


def _passes(call: Call, status: Status) -> bool:
    """Whether a status survives the exclude_ and only_ parameters that this server heeds."""
    state, params, ignored = call.world.state, call.params, call.profile.ignored_paging
    parent = state.statuses.get(status.reply_to)
    to_others = bool(status.reply_to) and (parent is None or parent.account_id != status.account_id)
    tag = params.text("tagged").lower()
    refused = (
        ("exclude_replies", to_others),
        ("exclude_reblogs", bool(status.boost_of)),
        ("only_media", not status.media),
        ("pinned", True),
    )
    if any(params.flag(name) and fails for name, fails in refused if name not in ignored):
        return False
    return not tag or "tagged" in ignored or tag in map(str.lower, status.tags)


def followers(call: Call) -> Reply:
    return _people(call, call.world.state.followers(call.find_account().id))


def following(call: Call) -> Reply:
    return _people(call, call.world.state.followed(call.find_account().id))


def _people(call: Call, ids: set[str]) -> Reply:
    found, headers = page(call, (call.world.state.accounts[i] for i in ids), default=40, ceiling=80)
    return as_json([call.show.account(account) for account in found], headers=headers)


def relationships(call: Call) -> Reply:
    known = call.world.state.accounts
    return [
        call.show.relationship(call.viewer, known[i]) for i in call.params.many("id") if i in known
    ]


def follow(call: Call) -> Reply:
    other = call.find_account()
    if call.world.state.follows.get((call.viewer.id, other.id)) is None:
        call.world.follow(call.viewer, other)
    return call.show.relationship(call.viewer, other)


def unfollow(call: Call) -> Reply:
    other = call.find_account()
    call.world.follow(call.viewer, other, "")
    return call.show.relationship(call.viewer, other)


def preferences(call: Call) -> Reply:
    return {
        "posting:default:visibility": call.viewer.privacy,
        "posting:default:sensitive": False,
        "posting:default:language": call.viewer.language or None,
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
    }


ACCOUNTS = "/api/v1/accounts"
ROUTES = (
    Route("GET", f"{ACCOUNTS}/verify_credentials", verify, "read:accounts|profile"),
    Route("PATCH", f"{ACCOUNTS}/update_credentials", update, "write:accounts"),
    Route("GET", f"{ACCOUNTS}/lookup", lookup),
    Route("GET", f"{ACCOUNTS}/search", search, "read:accounts"),
    Route("GET", f"{ACCOUNTS}/relationships", relationships, "read:follows"),
    Route("GET", ACCOUNTS, several, "read:accounts", open=True),
    Route("GET", f"{ACCOUNTS}/{{id}}", show, "read:accounts", open=True),
    Route("GET", f"{ACCOUNTS}/{{id}}/statuses", statuses, "read:statuses", open=True),
    Route("GET", f"{ACCOUNTS}/{{id}}/followers", followers, "read:accounts", open=True),
    Route("GET", f"{ACCOUNTS}/{{id}}/following", following, "read:accounts", open=True),
    Route("POST", f"{ACCOUNTS}/{{id}}/follow", follow, "write:follows"),
    Route("POST", f"{ACCOUNTS}/{{id}}/unfollow", unfollow, "write:follows"),
    Route("GET", "/api/v1/preferences", preferences, "read:accounts"),
)
