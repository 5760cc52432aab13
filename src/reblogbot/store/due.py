"""Which sources are due, and how many of them may be polled at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, or_, select

from reblogbot.runtime import lease_owner
from reblogbot.store.schema import source

PollScope = Literal["due", "asked", "all"]
"""Poll the sources that are due; or all whose server did not ask for a pause; or all."""

EXTRA_ROWS = 100
"""Rows read beyond the limit: overdue sources may be disabled, or not in the config any more."""
MOSTLY_ENOUGH = 4
"""Rows read to find the source that is due next."""
_IN_ORDER_OF_DUE = (
    select(
        source.c.id,
        source.c.name,
        source.c.due,
        source.c.asked_until,
        source.c.lease_owner,
        source.c.lease_until,
    )
    .where(source.c.state != "gone")
    .order_by(source.c.due, source.c.id)
)


@dataclass(frozen=True, slots=True)
class PollSlots:
    """How many sources may be claimed, and how many of one host may be leased at once.

    None is no limit.
    """

    limit: int | None = None
    per_host: int | None = None

    def select(self, due: Iterable[Any], leased: Counter[str]) -> tuple[list[int], bool]:
        """The ids of the rows within both limits, in their order; and whether that was all.

        `leased` counts the leased sources of each host; those selected are added to it.
        """
        ids: list[int] = []
        is_all = True
        for row in due:
            if self.limit is not None and len(ids) >= self.limit:
                return ids, False
            if row.host and self.per_host is not None and leased[row.host] >= self.per_host:
                is_all = False
                continue
            leased[row.host] += 1
            ids.append(row.id)
        return ids, is_all


def poll_conditions(which: PollScope, now: datetime) -> list[Any]:
    """The conditions under which a source may be polled, leases aside."""
    if which == "all":
        return []
    is_not_paused = or_(source.c.asked_until.is_(None), source.c.asked_until <= now)
    conditions = [is_not_paused, source.c.state != "gone"]
    if which == "due":
        conditions.append(source.c.due <= now)
    return conditions


def most_overdue_first(*conditions: Any) -> Select[Any]:
    """Id, name, host and due time of the sources under these conditions."""
    columns = (source.c.id, source.c.name, source.c.host, source.c.due)
    return select(*columns).where(*conditions).order_by(source.c.due, source.c.id)


def read_in_pages(connection: Connection, query: Select[Any], page: int) -> Iterator[Row[Any]]:
    """The query's rows, each once; a page of this many first, then larger ones."""
    offset, ids = 0, set[int]()
    while True:
        rows = connection.execute(query.limit(page).offset(offset)).all()
        # Rows that other processes change between two pages may come twice.
        yield from (row for row in rows if row.id not in ids)
        ids.update(row.id for row in rows)
        if len(rows) < page:
            return
        # The database counts an offset row by row, so the pages grow and stay few.
        offset, page = offset + page, 2 * page


def next_due(
    connection: Connection, names: Container[str], owner: str, now: datetime
) -> datetime | None:
    """The first instant at which one of the named sources may be polled; None for never.

    It is `now` where one may be polled now. `owner` is the process that asks.
    """
    first: datetime | None = None
    for row in read_in_pages(connection, _IN_ORDER_OF_DUE, MOSTLY_ENOUGH):
        # The others are not polled before they are due.
        if first is not None and max(row.due, now) >= first:
            break
        if row.name in names:
            free_at = lease_owner.earliest_end(row.lease_owner, row.lease_until, owner, now)
            at = max(row.due, row.asked_until or row.due, free_at)
            first = at if first is None else min(first, at)
    return first
