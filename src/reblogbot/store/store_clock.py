"""The store's clock: processes that share a database server go by the server's time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from reblogbot.ports import Clock
from reblogbot.runtime.clock import SystemClock, uptime
from reblogbot.store.database import Database

SLACK = timedelta(seconds=1)
"""A reading that differs by more was not merely answered late: a clock was set."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The server's time, and this machine's uptime in seconds when it was answered."""

    server_time: datetime
    uptime: float

    def now(self) -> datetime:
        """The present time by this reading."""
        return self.server_time + timedelta(seconds=uptime() - self.uptime)


class ServerClock:
    """The clock of a database server; implements Clock.

    Between two readings it advances by this machine's uptime, which cannot be set. It is never
    ahead of the server by more than SLACK, and behind it by the time the last answer took.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = self._ask()

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return self._reading.now()

    def read(self) -> None:
        """Ask the server again. Raises StoreError."""
        reading = self._ask()
        # A reading that is behind only because its answer was slow would set the clock back.
        if not timedelta(0) <= self.now() - reading.now() <= SLACK:
            self._reading = reading

    def _ask(self) -> Reading:
        with self._database.read() as connection:
            server_time = connection.execute(select(func.clock_timestamp())).scalar_one()
        # The uptime is read after the answer, so that the clock is late rather than early.
        return Reading(server_time.astimezone(UTC), uptime())


def clock_of(database: Database) -> Clock:
    """The clock of everybody who uses this store."""
    return SystemClock() if database.is_sqlite else ServerClock(database)
