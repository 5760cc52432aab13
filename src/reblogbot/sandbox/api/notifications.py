"""The notifications of an account: mentions, boosts, favourites and follows."""

from __future__ import annotations

from collections.abc import Iterator

from reblogbot.sandbox.answers import Reply, json_answer
from reblogbot.sandbox.call import Call, Route
from reblogbot.sandbox.paging import page
from reblogbot.sandbox.records import Notification


def index(call: Call) -> Reply:
    chosen, headers = page(call, _wanted(call), default=40, ceiling=80)
    return json_answer([call.entities.notification(each) for each in chosen], headers=headers)


def _wanted(call: Call) -> Iterator[Notification]:
    kinds, excluded = call.params.many("types"), call.params.many("exclude_types")
    by = call.params.text("account_id")
    for notification in call.instance.state.notifications.values():
        if notification.account_id != call.viewer.id or notification.kind in excluded:
            continue
        if (kinds and notification.kind not in kinds) or (by and notification.by != by):
            continue
        yield notification


ROUTES = (Route("GET", "/api/v1/notifications", index, "read:notifications"),)
