"""Why deliveries wait: reads what the store and the config know, and asks `core.waits`."""

from __future__ import annotations

from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import waits
from reblogbot.core.waits import AccountFacts, Wait
from reblogbot.model import Delivery
from reblogbot.store import Store


class Waiting:
    """Explains deliveries at one instant; each account is read once.

    `is_working` tells that this very process sends what is due. Otherwise a daemon does, or the
    last `sync` did, as far as the store tells.
    """

    def __init__(
        self, config: Config, store: Store, now: datetime, *, is_working: bool = False
    ) -> None:
        self._config = config
        self._store = store
        self._now = now
        self.daemons = store.daemons.living(now)
        self._stopped_at = store.outbox.stopped_at()
        self._worked_at = now if is_working else self._last_work()
        self._accounts: dict[str, AccountFacts] = {}

    def wait(self, delivery: Delivery) -> Wait | None:
        """Return why the delivery waits; None for one that is settled."""
        return waits.wait_of(delivery, self._config, self.account(delivery.account))

    def account(self, name: str) -> AccountFacts:
        """Return what decides whether the account may send now."""
        if name not in self._accounts:
            self._accounts[name] = self._read(name)
        return self._accounts[name]

    def stalled(self) -> dict[str, datetime]:
        """Return since when accounts should have sent something, by their names."""
        stalled: dict[str, datetime] = {}
        overdue = self._store.tallies.overdue(self._now - waits.STALLED)
        for name, sources in overdue.items():
            account = self.account(name)
            since = [
                waits.stalled_since(due, self._config.sources.get(source), account)
                for source, due in sources.items()
            ]
            instants = [at for at in since if at is not None]
            if instants:
                stalled[name] = min(instants)
        return stalled

    def _last_work(self) -> datetime | None:
        """Return when any process last worked on the store."""
        if not self.daemons:
            return self._store.tallies.last_poll_at()
        rounds = (daemon.last_round_at for daemon in self.daemons if daemon.last_round_at)
        return max(rounds, default=None)

    def _read(self, name: str) -> AccountFacts:
        outbox, now = self._store.outbox, self._now
        record = outbox.account(name)
        return AccountFacts(
            settings=self._config.accounts.get(name),
            now=now,
            stopped_at=self._stopped_at,
            paused_until=record.paused_until,
            paused_for=record.reason,
            doubt_until=max((doubt.due for doubt in outbox.in_doubt(name)), default=None),
            sent=self._store.publications.sent(name, now - waits.lookback(self._config)),
            settled_at=self._store.tallies.last_settled_at(name),
            works_since=self.daemons[0].since if self.daemons else None,
            worked_at=self._worked_at,
        )
