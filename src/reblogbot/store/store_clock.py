"""The store's clock: where machines share a store, the database's time is everybody's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from reblogbot.ports import Clock
from reblogbot.runtime.clock import SystemClock, uptime
from reblogbot.store.database import Database

SLACK = timedelta(seconds=1)
"""An answer that came late shows less than the time; more than this is a clock that was set."""


class ServerClock:
    """Tells the time of a database server; implements Clock.

    Between two readings it goes by this machine's uptime, which nobody sets. It is never
    ahead of the server by more than SLACK, and behind by what the last answer took.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read = self._ask()

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        at, then = self._read
        return at + timedelta(seconds=uptime() - then)

    def read(self) -> None:
        """Ask the server again. Raises StoreError."""
        asked = self._ask()
        behind = self.now() - _told_by(asked)
        # whoever asks again at once is not told an earlier time, only because of a slow answer
        if not timedelta(0) <= behind <= SLACK:
            self._read = asked

    def _ask(self) -> tuple[datetime, float]:
        with self._database.read() as connection:
            told = connection.execute(select(func.clock_timestamp())).scalar_one()
        # read after the answer: it is late rather than early
        return told.astimezone(UTC), uptime()


def _told_by(reading: tuple[datetime, float]) -> datetime:
    at, then = reading
    return at + timedelta(seconds=uptime() - then)


def clock_of(database: Database) -> Clock:
    """The clock by which everybody goes who uses this store."""
    return SystemClock() if database.is_sqlite else ServerClock(database)
