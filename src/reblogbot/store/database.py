"""One database of a store: its transactions, and the file it may be."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from reblogbot.errors import StoreError
from reblogbot.store.connections import BUSY_MS, READ_ONLY, connect, parse_url, sqlite_connection
from reblogbot.store.driver_errors import store_error, translated_errors
from reblogbot.store.files import file_error, file_version
from reblogbot.store.sql import announce_changes


class Database:
    """One database; `write()` and `read()` open transactions and raise StoreError.

    `path` is the file of an SQLite store, None for a store in memory or on a server. `name` is
    what messages call the store: the path, or the URL without its password.
    """

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        self.url = parse_url(url)
        self._local = threading.local()
        self.busy_ms = busy_ms
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        file = self.url.database if self.is_sqlite else None
        self.path = Path(file) if file and file != ":memory:" else None
        self.name = str(self.path or self.url.render_as_string(hide_password=True))
        self.engine = connect(self.url, busy_ms)
        self._immutable_version: tuple[int, ...] | None = None
        self._read_options: dict[str, Any] = {READ_ONLY: True}
        if not self.is_sqlite:
            # As SQLite does by itself: all statements of the transaction see one instant.
            self._read_options["isolation_level"] = "REPEATABLE READ"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits when the block ends, and rolls back when it raises.

        On PostgreSQL it is announced to all who watch for changes.
        """
        opened = self._opened()
        if opened is not None:
            if opened.get_execution_options().get(READ_ONLY):
                raise AssertionError("a snapshot is no transaction to write in")
            yield opened
            return
        with translated_errors(self.name), self.engine.begin() as connection:
            yield connection
            announce_changes(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that blocks no writer."""
        opened = self._opened()
        if opened is not None:
            yield opened
            return
        try:
            with translated_errors(self.name), self.engine.connect() as connection:
                yield connection.execution_options(**self._read_options)
        finally:
            self.check_still_immutable()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make every `write` and `read` that this thread begins within part of one transaction."""
        with self.write() as connection, self._joined(connection):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let every `read` that this thread begins within see the database at one instant."""
        with self.read() as connection, self._joined(connection):
            yield

    @contextmanager
    def _joined(self, connection: Connection) -> Iterator[None]:
        before = self._opened()
        self._local.connection = connection
        try:
            yield
        finally:
            self._local.connection = before

    def _opened(self) -> Connection | None:
        """The connection of the transaction that this thread is in."""
        opened: Connection | None = getattr(self._local, "connection", None)
        return opened

    def detached_connection(self) -> Any:
        """A new connection of the driver, for the caller alone to use and to close."""
        fairy = self.engine.raw_connection()
        connection = fairy.driver_connection
        fairy.detach()
        return connection

    @property
    def driver_error(self) -> type[Exception]:
        """The driver's class of all errors."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    def exists(self) -> bool:
        """Whether the store's file exists; True for a store on a server."""
        try:
            return self.path is None or self.path.exists()
        except OSError as error:
            raise file_error(self.path, error) from error

    def read_as_immutable(self) -> None:
        """Read the SQLite file without files beside it from now on, for a folder we cannot write.

        In WAL mode SQLite needs -wal and -shm files, and cannot create them there. With
        `immutable` it reads without them, which is right only while no process writes. A daemon of
        another user may start at any time; a read could then return half old and half new rows.
        Its first act is to create the -wal file, and each checkpoint changes the store's time and
        size. So `read()` discards, with StoreError, every result after which these differ.
        """
        if self.path is not None:
            self.close()
            self._immutable_version = file_version(self.path)
            self.engine = connect(self.url, self.busy_ms, immutable=True)

    def check_still_immutable(self) -> None:
        """Raise StoreError when a file read as immutable has been written meanwhile."""
        if self._immutable_version is None or self.path is None:
            return
        if not self._immutable_version or file_version(self.path) != self._immutable_version:
            raise StoreError(
                "store_locked", f"{self.name}: another process has begun to write it; try again"
            )

    def enable_write_ahead_log(self, engine: Engine | None = None) -> None:
        """Let readers and a writer of an SQLite file work side by side; the mode stays in the file.

        `engine` is another connection to the same file.
        """
        if self.path is None:
            return
        try:
            with translated_errors(self.name), (engine or self.engine).connect() as connection:
                sqlite_connection(connection).execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            raise store_error(self.name, error) from error

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
