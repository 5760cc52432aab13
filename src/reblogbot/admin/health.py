"""Whether the daemon is alive, and whether it can work."""

from __future__ import annotations

import asyncio
import time

from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import StoreError
from reblogbot.ports import Clock
from reblogbot.store import Store

STALLED = 60.0
"""Seconds without a tick after which the daemon does not work."""
ANSWER = 5.0
"""Seconds a store has to take a line, and for which its answer holds."""
OK = "ok"


class Health:
    """Judges the daemon; the store is asked once, however many want to know."""

    def __init__(self, store: Store, pulse: DaemonStats, clock: Clock) -> None:
        self._store = store
        self._pulse = pulse
        self._clock = clock
        self._asked: asyncio.Task[str] | None = None
        self._asked_at = 0.0

    async def checks(self) -> dict[str, str]:
        """What was looked at, each "ok" or what is wrong with it."""
        age = self._pulse.tick_age()
        return {
            "tick": OK if age < STALLED else f"the last was {age:.0f} s ago",
            "store": await self._writable(),
            "config": OK if self._pulse.is_config_ok else "broken; an older one is at work",
        }

    async def _writable(self) -> str:
        fresh = time.monotonic() - self._asked_at < ANSWER
        if self._asked is None or (self._asked.done() and not fresh):
            self._asked_at = time.monotonic()
            self._asked = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait({self._asked}, timeout=ANSWER)
        return self._asked.result() if done else "does not answer"

    async def _ask(self) -> str:
        try:
            await asyncio.to_thread(self._store.check_writable, self._clock.now())
        except StoreError as error:
            return error.slug
        return OK


def is_ready(checks: dict[str, str]) -> bool:
    """Whether it can work; a config that is broken leaves an older one at work."""
    return all(found == OK for name, found in checks.items() if name != "config")
