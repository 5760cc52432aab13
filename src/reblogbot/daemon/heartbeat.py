"""The daemon's row in the store: which process works, since when, and its last round."""

from __future__ import annotations

from datetime import datetime, timedelta

from reblogbot.daemon.stats import DaemonStats
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store
from reblogbot.store.daemons import HEARTBEAT_INTERVAL


class Heartbeat:
    """Writes the row at the start, after the first round, and then once every BEAT."""

    def __init__(self, store: Store, stats: DaemonStats) -> None:
        self._store = store
        self._stats = stats
        self._since = store.clock.now()
        self._last_beat: tuple[float, bool] | None = None
        """The uptime of the last write, and whether a round was over then."""

    def beat_if_due(self) -> None:
        """Write the row if it is due. Raises StoreError."""
        now, last_round_at = uptime(), self._last_round_at()
        has_round = last_round_at is not None
        if self._last_beat is not None:
            at, had_round = self._last_beat
            if now - at < HEARTBEAT_INTERVAL.total_seconds() and had_round == has_round:
                return
        self._store.daemons.beat(self._since, last_round_at, self._store.clock.now())
        self._last_beat = now, has_round

    def end(self) -> None:
        """Remove the row. Raises StoreError."""
        self._store.daemons.delete_own()

    def _last_round_at(self) -> datetime | None:
        age = self._stats.round_age()
        return None if age is None else self._store.clock.now() - timedelta(seconds=age)
