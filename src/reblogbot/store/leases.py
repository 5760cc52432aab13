"""Leases on accounts: the process that holds one is the only one that sends for the account.

Why a lease also ends with the process that holds it: docs/adr/0002.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from reblogbot.runtime import lease_owner
from reblogbot.store.schema import account


class AccountLease:
    """One account's lease as one process sees it, within one transaction.

    Each method locks the account's row until the transaction ends. Whoever changes deliveries
    calls one first: with locks in this order no two transactions can deadlock.
    """

    def __init__(self, connection: Connection, name: str, owner: str) -> None:
        self._connection = connection
        self._owner = owner
        self._is_this_account = account.c.name == name

    def lock(self) -> Row[Any] | None:
        """The account's row, after other transactions on it have ended; None for no account."""
        statement = select(account).where(self._is_this_account)
        return self._connection.execute(statement.with_for_update()).first()

    def take(self, now: datetime, duration: timedelta) -> Row[Any] | None:
        """The account's row, leased to us for so long; None while another process holds it."""
        row = self.lock()
        if row is None or not self._is_free(row, now):
            return None
        self._set(lease_owner=self._owner, lease_until=now + duration)
        return row

    def holds(self, now: datetime) -> bool:
        """Whether the account is leased to us, and stays so until this transaction ends."""
        row = self.lock()
        return row is not None and row.lease_owner == self._owner and row.lease_until > now

    def renew(self, now: datetime, duration: timedelta) -> bool:
        """Extend our lease to `duration` from now; False when we do not hold it any more."""
        if not self.holds(now):
            return False
        self._set(lease_until=now + duration)
        return True

    def _is_free(self, row: Row[Any], now: datetime) -> bool:
        return (
            row.lease_owner in (None, self._owner)
            or row.lease_until <= now
            or lease_owner.is_dead(row.lease_owner)
        )

    def _set(self, **values: Any) -> None:
        self._connection.execute(update(account).where(self._is_this_account).values(values))
