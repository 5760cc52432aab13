"""Readiness: whether the daemon can work."""

from __future__ import annotations

import asyncio
import time

from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import StoreError
from reblogbot.ports import Clock
from reblogbot.store import Store
from reblogbot.words import Words

MAX_TICK_AGE = 60.0
"""Seconds without a tick after which the daemon counts as stalled."""
STORE_TIMEOUT = 5.0
"""Seconds within which the store must answer, and for which its answer is reused."""
OK = "ok"


class Health:
    """Checks the daemon. The store is checked once for all who ask at the same time."""

    def __init__(self, store: Store, stats: DaemonStats, clock: Clock) -> None:
        self._store = store
        self._stats = stats
        self._clock = clock
        self._store_check: asyncio.Task[str] | None = None
        self._store_checked_at = 0.0

    async def checks(self) -> dict[str, str]:
        """The result of each check: "ok", or what is wrong."""
        age = self._stats.tick_age()
        return {
            "tick": OK
            if age < MAX_TICK_AGE
            else Words("the last was {age} s ago", age=f"{age:.0f}"),
            "store": await self._check_store(),
            "config": OK if self._stats.is_config_ok else Words("broken; the previous one is used"),
        }

    async def _check_store(self) -> str:
        is_recent = time.monotonic() - self._store_checked_at < STORE_TIMEOUT
        if self._store_check is None or (self._store_check.done() and not is_recent):
            self._store_checked_at = time.monotonic()
            self._store_check = asyncio.create_task(self._write_to_store())
        finished, _ = await asyncio.wait({self._store_check}, timeout=STORE_TIMEOUT)
        return self._store_check.result() if finished else Words("does not answer")

    async def _write_to_store(self) -> str:
        try:
            await asyncio.to_thread(self._store.check_writable, self._clock.now())
        except StoreError as error:
            return error.slug
        return OK


def is_ready(checks: dict[str, str]) -> bool:
    """Whether the daemon can work. With a broken config it can: it uses the previous one."""
    return all(result == OK for name, result in checks.items() if name != "config")
