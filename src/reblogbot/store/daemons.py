"""The daemons that run on the store: one row each, from start to end (docs/adr/0024)."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from reblogbot import __version__
from reblogbot.runtime import lease_owner
from reblogbot.store.database import Database
from reblogbot.store.schema import daemon
from reblogbot.store.sql import insert_into

HEARTBEAT_INTERVAL = timedelta(minutes=5)
"""Time between two heartbeats of a daemon. Each is a write; few of them spare an SD card."""
HEARTBEAT_TIMEOUT = 3 * HEARTBEAT_INTERVAL
"""A daemon of another machine counts as ended after so long without a heartbeat."""


@dataclass(frozen=True, slots=True)
class DaemonRecord:
    """One daemon: its process, when it started, its last round and its last heartbeat.

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
    def is_running_here(self) -> bool:
        """Whether its process was found running on this machine."""
        return lease_owner.is_alive(self.owner) is True

    def lives(self, now: datetime) -> bool:
        """Whether it runs: by its process on this machine, else by its last heartbeat."""
        has_process = lease_owner.is_alive(self.owner)
        return _is_recent(self.beat_at, now) if has_process is None else has_process

    def is_stalled(self, now: datetime) -> bool:
        """Whether its last round is longer ago than any round takes."""
        return not _is_recent(self.last_round_at or self.since, now)


class Daemons:
    """The table `daemon`."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def beat(self, since: datetime, last_round_at: datetime | None, now: datetime) -> None:
        """Write a heartbeat into this daemon's row."""
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

    def delete_own(self) -> None:
        """Delete this daemon's row."""
        with self._database.write() as connection:
            connection.execute(delete(daemon).where(daemon.c.owner == self._owner))

    def delete_ended(self, now: datetime) -> None:
        """Delete the rows of daemons that were killed."""
        with self._database.write() as connection:
            dead = [record.owner for record in _records(connection) if not record.lives(now)]
            connection.execute(delete(daemon).where(daemon.c.owner.in_(dead)))

    def living(self, now: datetime) -> list[DaemonRecord]:
        """The daemons that run now, the oldest first."""
        with self._database.read() as connection:
            return running_daemons(connection, now)


def running_daemons(connection: Connection, now: datetime) -> list[DaemonRecord]:
    """The daemons that run now, the oldest first, as this connection sees them."""
    return [record for record in _records(connection) if record.lives(now)]


def _records(connection: Connection) -> list[DaemonRecord]:
    rows = connection.execute(select(daemon).order_by(daemon.c.since, daemon.c.owner))
    return [DaemonRecord(**row) for row in rows.mappings()]


def _is_recent(instant: datetime, now: datetime) -> bool:
    """Whether the instant is within HEARTBEAT_TIMEOUT of now, on either side.

    It is after now where a clock was set back.
    """
    return abs(now - instant) <= HEARTBEAT_TIMEOUT
