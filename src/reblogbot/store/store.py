"""One opened store, and the rules for opening it: never empty over something that was there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from reblogbot.core.schedule import NextPoll
from reblogbot.errors import StoreError
from reblogbot.model import Delivery, Sent
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store import schema
from reblogbot.store.daemons import Daemons
from reblogbot.store.database import BUSY_MS, Database, insert_into
from reblogbot.store.due import Which
from reblogbot.store.files import close_to_others, is_at_rest
from reblogbot.store.future_timestamps import repair_future_timestamps
from reblogbot.store.history import History
from reblogbot.store.outbox import Outbox
from reblogbot.store.publications import Publications
from reblogbot.store.records import AccountRecord
from reblogbot.store.sources import Sources
from reblogbot.store.store_clock import ServerClock, clock_of
from reblogbot.store.tallies import Tallies
from reblogbot.store.upgrade import create, migrate


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
    `sent` what was posted as far back as the pace looks.
    """

    account: AccountRecord
    recovered: tuple[Delivery, ...]
    doubts: tuple[Delivery, ...]
    sent: tuple[Sent, ...]
    is_stopped: bool


class Store:
    """What the bot has learnt: `sources`, `outbox`, `publications`, `history` and `tallies`.

    `daemons` tells who is at work on it.
    """

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self.owner = owner
        self.clock = clock_of(database)
        """By which every instant in this store is written and read."""
        self.sources = Sources(database, owner)
        self.outbox = Outbox(database, owner)
        self.publications = Publications(database)
        self.history = History(database)
        self.tallies = Tallies(database)
        self.daemons = Daemons(database, owner)

    @property
    def name(self) -> str:
        """What messages call the store."""
        return self._database.name

    def check_revision(self) -> None:
        """Raise StoreError when another program has changed the tables meanwhile."""
        expect_revision(self._database)

    def read_clock(self) -> None:
        """Look at the database's clock again, where it has one. Raises StoreError."""
        if isinstance(self.clock, ServerClock):
            self.clock.read()

    def check_writable(self, now: datetime) -> None:
        """Raise StoreError when the store does not take a line; it is no notice of anything."""
        if not self._database.exists():
            # an open file can be written to after somebody has deleted it, all for nothing
            raise StoreError("store_missing", f"{self.name}: was deleted; restart the daemon")
        with self._database.write() as connection:
            connection.execute(schema.notice.delete().where(schema.notice.c.cause == ""))
            day = (now - schema.EPOCH).days
            statement = insert_into(connection, schema.notice).values(cause="", day=day)
            # another daemon may look at the same moment
            connection.execute(statement.on_conflict_do_nothing())

    def repair_future_timestamps(
        self, now: datetime, doubt: timedelta, pause: timedelta, lease: timedelta
    ) -> None:
        """Let nothing wait for an instant that only a clock since set back can have named."""
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
        brought_forward: Callable[[str, NextPoll, datetime], NextPoll],
        which: Which,
    ) -> tuple[list[Delivery], set[str]]:
        """Upsert these sources and accounts; hold the deliveries of all others.

        Returns the held deliveries, and the names of all sources that may be polled. `servers` are
        the accounts' servers; for `brought_forward` see `Sources.enrol`.
        """
        addresses = {name: source.address for name, source in sources.items()}
        hosts = {name: source.host for name, source in sources.items()}
        routes = {name: source.accounts for name, source in sources.items()}
        with self._database.transaction():
            self.sources.enrol(addresses, now, hosts, brought_forward)
            self.outbox.enrol(dict(servers))
            held = self.outbox.hold_unconfigured(routes, servers, now)
            return held, self.sources.pollable(which, now)

    def begin_sending(
        self, name: str, now: datetime, lease: timedelta, recheck: timedelta, memory: timedelta
    ) -> SendingStart | None:
        """Lease the account, and return what decides whether it may send.

        What a dead process was sending is in doubt from now on, and read back after `recheck`.
        None while another process sends for the account.
        """
        with self._database.transaction():
            record = self.outbox.claim_account(name, now, lease)
            if record is None:
                return None
            recovered = self.outbox.recover_interrupted(name, now, now + recheck)
            return SendingStart(
                record,
                tuple(recovered),
                tuple(self.outbox.in_doubt(name)),
                tuple(self.publications.sent(name, now - memory)),
                is_stopped=self.outbox.stopped_at() is not None,
            )

    def posted_and_waiting(
        self, name: str, remote_ids: Collection[str]
    ) -> tuple[set[str], list[Delivery]]:
        """Those of these ids that are receipts of deliveries, and what waits for the account."""
        with self._database.snapshot():
            return self.outbox.receipts(name, remote_ids), self.outbox.waiting(name)

    def backup(self, to: Path, on_progress: ProgressCallback = no_progress) -> None:
        """Write a consistent copy to `to`; a daemon may run meanwhile."""
        self._database.backup(to, on_progress)

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()


