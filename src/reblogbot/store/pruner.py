"""The broom: forgets what is old, a little at a time, so that nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    select,
    tuple_,
    type_coerce,
)

from reblogbot.model import OPEN
from reblogbot.ports import ProgressCallback
from reblogbot.store.database import Database, alone, among
from reblogbot.store.schema import EPOCH, delivery, entry, notice, published, seen, source

# the number of the lock under which a PostgreSQL store is pruned; any other than UPGRADING's
PRUNING = 0x7072756E65
# no transaction is about more than that: others can write in between
SOURCES = 200
ROWS = 5000


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were forgotten."""

    keys: int
    entries: int
    deliveries: int


class Pruner:
    """One sweep over a store: what is older than `before` goes, but nothing still shown or open.

    It may end anywhere, as soon as `is_over` says so, and the next sweep does the rest.
    """

    def __init__(
        self,
        database: Database,
        before: datetime,
        on_progress: ProgressCallback,
        is_over: Callable[[], bool],
    ) -> None:
        self._database = database
        self._before = before
        self._day = (before - EPOCH).days
        self._told = on_progress
        self._is_over = is_over

    def sweep(self) -> Pruned:
        """Forget; the counts of what was forgotten."""
        # in this order: a post is kept for its keys, an entry for its post
        keys = sum(map(self._forget_keys, self._sources()))
        deliveries = sum(map(self._forget_deliveries, self._settled()))
        entries = sum(map(self._forget_entries, self._old("entries", entry.c.seen_at, entry.c.id)))
        self._forget(delete(notice).where(notice.c.day < self._day))
        return Pruned(keys, entries, deliveries)

    def _sources(self) -> Iterator[Sequence[int]]:
        """The numbers of all sources, some at a time."""
        with self._database.read() as connection:
            numbers = connection.scalars(select(source.c.id).order_by(source.c.id)).all()
        for start in range(0, len(numbers), SOURCES):
            if self._is_over():
                return
            yield numbers[start : start + SOURCES]
            self._told("keys", min(start + SOURCES, len(numbers)), len(numbers))

    def _forget_keys(self, numbers: Sequence[int]) -> int:
        among_these = seen.c.source_id.between(numbers[0], numbers[-1])
        old = and_(seen.c.shown_on < self._day, ~_still_shown())
        # looking blocks nobody, and mostly there is nothing to forget
        with self._database.read() as connection:
            found = connection.scalars(select(seen.c.source_id).distinct().where(among_these, old))
            stale = found.all()
        return self._forget(delete(seen).where(seen.c.source_id.in_(stale), old)) if stale else 0

    def _settled(self) -> Iterator[Sequence[int]]:
        """The numbers of the deliveries settled long ago, some at a time."""
        with self._database.read() as connection:
            accounts = connection.scalars(select(delivery.c.account).distinct()).all()
        for name in accounts:
            mine = delivery.c.account == name
            yield from self._old("deliveries", delivery.c.settled_at, delivery.c.id, mine)

    def _forget_deliveries(self, numbers: Sequence[int]) -> int:
        """Forget those of which no source knows a key any more."""
        keys = select(published.c.key, published.c.delivery_id)
        with self._database.read() as connection:
            rows = connection.execute(keys.where(published.c.delivery_id.in_(numbers))).all()
            # `seen` has no index on the key alone: it is read once for all of them
            known = among(connection, select(seen.c.key), seen.c.key, [row.key for row in rows])
        kept = {row.delivery_id for row in rows if row.key in known}
        gone = [number for number in numbers if number not in kept]
        # meanwhile the admin may have had one of them tried again
        settled = and_(delivery.c.state.not_in(OPEN), delivery.c.settled_at < self._before)
        return self._forget(delete(delivery).where(delivery.c.id.in_(gone), settled))

    def _forget_entries(self, numbers: Sequence[int]) -> int:
        needed = exists().where(delivery.c.entry_id == entry.c.id)
        return self._forget(delete(entry).where(entry.c.id.in_(numbers), ~needed))

    def _old(
        self, what: str, at: Column[datetime], number: Column[int], *when: ColumnElement[bool]
    ) -> Iterator[Sequence[int]]:
        """The numbers of the rows whose time is past, some at a time, the oldest first."""
        old = select(at, number).where(at < self._before, *when).order_by(at, number).limit(ROWS)
        with self._database.read() as connection:
            count = select(func.count()).where(at < self._before, *when)
            total, done = connection.scalar(count) or 0, 0
        last: tuple[datetime, int] = (EPOCH, 0)
        while done < total and not self._is_over():
            with self._database.read() as connection:
                rows = connection.execute(old.where(tuple_(at, number) > last)).all()
            if not rows:
                return
            yield [row[1] for row in rows]
            last, done = (rows[-1][0], rows[-1][1]), done + len(rows)
            self._told(what, min(done, total), total)

    def _forget(self, statement: Any) -> int:
        with self._database.write() as connection:
            alone(connection, PRUNING)
            return connection.execute(statement).rowcount


def _still_shown() -> ColumnElement[bool]:
    """Keys of a source's last batch carry its day: rows are written only when the day is later.

    A source that answers "not modified" for months shows its last batch all the while.
    """
    last_day = type_coerce(source.c.last_batch_at, BigInteger) // 86_400_000_000
    return exists().where(source.c.id == seen.c.source_id, seen.c.shown_on >= last_day)
