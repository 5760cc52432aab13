"""Lists of accounts that somebody reads together."""

from __future__ import annotations

from dataclasses import replace

from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Roster
from reblogbot.sandbox.wire import Call, Reply, Route, as_json, refuse


def own_roster(call: Call) -> Roster:
    """The viewer's list that the path names."""
    _check(call)
    found = call.world.state.rosters.get(call.places["id"])
    if found is None or found.account_id != call.viewer.id:
        raise refuse(call.profile.deleted)
    return found


def _check(call: Call) -> None:
    if call.profile.lists:
        raise refuse(call.profile.lists)


def rosters(call: Call) -> Reply:
    _check(call)
    own = (r for r in call.world.state.rosters.values() if r.account_id == call.viewer.id)
    return [call.show.roster(roster) for roster in own]


def show(call: Call) -> Reply:
    return call.show.roster(own_roster(call))


def create(call: Call) -> Reply:
    _check(call)
    roster = Roster(str(call.world.rank()), call.viewer.id, "")
    return _saved(call, roster)


def update(call: Call) -> Reply:
    return _saved(call, own_roster(call))


def _saved(call: Call, roster: Roster) -> Reply:
    roster = replace(
        roster,
        title=call.params.text("title", roster.title),
        replies_policy=call.params.text("replies_policy", roster.replies_policy),
        exclusive=call.params.flag("exclusive", default=roster.exclusive),
    )
    call.world.record("roster", roster)
    return call.show.roster(roster)


def delete(call: Call) -> Reply:
    call.world.record("roster_gone", {"id": own_roster(call).id})
    return {}


def members(call: Call) -> Reply:
    accounts = call.world.state.accounts
    found, headers = page(
        call, (accounts[i] for i in own_roster(call).members), default=40, ceiling=80
    )
    return as_json([call.show.account(account) for account in found], headers=headers)


def add(call: Call) -> Reply:
    """Take accounts in; most servers take only those that are followed."""
    roster, followed = own_roster(call), call.world.state.followed(call.viewer.id)
    wanted = [str(account_id) for account_id in call.params.many("account_ids")]
    for account_id in wanted:
        is_fine = account_id in followed or call.profile.lists_take_anyone
        if account_id not in call.world.state.accounts or not is_fine:
            raise refuse(call.profile.deleted)
    joined = [*roster.members, *(i for i in wanted if i not in roster.members)]
    call.world.record("roster", replace(roster, members=joined))
    return {}


def remove(call: Call) -> Reply:
    roster = own_roster(call)
    gone = {str(account_id) for account_id in call.params.many("account_ids")}
    left = [account_id for account_id in roster.members if account_id not in gone]
    call.world.record("roster", replace(roster, members=left))
    return {}


LISTS = "/api/v1/lists"
ONE = f"{LISTS}/{{id}}"
ROUTES = (
    Route("GET", LISTS, rosters, "read:lists"),
    Route("POST", LISTS, create, "write:lists"),
    Route("GET", ONE, show, "read:lists"),
    Route("PUT", ONE, update, "write:lists"),
    Route("DELETE", ONE, delete, "write:lists"),
    Route("GET", f"{ONE}/accounts", members, "read:lists"),
    Route("POST", f"{ONE}/accounts", add, "write:lists"),
    Route("DELETE", f"{ONE}/accounts", remove, "write:lists"),
)
