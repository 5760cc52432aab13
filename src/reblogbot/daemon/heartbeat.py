"""The daemon's row in the store: which process works, since when, and its last round."""

from __future__ import annotations

from datetime import datetime, timedelta

from reblogbot.daemon.stats import DaemonStats
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store
from reblogbot.store.daemons import HEARTBEAT_INTERVAL


class Heartbeat:
    """Writes the row at the start, after the first round, and then every HEARTBEAT_INTERVAL."""

    def __init__(self, store: Store, stats: DaemonStats) -> None:
        self._store = store
        self._stats = stats
        self._since = store.clock.now()
        self._last_beat: tuple[float, bool] | None = None
        """The uptime of the last write, and whether a round was over then."""

    @property
    def is_due(self) -> bool:
        """Whether the row must be written now."""
        if self._last_beat is None:
            return True
        at, had_round = self._last_beat
        is_old = uptime() - at >= HEARTBEAT_INTERVAL.total_seconds()
        return is_old or had_round != (self._last_round_at() is not None)

    def beat(self) -> None:
        """Write the row. Raises StoreError."""
        last_round_at = self._last_round_at()
        self._store.daemons.beat(self._since, last_round_at, self._store.clock.now())
        self._last_beat = uptime(), last_round_at is not None

    def end(self) -> None:
        """Remove the row. Raises StoreError."""
        self._store.daemons.delete_own()

    def _last_round_at(self) -> datetime | None:
        age = self._stats.round_age()
        return None if age is None else self._store.clock.now() - timedelta(seconds=age)
