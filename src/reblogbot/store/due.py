"""Which sources are due, and of how many at once there is room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, or_, select

from reblogbot.store.schema import source

Which = Literal["due", "asked", "all"]
"""Poll those that are due; or all but those whose server asked to be left alone; or all."""

# so many of the overdue may well be disabled, or in the config no more
PAGE = 100


@dataclass(frozen=True, slots=True)
class Room:
    """How many sources may be claimed, and how many of one host may be leased at once."""

    limit: int | None = None
    per_host: int | None = None

    def chosen(self, due: Iterable[Any], busy: Counter[str]) -> tuple[list[int], bool]:
        """The ids of those that fit beside what is busy, in their order; and whether all did."""
        ids: list[int] = []
        is_all = True
        for row in due:
            if self.limit is not None and len(ids) >= self.limit:
                return ids, False
            if row.host and self.per_host is not None and busy[row.host] >= self.per_host:
                is_all = False
                continue
            busy[row.host] += 1
            ids.append(row.id)
        return ids, is_all


def conditions(which: Which, now: datetime) -> list[Any]:
    """What holds for a source that may be polled, leases aside."""
    if which == "all":
        return []
    left_alone = or_(source.c.asked_until.is_(None), source.c.asked_until <= now)
    retired = source.c.state != "gone"
    return [left_alone, retired] if which == "asked" else [left_alone, retired, source.c.due <= now]


def first_due(*when: Any) -> Select[Any]:
    """Such sources, the most overdue first."""
    columns = (source.c.id, source.c.name, source.c.host, source.c.due)
    return select(*columns).where(*when).order_by(source.c.due, source.c.id)


def paged(connection: Connection, query: Select[Any], limit: int | None) -> Iterator[Row[Any]]:
    """The rows, each once, read as many at a time as are probably enough."""
    start, page, known = 0, (limit or 0) + PAGE, set[int]()
    while True:
        rows = connection.execute(query.limit(page).offset(start)).all()
        # whatever others did between two pages
        yield from (row for row in rows if row.id not in known)
        known.update(row.id for row in rows)
        if len(rows) < page:
            return
        # an offset is counted out by the database: so not too many of them
        start, page = start + page, 2 * page
