"""Why deliveries wait: what the store and the config know, handed to `core.waits`."""

from __future__ import annotations

from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import waits
from reblogbot.core.waits import Account, Wait
from reblogbot.model import Delivery
from reblogbot.store import Store


class Waiting:
    """Answers for deliveries at one instant; each account is read once.

    With `is_working` this very process sends what is due; else a daemon does, or the last
    `sync` did, as far as the store tells.
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
        self._accounts: dict[str, Account] = {}

    def wait(self, one: Delivery) -> Wait | None:
        """Why the delivery waits; None for one that is settled."""
        return waits.wait(one, self._config, self.account(one.account))

    def account(self, name: str) -> Account:
        """What decides whether the account may send now."""
        if name not in self._accounts:
            self._accounts[name] = self._read(name)
        return self._accounts[name]

    def stalled(self) -> dict[str, datetime]:
        """The accounts that should have sent something, and since when."""
        found: dict[str, datetime] = {}
        overdue = self._store.tallies.overdue(self._now - waits.STALLED)
        for name, sources in overdue.items():
            since = [
                waits.stalled_since(due, self._config.sources.get(source), self.account(name))
                for source, due in sources.items()
            ]
            known = [at for at in since if at is not None]
            if known:
                found[name] = min(known)
        return found

    def _last_work(self) -> datetime | None:
        if self.daemons:
            return max(
                (one.last_round_at for one in self.daemons if one.last_round_at), default=None
            )
        return self._store.tallies.last_poll_at()

    def _read(self, name: str) -> Account:
        outbox, now = self._store.outbox, self._now
        record = outbox.account(name)
        return Account(
            settings=self._config.accounts.get(name),
            now=now,
            stopped_at=self._stopped_at,
            paused_until=record.paused_until,
            paused_for=record.reason,
            doubt_until=max((one.due for one in outbox.in_doubt(name)), default=None),
            sent=self._store.publications.sent(name, now - waits.memory(self._config)),
            settled_at=self._store.tallies.last_settled_at(name),
            works_since=self.daemons[0].since if self.daemons else None,
            worked_at=self._worked_at,
        )
