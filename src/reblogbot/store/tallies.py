"""Counts of deliveries and failing sources, for status, metrics and alerts.

Each is one statement that an index keeps from reading the many settled deliveries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Label,
    TextClause,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
)

from reblogbot.model import OPEN_STATES, POSTED_STATES, DeliveryState
from reblogbot.store.database import Database
from reblogbot.store.schema import (
    EPOCH,
    IS_HELD_STORM,
    IS_REFUSED,
    IS_SEEN,
    delivery,
    entry,
    is_edit,
    source,
)
from reblogbot.store.sql import chunks

DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)

FAILING_AFTER = timedelta(days=1)
"""A source that has failed for this time is reported. Most failures end sooner by themselves."""


@dataclass(frozen=True, slots=True)
class Tally:
    """The count of an account's deliveries in one state.

    `queued_at` is when the oldest was queued, `sent_from` when one was first sent.
    """

    account: str
    state: DeliveryState
    count: int
    queued_at: datetime
    sent_from: datetime | None


@dataclass(frozen=True, slots=True)
class Failing:
    """A source that fails: its state, its last error, and since when."""

    name: str
    state: str
    error: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCount:
    """The count of an account's deliveries from one source that are held with the same error."""

    account: str
    source: str
    error: str
    count: int


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """What a source brought, by day: the first number is that of the last 24 hours.

    `new` are entries that it showed first, `filtered` those of them that were queued for no
    account. `posted` are posts, boosts and quotes, retracted ones too; `failed` were given up.
    """

    new: list[int]
    posted: list[int]
    filtered: list[int]
    failed: list[int]


class Tallies:
    """Counts over the tables `delivery` and `source`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliveries(self) -> list[Tally]:
        """The deliveries that are open or dead, counted by account and state."""
        is_unfinished = delivery.c.state.in_(sorted({*OPEN_STATES, DeliveryState.DEAD}))
        groups = delivery.c.account, delivery.c.state
        first = func.min(delivery.c.queued_at), func.min(delivery.c.sent_from)
        statement = (
            select(*groups, func.count(), *first)
            .where(is_unfinished)
            .group_by(*groups)
            .order_by(*groups)
        )
        with self._database.read() as connection:
            return [
                Tally(account, DeliveryState(state), count, queued_at, sent_from)
                for account, state, count, queued_at, sent_from in connection.execute(statement)
            ]

    def held_by_storms(self, name: str) -> dict[str, int]:
        """How many deliveries each account has held for storms of this source."""
        statement = (
            select(delivery.c.account, func.count())
            .where(delivery.c.source == name, *IS_HELD_STORM)
            .group_by(delivery.c.account)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement)
            return {account: count for account, count in rows}  # noqa: C416 - dict() wants tuples

    def storms(self) -> dict[str, tuple[int, str]]:
        """How many entries each source has held for a storm, and the reason."""
        columns = func.count(delivery.c.entry_id.distinct()), func.max(delivery.c.error)
        statement = (
            select(delivery.c.source, *columns).where(*IS_HELD_STORM).group_by(delivery.c.source)
        )
        with self._database.read() as connection:
            return {name: (count, reason) for name, count, reason in connection.execute(statement)}

    def dead(self, since: datetime) -> int:
        """How many deliveries were given up since then."""
        is_dead = delivery.c.state == DeliveryState.DEAD, delivery.c.settled_at >= since
        statement = select(func.count()).select_from(delivery).where(*is_dead)
        with self._database.read() as connection:
            return connection.scalar(statement) or 0

    def held(self) -> list[HeldCount]:
        """The held deliveries, counted by account, source and error."""
        groups = delivery.c.account, delivery.c.source, delivery.c.error
        statement = select(*groups, func.count()).where(delivery.c.state == DeliveryState.HELD)
        with self._database.read() as connection:
            rows = connection.execute(statement.group_by(*groups).order_by(*groups))
            return [HeldCount(*row) for row in rows]

    def overdue(self, before: datetime) -> dict[str, dict[str, datetime]]:
        """Since when the oldest unsent delivery is due, by account and source.

        Only deliveries that are due since `before` or longer count.
        """
        is_unsent = delivery.c.state.in_([DeliveryState.QUEUED, DeliveryState.SENDING])
        is_old = delivery.c.due <= before, delivery.c.queued_at <= before
        groups = delivery.c.account, delivery.c.source
        first = func.min(delivery.c.due), func.min(delivery.c.queued_at)
        statement = (
            select(*groups, *first)
            .where(is_unsent, delivery.c.waits_for.is_(None), *is_old)
            .group_by(*groups)
            .order_by(*groups)
        )
        overdue: dict[str, dict[str, datetime]] = {}
        with self._database.read() as connection:
            for account, name, due, queued_at in connection.execute(statement):
                overdue.setdefault(account, {})[name] = max(due, queued_at)
        return overdue

    def last_settled_at(self, name: str) -> datetime | None:
        """When a delivery of the account was last sent, skipped or given up; None for never."""
        is_settled = delivery.c.account == name, delivery.c.settled_at.is_not(None)
        statement = select(func.max(delivery.c.settled_at)).where(*is_settled)
        with self._database.read() as connection:
            settled_at: datetime | None = connection.scalar(statement)
        return settled_at

    def last_poll_at(self) -> datetime | None:
        """When any source was last polled by any process; None for never."""
        with self._database.read() as connection:
            polled_at: datetime | None = connection.scalar(select(func.max(source.c.last_poll_at)))
        return polled_at

    def of_sources(self, names: Sequence[str], now: datetime, days: int) -> dict[str, SourceCounts]:
        """What each of these sources brought in the last days, in spans of 24 hours before `now`.

        Indexes alone are read, and of them only what belongs to these sources and days.
        """
        counts = {name: SourceCounts(*([0] * days for _ in range(4))) for name in names}
        since = now - days * DAY
        with self._database.read() as connection:
            for part in chunks(list(counts)):
                for name, age, count in _entry_counts(connection, part, since, now, IS_SEEN):
                    _add(counts[name].new, age, count)
                for name, age, count in _entry_counts(connection, part, since, now, IS_REFUSED):
                    _add(counts[name].filtered, age, count)
                for name, state, age, count in _settled_counts(connection, part, since, now):
                    if state in POSTED_STATES:
                        _add(counts[name].posted, age, count)
                    elif state == DeliveryState.DEAD:
                        _add(counts[name].failed, age, count)
        return counts

    def new_entries(self, names: Sequence[str], since: datetime) -> dict[str, int]:
        """How many entries each of these sources has shown first since then; none is left out."""
        counts: dict[str, int] = {}
        with self._database.read() as connection:
            for part in chunks(names):
                ids = select(source.c.id).where(source.c.name.in_(part))
                statement = (
                    select(entry.c.source_id, func.count().label("number"))
                    .where(IS_SEEN, entry.c.source_id.in_(ids), entry.c.seen_at >= since)
                    .group_by(entry.c.source_id)
                    .subquery()
                )
                rows = select(source.c.name, statement.c.number).join(
                    statement, statement.c.source_id == source.c.id
                )
                counts |= {row.name: row.number for row in connection.execute(rows)}
        return {name: counts.get(name, 0) for name in names}

    def failing(self, before: datetime) -> list[Failing]:
        """The sources that have failed since `before` or longer, and those that are gone."""
        columns = (source.c.name, source.c.state, source.c.error, source.c.failing_since)
        is_failing = or_(source.c.failing_since <= before, source.c.state == "gone")
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(is_failing).order_by(source.c.name))
            return [Failing(*row) for row in rows]

    def troubled(self) -> list[Failing]:
        """The sources whose last poll failed, or left an error that the admin should know."""
        columns = (source.c.name, source.c.state, source.c.error, source.c.failing_since)
        statement = select(*columns).where(source.c.error != "")
        with self._database.read() as connection:
            return [Failing(*row) for row in connection.execute(statement)]

    def next_failing(self, now: datetime) -> datetime | None:
        """When the next source will have failed for FAILING_AFTER, if none succeeds before."""
        is_recent = source.c.failing_since > now - FAILING_AFTER
        with self._database.read() as connection:
            since = connection.scalar(select(func.min(source.c.failing_since)).where(is_recent))
        return since + FAILING_AFTER if since else None

    def unhealthy_sources(self) -> dict[str, str]:
        """The states, by name, of the sources whose state is not `ok`."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(source.c.name, source.c.state).where(source.c.state != "ok")
            )
            return {str(name): str(state) for name, state in rows}


