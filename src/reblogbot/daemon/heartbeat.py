"""The daemon's row in the store: who works on it, since when, and when it last went round."""

from __future__ import annotations

from datetime import datetime, timedelta

from reblogbot.daemon.stats import DaemonStats
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store
from reblogbot.store.daemons import BEAT


class Heartbeat:
    """Writes the row at the start, after the first round, and then once in BEAT."""

    def __init__(self, store: Store, pulse: DaemonStats) -> None:
        self._store = store
        self._pulse = pulse
        self._since = store.clock.now()
        self._beaten: tuple[float, bool] | None = None

    def beat_if_due(self) -> None:
        """Write the row where it is time to. Raises StoreError."""
        begun, last = uptime(), self._last_round_at()
        if self._beaten is not None:
            at, had_round = self._beaten
            if begun - at < BEAT.total_seconds() and had_round == (last is not None):
                return
        self._store.daemons.beat(self._since, last, self._store.clock.now())
        self._beaten = begun, last is not None

    def end(self) -> None:
        """Remove the row. Raises StoreError."""
        self._store.daemons.leave()

    def _last_round_at(self) -> datetime | None:
        age = self._pulse.round_age()
        return None if age is None else self._store.clock.now() - timedelta(seconds=age)
