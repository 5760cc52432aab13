"""Leases on sources: the process that holds one is the only one that polls the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from reblogbot.runtime import lease_owner
from reblogbot.store.due import (
    EXTRA_ROWS,
    PollScope,
    PollSlots,
    most_overdue_first,
    poll_conditions,
    read_in_pages,
)
from reblogbot.store.schema import source
from reblogbot.store.sql import chunks, lock_until_commit

CLAIM_LOCK = 0x636C61696D
"""Number of PostgreSQL's advisory lock for claiming sources."""


class SourceLeases:
    """The leases on sources as one process sees them at one instant, within one transaction.

    Only one transaction at a time may count and take leases (docs/adr/0017).
    """

    def __init__(self, connection: Connection, owner: str, now: datetime) -> None:
        lock_until_commit(connection, CLAIM_LOCK)
        self._connection = connection
        self._owner = owner
        self._now = now
        self._leased_by_host, self._is_free = self._current_leases()

    def take(
        self, names: Collection[str], which: PollScope, duration: timedelta, limit: int | None
    ) -> list[Row[Any]]:
        """The rows of at most `limit` of the named sources, leased to us; most overdue first."""
        conditions = self._is_free, *poll_conditions(which, self._now)
        due: list[Row[Any]] = []
        for chunk in chunks(list(names)):
            query = most_overdue_first(source.c.name.in_(chunk), *conditions)
            due += self._connection.execute(query)
        ids = [row.id for row in sorted(due, key=lambda row: (row.due, row.id))]
        return self._lease(ids[:limit], duration)

    def take_due(
        self, names: Container[str], duration: timedelta, room: PollSlots
    ) -> tuple[list[Row[Any]], bool]:
        """The rows of due sources, leased to us as far as `room` allows, and whether all were."""
        query = most_overdue_first(self._is_free, *poll_conditions("due", self._now))
        due = read_in_pages(self._connection, query, (room.limit or 0) + EXTRA_ROWS)
        # Names are compared here, not in SQL: there may be very many, and few that are due.
        named = (row for row in due if row.name in names)
        ids, is_all = room.select(named, self._leased_by_host)
        return self._lease(ids, duration), is_all

    def _lease(self, ids: Sequence[int], duration: timedelta) -> list[Row[Any]]:
        """The rows of these ids, in their order, as they were before the lease."""
        leased: dict[int, Row[Any]] = {}
        for chunk in chunks(ids):
            # The condition again: a row may have been changed since its id was read.
            statement = select(source).where(source.c.id.in_(chunk), self._is_free)
            rows = self._connection.execute(statement.with_for_update(skip_locked=True)).all()
            leased.update({row.id: row for row in rows})
            self._connection.execute(
                update(source)
                .where(source.c.id.in_([row.id for row in rows]))
                .values(lease_owner=self._owner, lease_until=self._now + duration)
            )
        return [leased[source_id] for source_id in ids if source_id in leased]

    def _current_leases(self) -> tuple[Counter[str], Any]:
        """How many sources of each host are leased, and the condition that a source is not."""
        columns = source.c.host, source.c.lease_owner
        is_leased = source.c.lease_owner.is_not(None), source.c.lease_until > self._now
        counts = select(*columns, func.count()).where(*is_leased).group_by(*columns)
        rows = self._connection.execute(counts).all()
        holders = {holder for _, holder, _ in rows} - {self._owner}
        dead = [holder for holder in holders if lease_owner.is_dead(holder)]
        leased_by_host: Counter[str] = Counter()
        for host, holder, count in rows:
            leased_by_host[host] += 0 if holder in dead else count
        is_free = or_(
            source.c.lease_until.is_(None),
            source.c.lease_until <= self._now,
            source.c.lease_owner.in_(dead),
        )
        return leased_by_host, is_free
