"""A consistent copy of an SQLite store, made while it is in use."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from reblogbot.errors import StoreError
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store.connections import sqlite_connection
from reblogbot.store.database import Database
from reblogbot.store.driver_errors import translated_errors
from reblogbot.store.files import atomic_file

STEPS_PER_REPORT = 1_000_000
"""Instructions of SQLite's virtual machine, which executes some ten million in a second."""


def back_up(database: Database, target: Path, on_progress: ProgressCallback = no_progress) -> None:
    """Copy an SQLite store to `target`, which must not exist; a daemon may run meanwhile.

    Raises StoreError.
    """
    if not database.is_sqlite:
        raise StoreError(
            "backup_elsewhere", f"{database.name}: use pg_dump for a store on PostgreSQL"
        )
    try:
        with atomic_file(target) as part:
            size = _size(database.path)
            with translated_errors(database.name), database.engine.connect() as connection:
                sqlite = sqlite_connection(connection)
                on_progress("copying", 0, size)
                sqlite.set_progress_handler(
                    lambda: on_progress("copying", _size(part), size), STEPS_PER_REPORT
                )
                sqlite.execute("VACUUM INTO ?", (str(part),))
                sqlite.set_progress_handler(None, 0)
                on_progress("copying", size, size)
            database.check_still_immutable()
            with part.open("rb") as copy:
                os.fsync(copy.fileno())
    except FileExistsError as error:
        raise StoreError("backup_exists", f"{target}: already exists; name another file") from error
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError("backup_failed", f"{target}: no backup was made: {reason}") from error


def _size(path: Path | None) -> int:
    """The bytes of a file; 0 where there is none."""
    return path.stat().st_size if path is not None and path.exists() else 0
