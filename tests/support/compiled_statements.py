"""SQL that SQLAlchemy has compiled once, for all stores of this process.

An engine keeps its own, and a test opens several stores: without this, half of the CPU of a round
would go into compiling the same statements anew.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.engine.interfaces import Dialect

from reblogbot.store import connections

Key = tuple[Any, ...]


class CompiledStatements(MutableMapping[Key, Any]):
    """SQLAlchemy's `compiled_cache`, where all dialects of a kind are one."""

    def __init__(self) -> None:
        self._compiled: dict[Key, Any] = {}

    def __getitem__(self, key: Key) -> Any:
        return self._compiled[_without_instance(key)]

    def __setitem__(self, key: Key, compiled: Any) -> None:
        self._compiled[_without_instance(key)] = compiled

    def __delitem__(self, key: Key) -> None:
        del self._compiled[_without_instance(key)]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._compiled)

    def __len__(self) -> int:
        return len(self._compiled)


def _without_instance(key: Key) -> Key:
    """The key with the kind of its dialect: the class, and the version of the server."""
    dialect: Dialect = key[0]
    return (type(dialect), dialect.server_version_info, *key[1:])


def share() -> None:
    """Let every store opened from now on use the same compiled statements."""
    statements = CompiledStatements()
    original = connections.create_engine

    def shared(*arguments: Any, **options: Any) -> Engine:
        engine = original(*arguments, **options)
        engine.update_execution_options(compiled_cache=statements)
        return engine

    connections.create_engine = shared
