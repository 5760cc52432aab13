"""SQLite's own check of a store's file: whole each time, or once a day for a large one."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from reblogbot.errors import StoreError
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store.database import Database
from reblogbot.store.files import file_error

LARGE_BYTES = 32_000_000
"""Checking so much takes a tenth of a second; a larger store is checked once a day only."""


def check_not_empty(database: Database) -> None:
    """Raise StoreError `store_corrupt` when the SQLite file is empty."""
    if database.path is None:
        return
    try:
        size = database.path.stat().st_size
    except OSError as error:
        raise file_error(database.path, error) from error
    if size == 0:
        raise StoreError(
            "store_corrupt",
            f"{database.name}: the store is empty, it was cut off; restore a backup, or delete it "
            "to start anew (every source is then learnt again, nothing old is posted)",
        )


def check_integrity(database: Database, on_progress: ProgressCallback = no_progress) -> None:
    """Read the whole SQLite file. Raises StoreError `store_corrupt` when it is empty or damaged."""
    check_not_empty(database)
    if database.path is None:
        return
    on_progress("checking", 0, 0)
    with database.read() as connection:
        verdict = str(connection.execute(text("PRAGMA quick_check(1)")).scalar())
    if verdict != "ok":
        raise StoreError(
            "store_corrupt",
            f"{database.name}: the store is damaged ({' '.join(verdict.split())}); "
            "restore a backup, without the -wal and -shm files of the old store",
        )


def is_checked_today(database: Database, now: datetime) -> bool:
    """Whether the SQLite file is large and was checked since midnight UTC already."""
    if not _is_large(database):
        return False
    with database.read() as connection:
        return bool(connection.scalar(text("PRAGMA user_version")) == _day(now))


def record_check(database: Database, now: datetime) -> None:
    """Write the day of the check into a large SQLite file."""
    if _is_large(database):
        with database.write() as connection:
            connection.execute(text(f"PRAGMA user_version={_day(now)}"))


def _is_large(database: Database) -> bool:
    return database.path is not None and database.path.stat().st_size >= LARGE_BYTES


def _day(now: datetime) -> int:
    return now.astimezone(UTC).toordinal()
