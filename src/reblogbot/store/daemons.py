"""The daemons at work on the store: one row each, from start to end (docs/adr/0024)."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from reblogbot import __version__
from reblogbot.runtime import lease_owner as owners
from reblogbot.store.database import Database, insert_into
from reblogbot.store.schema import daemon

BEAT = timedelta(minutes=5)
"""Between two beats of a daemon: a write each, which is kind to an SD card."""
STALE = 3 * BEAT
"""Without a beat for so long, a daemon whose process cannot be seen from here counts as ended."""


@dataclass(frozen=True, slots=True)
class DaemonRecord:
    """One daemon: its process, and when it started, last went round and last wrote its row.

    `last_round_at` is None before the first round.
    """

    owner: str
    host: str
    pid: int
    version: str
    since: datetime
    last_round_at: datetime | None
    beat_at: datetime

    @property
    def is_seen(self) -> bool:
        """Whether its process runs here, which a look at the system tells."""
        return owners.lives(self.owner) is True

    def lives(self, now: datetime) -> bool:
        """Whether it runs: by its process where that can be seen, else by its last beat."""
        seen = owners.lives(self.owner)
        return _is_fresh(self.beat_at, now) if seen is None else seen

    def hangs(self, now: datetime) -> bool:
        """Whether it has not gone round for longer than any work of a round takes."""
        return not _is_fresh(self.last_round_at or self.since, now)


class Daemons:
    """The table `daemon`."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def beat(self, since: datetime, last_round_at: datetime | None, now: datetime) -> None:
        """Write our own row."""
        values = {"last_round_at": last_round_at, "beat_at": now}
        with self._database.write() as connection:
            statement = insert_into(connection, daemon).values(
                owner=self._owner,
                host=socket.gethostname(),
                pid=os.getpid(),
                version=__version__,
                since=since,
                **values,
            )
            connection.execute(
                statement.on_conflict_do_update(index_elements=[daemon.c.owner], set_=values)
            )

    def leave(self) -> None:
        """Remove our own row."""
        with self._database.write() as connection:
            connection.execute(delete(daemon).where(daemon.c.owner == self._owner))

    def sweep(self, now: datetime) -> None:
        """Remove the rows of daemons that were killed."""
        with self._database.write() as connection:
            dead = [one.owner for one in _all(connection) if not one.lives(now)]
            connection.execute(delete(daemon).where(daemon.c.owner.in_(dead)))

    def living(self, now: datetime) -> list[DaemonRecord]:
        """The daemons that run now, the oldest first."""
        with self._database.read() as connection:
            return living(connection, now)


def living(connection: Connection, now: datetime) -> list[DaemonRecord]:
    """The daemons that run now, the oldest first, as this connection sees them."""
    return [one for one in _all(connection) if one.lives(now)]


def _all(connection: Connection) -> list[DaemonRecord]:
    rows = connection.execute(select(daemon).order_by(daemon.c.since, daemon.c.owner))
    return [DaemonRecord(**row) for row in rows.mappings()]


def _is_fresh(instant: datetime, now: datetime) -> bool:
    """Whether the instant is within STALE of now; on either side, for clocks are set back."""
    return abs(now - instant) <= STALE
