"""The sources' side of the store: which are due, what they have shown, and what that came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, or_, select, update

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch, Candidate, Delivery, Plan
from reblogbot.model.evidence import Habits
from reblogbot.model.history import SourceHistory
from reblogbot.runtime import lease_owner as owners
from reblogbot.store.database import Database, alone, chunks, insert_into
from reblogbot.store.due import Room, Which, conditions, first_due, paged
from reblogbot.store.recording import Recording, taken_keys
from reblogbot.store.records import SourceRecord, adapter, source_record
from reblogbot.store.schema import route, seen, source

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# the number of the lock under which the sources of a PostgreSQL store are claimed
CLAIMING = 0x636C61696D
_NOWHERE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class UnchangedPoll:
    """A poll that brought nothing new to read: when it was, and when the next one is due."""

    record: SourceRecord
    batch: Batch
    following: NextPoll
    now: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one batch came to in the store."""

    new: int
    queued: tuple[Delivery, ...]
    revised: tuple[Delivery, ...]


class Sources:
    """The tables `source`, `route`, `seen`, `entry` and `refusal`, and the way into the outbox."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    def enrol(
        self,
        addresses: Mapping[str, str],
        now: datetime,
        hosts: Mapping[str, str] = _NOWHERE,
        brought_forward: Callable[[str, NextPoll, datetime], NextPoll] | None = None,
    ) -> None:
        """Know these sources, by name, at these addresses; one that moved is read anew.

        `hosts` says whom each of them asks. `brought_forward` says when a source (its name, its
        next poll, its last one) is to be polled by the config of now.
        """
        unknown, moved = dict(addresses), []
        strangers: dict[str, dict[str, Any]] = {}
        earlier: dict[str, dict[str, Any]] = {}
        with self._database.write() as connection:
            columns = (source.c.name, source.c.address, source.c.host)
            times = (source.c.due, source.c.due_reason, source.c.last_poll_at)
            for name, address, host, due, reason, polled_at in connection.execute(
                select(*columns, *times)
            ):
                if unknown.pop(name, address) != address:
                    moved.append(name)
                if hosts.get(name, host) != host:
                    strangers[name] = {"host": hosts[name]}
                if brought_forward and reason and due > now and polled_at and name in addresses:
                    wanted = brought_forward(name, NextPoll(due, reason), polled_at)
                    if wanted.at != due:
                        earlier[name] = {"due": wanted.at, "due_reason": wanted.reason}
            rows = [
                {"name": name, "address": address, "due": now, "host": hosts.get(name, "")} | _FRESH
                for name, address in unknown.items()
            ]
            if rows:
                connection.execute(insert_into(connection, source).on_conflict_do_nothing(), rows)
            _set_by_name(connection, earlier)
            for name in sorted(moved):
                self._move(connection, name, addresses[name], now)
            _set_by_name(connection, strangers)

    def pollable(self, which: Which, now: datetime) -> set[str]:
        """The names of the sources that may be polled, as far as their leases allow it."""
        with self._database.read() as connection:
            return set(connection.scalars(select(source.c.name).where(*conditions(which, now))))

    def claim(
        self,
        names: Collection[str],
        which: Which,
        now: datetime,
        lease: timedelta,
        limit: int | None = None,
    ) -> list[SourceRecord]:
        """The sources of these names that may be polled, now leased to us; most overdue first."""
        due: list[Row[Any]] = []
        with self._database.write() as connection:
            # nobody else may count and lease at the same time
            alone(connection, CLAIMING)
            _, free = self._in_flight(connection, now)
            for chunk in chunks(list(names)):
                some = source.c.name.in_(chunk)
                due += connection.execute(first_due(free, some, *conditions(which, now)))
            ids = [row.id for row in sorted(due, key=lambda row: (row.due, row.id))]
            return self._leased(connection, ids[:limit], free, now + lease)

    def claim_due(
        self, names: Container[str], now: datetime, lease: timedelta, room: Room
    ) -> tuple[list[SourceRecord], bool]:
        """As many sources that are due as there is room for, and whether that was all of them.

        No host has then more sources leased, by whomever, than the room allows.
        """
        with self._database.write() as connection:
            alone(connection, CLAIMING)
            busy, free = self._in_flight(connection, now)
            due = paged(connection, first_due(free, *conditions("due", now)), room.limit)
            # the names are compared here: there may be very many, and few that are due
            ids, is_all = room.chosen((row for row in due if row.name in names), busy)
            return self._leased(connection, ids, free, now + lease), is_all

    def renew(self, records: Iterable[SourceRecord], until: datetime) -> None:
        """Hold these until then, as far as they are ours."""
        with self._database.write() as connection:
            for chunk in chunks(sorted(record.id for record in records)):
                connection.execute(
                    update(source)
                    .where(source.c.id.in_(chunk), source.c.lease_owner == self._owner)
                    .values(lease_until=until)
                )

    def release(self, records: Iterable[SourceRecord]) -> None:
        """Give back leases unused."""
        with self._database.write() as connection:
            for chunk in chunks([record.id for record in records]):
                connection.execute(
                    update(source)
                    .where(source.c.id.in_(chunk), source.c.lease_owner == self._owner)
                    .values(lease_owner=None, lease_until=None)
                )

    def all(self) -> list[SourceRecord]:
        """Every source ever known, by name."""
        with self._database.read() as connection:
            return self._records(connection, select(source).order_by(source.c.name))

    def of(self, names: Sequence[str]) -> dict[str, SourceRecord]:
        """Those of these sources that are known, by name."""
        found: dict[str, SourceRecord] = {}
        with self._database.read() as connection:
            for chunk in chunks(names):
                some = select(source).where(source.c.name.in_(chunk))
                found.update({one.name: one for one in self._records(connection, some)})
        return found

    def gone(self) -> dict[str, str]:
        """The sources that are not asked any more, each with what was last said of it."""
        with self._database.read() as connection:
            retired = select(source.c.name, source.c.error).where(source.c.state == "gone")
            return {row.name: row.error for row in connection.execute(retired)}

    def title(self, name: str) -> str:
        """What the source calls itself, "" while nobody knows."""
        with self._database.read() as connection:
            return connection.scalar(select(source.c.title).where(source.c.name == name)) or ""

    def past(
        self, record: SourceRecord, found: Sequence[Candidate], accounts: Collection[str]
    ) -> SourceHistory:
        """What is known of these candidates: seen here before, published there before."""
        keys = [key for one in found for key in one.lookups]
        wide = [key for one in found for key in one.published_lookups]
        known = select(seen.c.key, seen.c.evidence).where(seen.c.source_id == record.id)
        shown: dict[bytes, bytes | None] = {}
        with self._database.read() as connection:
            for chunk in chunks(keys):
                rows = connection.execute(known.where(seen.c.key.in_(chunk)))
                shown.update({row.key: row.evidence for row in rows})
            done = {name: taken_keys(connection, name, wide) for name in accounts}
            any_key = select(seen.c.key).where(seen.c.source_id == record.id).limit(1)
            is_blank = not shown and connection.scalar(any_key) is None
        return SourceHistory(
            shown, done, record.last_batch_at, record.address_changed, is_blank, record.habits
        )

    def record(
        self, record: SourceRecord, batch: Batch, plan: Plan, accounts: Collection[str],
        following: NextPoll, now: datetime,
    ) -> Recorded | None:  # fmt: skip
        """Remember a batch and queue what it came to, in one transaction.

        Returns None, and changes nothing, when the lease was lost meanwhile.
        """
        with self._database.write() as connection:
            values = _polled(record, batch, following, now)
            if plan.habits != record.habits:
                values["habits"] = adapter(Habits).dump_python(plan.habits, mode="json")
            if not self._finish(connection, record, values):
                return None
            return Recorded(len(plan.new), *Recording(connection, record, now).of(plan, accounts))

    def record_quiet(self, polls: Sequence[UnchangedPoll]) -> None:
        """Remember that these polls brought nothing new to read; one transaction for all."""
        ours = source.c.id == bindparam("number"), source.c.lease_owner == self._owner
        rows = [
            {
                "number": one.record.id,
                "lease_owner": None,
                "lease_until": None,
                **_polled(one.record, one.batch, one.following, one.now),
            }
            # in one order, so that no two processes wait for each other
            for one in sorted(polls, key=lambda one: one.record.id)
        ]
        with self._database.write() as connection:
            # compiled once for all: a statement of its own for each costs more than its fetch
            connection.execute(update(source).where(*ours), rows)

    def record_failure(
        self,
        record: SourceRecord,
        error: str,
        state: str,
        following: NextPoll,
        asked_until: datetime | None,
        now: datetime,
    ) -> None:
        """Remember a failed poll; what was known of the source stays."""
        values: dict[str, Any] = {
            "state": state,
            "error": error,
            "failures": record.failures + 1,
            "failing_since": record.failing_since or now,
            "last_poll_at": now,
            # what is not asked any more must not be passed over with every tick
            "due": NEVER if state == "gone" else following.at,
            "due_reason": following.reason,
            "asked_until": asked_until,
        }
        if state != "retry_later":
            # where it had moved to may be what fails: its own url is asked next
            values |= {"moved_to": "", "moved_times": 0}
        with self._database.write() as connection:
            self._finish(connection, record, values)

    def _records(self, connection: Connection, query: Any) -> list[SourceRecord]:
        rows = connection.execute(query).all()
        learnt = self._learnt(connection, [row.id for row in rows])
        return [source_record(row, learnt.get(row.id, frozenset())) for row in rows]

    def _move(self, connection: Connection, name: str, address: str, now: datetime) -> None:
        """Read the source anew, at its other address; a poll of the old one ends in nothing."""
        fresh = {key: value for key, value in _FRESH.items() if key != "title"}
        fresh |= {"address": address, "due": now, "address_changed": 1}
        fresh |= {"lease_owner": None, "lease_until": None}
        connection.execute(update(source).where(source.c.name == name).values(fresh))

    def _leased(
        self, connection: Connection, ids: Sequence[int], free: Any, until: datetime
    ) -> list[SourceRecord]:
        rows = self._lease(connection, ids, free, until)
        learnt = self._learnt(connection, [row.id for row in rows])
        return [source_record(row, learnt.get(row.id, frozenset())) for row in rows]

    def _lease(
        self, connection: Connection, ids: Sequence[int], free: Any, until: datetime
    ) -> list[Row[Any]]:
        """The rows of these ids, in their order, that are ours from now on."""
        found: dict[int, Row[Any]] = {}
        for chunk in chunks(ids):
            # another process may have been faster since the ids were read
            statement = select(source).where(source.c.id.in_(chunk), free)
            rows = connection.execute(statement.with_for_update(skip_locked=True)).all()
            found.update({row.id: row for row in rows})
            connection.execute(
                update(source)
                .where(source.c.id.in_([row.id for row in rows]))
                .values(lease_owner=self._owner, lease_until=until)
            )
        return [found[number] for number in ids if number in found]

    def _finish(self, connection: Connection, record: SourceRecord, values: dict[str, Any]) -> bool:
        result = connection.execute(
            update(source)
            .where(source.c.id == record.id, source.c.lease_owner == self._owner)
            .values(values | {"lease_owner": None, "lease_until": None})
        )
        return result.rowcount == 1

    def _learnt(self, connection: Connection, ids: Sequence[int]) -> dict[int, frozenset[str]]:
        found: dict[int, set[str]] = {}
        for chunk in chunks(ids):
            for row in connection.execute(select(route).where(route.c.source_id.in_(chunk))):
                found.setdefault(row.source_id, set()).add(row.account)
        return {source_id: frozenset(names) for source_id, names in found.items()}

    def _in_flight(self, connection: Connection, now: datetime) -> tuple[Counter[str], Any]:
        """How many sources of each host are leased, and the condition that one is not."""
        by = source.c.host, source.c.lease_owner
        leased = source.c.lease_owner.is_not(None), source.c.lease_until > now
        rows = connection.execute(select(*by, func.count()).where(*leased).group_by(*by)).all()
        bearers = {bearer for _, bearer, _ in rows} - {self._owner}
        dead = [name for name in bearers if owners.is_dead(name)]
        busy: Counter[str] = Counter()
        for host, bearer, number in rows:
            busy[host] += 0 if bearer in dead else number
        free = or_(
            source.c.lease_until.is_(None),
            source.c.lease_until <= now,
            # leases whose bearer has certainly ended
            source.c.lease_owner.in_(dead),
        )
        return busy, free


_FRESH: dict[str, Any] = {
    "title": "",
    "etag": "",
    "last_modified": "",
    "digest": "",
    "cursor": "",
    "state": "new",
    "error": "",
    "failures": 0,
    "failing_since": None,
    "moved_to": "",
    "moved_times": 0,
    "asked_until": None,
    "due_reason": "",
}


def _set_by_name(connection: Connection, values: Mapping[str, Mapping[str, Any]]) -> None:
    """Set columns of sources, by name; the same columns of each."""
    if not values:
        return
    columns = next(iter(values.values()))
    new: dict[str, Any] = {column: bindparam(f"new_{column}") for column in columns}
    rows = [
        {"called": name} | {f"new_{column}": value for column, value in values[name].items()}
        for name in sorted(values)
    ]
    named = source.c.name == bindparam("called")
    connection.execute(update(source).where(named).values(new), rows)


def _polled(
    record: SourceRecord, batch: Batch, following: NextPoll, now: datetime
) -> dict[str, Any]:
    """The columns that a poll which got an answer sets."""
    again = bool(batch.moved_to) and batch.moved_to == record.moved_to
    values: dict[str, Any] = {
        "etag": batch.validators.etag,
        "last_modified": batch.validators.last_modified,
        "digest": batch.validators.digest,
        "cursor": batch.validators.cursor,
        "state": "ok",
        "error": _remark(record, batch),
        "failures": 0,
        "failing_since": None,
        "moved_to": batch.moved_to,
        "moved_times": record.moved_times + 1 if again else int(bool(batch.moved_to)),
        "last_poll_at": now,
        "due": following.at,
        "due_reason": following.reason,
        "asked_until": None,
    }
    if not batch.not_modified:
        values |= {
            "title": batch.title or record.title,
            "last_batch_at": now,
            "last_batch_size": len(batch.entries),
            "address_changed": 0,
        }
    return values


def _remark(record: SourceRecord, batch: Batch) -> str:
    """What an admin should know of a source that answered, or ""."""
    if batch.not_modified:
        return record.error if record.state == "ok" else ""
    if not batch.left_out:
        return ""
    number = len(batch.entries) + batch.left_out
    return f"too_many_entries: of {number} entries only the newest {len(batch.entries)} are read"
