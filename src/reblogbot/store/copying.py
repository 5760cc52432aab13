"""A bot moved from one database to another: all it has learnt, or nothing of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from reblogbot.errors import StoreError
from reblogbot.runtime import lease_owner as owners
from reblogbot.store.daemons import STALE, living
from reblogbot.store.database import Database
from reblogbot.store.schema import account, daemon, metadata, source
from reblogbot.store.store import expect_revision
from reblogbot.store.store_clock import clock_of
from reblogbot.store.upgrade import aside, upgrade

ROWS = 5_000
"""Read, and written, at a time."""
_LEASE = {"lease_owner": None, "lease_until": None}
_LEASED = (source, account)
_COPIED = [table for table in metadata.sorted_tables if table is not daemon]
"""All but who is at work on the old store."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What the stores are called, and how many rows each table of the new one has."""

    source: str
    target: str
    rows: dict[str, int]


def copy_store(
    from_url: str, to_url: str, on_rows: Callable[[int, int], None] = lambda _done, _all: None
) -> Copied:
    """The store at `from_url` copied to `to_url`, where there must be none, or an empty one.

    The copy is of one instant, and there whole or not at all: on a file it is made aside, on
    a server in one transaction. Leases stay behind. `on_rows` is told how far it has come.
    Raises StoreError; the old store is left as it is in any case.
    """
    old, new = Database(from_url), Database(to_url)
    try:
        _expect_store(old)
        with old.read() as reading, _made(new) as writing:
            _expect_idle(old, reading)
            rows = _copy(reading, writing, on_rows)
            with old.read() as later:
                # whoever started meanwhile would post what the copy has queued
                _expect_idle(old, later)
    finally:
        old.close()
        new.close()
    return Copied(old.name, new.name, rows)


def _expect_store(old: Database) -> None:
    if not old.exists():
        raise StoreError("store_missing", f"{old.name}: there is no store to copy")
    old.check()
    if not old.revision():
        raise StoreError("store_missing", f"{old.name}: there is no store to copy")
    expect_revision(old)


def _expect_idle(old: Database, reading: Connection) -> None:
    """Refuse what would go on changing: whoever works on the old store would go on posting."""
    now = clock_of(old).now()
    for one in living(reading, now):
        end = one.beat_at + STALE
        lost = f" (one that was lost with its machine is forgotten at {end:%H:%M} UTC)"
        raise StoreError(
            "store_in_use",
            f"{old.name}: a daemon works on it (process {one.pid} on {one.host}, since "
            f"{one.since:%Y-%m-%d %H:%M} UTC); stop it, then copy{'' if one.is_seen else lost}",
        )
    for table in _LEASED:
        held = table.c.lease_owner.is_not(None), table.c.lease_until > now
        bearers = reading.scalars(select(table.c.lease_owner).where(*held).distinct())
        if any(not owners.is_dead(bearer) for bearer in bearers if bearer):
            raise StoreError(
                "store_in_use",
                f"{old.name}: a daemon or a sync works on it; stop it, then copy "
                "(one that was lost with its machine is forgotten when its lease ends)",
            )


@contextmanager
def _made(new: Database) -> Iterator[Connection]:
    """A transaction on the new store, its tables made and empty; it is there once this ends."""
    if new.path is None:
        _refuse_in_memory(new)
        # who opens it meanwhile waits for the lock under which tables are made
        with new.write() as connection:
            if new.revision():
                expect_revision(new)
            upgrade(connection)
            _expect_empty(new, connection)
            yield connection
        return
    if new.exists():
        raise _not_empty(new)
    try:
        with aside(new.path) as part:
            apart = Database(str(new.url.set(database=str(part))))
            try:
                with apart.write() as connection:
                    upgrade(connection)
                    yield connection
                apart.write_ahead()
            finally:
                apart.close()
    except FileExistsError as error:
        raise _not_empty(new) from error


def _refuse_in_memory(new: Database) -> None:
    if new.is_sqlite:
        raise StoreError("store_url", f"{new.name}: a copy in memory would be lost at once")


def _expect_empty(new: Database, writing: Connection) -> None:
    for table in metadata.sorted_tables:
        if writing.execute(select(table).limit(1)).first() is not None:
            raise _not_empty(new)


def _not_empty(new: Database) -> StoreError:
    return StoreError(
        "store_not_empty", f"{new.name}: stands already and is not overwritten; name another"
    )


def _copy(
    reading: Connection, writing: Connection, on_rows: Callable[[int, int], None]
) -> dict[str, int]:
    counts = {table.name: _count(reading, table) for table in _COPIED}
    done, total = 0, sum(counts.values())
    for table in _COPIED:
        for rows in _read(reading, table):
            writing.execute(insert(table), rows)
            done += len(rows)
            on_rows(done, total)
        _go_on_counting(reading, writing, table)
        found = _count(writing, table)
        if found != counts[table.name]:
            raise StoreError(
                "copy_differs",
                f"{table.name}: {counts[table.name]} rows were read and {found} stand in the "
                "copy, which is given up; please report it",
            )
    return counts


def _read(reading: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The table's rows, so many at a time and never all of them in memory."""
    statement = select(table).order_by(*table.primary_key)
    found = reading.execution_options(yield_per=ROWS).execute(statement)
    blank = _LEASE if table in _LEASED else {}
    for part in found.mappings().partitions():
        yield [{**row, **blank} for row in part]


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _go_on_counting(reading: Connection, writing: Connection, table: Table) -> None:
    """Number new rows from where the old store would have: no number means two things."""
    (key, *others) = table.primary_key
    if others or key.name != "id":
        return
    highest = writing.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    last = max(highest, _last_number(reading, table))
    if not last:
        return
    if writing.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        writing.execute(select(func.setval(sequence, last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        named = {"name": table.name, "last": last}
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
        writing.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), named)


def _last_number(reading: Connection, table: Table) -> int:
    """The last number given to a row of this table, as far as the database remembers it."""
    if reading.dialect.name == "postgresql":
        asked = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id'))")
    else:
        asked = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return reading.execute(asked, {"name": table.name}).scalar() or 0
