"""What one does with a status: boost, favourite, bookmark, and the lists of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reblogbot.sandbox.drafts import VISIBILITIES
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.profiles import No
from reblogbot.sandbox.records import Status
from reblogbot.sandbox.wire import Call, Reply, Route, as_json, refuse


def boost(call: Call) -> Reply:
    """The boost; an existing one where this server makes but one."""
    original = _original(call)
    existing = call.world.state.boosted(call.viewer.id, original.id)
    if existing is not None and isinstance(call.profile.boost_twice, No):
        raise refuse(call.profile.boost_twice)
    if existing is None or call.profile.boost_twice == "another":
        existing = call.world.boost(call.viewer, original, _boost_visibility(call))
    return call.show.status(original if call.profile.boost_answer == "original" else existing)


def _original(call: Call) -> Status:
    """The status to boost. Refused where it may not be."""
    found = call.find_status()
    if found.boost_of:
        if call.profile.boost_of_boost == "404":
            raise refuse(call.profile.deleted)
        found = call.world.state.statuses[found.boost_of]
    refusals: dict[str, No | None] = {
        "private": call.profile.boosts_private,
        "direct": call.profile.boosts_direct,
    }
    if no := refusals.get(found.visibility):
        raise refuse(no)
    return found


def _boost_visibility(call: Call) -> str:
    asked = call.params.text("visibility")
    return asked if call.profile.boost_visibility and asked in VISIBILITIES else "public"


def unboost(call: Call) -> Reply:
    """The status that was boosted, whether or not it was."""
    found = call.find_status()
    original = call.world.state.statuses.get(found.boost_of, found)
    while existing := call.world.state.boosted(call.viewer.id, original.id):
        call.world.delete(existing)
    return call.show.status(original)


def boosted_by(call: Call) -> Reply:
    state = call.world.state
    boosts = (state.statuses[boost] for boost in state.boosts[call.find_status().id])
    return [call.show.account(state.accounts[boost.account_id]) for boost in boosts]


def favourited_by(call: Call) -> Reply:
    state, status = call.world.state, call.find_status()
    who = [account for account, marked in state.marks["favourite"] if marked == status.id]
    return [call.show.account(state.accounts[account]) for account in who]


def marking(name: str, *, on: bool) -> Callable[[Call], Reply]:
    """An endpoint that sets or takes away a mark."""

    def mark(call: Call) -> Reply:
        status = call.find_status()
        call.world.mark(name, call.viewer, status, on=on)
        return call.show.status(status)

    return mark


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked status; pages go by the mark's own id, not by the status'."""

    rank: int
    status: Status

    @property
    def id(self) -> str:
        return str(self.rank)


def marked(name: str) -> Callable[[Call], Reply]:
    """An endpoint that lists the viewer's marks, the last marked first."""

    def of(call: Call) -> Iterator[Mark]:
        for (account_id, status_id), rank in call.world.state.marks[name].items():
            if account_id == call.viewer.id:
                yield Mark(rank, call.world.state.statuses[status_id])

    def marks(call: Call) -> Reply:
        listed, asked = list(of(call)), call.params.text("max_id")
        named = next((mark.rank for mark in listed if mark.status.id == asked), None)
        if call.profile.link_header or named is None:
            found, headers = page(call, listed)
        else:
            # without a link that tells a mark's own id, pages go by the status (snac)
            below = [mark for mark in listed if mark.rank < named]
            found, headers = page(call, below, ignored={"max_id"})
        return as_json(call.show.statuses(mark.status for mark in found), headers=headers)

    return marks


ONE = "/api/v1/statuses/{id}"
ROUTES = (
    Route("POST", f"{ONE}/reblog", boost, "write:statuses"),
    Route("POST", f"{ONE}/unreblog", unboost, "write:statuses"),
    Route("GET", f"{ONE}/reblogged_by", boosted_by, "read:accounts", open=True),
    Route("GET", f"{ONE}/favourited_by", favourited_by, "read:accounts", open=True),
    Route("POST", f"{ONE}/favourite", marking("favourite", on=True), "write:favourites"),
    Route("POST", f"{ONE}/unfavourite", marking("favourite", on=False), "write:favourites"),
    Route("POST", f"{ONE}/bookmark", marking("bookmark", on=True), "write:bookmarks"),
    Route("POST", f"{ONE}/unbookmark", marking("bookmark", on=False), "write:bookmarks"),
    Route("GET", "/api/v1/favourites", marked("favourite"), "read:favourites"),
    Route("GET", "/api/v1/bookmarks", marked("bookmark"), "read:bookmarks"),
)
