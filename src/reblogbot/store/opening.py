"""Opening a store: created, checked, migrated; never an empty one in place of a damaged one.

The order of the steps is docs/adr/0013.
"""

from __future__ import annotations

from datetime import datetime

from reblogbot.errors import StoreError
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import schema
from reblogbot.store.connections import BUSY_MS
from reblogbot.store.database import Database
from reblogbot.store.files import make_private, must_read_as_immutable
from reblogbot.store.integrity import (
    check_integrity,
    check_not_empty,
    is_checked_today,
    record_check,
)
from reblogbot.store.store import Store
from reblogbot.store.upgrade import create, expect_revision, is_older, migrate, revision_of


def open_store(
    url: str,
    owner: str,
    now: datetime,
    *,
    busy_ms: int = BUSY_MS,
    on_progress: ProgressCallback = no_progress,
) -> tuple[Store, str]:
    """The store to work on, and a message about what was changed in it ("" for nothing).

    It is created where there is none, and migrated after a backup where it is older.
    Raises StoreError where it is garbage, damaged, newer, read-only, full, or locked for longer
    than `busy_ms`; the store stays as it is then.
    """
    database = Database(url, busy_ms=busy_ms)
    try:
        message = _prepare(database, now, on_progress)
    except BaseException:
        database.close()
        raise
    return Store(database, owner), message


def _prepare(database: Database, now: datetime, on_progress: ProgressCallback) -> str:
    messages = []
    is_checked = True
    if not database.exists():
        create(database)
    elif is_checked_today(database, now):
        is_checked = False
        check_not_empty(database)
    else:
        check_integrity(database, on_progress)
    revision = revision_of(database)
    if not revision:
        _refuse_file_without_tables(database)
        create(database)
    elif is_older(database, revision):
        backup = migrate(database, now, on_progress)
        migrated = f"{database.name}: migrated from {revision} to {schema.REVISION}"
        messages.append(migrated + (f", the old one is kept as {backup}" if backup else ""))
    expect_revision(database)
    database.enable_write_ahead_log()
    _check_writable(database)
    if is_checked:
        record_check(database, now)
    exposed = make_private(database.path) if database.path else []
    if exposed:
        messages.append(
            f"{database.name}: other users of this machine could read it, now its owner alone can "
            f"(mode 600): {', '.join(exposed)}"
        )
    return "; ".join(messages)


def read_store(url: str, owner: str, *, missing_ok: bool = True) -> Store:
    """The store for reading only; where there is none, an empty one in memory.

    Raises StoreError, also where the tables are older: only `sync` and `run` migrate.
    """
    database = Database(url)
    if not missing_ok and database.path and not database.path.exists():
        raise _missing(database)
    try:
        is_usable = _prepare_reading(database)
    except BaseException:
        database.close()
        raise
    if not is_usable:
        database.close()
        if not missing_ok:
            raise _missing(database)
        database = Database("sqlite://")
        create(database)
    return Store(database, owner)


def _prepare_reading(database: Database) -> bool:
    """Whether there is a store; if so, it has this program's revision."""
    if not database.exists():
        return False
    if database.path and must_read_as_immutable(database.path):
        database.read_as_immutable()
    check_not_empty(database)
    if not revision_of(database):
        _refuse_file_without_tables(database)
        return False
    expect_revision(database)
    return True


def _missing(database: Database) -> StoreError:
    return StoreError("store_missing", f"{database.name}: there is no store yet")


def _refuse_file_without_tables(database: Database) -> None:
    """Raise StoreError if the store is a file, which is called when it has no tables.

    We create a file together with its tables, so a file without them was damaged later. A
    database on a server may be empty, since its admin creates it without tables.
    """
    if database.path:
        raise StoreError(
            "store_corrupt",
            f"{database.name}: the store has no tables, its file is damaged; restore a backup, or "
            "delete it to start anew (every source is then learnt again, nothing old is posted)",
        )


def _check_writable(database: Database) -> None:
    """Raise StoreError if the store cannot be written: now, not after something was posted."""
    with database.write() as connection:
        connection.execute(schema.switch.delete().where(schema.switch.c.name == ""))
