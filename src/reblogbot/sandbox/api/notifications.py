"""What an account was told: mentions, boosts, favourites, follows."""

from __future__ import annotations

from collections.abc import Iterator

from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Notice
from reblogbot.sandbox.wire import Call, Reply, Route, as_json, refuse


def notices(call: Call) -> Reply:
    found, headers = page(call, _asked_for(call), default=40, ceiling=80)
    return as_json([call.show.notice(notice) for notice in found], headers=headers)


def _asked_for(call: Call) -> Iterator[Notice]:
    kinds, barred = call.params.many("types"), call.params.many("exclude_types")
    by = call.params.text("account_id")
    for notice in _own(call):
        if notice.kind in barred or (kinds and notice.kind not in kinds):
            continue
        if by and notice.by != by:
            continue
        yield notice


def _own(call: Call) -> Iterator[Notice]:
    return (n for n in call.world.state.notices.values() if n.account_id == call.viewer.id)


def show(call: Call) -> Reply:
    return call.show.notice(_one(call))


def _one(call: Call) -> Notice:
    found = call.world.state.notices.get(call.places["id"])
    if found is None or found.account_id != call.viewer.id:
        raise refuse(call.profile.deleted)
    return found


def dismiss(call: Call) -> Reply:
    call.world.record("notices_gone", {"ids": [_one(call).id]})
    return {}


def clear(call: Call) -> Reply:
    call.world.record("notices_gone", {"ids": [notice.id for notice in _own(call)]})
    return {}


ALL = "/api/v1/notifications"
ROUTES = (
    Route("GET", ALL, notices, "read:notifications"),
    Route("POST", f"{ALL}/clear", clear, "write:notifications"),
    Route("GET", f"{ALL}/{{id}}", show, "read:notifications"),
    Route("POST", f"{ALL}/{{id}}/dismiss", dismiss, "write:notifications"),
)