def _add(days: list[int], age: int, count: int) -> None:
    """Add to the day of this age; the clock of another process may be ahead of ours."""
    days[min(max(age, 0), len(days) - 1)] += count


def _entry_counts(
    connection: Connection,
    names: Sequence[str],
    since: datetime,
    now: datetime,
    condition: TextClause,
) -> Iterator[tuple[str, int, int]]:
    """Source, age in days, and number of entries; the condition is that of an index."""
    rows = connection.execute(select(source.c.id, source.c.name).where(source.c.name.in_(names)))
    sources = {row.id: row.name for row in rows}
    statement = (
        select(entry.c.source_id, _age(entry.c.seen_at, now), func.count())
        .where(condition, entry.c.source_id.in_(sources), entry.c.seen_at >= since)
        .group_by(entry.c.source_id, literal_column("age"))
    )
    for source_id, age, count in connection.execute(statement):
        yield sources[source_id], age, count


def _settled_counts(
    connection: Connection, names: Sequence[str], since: datetime, now: datetime
) -> Iterator[tuple[str, str, int, int]]:
    """Source, state, age in days, and number of deliveries; for edits, which are none, negative."""
    age = _age(delivery.c.settled_at, now)
    statement = (
        select(delivery.c.source, delivery.c.state, age, func.count())
        .where(delivery.c.source.in_(names), delivery.c.settled_at >= since)
        .group_by(delivery.c.source, delivery.c.state, literal_column("age"))
    )
    yield from map(tuple, connection.execute(statement))
    for name, state, days, count in connection.execute(statement.where(is_edit())):
        yield name, state, days, -count


def _age(instant: Column[datetime], now: datetime) -> Label[int]:
    """The whole days from an instant to now."""
    microseconds = literal((now - EPOCH) // _MICROSECOND, BigInteger)
    return ((microseconds - type_coerce(instant, BigInteger)) // (DAY // _MICROSECOND)).label("age")
