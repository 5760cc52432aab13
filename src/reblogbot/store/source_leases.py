"""Leases on sources: the process that holds one is the only one that polls the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, literal, select

from reblogbot.runtime import lease_owner
from reblogbot.store.due import (
    EXTRA_ROWS,
    PollScope,
    PollSlots,
    early_conditions,
    most_overdue_first,
    poll_conditions,
    read_in_pages,
)
from reblogbot.store.schema import Instant, Plain, source, source_lease
from reblogbot.store.sql import chunks, insert_into, lock_until_commit

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
        self._leased_by_host, self._is_current = self._current_leases()
        self._is_free = ~exists().where(source_lease.c.source_id == source.c.id, self._is_current)

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
        """The rows of due sources, leased to us as far as `room` allows, and whether all were.

        Sources that are due in a moment are leased with them: one transaction for many sources
        writes little more than one for a single source (docs/adr/0038).
        """
        ids, is_all = self._select(names, room, *poll_conditions("due", self._now))
        if ids and is_all:
            early_ids, _ = self._select(names, room.reduced(len(ids)), *early_conditions(self._now))
            ids += early_ids
        return self._lease(ids, duration), is_all

    def _select(
        self, names: Container[str], room: PollSlots, *conditions: Any
    ) -> tuple[list[int], bool]:
        """The ids of the named sources that may be leased, and whether those were all."""
        query = most_overdue_first(self._is_free, *conditions)
        rows = read_in_pages(self._connection, query, (room.limit or 0) + EXTRA_ROWS)
        # Names are compared here, not in SQL: there may be very many, and few that are due.
        named = (row for row in rows if row.name in names)
        return room.select(named, self._leased_by_host)

    def _lease(self, ids: Sequence[int], duration: timedelta) -> list[Row[Any]]:
        """The rows of these ids, in their order, leased to us."""
        until = literal(self._now + duration, Instant)
        columns = select(source.c.id, literal(self._owner, Plain), until)
        leased: dict[int, Row[Any]] = {}
        for chunk in chunks(ids):
            rows = columns.where(source.c.id.in_(chunk)).order_by(source.c.id)
            statement = insert_into(self._connection, source_lease).from_select(
                ["source_id", "owner", "until"], rows
            )
            statement = statement.on_conflict_do_update(
                index_elements=[source_lease.c.source_id],
                set_={"owner": statement.excluded.owner, "until": statement.excluded.until},
                # Repeated, because the owner may have renewed the lease since it was read.
                where=~self._is_current,
            )
            leased_ids = self._connection.scalars(statement.returning(source_lease.c.source_id))
            query = select(source).where(source.c.id.in_(leased_ids.all()))
            leased.update({row.id: row for row in self._connection.execute(query)})
        return [leased[source_id] for source_id in ids if source_id in leased]

    def _current_leases(self) -> tuple[Counter[str], Any]:
        """How many sources of each host are leased, and the condition that a lease is current."""
        columns = source.c.host, source_lease.c.owner
        counts = (
            select(*columns, func.count())
            .join_from(source_lease, source)
            .where(source_lease.c.until > self._now)
        )
        rows = self._connection.execute(counts.group_by(*columns)).all()
        holders = {holder for _, holder, _ in rows} - {self._owner}
        dead = [holder for holder in holders if lease_owner.is_dead(holder)]
        leased_by_host: Counter[str] = Counter()
        for host, holder, count in rows:
            leased_by_host[host] += 0 if holder in dead else count
        is_current = and_(source_lease.c.until > self._now, source_lease.c.owner.not_in(dead))
        return leased_by_host, is_current