def open_store(
    url: str,
    owner: str,
    now: datetime,
    *,
    busy_ms: int = BUSY_MS,
    on_progress: ProgressCallback = no_progress,
) -> tuple[Store, str]:
    """The store to work on, and a word on what was done to it ("" for nothing).

    Created where there is none, migrated after a backup where it is older.
    Raises StoreError where it is garbage, damaged, newer, read-only, full or locked for
    longer than `busy_ms`, and leaves it as it is.
    """
    database = Database(url, busy_ms=busy_ms)
    try:
        done = _prepare(database, now, on_progress)
    except BaseException:
        database.close()
        raise
    return Store(database, owner), done


def _prepare(database: Database, now: datetime, on_progress: ProgressCallback) -> str:
    done = []
    is_read = True
    if database.exists():
        is_read = not database.is_read_today(now)
        database.check(whole=is_read, on_progress=on_progress)
    else:
        create(database)
    found = database.revision()
    if not found:
        _refuse_emptied(database)
        create(database)
    elif _number(database, found) < int(schema.REVISION):
        kept = migrate(database, now, on_progress)
        word = f"{database.name}: migrated from {found} to {schema.REVISION}"
        done.append(word + (f", the old one is kept as {kept}" if kept else ""))
    expect_revision(database)
    database.write_ahead()
    _expect_writable(database)
    if is_read:
        database.note_read(now)
    opened = close_to_others(database.path) if database.path else []
    if opened:
        word = "other users of this machine could read it, now its owner alone can (mode 600)"
        done.append(f"{database.name}: {word}: {', '.join(opened)}")
    return "; ".join(done)


def read_store(url: str, owner: str, *, missing_ok: bool = True) -> Store:
    """The store to look at; where there is none, an empty one in memory: nothing is written.

    Raises StoreError, also where the tables are older: only `sync` and `run` migrate.
    """
    database = Database(url)
    if not missing_ok and database.path and not database.path.exists():
        raise StoreError("store_missing", f"{database.name}: there is no store yet")
    try:
        found = _looked_at(database)
    except BaseException:
        database.close()
        raise
    if not found:
        database.close()
        if not missing_ok:
            raise StoreError("store_missing", f"{database.name}: there is no store yet")
        database = Database("sqlite://")
        create(database)
    return Store(database, owner)


def _looked_at(database: Database) -> bool:
    """Whether there is a store, and then of this program's revision."""
    if not database.exists():
        return False
    if database.path and is_at_rest(database.path):
        database.rest()
    database.check(whole=False)
    if not database.revision():
        _refuse_emptied(database)
        return False
    expect_revision(database)
    return True


def _refuse_emptied(database: Database) -> None:
    if database.path:
        raise StoreError(
            "store_corrupt",
            f"{database.name}: the store has no tables, it was cut off; restore a backup, or "
            "delete it to start anew (every source is then learnt again, nothing old is posted)",
        )


def expect_revision(database: Database) -> None:
    """Raise StoreError where the tables are not this program's."""
    found = database.revision()
    number = _number(database, found)
    if number > int(schema.REVISION):
        raise StoreError(
            "store_newer",
            f"{database.name}: written by a newer reblogbot (its tables are {found}, "
            f"this program knows {schema.REVISION}); upgrade the program",
        )
    if number < int(schema.REVISION):
        raise StoreError(
            "store_older",
            f"{database.name}: written by an older reblogbot (its tables are {found}, "
            f"this program's {schema.REVISION}); `reblogbot sync` or `run` migrates it, "
            "after a backup",
        )


def _expect_writable(database: Database) -> None:
    """A store that cannot be written shows it now, not after something was posted."""
    with database.write() as connection:
        connection.execute(schema.switch.delete().where(schema.switch.c.name == ""))


def _number(database: Database, found: str) -> int:
    if found.isascii() and found.isdigit():
        return int(found)
    raise StoreError(
        "store_corrupt", f"{database.name}: its tables carry no revision of ours ({found!r})"
    )
