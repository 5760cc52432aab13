"""Counts of what is open or in trouble, each by one statement that leaves the settled alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from reblogbot.model import OPEN, State
from reblogbot.store.database import Database
from reblogbot.store.schema import delivery, source

STORM = "storm"
"""What the reason begins with where a storm is held."""


@dataclass(frozen=True, slots=True)
class Tally:
    """An account's deliveries in one state; the oldest was queued, and first sent, at these."""

    account: str
    state: State
    count: int
    queued_at: datetime
    sent_from: datetime | None


@dataclass(frozen=True, slots=True)
class Failing:
    """A source that fails: since when, and of what."""

    name: str
    state: str
    error: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """Deliveries of one account from one source, held with the same error."""

    account: str
    source: str
    error: str
    count: int


class Tallies:
    """Questions about numbers, asked often."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliveries(self) -> list[Tally]:
        """What is open, or dead, by account and state."""
        # the sent and the skipped are many, and nobody's worry
        shown = delivery.c.state.in_(sorted({*OPEN, State.DEAD}))
        first = func.min(delivery.c.queued_at), func.min(delivery.c.sent_from)
        by = delivery.c.account, delivery.c.state
        statement = select(*by, func.count(), *first).where(shown).group_by(*by).order_by(*by)
        with self._database.read() as connection:
            return [
                Tally(account, State(state), count, queued_at, sent_from)
                for account, state, count, queued_at, sent_from in connection.execute(statement)
            ]

    def held_by_storms(self, name: str) -> dict[str, int]:
        """How many deliveries each account has held for storms of this source."""
        storm = delivery.c.state == State.HELD, delivery.c.error.startswith(f"{STORM}:")
        statement = (
            select(delivery.c.account, func.count())
            .where(delivery.c.source == name, *storm)
            .group_by(delivery.c.account)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement)
            return {account: count for account, count in rows}  # noqa: C416 - dict() wants tuples

    def storms(self) -> dict[str, tuple[int, str]]:
        """How many entries each source has held for a storm, and the reason."""
        held = delivery.c.state == State.HELD, delivery.c.error.startswith(f"{STORM}:")
        numbers = func.count(delivery.c.entry_id.distinct()), func.max(delivery.c.error)
        statement = select(delivery.c.source, *numbers).where(*held).group_by(delivery.c.source)
        with self._database.read() as connection:
            return {name: (count, why) for name, count, why in connection.execute(statement)}

    def held(self) -> list[Held]:
        """What is held, counted by account, source and error."""
        by = delivery.c.account, delivery.c.source, delivery.c.error
        statement = select(*by, func.count()).where(delivery.c.state == State.HELD)
        with self._database.read() as connection:
            rows = connection.execute(statement.group_by(*by).order_by(*by))
            return [Held(*row) for row in rows]

    def overdue(self, before: datetime) -> dict[str, dict[str, datetime]]:
        """By account and source, since when the oldest unsent delivery is due, if before then."""
        open_ = delivery.c.state.in_([State.QUEUED, State.SENDING])
        old = delivery.c.due <= before, delivery.c.queued_at <= before
        by = delivery.c.account, delivery.c.source
        first = func.min(delivery.c.due), func.min(delivery.c.queued_at)
        statement = select(*by, *first).where(open_, *old).group_by(*by).order_by(*by)
        found: dict[str, dict[str, datetime]] = {}
        with self._database.read() as connection:
            for account, name, due, queued_at in connection.execute(statement):
                found.setdefault(account, {})[name] = max(due, queued_at)
        return found

    def last_settled_at(self, name: str) -> datetime | None:
        """When any of the account's deliveries was last sent, skipped or given up."""
        last = select(func.max(delivery.c.settled_at)).where(delivery.c.account == name)
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(last)
        return found

    def last_poll_at(self) -> datetime | None:
        """When any source was last polled, whoever did it."""
        with self._database.read() as connection:
            found: datetime | None = connection.scalar(select(func.max(source.c.last_poll_at)))
        return found

    def failing(self, before: datetime) -> list[Failing]:
        """The sources that have failed since before then, and those that are gone, by name."""
        columns = (source.c.name, source.c.state, source.c.error, source.c.failing_since)
        long = or_(source.c.failing_since <= before, source.c.state == "gone")
        with self._database.read() as connection:
            rows = connection.execute(select(*columns).where(long).order_by(source.c.name))
            return [Failing(*row) for row in rows]

    def unhealthy_sources(self) -> dict[str, str]:
        """The states of the sources that did not simply work when they were last polled."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(source.c.name, source.c.state).where(source.c.state != "ok")
            )
            return {str(name): str(state) for name, state in rows}
