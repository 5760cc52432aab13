"""A database opened safely: checked before use, its errors in words for the admin, backed up."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Select,
    Table,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool, StaticPool

from reblogbot.errors import StoreError, StoreInterrupted
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store.files import file_error, make_private, put_in_place, rest_mark

T = TypeVar("T")

# longer than any writer of ours holds the lock, and than the minute a backup tool may take
BUSY_MS = 75_000
# a server takes back what a process has begun that was stopped, or cut off, amid a transaction:
# before the others, who wait for it, give up
IDLE_MS = 30_000
# reading so many bytes takes a tenth of a second: a large store is read whole once a day only
LARGE = 32_000_000
# it makes some ten million of its steps in a second
STEPS = 1_000_000
# SQLite takes 32766 parameters in one statement
CHUNK = 10_000

# beside another file they would make one store out of two
_DAMAGED = "it is damaged; restore a backup, without the -wal and -shm files of the old store"
_BY_WORDS = (
    ("disk is full", "store_full", "no space is left; free some, nothing was lost"),
    ("no space left", "store_full", "no space is left; free some, nothing was lost"),
    ("disk i/o error", "store_io", "the disk fails or is full; look at the system's log"),
    ("readonly database", "store_read_only", "it may not be written; check owner and mode"),
    ("read-only", "store_read_only", "it may not be written; check owner and mode"),
    ("permission denied", "store_read_only", "it may not be written; check owner and rights"),
    ("not a database", "store_corrupt", "it is not a store; restore a backup"),
    ("malformed", "store_corrupt", _DAMAGED),
    ("locked", "store_locked", "another program holds it; find out which, then try again"),
    ("lock timeout", "store_locked", "another program holds it; find out which, then try again"),
    ("deadlock", "store_locked", "two programs held each other up; try again"),
    ("unable to open", "store_unreachable", "it cannot be opened; check path, owner and mode"),
    ("resolve host", "store_unreachable", "its server has no address; check [store] url"),
    ("connection", "store_unreachable", "its server cannot be used; check [store] url, and it"),
    ("no such table", "store_corrupt", _DAMAGED),
    ("relation .* does not exist", "store_corrupt", "it is damaged; restore a backup"),
)
# a deadlock, or transactions that cannot both have been first
_TAKEN_BACK = frozenset({"40P01", "40001"})


class Database:
    """One database; `write()` and `read()` give connections, errors come out as StoreError."""

    def __init__(self, url: str, *, busy_ms: int = BUSY_MS) -> None:
        self.url = _url(url)
        self._rests_as: tuple[int, ...] | None = None
        self._local = threading.local()
        self.busy_ms = busy_ms
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = make_engine(self.url, busy_ms)
        self._reading: dict[str, Any] = {"reblogbot_reads_only": True}
        if not self.is_sqlite:
            # as SQLite reads: everything as of one instant
            self._reading["isolation_level"] = "REPEATABLE READ"

    @property
    def path(self) -> Path | None:
        """The file of an SQLite store; None for a store in memory or on a server."""
        name = self.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @property
    def name(self) -> str:
        """What messages call the store: a path, or a URL without its password."""
        return str(self.path) if self.path else self.url.render_as_string(hide_password=True)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or leaves nothing behind."""
        opened = self._opened()
        if opened is not None:
            if opened.get_execution_options().get("reblogbot_reads_only"):
                raise AssertionError("a snapshot is no transaction to write in")
            yield opened
            return
        with self.translated(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view that blocks nobody."""
        opened = self._opened()
        if opened is not None:
            yield opened
            return
        try:
            with self.translated(), self.engine.connect() as connection:
                yield connection.execution_options(**self._reading)
        finally:
            self._expect_rest()

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

    def rest(self) -> None:
        """Read the SQLite file alone from now on, as it is: nobody else may have it open.

        SQLite reads a file in this mode of journal only with others beside it, which cannot be
        made here. It is told that the file never changes (`immutable`), which is true only while
        nobody writes: a daemon of another user may begin at any time, and then what was read may
        be half old and half new. Its first act is to make the -wal file, and what it changes
        shows in the time and size of the store: so every reading is thrown away after which
        either is another.
        """
        if self.path is not None:
            self.close()
            self._rests_as = rest_mark(self.path)
            self.engine = make_engine(self.url, self.busy_ms, rests=True)

    def _expect_rest(self) -> None:
        if self._rests_as is None or self.path is None:
            return
        if not self._rests_as or rest_mark(self.path) != self._rests_as:
            raise StoreError(
                "store_locked", f"{self.name}: somebody has begun to write it; try again"
            )

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def revision(self) -> str:
        """The revision of the tables; "" where there are none at all.

        Raises StoreError `store_corrupt` for a database that is not ours.
        """
        with self.read() as connection:
            present = set(self.engine.dialect.get_table_names(connection))
            if not present:
                return ""
            if "alembic_version" not in present:
                raise StoreError(
                    "store_corrupt",
                    f"{self.name}: a database, but not a store of reblogbot; "
                    "name another in [store] url",
                )
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return str(found or "")

    def exists(self) -> bool:
        """Whether a file stands where the store should; true for a store on a server."""
        try:
            return self.path is None or self.path.exists()
        except OSError as error:
            raise file_error(self.path, error) from error

    def check(self, *, whole: bool = True, on_progress: ProgressCallback = no_progress) -> None:
        """Look at the SQLite file, or read the whole of it once. Changes nothing.

        Raises StoreError `store_corrupt` when it is empty or damaged.
        """
        if self.path is None:
            return
        try:
            size = self.path.stat().st_size
        except OSError as error:
            raise file_error(self.path, error) from error
        if size == 0:
            raise StoreError(
                "store_corrupt",
                f"{self.name}: the store is empty, it was cut off; restore a backup, or delete it "
                "to start anew (every source is then learnt again, nothing old is posted)",
            )
        if whole:
            on_progress("checking", 0, 0)
            with self.read() as connection:
                verdict = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
            if verdict != "ok":
                raise StoreError(
                    "store_corrupt",
                    f"{self.name}: the store is damaged ({' '.join(verdict.split())}); "
                    "restore a backup, without the -wal and -shm files of the old store",
                )

    def is_read_today(self, now: datetime) -> bool:
        """Whether the SQLite file is large, and was read whole since midnight already."""
        if self.path is None or self.path.stat().st_size < LARGE:
            return False
        with self.read() as connection:
            return bool(connection.scalar(text("PRAGMA user_version")) == _day(now))

    def note_read(self, now: datetime) -> None:
        """Keep in a large file that it was read whole, and found well."""
        if self.path is not None and self.path.stat().st_size >= LARGE:
            with self.write() as connection:
                connection.execute(text(f"PRAGMA user_version={_day(now)}"))

    def write_ahead(self) -> None:
        """Let readers and a writer of an SQLite store work side by side, from now on."""
        if self.path is not None:
            use_write_ahead(self, self.engine)

    def backup(self, to: Path, on_progress: ProgressCallback = no_progress) -> None:
        """Write a consistent copy of an SQLite store to `to`, which must not exist.

        Works beside a running daemon. Raises StoreError.
        """
        if not self.is_sqlite:
            raise StoreError(
                "backup_elsewhere", f"{self.name}: use pg_dump for a store on PostgreSQL"
            )
        try:
            with TemporaryDirectory(dir=to.parent, prefix=f".{to.name}.") as folder:
                part = Path(folder) / to.name
                whole = _size(self.path)
                make_private(part)
                with self.translated(), self.engine.connect() as connection:
                    raw = _raw(connection)
                    on_progress("copying", 0, whole)
                    raw.set_progress_handler(
                        lambda: on_progress("copying", _size(part), whole), STEPS
                    )
                    raw.execute("VACUUM INTO ?", (str(part),))
                    raw.set_progress_handler(None, 0)
                self._expect_rest()
                with part.open("rb") as copied:
                    os.fsync(copied.fileno())
                put_in_place(part, to)
        except FileExistsError as error:
            raise StoreError("backup_exists", f"{to}: stands already; name another file") from error
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            raise StoreError("backup_failed", f"{to}: no backup was made: {why}") from error

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Errors of the driver within come out as StoreError; those of ours as they are."""
        try:
            yield
        except (IntegrityError, DataError):
            # not the store's fault: a rule that held, or a mistake of ours
            raise
        except ProgrammingError as error:
            known = self.store_error(error)
            if known.slug == "store_unusable":
                raise
            raise known from error
        except (DBAPIError, PoolTimeout) as error:
            raise self.store_error(error) from error

    def store_error(self, error: Exception) -> StoreError:
        """What an error of the driver means for the admin."""
        words = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        first = words.splitlines()[0] if words else type(error).__name__
        raised = StoreInterrupted if _is_passing(error) else StoreError
        for sign, slug, advice in _BY_WORDS:
            if re.search(sign, words.lower()):
                return raised(slug, f"{self.name}: {advice} ({first})")
        return raised("store_unusable", f"{self.name}: {first}")


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, which each database has in a dialect of its own."""
    # by name: importing the one that is not in use costs as much as a poll of many sources
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def among(
    connection: Connection, query: Select[bytes], column: Column[bytes], keys: Sequence[bytes]
) -> set[bytes]:
    """Those of the keys that the query, asked for them alone, finds."""
    found: set[bytes] = set()
    for chunk in chunks(keys):
        found.update(connection.scalars(query.where(column.in_(chunk))))
    return found


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values, as many at a time as one statement takes."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def alone(connection: Connection, number: int) -> None:
    """Wait for whoever else is at what bears this number, and keep others from it till the end.

    SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def _day(now: datetime) -> int:
    return now.astimezone(UTC).toordinal()


def _is_passing(error: Exception) -> bool:
    """Whether the server took the transaction back for another's sake, or the line was cut."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _TAKEN_BACK


def _url(written: str) -> URL:
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):
        url = URL.create("")
    if url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise StoreError(
            "store_url",
            '[store] url: is neither "sqlite:///FILE" nor "postgresql://USER@HOST/NAME"',
        )
    return url


def make_engine(url: URL, busy_ms: int, *, migrating: bool = False, rests: bool = False) -> Engine:
    """An engine for this database; `migrating` is for changing tables: it minds no foreign keys.

    With `rests` a file is only read, and taken to be one that nobody writes.
    """
    if url.get_backend_name() == "postgresql":
        return _postgresql(url, busy_ms)
    if url.database in (None, "", ":memory:"):
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        # never made anew by being opened: a store that has vanished must not look like a fresh one
        file = Path(str(url.database)).absolute().as_uri()
        how = {"mode": "ro", "immutable": "1"} if rests else {"mode": "rw"}
        url = url.set(database=file).update_query_dict({**how, "uri": "true"})
        engine = create_engine(url, **({"poolclass": NullPool} if migrating else {}))
    _tune_sqlite(engine, busy_ms, migrating=migrating)
    return engine


def _postgresql(url: URL, busy_ms: int) -> Engine:
    idle = f"-c idle_in_transaction_session_timeout={IDLE_MS}"
    defaults = {"connect_timeout": 10, "options": f"-c lock_timeout={busy_ms} {idle}"}
    own = {name: value for name, value in defaults.items() if name not in url.query}
    try:
        # asked before use: a server that was restarted meanwhile costs nothing
        return create_engine(url, connect_args=own, pool_pre_ping=True)
    except (NoSuchModuleError, ImportError) as error:
        raise StoreError(
            "store_driver", f"no driver for {url.drivername}: pip install 'reblogbot[postgres]'"
        ) from error


def _tune_sqlite(engine: Engine, busy_ms: int, *, migrating: bool) -> None:
    def connected(raw: sqlite3.Connection, _record: object) -> None:
        # transactions begin where we say so, not where the driver guesses
        raw.isolation_level = None
        raw.execute(f"PRAGMA busy_timeout={busy_ms}")
        # with foreign keys on, alembic's copy-and-drop of a table would delete all its children
        raw.execute(f"PRAGMA foreign_keys={'OFF' if migrating else 'ON'}")
        # an outbox is worth nothing if a power cut takes what was promised
        raw.execute("PRAGMA synchronous=FULL")

    def began(connection: Connection) -> None:
        # a transaction that reads first and writes later must say so at once, or fails as "locked"
        reads = connection.get_execution_options().get("reblogbot_reads_only")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)


def _raw(connection: Connection) -> sqlite3.Connection:
    """The driver's own connection, on which no transaction has begun."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _size(path: Path | None) -> int:
    """The bytes of a file; 0 while it is not there."""
    return path.stat().st_size if path is not None and path.exists() else 0


def use_write_ahead(database: Database, engine: Engine) -> None:
    """Set the mode in which readers and a writer work side by side; it stays with the file."""
    try:
        with database.translated(), engine.connect() as connection:
            _raw(connection).execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise database.store_error(error) from error
