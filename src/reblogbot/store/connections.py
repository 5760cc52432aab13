"""Connections to SQLite and PostgreSQL, with the settings a store needs to be safe."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool, StaticPool

from reblogbot.errors import StoreError

BUSY_MS = 75_000
"""How long to wait for a lock: longer than any of our writers, and than the minute of a backup."""
IDLE_MS = 30_000
"""After so long without a statement PostgreSQL rolls back a transaction whose client hangs.

It is shorter than BUSY_MS, so the processes that wait for its locks do not give up first.
"""
KEEPALIVE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""A PostgreSQL server that vanished is noticed after a minute, and not after two hours."""
PAGE_SIZE = 1024
"""Bytes of a page of an SQLite file.

A commit writes every page it changes, and what we record is a few bytes in each of many tables and
indexes: with SQLite's usual 4096 it would write about four times as much (docs/adr/0038). A file
keeps the size it was made with; a backup has this one.
"""
WAL_PAGES = 4096
"""The write-ahead log is copied into the file when it has so many pages: 4 MiB, as by default."""
READ_ONLY = "reblogbot_reads_only"
"""Execution option of a connection whose transaction only reads."""


def parse_url(url: str) -> URL:
    """The URL with its driver. Raises StoreError `store_url` for other than our two databases."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = URL.create("")
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(
            "store_url",
            '[store] url: is neither "sqlite:///FILE" nor "postgresql://USER@HOST/NAME"',
        )
    return parsed


def connect(url: URL, busy_ms: int, *, migrating: bool = False, immutable: bool = False) -> Engine:
    """SQLAlchemy's engine for this database; it connects when first used.

    `migrating` switches SQLite's foreign keys off, for changes of tables. `immutable` reads an
    SQLite file without locks and without files beside it, as if no process could write it.
    """
    if url.get_backend_name() == "postgresql":
        return _connect_postgresql(url, busy_ms)
    if url.database in (None, "", ":memory:"):
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        # mode=rw never creates the file: a store that has vanished must not come back empty.
        mode = {"mode": "ro", "immutable": "1"} if immutable else {"mode": "rw"}
        file_uri = Path(str(url.database)).absolute().as_uri()
        url = url.set(database=file_uri).update_query_dict({**mode, "uri": "true"})
        engine = create_engine(url, **({"poolclass": NullPool} if migrating else {}))
    _configure_sqlite(engine, busy_ms, foreign_keys=not migrating)
    return engine


def _connect_postgresql(url: URL, busy_ms: int) -> Engine:
    idle_timeout = f"-c idle_in_transaction_session_timeout={IDLE_MS}"
    options = f"-c lock_timeout={busy_ms} {idle_timeout}"
    defaults = {"connect_timeout": 10, "options": options, **KEEPALIVE}
    arguments = {name: value for name, value in defaults.items() if name not in url.query}
    try:
        # With pool_pre_ping a server that was restarted meanwhile costs no failed statement.
        return create_engine(url, connect_args=arguments, pool_pre_ping=True)
    except (NoSuchModuleError, ImportError) as error:
        raise StoreError(
            "store_driver", f"no driver for {url.drivername}: pip install 'reblogbot[postgres]'"
        ) from error


def _configure_sqlite(engine: Engine, busy_ms: int, *, foreign_keys: bool) -> None:
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # `on_begin` starts transactions; the driver would guess where to.
        connection.isolation_level = None
        connection.create_function("unhex", 1, bytes.fromhex, deterministic=True)
        # its own `lower` knows the letters of ASCII alone
        connection.create_function("lower_case", 1, str.lower, deterministic=True)
        connection.execute(f"PRAGMA busy_timeout={busy_ms}")
        # With foreign keys on, Alembic's copy and drop of a table would delete all its children.
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        connection.execute(f"PRAGMA page_size={PAGE_SIZE}")
        connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
        # A power cut must not lose the row that says that a post is being sent.
        connection.execute("PRAGMA synchronous=FULL")

    def on_begin(connection: Connection) -> None:
        # A transaction that reads first and writes later must take the write lock at once: SQLite
        # cannot upgrade its snapshot after another writer and fails with "database is locked".
        only_reads = connection.get_execution_options().get(READ_ONLY)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)


def sqlite_connection(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, on which no transaction has begun."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
