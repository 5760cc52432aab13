"""The switch that stops all posting at once, in every process on the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reblogbot.model import DeliveryState
from reblogbot.store import Store


@dataclass(frozen=True, slots=True)
class SwitchState:
    """Since when all posting is stopped, None while it goes on; and how many deliveries wait."""

    stopped_at: datetime | None
    queued: int


def switch_state(store: Store) -> SwitchState:
    """The switch as it is now."""
    tallies = store.tallies.deliveries()
    queued = sum(tally.count for tally in tallies if tally.state == DeliveryState.QUEUED)
    return SwitchState(store.outbox.stopped_at(), queued)


def stop(store: Store, now: datetime) -> SwitchState:
    """Stop all posting. Where it is stopped already, it stays so since then."""
    store.outbox.stop(now)
    return switch_state(store)


def start(store: Store) -> SwitchState:
    """Let posting go on."""
    store.outbox.start()
    return switch_state(store)
