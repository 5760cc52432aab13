"""Copying a bot's store to another database: all rows, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from reblogbot.errors import StoreError
from reblogbot.runtime import lease_owner
from reblogbot.store.daemons import HEARTBEAT_TIMEOUT, running_daemons
from reblogbot.store.database import Database
from reblogbot.store.files import new_store_file
from reblogbot.store.integrity import check_integrity
from reblogbot.store.schema import account, daemon, metadata, source_lease
from reblogbot.store.store_clock import clock_of
from reblogbot.store.upgrade import expect_revision, revision_of, upgrade

ROWS_AT_A_TIME = 5_000
_NO_LEASE = {"lease_owner": None, "lease_until": None}
_COPIED_TABLES = [table for table in metadata.sorted_tables if table not in (daemon, source_lease)]
"""All but those whose rows are of processes that use the old store."""


@dataclass(frozen=True, slots=True)
class CopyResult:
    """The names of both stores, and how many rows each table of the new one has."""

    source: str
    target: str
    rows: dict[str, int]


def copy_store(
    from_url: str, to_url: str, on_rows: Callable[[int, int], None] = lambda _copied, _total: None
) -> CopyResult:
    """Copy the store at `from_url` to `to_url`, where there must be none, or an empty one.

    The copy is of one instant and complete, or it does not exist: a file is written under a
    temporary name, a server gets one transaction. Leases are not copied. `on_rows` is called with
    the rows copied so far and their total. Raises StoreError; the old store is never changed.
    """
    old, new = Database(from_url), Database(to_url)
    try:
        _expect_store(old)
        with old.read() as reading, _new_tables(new) as writing:
            _expect_unused(old, reading)
            rows = _copy(reading, writing, on_rows)
            with old.read() as later:
                # A daemon that has started meanwhile posts what the copy has queued as well.
                _expect_unused(old, later)
    finally:
        old.close()
        new.close()
    return CopyResult(old.name, new.name, rows)


def _expect_store(old: Database) -> None:
    missing = StoreError("store_missing", f"{old.name}: there is no store to copy")
    if not old.exists():
        raise missing
    check_integrity(old)
    if not revision_of(old):
        raise missing
    expect_revision(old)


def _expect_unused(old: Database, reading: Connection) -> None:
    """Raise StoreError while a daemon or a sync uses the old store: it would go on posting."""
    now = clock_of(old).now()
    for record in running_daemons(reading, now):
        hint = ""
        if not record.is_running_here:
            end = record.beat_at + HEARTBEAT_TIMEOUT
            hint = f" (one that was lost with its machine is forgotten at {end:%H:%M} UTC)"
        raise StoreError(
            "store_in_use",
            f"{old.name}: a daemon uses it (process {record.pid} on {record.host}, since "
            f"{record.since:%Y-%m-%d %H:%M} UTC); stop it, then copy{hint}",
        )
    for owner, until in (
        (source_lease.c.owner, source_lease.c.until),
        (account.c.lease_owner, account.c.lease_until),
    ):
        holders = reading.scalars(select(owner).where(until > now).distinct())
        if any(not lease_owner.is_dead(holder) for holder in holders if holder):
            raise StoreError(
                "store_in_use",
                f"{old.name}: a daemon or a sync uses it; stop it, then copy "
                "(one that was lost with its machine is forgotten when its lease ends)",
            )


@contextmanager
def _new_tables(new: Database) -> Iterator[Connection]:
    """A transaction on the new store with empty tables; the store exists once the block ends."""
    if new.path is None:
        if new.is_sqlite:
            raise StoreError("store_url", f"{new.name}: a copy in memory would be lost at once")
        # Whoever opens the new store meanwhile waits for the lock of `upgrade`.
        with new.write() as connection:
            if revision_of(new):
                expect_revision(new)
            upgrade(connection)
            _expect_empty(new, connection)
            yield connection
        return
    if new.exists():
        raise _not_empty(new)
    try:
        with new_store_file(new.path) as part:
            part_database = Database(str(new.url.set(database=str(part))))
            try:
                with part_database.write() as connection:
                    upgrade(connection)
                    yield connection
                part_database.enable_write_ahead_log()
            finally:
                part_database.close()
    except FileExistsError as error:
        raise _not_empty(new) from error


def _expect_empty(new: Database, writing: Connection) -> None:
    for table in metadata.sorted_tables:
        if writing.execute(select(table).limit(1)).first() is not None:
            raise _not_empty(new)


def _not_empty(new: Database) -> StoreError:
    return StoreError(
        "store_not_empty", f"{new.name}: already exists and is not overwritten; name another"
    )


def _copy(
    reading: Connection, writing: Connection, on_rows: Callable[[int, int], None]
) -> dict[str, int]:
    counts = {table.name: _count(reading, table) for table in _COPIED_TABLES}
    copied, total = 0, sum(counts.values())
    for table in _COPIED_TABLES:
        for rows in _read(reading, table):
            writing.execute(insert(table), rows)
            copied += len(rows)
            on_rows(copied, total)
        _continue_ids(reading, writing, table)
        written = _count(writing, table)
        if written != counts[table.name]:
            raise StoreError(
                "copy_differs",
                f"{table.name}: {counts[table.name]} rows were read and {written} are in the "
                "copy, which is discarded; please report it",
            )
    return counts


def _read(reading: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """The table's rows, ROWS_AT_A_TIME in memory."""
    statement = select(table).order_by(*table.primary_key)
    result = reading.execution_options(yield_per=ROWS_AT_A_TIME).execute(statement)
    replaced = _NO_LEASE if table is account else {}
    for rows in result.mappings().partitions():
        yield [{**row, **replaced} for row in rows]


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _continue_ids(reading: Connection, writing: Connection, table: Table) -> None:
    """Let the new table give ids after the old one's last, so that no id is ever given twice."""
    (key, *others) = table.primary_key
    if others or key.name != "id":
        return
    highest = writing.execute(select(func.coalesce(func.max(key), 0))).scalar_one()
    last = max(highest, _last_id(reading, table))
    if not last:
        return
    if writing.dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        writing.execute(select(func.setval(sequence, last)))
    elif table.dialect_options["sqlite"]["autoincrement"]:
        values = {"name": table.name, "last": last}
        writing.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        writing.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), values)


def _last_id(reading: Connection, table: Table) -> int:
    """The last id given to a row of this table, as far as the database remembers it, or 0."""
    if reading.dialect.name == "postgresql":
        statement = text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id'))")
    else:
        statement = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    return reading.execute(statement, {"name": table.name}).scalar() or 0
