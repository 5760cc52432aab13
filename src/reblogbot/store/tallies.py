"""Counts of deliveries and failing sources, for status, metrics and alerts.

Each is one statement that an index keeps from reading the many settled deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from reblogbot.model import OPEN_STATES, POSTED_STATES, DeliveryState
from reblogbot.store.database import Database
from reblogbot.store.schema import IS_HELD_STORM, account, delivery, entry, source

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
            select(*groups, *first).where(is_unsent, *is_old).group_by(*groups).order_by(*groups)
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

    def new_entries(self, since: datetime) -> dict[str, int]:
        """How many entries each source has shown first since then."""
        statement = (
            select(source.c.name, func.count())
            .join(entry, entry.c.source_id == source.c.id)
            .where(entry.c.seen_at >= since)
            .group_by(source.c.name)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement)
            return {name: count for name, count in rows}  # noqa: C416 - dict() wants tuples

    def sent_posts(self, since: datetime) -> dict[str, int]:
        """How many posts, boosts and quotes each source sent since then, retracted ones too."""
        is_sent = (
            delivery.c.account.in_(select(account.c.name)),
            delivery.c.settled_at >= since,
            delivery.c.state.in_(POSTED_STATES),
            delivery.c.post["action"].as_string() != "edit",
        )
        statement = select(delivery.c.source, func.count()).where(*is_sent)
        with self._database.read() as connection:
            rows = connection.execute(statement.group_by(delivery.c.source))
            return {name: count for name, count in rows}  # noqa: C416 - dict() wants tuples

    def failing(self, before: datetime) -> list[Failing]:
        """The sources that have failed since `before` or longer, and those that are gone."""
        columns = (source.c.name, source.c.state, source.c.error, source.c.failing_since)
        is_failing = or_(source.c.failing_since <= before, source.c.state == "gone")
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(is_failing).order_by(source.c.name))
            return [Failing(*row) for row in rows]

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
