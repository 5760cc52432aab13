"""The lease on an account: who holds its row works for it, and nobody else does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from reblogbot.runtime import lease_owner as owners
from reblogbot.store.schema import account


class AccountLease:
    """One account's lease as one owner sees it, within one transaction.

    Each question locks the row until the transaction ends. Whoever changes deliveries asks
    first and changes then: in this order no two transactions wait for each other.
    """

    def __init__(self, connection: Connection, name: str, owner: str) -> None:
        self._connection = connection
        self._owner = owner
        self._mine = account.c.name == name

    def locked(self) -> Row[Any] | None:
        """The account's row, once whoever else works on it is done; None where there is none."""
        statement = select(account).where(self._mine)
        return self._connection.execute(statement.with_for_update()).first()

    def take(self, now: datetime, span: timedelta) -> Row[Any] | None:
        """The account's row, leased to us for so long; None while another bearer lives."""
        row = self.locked()
        if row is None or not self._is_free(row, now):
            return None
        self._set(lease_owner=self._owner, lease_until=now + span)
        return row

    def holds(self, now: datetime) -> bool:
        """Whether the account is leased to us, and stays so until this transaction ends."""
        row = self.locked()
        return row is not None and row.lease_owner == self._owner and row.lease_until > now

    def renew(self, now: datetime, span: timedelta) -> bool:
        """Whether the account is still leased to us; if so, for a whole lease more."""
        if not self.holds(now):
            return False
        self._set(lease_until=now + span)
        return True

    def _is_free(self, row: Row[Any], now: datetime) -> bool:
        return (
            row.lease_owner in (None, self._owner)
            or row.lease_until <= now
            or owners.is_dead(row.lease_owner)
        )

    def _set(self, **values: Any) -> None:
        self._connection.execute(update(account).where(self._mine).values(values))
