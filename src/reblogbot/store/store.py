"""One opened store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from reblogbot.core.schedule import NextPoll
from reblogbot.errors import StoreError
from reblogbot.model import Delivery, SentPost
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import schema
from reblogbot.store.backup import back_up
from reblogbot.store.changes import Changes
from reblogbot.store.daemons import Daemons
from reblogbot.store.database import Database
from reblogbot.store.due import PollScope
from reblogbot.store.future_timestamps import repair_future_timestamps
from reblogbot.store.history import History
from reblogbot.store.outbox import Outbox
from reblogbot.store.posted import Posted
from reblogbot.store.publications import Publications
from reblogbot.store.records import AccountRecord
from reblogbot.store.retractions import Retractions
from reblogbot.store.source_renames import SourceRenames
from reblogbot.store.sources import Sources
from reblogbot.store.sql import insert_into
from reblogbot.store.steps import Steps
from reblogbot.store.store_clock import ServerClock, clock_of
from reblogbot.store.storms import Storms
from reblogbot.store.tallies import Tallies
from reblogbot.store.upgrade import expect_revision
from reblogbot.words import Words


@dataclass(frozen=True, slots=True)
class EnrolledSource:
    """A configured source: what it polls, on which host, and the accounts of its `to`."""

    address: str
    host: str
    accounts: Collection[str]


@dataclass(frozen=True, slots=True)
class SendingStart:
    """What an account's sender needs to know when it begins, the account being leased to it.

    `recovered` are deliveries that a dead process was sending, `doubts` all that are in doubt,
    `retractions` all that are being retracted, `sent` what was posted as far back as the pace
    looks.
    """

    account: AccountRecord
    recovered: tuple[Delivery, ...]
    doubts: tuple[Delivery, ...]
    retractions: tuple[Delivery, ...]
    sent: tuple[SentPost, ...]
    is_stopped: bool


class Store:
    """One opened store; each sub-object has the queries and changes of one subject.

    `sources`: which sources are due, and what their polls brought. `renames`: sources that get
    another name. `outbox`: deliveries and the accounts that send them. `publications`: what an
    account has published. `history`: what happened to an entry. `posted`: what was published,
    newest first. `retractions`: what is deleted again. `storms`: what is held because a source
    brought too much. `steps`: what waits for steps, and their results. `tallies`: counts for status
    and alerts. `daemons`: the running daemons.
    `owner` is the name under which this process takes leases.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self.owner = owner
        self.clock = clock_of(database)
        """The clock of every instant in this store (docs/adr/0015)."""
        self.sources = Sources(database, owner)
        self.renames = SourceRenames(database, owner)
        self.outbox = Outbox(database, owner)
        self.publications = Publications(database)
        self.history = History(database)
        self.posted = Posted(database)
        self.retractions = Retractions(database)
        self.storms = Storms(database)
        self.tallies = Tallies(database)
        self.steps = Steps(database, owner)
        self.daemons = Daemons(database, owner)

    @property
    def name(self) -> str:
        """What messages call the store: a path, or a URL without its password."""
        return self._database.name

    @property
    def path(self) -> Path | None:
        """The file of an SQLite store; None for a store in memory or on a server."""
        return self._database.path

    def watch(self) -> Changes:
        """The store's changes from now on, by whatever process. The caller closes it."""
        return Changes(self._database)

    def check_revision(self) -> None:
        """Raise StoreError when another program has migrated the tables meanwhile."""
        expect_revision(self._database)

    def refresh_clock(self) -> None:
        """Set the clock after the database server's, where there is one. Raises StoreError."""
        if isinstance(self.clock, ServerClock):
            self.clock.read()

    def check_writable(self, now: datetime) -> None:
        """Write and replace a row of no meaning. Raises StoreError when that is impossible."""
        if not self._database.exists():
            # The open file of a store that was deleted can still be written, but is lost.
            raise StoreError(
                "store_missing", Words("{name}: was deleted; restart the daemon", name=self.name)
            )
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

    # several steps in one transaction

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all reads of this thread within see the store at one instant."""
        with self._database.snapshot():
            yield

    def enrol(
        self,
        sources: Mapping[str, EnrolledSource],
        servers: Mapping[str, str],
        now: datetime,
        bring_forward: Callable[[str, NextPoll, datetime], NextPoll],
        which: PollScope,
        steps: Collection[str] = (),
    ) -> tuple[list[Delivery], set[str]]:
        """Upsert these sources and accounts; hold the deliveries of all others.

        Sources that the admin was renaming are renamed first.

        Returns the held deliveries, and the names of all sources that may be polled. `servers` are
        the accounts' servers, `steps` those of the config; for `bring_forward` see `Sources.enrol`.
        """
        addresses = {name: source.address for name, source in sources.items()}
        hosts = {name: source.host for name, source in sources.items()}
        routes = {name: source.accounts for name, source in sources.items()}
        with self._database.transaction():
            outdated = self.sources.enrol(addresses, now, hosts, bring_forward, self.renames)
            for old_name, new_name in outdated.items():
                # the config is older than the rename: its next process will know the new name
                routes[new_name] = routes.pop(old_name)
            self.outbox.enrol(dict(servers))
            held = self.outbox.hold_unconfigured(routes, servers, now, steps)
            return held, self.sources.pollable(which, now)

    def begin_sending(
        self,
        name: str,
        now: datetime,
        lease: timedelta,
        read_back_after: timedelta,
        lookback: timedelta,
    ) -> SendingStart | None:
        """Lease the account, and return what decides whether it may send.

        A delivery that a dead process was sending is in doubt from now on, and is read back after
        `read_back_after`. The result has the posts that were sent within `lookback`.
        Returns None while another process sends for the account.
        """
        with self._database.transaction():
            record = self.outbox.claim_account(name, now, lease)
            if record is None:
                return None
            recovered = self.outbox.recover_interrupted(name, now, now + read_back_after)
            doubts, retractions = self.outbox.doubts_and_retractions(name)
            return SendingStart(
                record,
                tuple(recovered),
                tuple(doubts),
                tuple(retractions),
                tuple(self.publications.sent(name, now - lookback)),
                is_stopped=self.outbox.stopped_at() is not None,
            )

    def posted_and_waiting(
        self, name: str, remote_ids: Collection[str]
    ) -> tuple[set[str], list[Delivery]]:
        """Those of these ids that are receipts of deliveries, and what waits for the account."""
        with self._database.snapshot():
            return self.outbox.receipts(name, remote_ids), self.outbox.waiting(name)

    def backup(self, to: Path, on_progress: ProgressCallback = no_progress) -> None:
        """Write a consistent copy to `to`, which must not exist. Raises StoreError."""
        back_up(self._database, to, on_progress)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
