"""SQL that SQLite and PostgreSQL spell differently, and statements split to their limits."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    LargeBinary,
    Table,
    Text,
    TypeDecorator,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

T = TypeVar("T")

CHANNEL = "reblogbot"
"""PostgreSQL's channel of notifications about changes of the store."""
PARAMETERS_PER_STATEMENT = 10_000
"""SQLite takes at most 32766 parameters in one statement."""
# A transaction that has no id has written nothing, and would only wake the others.
_ANNOUNCEMENT = text("SELECT pg_notify(:channel, '') WHERE txid_current_if_assigned() IS NOT NULL")


def insert_into(connection: Connection, table: Table) -> Any:
    """An INSERT with `on_conflict_do_…`, which SQLAlchemy has for each dialect separately."""
    return _insert_into(connection.dialect.name, table)


@cache
def _insert_into(dialect: str, table: Table) -> Any:
    # Imported by name: loading the dialect that is not in use costs as much as a poll of many
    # sources.
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose keys are not in the table yet."""
    if rows:
        connection.execute(_insert_new(connection.dialect.name, table), rows)


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    return _insert_into(dialect, table).on_conflict_do_nothing()


def is_behind(
    columns: tuple[Column[datetime], Column[int]], place: tuple[datetime, int]
) -> tuple[ColumnElement[bool], ...]:
    """The conditions of the rows behind a place, in the descending order of an instant and id."""
    instant, number = columns
    at, last = place
    return instant <= at, or_(instant < at, and_(instant == at, number < last))


class _KeyList(TypeDecorator[Collection[bytes]]):
    """Any number of keys as one parameter, so that the statement is the same for any number.

    SQLite gets JSON with the keys in hexadecimal, PostgreSQL an array.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(LargeBinary))

    def process_bind_param(self, value: Collection[bytes] | None, dialect: Dialect) -> Any:
        keys = value or ()
        return json.dumps([key.hex() for key in keys]) if dialect.name == "sqlite" else list(keys)


class is_among_keys(FunctionElement[bool]):  # noqa: N801 - reads as a function in statements
    """The condition that the column is one of the keys in the parameter `keys`."""

    inherit_cache = True

    def __init__(self, column: Column[bytes]) -> None:
        super().__init__(column, bindparam("keys", type_=_KeyList()))


@compiles(is_among_keys, "sqlite")
def _compile_for_sqlite(element: is_among_keys, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(each, **options) for each in element.clauses)
    # `unhex` is ours: `connections` adds it, as SQLite has one from 3.41 on only.
    return f"{column} IN (SELECT unhex(value) FROM json_each({keys}))"  # noqa: S608 - no user text


@compiles(is_among_keys, "postgresql")
def _compile_for_postgresql(element: is_among_keys, compiler: SQLCompiler, **options: Any) -> str:
    column, keys = (compiler.process(each, **options) for each in element.clauses)
    return f"{column} = ANY ({keys})"


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values in parts, each small enough for one statement."""
    size = PARAMETERS_PER_STATEMENT
    return (values[start : start + size] for start in range(0, len(values), size))


def addresses(written: str) -> list[str]:
    """The addresses that are meant by one that may lack its scheme."""
    return [written] if "://" in written else [f"https://{written}", f"http://{written}"]


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
