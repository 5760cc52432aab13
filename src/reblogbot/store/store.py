"""One opened store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from reblogbot.errors import StoreError
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import schema
from reblogbot.store.backup import back_up
from reblogbot.store.daemons import Daemons
from reblogbot.store.database import Database
from reblogbot.store.future_timestamps import repair_future_timestamps
from reblogbot.store.history import History
from reblogbot.store.outbox import Outbox
from reblogbot.store.publications import Publications
from reblogbot.store.sources import Sources
from reblogbot.store.sql import insert_into
from reblogbot.store.store_clock import ServerClock, clock_of
from reblogbot.store.tallies import Tallies
from reblogbot.store.upgrade import expect_revision


class Store:
    """One opened store; each sub-object has the queries and changes of one subject.

    `sources`: which sources are due, and what their polls brought. `outbox`: deliveries and the
    accounts that send them. `publications`: what an account has published. `history`: what
    happened to an entry. `tallies`: counts for status and alerts. `daemons`: the running daemons.
    `owner` is the name under which this process takes leases.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self.owner = owner
        self.clock = clock_of(database)
        """The clock of every instant in this store (docs/adr/0015)."""
        self.sources = Sources(database, owner)
        self.outbox = Outbox(database, owner)
        self.publications = Publications(database)
        self.history = History(database)
        self.tallies = Tallies(database)
        self.daemons = Daemons(database, owner)

    @property
    def name(self) -> str:
        """What messages call the store: a path, or a URL without its password."""
        return self._database.name

    def check_revision(self) -> None:
        """Raise StoreError when another program has migrated the tables meanwhile."""
        expect_revision(self._database)

    def read_clock(self) -> None:
        """Set the clock after the database server's, where there is one. Raises StoreError."""
        if isinstance(self.clock, ServerClock):
            self.clock.read()

    def check_writable(self, now: datetime) -> None:
        """Write and replace a row of no meaning. Raises StoreError when that is impossible."""
        if not self._database.exists():
            # The open file of a store that was deleted can still be written, but is lost.
            raise StoreError("store_missing", f"{self.name}: was deleted; restart the daemon")
        with self._database.write() as connection:
            connection.execute(schema.notice.delete().where(schema.notice.c.cause == ""))
            day = (now - schema.EPOCH).days
            statement = insert_into(connection, schema.notice).values(cause="", day=day)
            # Another daemon may do the same at the same moment.
            connection.execute(statement.on_conflict_do_nothing())

    def repair_future_timestamps(
        self, now: datetime, doubt: timedelta, pause: timedelta, lease: timedelta
    ) -> None:
        """Repair what waits for an instant that was written while the clock was ahead."""
        repair_future_timestamps(self._database, now, doubt, pause, lease)

    def backup(self, to: Path, on_progress: ProgressCallback = no_progress) -> None:
        """Write a consistent copy to `to`, which must not exist. Raises StoreError."""
        back_up(self._database, to, on_progress)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
