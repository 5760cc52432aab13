"""What an admin sees of the queue and changes in it, on ground that others change too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reblogbot.admin.queue_actions import (
    BUSY,
    STATES,
    Action,
    ActionResult,
    QueueActions,
    is_in_digest,
)
from reblogbot.admin.queue_edit import why_not_editable
from reblogbot.model import Delivery, DeliveryState
from reblogbot.store import Store
from reblogbot.words import Words

MOST_CHANGED = 500
"""So many deliveries are changed at once; an admin who sees a page waits for the answer."""


@dataclass(frozen=True, slots=True)
class SeenDelivery:
    """A delivery as an admin saw it: its number, its state, and the version of its key."""

    id: int
    state: str
    key_version: int


def change_seen(
    actions: QueueActions,
    store: Store,
    action: Action,
    seen: Iterable[SeenDelivery],
    *,
    paced: bool = False,
    render: bool = False,
) -> list[ActionResult]:
    """Hold, release, skip or retry those of these deliveries that are still as they were seen."""
    as_seen = {each.id: each for each in seen}
    return [
        _changed_meanwhile(delivery, as_seen[delivery.id])
        or actions.change(action, delivery, paced=paced, render=render)
        for delivery in store.outbox.find(sorted(as_seen)[:MOST_CHANGED])
    ]


def seen_again(store: Store, seen: SeenDelivery) -> tuple[Delivery | None, Words | None]:
    """The delivery as it is now, and what is different from how an admin saw it."""
    for delivery in store.outbox.find([seen.id]):
        result = _changed_meanwhile(delivery, seen)
        return delivery, result.message if result else None
    return None, None


def possible_actions(delivery: Delivery) -> Sequence[str]:
    """What an admin can do with it: `hold`, `release`, `now`, `skip`, `retry`, `edit`."""
    match delivery.state:
        case DeliveryState.HELD:
            actions = ["release", "skip"]
        case DeliveryState.QUEUED:
            actions = ["now", "hold", "skip"]
        case DeliveryState.DEAD:
            actions = ["retry", "render"]
        case DeliveryState.SKIPPED if not is_in_digest(delivery):
            actions = ["retry"]
        case _:
            actions = []
    return [*actions, "edit"] if why_not_editable(delivery) is None else actions


def _changed_meanwhile(delivery: Delivery, seen: SeenDelivery) -> ActionResult | None:
    if delivery.state != seen.state:
        message = Words("is {state} by now, and was not changed", state=STATES[delivery.state])
        return ActionResult(delivery, message, succeeded=False)
    if delivery.key_version != seen.key_version:
        return ActionResult(delivery, BUSY, succeeded=False)
    return None
