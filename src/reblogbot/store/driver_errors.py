"""Errors of the database drivers, translated to StoreError with advice for the admin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from reblogbot.errors import StoreError, StoreInterrupted
from reblogbot.words import Words

# The -wal and -shm files of one store beside the file of another make a damaged mixture of both.
_DAMAGED = Words(
    "it is damaged; restore a backup, without the -wal and -shm files of the old store"
)
_LOCKED = Words("another program holds it; find out which, then try again")
_FULL = Words("no space is left; free some, nothing was lost")
ADVICE = (
    ("disk is full", "store_full", _FULL),
    ("no space left", "store_full", _FULL),
    # The file of SQLite's shared memory could not be made as large as it is.
    ("sqlite_ioerr_shmsize", "store_full", _FULL),
    (
        "disk i/o error",
        "store_io",
        Words("the disk fails or is full; look at the system's log"),
    ),
    (
        "readonly database",
        "store_read_only",
        Words("it may not be written; check owner and mode"),
    ),
    ("read-only", "store_read_only", Words("it may not be written; check owner and mode")),
    (
        "permission denied",
        "store_read_only",
        Words("it may not be written; check owner and rights"),
    ),
    ("not a database", "store_corrupt", Words("it is not a store; restore a backup")),
    ("malformed", "store_corrupt", _DAMAGED),
    ("locked", "store_locked", _LOCKED),
    ("lock timeout", "store_locked", _LOCKED),
    ("deadlock", "store_locked", Words("two programs blocked each other; try again")),
    (
        "unable to open",
        "store_unreachable",
        Words("it cannot be opened; check path, owner and mode"),
    ),
    (
        "resolve host",
        "store_unreachable",
        Words("its server has no address; check [store] url"),
    ),
    (
        "connection",
        "store_unreachable",
        Words("its server cannot be used; check [store] url, and whether the server runs"),
    ),
    ("no such table", "store_corrupt", _DAMAGED),
    (
        "relation .* does not exist",
        "store_corrupt",
        Words("it is damaged; restore a backup"),
    ),
)
"""Pattern in the driver's message or its name for the error, slug, advice; the first row that
matches counts."""

_ROLLED_BACK = frozenset({"40P01", "40001"})
"""PostgreSQL's SQLSTATEs for a deadlock and for a serialization failure."""


@contextmanager
def translated_errors(name: str) -> Iterator[None]:
    """Raise the driver's errors as StoreError that names the store `name`.

    IntegrityError and DataError stay as they are: a constraint held, or our statement is wrong.
    """
    try:
        yield
    except (IntegrityError, DataError):
        raise
    except ProgrammingError as error:
        translated = store_error(name, error)
        if translated.slug == "store_unusable":
            # No advice fits, so the statement itself is wrong: a bug that needs its traceback.
            raise
        raise translated from error
    except (DBAPIError, PoolTimeout) as error:
        raise store_error(name, error) from error


def store_error(name: str, error: Exception) -> StoreError:
    """The StoreError for a driver's error: slug and advice by the words of its message."""
    original = error.orig if isinstance(error, DBAPIError) else error
    message = str(original).strip()
    searched = f"{message} {getattr(original, 'sqlite_errorname', '')}".lower()
    first_line = message.splitlines()[0] if message else type(error).__name__
    error_class = StoreInterrupted if _may_be_retried(error) else StoreError
    for pattern, slug, advice in ADVICE:
        if re.search(pattern, searched):
            return error_class(
                slug,
                Words(
                    "{name}: {reason} ({first_line})",
                    name=name,
                    reason=advice,
                    first_line=first_line,
                ),
            )
    return error_class("store_unusable", f"{name}: {first_line}")


def _may_be_retried(error: Exception) -> bool:
    """Whether the server rolled the transaction back for another's sake, or the line broke."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _ROLLED_BACK
