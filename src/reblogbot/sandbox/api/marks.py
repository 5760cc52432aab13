"""Boosts, favourites and bookmarks, and the lists of the latter two."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reblogbot.sandbox.answers import Reply, json_answer
from reblogbot.sandbox.call import Call, Endpoint, Route
from reblogbot.sandbox.drafts import VISIBILITIES
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Status


def boost(call: Call) -> Reply:
    """The boost of a status; an account has at most one of each."""
    original = status_to_boost(call)
    existing = call.instance.state.boost_by(call.viewer.id, original.id)
    return call.entities.status(existing or new_boost(call, original))


def status_to_boost(call: Call) -> Status:
    """The status to boost: the named one or, if that is a boost itself, its original.

    Raises Refused for a private or direct status, where the instance does not allow its boost.
    """
    status = call.find_status()
    status = call.instance.state.statuses.get(status.boost_of, status)
    reason = f"{status.visibility}_boost"
    if status.visibility in ("private", "direct") and call.is_refused(reason):
        raise call.refused(reason)
    return status


def new_boost(call: Call, original: Status) -> Status:
    visibility = call.params.text("visibility")
    if visibility not in VISIBILITIES:
        visibility = "public"
    return call.instance.boost(call.viewer, original, visibility)


def unboost(call: Call) -> Reply:
    """The original, whether or not it was boosted."""
    status = call.find_status()
    original = call.instance.state.statuses.get(status.boost_of, status)
    while existing := call.instance.state.boost_by(call.viewer.id, original.id):
        call.instance.delete(existing)
    return call.entities.status(original)


def _setter(name: str, *, on: bool) -> Endpoint:
    """An endpoint that sets or removes a mark."""

    def set_mark(call: Call) -> Reply:
        status = call.find_status()
        call.instance.mark(name, call.viewer, status, on=on)
        return call.entities.status(status)

    return set_mark


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked status; clients page by the id of the mark, not by that of the status."""

    rank: int
    status: Status

    @property
    def id(self) -> str:
        return str(self.rank)


def own_marks(call: Call, name: str) -> list[Mark]:
    """The caller's favourites or bookmarks."""
    statuses = call.instance.state.statuses
    return [
        Mark(rank, statuses[status_id])
        for (account_id, status_id), rank in call.instance.state.marks[name].items()
        if account_id == call.viewer.id
    ]


def _index(name: str) -> Callable[[Call], Reply]:
    """An endpoint that lists the caller's marks, the latest first."""

    def index(call: Call) -> Reply:
        chosen, headers = page(call, own_marks(call, name))
        return json_answer(call.entities.statuses(mark.status for mark in chosen), headers=headers)

    return index


_STATUS = "/api/v1/statuses/{id}"
ROUTES = (
    Route("POST", f"{_STATUS}/reblog", boost, "write:statuses"),
    Route("POST", f"{_STATUS}/unreblog", unboost, "write:statuses"),
    Route("POST", f"{_STATUS}/favourite", _setter("favourite", on=True), "write:favourites"),
    Route("POST", f"{_STATUS}/unfavourite", _setter("favourite", on=False), "write:favourites"),
    Route("POST", f"{_STATUS}/bookmark", _setter("bookmark", on=True), "write:bookmarks"),
    Route("POST", f"{_STATUS}/unbookmark", _setter("bookmark", on=False), "write:bookmarks"),
    Route("GET", "/api/v1/favourites", _index("favourite"), "read:favourites"),
    Route("GET", "/api/v1/bookmarks", _index("bookmark"), "read:bookmarks"),
)
