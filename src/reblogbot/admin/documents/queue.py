"""The documents of `queue`."""

from __future__ import annotations

from typing import TypedDict

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


class QueueDetails(QueueItem):
    """A delivery with its whole post, its attempts and when it is due."""

    post: PostRow
    attempts: int
    due: str


class ChangedDeliveries(TypedDict):
    """The deliveries that were changed, as they are now."""

    deliveries: list[DeliveryRow]


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
    }
