"""Why deliveries wait: reads what the store and the config know, and asks `core.waits`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from reblogbot.config.settings import Config, SourceSettings
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
                waits.stalled_since(due, source, account) for source, due in self._earliest(sources)
            ]
            instants = [at for at in since if at is not None]
            if instants:
                stalled[name] = min(instants)
        return stalled

    def _earliest(
        self, due_by_source: Mapping[str, datetime]
    ) -> Iterator[tuple[SourceSettings | None, datetime]]:
        """The sources that decide since when an account is stalled, with what is due of them.

        Among those that are alike for its pace only the one with the earliest delivery does.
        """
        earliest: datetime | None = None
        for name, due in due_by_source.items():
            source = self._config.sources.get(name)
            if source is None or (source.enabled and source.budget is None and not source.steps):
                earliest = due if earliest is None else min(earliest, due)
            elif source.enabled:
                yield source, due
        if earliest is not None:
            yield None, earliest

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
