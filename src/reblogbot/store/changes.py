"""Whether anybody has changed the store, without a statement on its tables (docs/adr/0035)."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from reblogbot.runtime.clock import uptime
from reblogbot.store.database import Database
from reblogbot.store.sql import CHANNEL

if TYPE_CHECKING:
    import psycopg

BLIND_INTERVAL = 5.0
"""Seconds after which a store counts as changed while its changes cannot be watched."""

log = logging.getLogger(__name__)


class Changes:
    """The changes of one store, by whatever process or thread, on a connection of its own.

    While that is lost, or leads to a pooler, the store counts as changed every BLIND_INTERVAL.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None
        self._look: Callable[[], bool] | None = None
        self._is_pooled = False
        self._looked_blindly_at = uptime()

    def connect(self) -> None:
        """Connect, if that is needed. This may wait, and never raises."""
        if self._look is not None or self._is_pooled:
            return
        try:
            self._connection = self._database.detached_connection()
            self._look = _watch(self._database, self._connection)
            self._is_pooled = self._look is None
        except self._database.driver_error as error:
            log.info("changes of the store are not watched", extra={"error": str(error)})
        if self._look is None:
            self.close()

    def has_any(self) -> bool:
        """Whether there may be changes since the last call. It takes microseconds."""
        look = self._look
        if look is None:
            return self._is_blind_for_long()
        try:
            return look()
        except self._database.driver_error:
            self.close()
            return True

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection, self._look = self._connection, None, None
        if connection is not None:
            with suppress(self._database.driver_error):
                connection.close()

    def _is_blind_for_long(self) -> bool:
        if uptime() - self._looked_blindly_at < BLIND_INTERVAL:
            return False
        self._looked_blindly_at = uptime()
        return True


def _watch(database: Database, connection: Any) -> Callable[[], bool] | None:
    """A function that tells of changes since its last call; None behind a pooler."""
    if not database.is_sqlite:
        return _watch_server(connection)
    # No other process can change a store in memory.
    return _watch_file(connection) if database.path else lambda: False


def _watch_file(connection: sqlite3.Connection) -> Callable[[], bool]:
    # A look must not wait for a lock.
    connection.execute("PRAGMA busy_timeout=0")
    last_version: int | None = None

    def look() -> bool:
        # It changes with every commit of another connection. All rows are fetched: a statement
        # that is not at its end would keep its snapshot, and the log could not be shortened.
        nonlocal last_version
        ((version,),) = connection.execute("PRAGMA data_version").fetchall()
        has_changed: bool = version != last_version
        last_version = version
        return has_changed

    return look


def _watch_server(connection: psycopg.Connection) -> Callable[[], bool] | None:
    connection.autocommit = True
    (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
    if pid != connection.info.backend_pid:
        # A pooler, which may lend us another connection of the server for each statement.
        return None
    connection.execute(f"LISTEN {CHANNEL}")

    def look() -> bool:
        connection.pgconn.consume_input()
        has_changed = False
        while connection.pgconn.notifies() is not None:
            has_changed = True
        return has_changed

    return look
