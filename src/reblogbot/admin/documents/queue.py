"""The documents of `queue`."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from reblogbot.admin.documents.deliveries import (
    DeliveryRow,
    PostRow,
    WaitFields,
    delivery_json,
    post_json,
    wait_json,
)
from reblogbot.admin.documents.instants import instant_json
from reblogbot.core.waits import Wait
from reblogbot.model import Delivery


class QueueItem(DeliveryRow, WaitFields):
    """A delivery with its title, and why it waits."""

    title: str


class QueueDocument(TypedDict):
    """Open deliveries, or those in the states that were asked for, in the order of queueing."""

    deliveries: list[QueueItem]
    omitted: int
    """How many more there are behind them."""


class QueueDetails(QueueItem):
    """A delivery with its whole post, its attempts and when it is due."""

    post: PostRow
    attempts: int
    due: str
    waits_for: list[str]
    """The steps whose results its text still lacks."""


class FailedAction(TypedDict):
    """The number of a delivery that was not changed, and why."""

    id: int
    reason: str


class ChangedDeliveries(TypedDict):
    """The deliveries that were changed, as they are now, and those that were not."""

    deliveries: list[DeliveryRow]
    failed: list[FailedAction]


class FailedEntry(TypedDict):
    """An entry that is not posted after all, and why."""

    entry: str
    account: NotRequired[str]
    source: NotRequired[str]
    reason: str


class PostedEntries(TypedDict):
    """What `queue post` queued, or would queue."""

    deliveries: list[DeliveryRow]
    posts: list[PostRow]
    failed: list[FailedEntry]
    remarks: list[str]


def queue_item_json(delivery: Delivery, title: str, wait: Wait | None) -> QueueItem:
    """A delivery of `queue list`."""
    return {**delivery_json(delivery), "title": title, **wait_json(wait)}


def queue_details_json(delivery: Delivery, title: str, wait: Wait | None) -> QueueDetails:
    """The delivery of `queue show`."""
    return {
        **queue_item_json(delivery, title, wait),
        "post": post_json(delivery.account, delivery.source, delivery.post),
        "attempts": delivery.attempts,
        "due": instant_json(delivery.due),
        "waits_for": list(delivery.waits_for),
    }
