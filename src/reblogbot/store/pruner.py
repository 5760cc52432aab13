"""Deletion of old rows, in transactions so small that other processes hardly wait for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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

from reblogbot.model import OPEN_STATES
from reblogbot.ports import ProgressCallback
from reblogbot.store.database import Database
from reblogbot.store.schema import (
    EPOCH,
    delivery,
    entry,
    notice,
    published,
    seen,
    source,
    step_call,
    step_result,
)
from reblogbot.store.sql import is_among_keys, lock_until_commit

PRUNE_LOCK = 0x7072756E65
"""Number of PostgreSQL's advisory lock for pruning; any but that of the upgrade would do."""
SOURCES_AT_A_TIME = 200
ROWS_AT_A_TIME = 5000
CALLS_AGE = timedelta(days=2)
"""How long calls of steps are kept: their limit looks a day back."""


@dataclass(frozen=True, slots=True)
class PruneCounts:
    """How many rows were deleted."""

    keys: int
    entries: int
    deliveries: int


class Pruner:
    """One run over a store: deletes what is older than `keep`, but nothing shown or open.

    It stops between two transactions as soon as `should_stop()`; the next run does the rest.
    """

    def __init__(
        self,
        database: Database,
        keep: timedelta,
        now: datetime,
        on_progress: ProgressCallback,
        should_stop: Callable[[], bool],
    ) -> None:
        self._database = database
        self._now = now
        self._before = now - keep
        self._before_day = (self._before - EPOCH).days
        self._on_progress = on_progress
        self._is_over = should_stop

    def run(self) -> PruneCounts:
        """Delete old rows; returns how many of each kind."""
        # In this order: a delivery is kept for its keys, and an entry for its deliveries.
        keys = sum(map(self._delete_keys, self._source_ids()))
        deliveries = sum(map(self._delete_deliveries, self._settled_deliveries()))
        old_entries = self._old_ids("entries", entry.c.seen_at, entry.c.id)
        entries = sum(map(self._delete_entries, old_entries))
        self._delete(delete(notice).where(notice.c.day < self._before_day))
        self._delete(delete(step_call).where(step_call.c.at < self._now - CALLS_AGE))
        # the results of an entry are deleted with it
        is_unused = step_result.c.entry_id.is_(None), step_result.c.called_at < self._before
        self._delete(delete(step_result).where(*is_unused))
        return PruneCounts(keys, entries, deliveries)

    def _source_ids(self) -> Iterator[Sequence[int]]:
        """The ids of all sources, in parts."""
        with self._database.read() as connection:
            ids = connection.scalars(select(source.c.id).order_by(source.c.id)).all()
        for start in range(0, len(ids), SOURCES_AT_A_TIME):
            if self._is_over():
                return
            end = start + SOURCES_AT_A_TIME
            yield ids[start:end]
            self._on_progress("keys", min(end, len(ids)), len(ids))

    def _delete_keys(self, source_ids: Sequence[int]) -> int:
        """Delete the keys that these sources do not show any more."""
        is_of_sources = seen.c.source_id.between(source_ids[0], source_ids[-1])
        is_old = and_(seen.c.shown_on < self._before_day, ~_is_still_shown())
        # Reading first blocks no writer, and mostly there is nothing to delete.
        with self._database.read() as connection:
            statement = select(seen.c.source_id).distinct().where(is_of_sources, is_old)
            stale_ids = connection.scalars(statement).all()
        if not stale_ids:
            return 0
        return self._delete(delete(seen).where(seen.c.source_id.in_(stale_ids), is_old))

    def _settled_deliveries(self) -> Iterator[Sequence[int]]:
        """The ids of the deliveries settled before the limit, in parts."""
        for name in self._accounts():
            is_of_account = delivery.c.account == name
            yield from self._old_ids(
                "deliveries", delivery.c.settled_at, delivery.c.id, is_of_account
            )

    def _accounts(self) -> Iterator[str]:
        """The accounts that have deliveries, found by one step in an index each."""
        name, first = "", func.min(delivery.c.account)
        while True:
            with self._database.read() as connection:
                following = connection.scalar(select(first).where(delivery.c.account > name))
            if following is None:
                return
            name = following
            yield name

    def _delete_deliveries(self, ids: Sequence[int]) -> int:
        """Delete the deliveries whose keys no source has in `seen` any more."""
        keys = select(published.c.key, published.c.delivery_id)
        with self._database.read() as connection:
            rows = connection.execute(keys.where(published.c.delivery_id.in_(ids))).all()
            # `seen` has no index on the key alone, so one query reads it for all of them.
            in_use = select(seen.c.key).where(is_among_keys(seen.c.key))
            keys_in_use = set(connection.scalars(in_use, {"keys": [row.key for row in rows]}))
        kept = {row.delivery_id for row in rows if row.key in keys_in_use}
        unused = [delivery_id for delivery_id in ids if delivery_id not in kept]
        # An admin may have let one of them be tried again meanwhile.
        is_settled = and_(
            delivery.c.state.not_in(OPEN_STATES), delivery.c.settled_at < self._before
        )
        return self._delete(delete(delivery).where(delivery.c.id.in_(unused), is_settled))

    def _delete_entries(self, ids: Sequence[int]) -> int:
        """Delete the entries that have no deliveries."""
        has_delivery = exists().where(delivery.c.entry_id == entry.c.id)
        return self._delete(delete(entry).where(entry.c.id.in_(ids), ~has_delivery))

    def _old_ids(
        self,
        label: str,
        instant: Column[datetime],
        row_id: Column[int],
        *conditions: ColumnElement[bool],
    ) -> Iterator[Sequence[int]]:
        """The ids of the rows before the limit, in parts, the oldest first."""
        is_old = instant < self._before, *conditions
        query = select(instant, row_id).where(*is_old).order_by(instant, row_id)
        with self._database.read() as connection:
            total = connection.scalar(select(func.count()).where(*is_old)) or 0
        visited = 0
        last: tuple[datetime, int] = (EPOCH, 0)
        while visited < total and not self._is_over():
            page = query.where(tuple_(instant, row_id) > last).limit(ROWS_AT_A_TIME)
            with self._database.read() as connection:
                rows = connection.execute(page).all()
            if not rows:
                return
            yield [row[1] for row in rows]
            last, visited = (rows[-1][0], rows[-1][1]), visited + len(rows)
            self._on_progress(label, min(visited, total), total)

    def _delete(self, statement: Any) -> int:
        with self._database.write() as connection:
            lock_until_commit(connection, PRUNE_LOCK)
            return connection.execute(statement).rowcount


def _is_still_shown() -> ColumnElement[bool]:
    """The condition that a key was in its source's last batch.

    Such keys have the day of that batch or a later one. A source that answers "not modified" for
    months shows its last batch all the time.
    """
    last_day = type_coerce(source.c.last_batch_at, BigInteger) // 86_400_000_000
    return exists().where(source.c.id == seen.c.source_id, seen.c.shown_on >= last_day)
