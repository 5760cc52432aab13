"""SQL that SQLite and PostgreSQL spell differently, and statements split to their limits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, Table, func, select, text

T = TypeVar("T")

CHANNEL = "reblogbot"
"""PostgreSQL's channel of notifications about changes of the store."""
PARAMETERS_PER_STATEMENT = 10_000
"""SQLite takes at most 32766 parameters in one statement."""
# A transaction that has no id has written nothing, and would only wake the others.
_ANNOUNCEMENT = text("SELECT pg_notify(:channel, '') WHERE txid_current_if_assigned() IS NOT NULL")


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT with `on_conflict_do_…`, which SQLAlchemy has for each dialect separately."""
    # Imported by name: loading the dialect that is not in use costs as much as a poll of many
    # sources.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def matching_keys(
    connection: Connection, query: Select[bytes], column: Column[bytes], keys: Sequence[bytes]
) -> set[bytes]:
    """The keys that the query returns when `column` is restricted to them."""
    matches: set[bytes] = set()
    for chunk in chunks(keys):
        matches.update(connection.scalars(query.where(column.in_(chunk))))
    return matches


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values in parts, each small enough for one statement."""
    size = PARAMETERS_PER_STATEMENT
    return (values[start : start + size] for start in range(0, len(values), size))


def lock_until_commit(connection: Connection, lock_id: int) -> None:
    """Take PostgreSQL's advisory lock of this number for the rest of the transaction.

    Waits for the transaction that holds it. SQLite needs none: it has one writer at a time.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock_id)))


def announce_changes(connection: Connection) -> None:
    """Let PostgreSQL notify those who watch, once this transaction has committed a change.

    SQLite tells by itself that a file was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_ANNOUNCEMENT, {"channel": CHANNEL})
