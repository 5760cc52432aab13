"""The sources: their configuration, leases, and what each poll brought."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, exists, select, update

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch, Candidate, Delivery, DeliveryState, Intent, Plan
from reblogbot.model.evidence import SourceHabits
from reblogbot.model.history import SourceHistory
from reblogbot.store.database import Database
from reblogbot.store.due import PollScope, PollSlots, next_due, poll_conditions
from reblogbot.store.poll_results import (
    NEVER_POLLED,
    columns_after_answer,
    columns_after_failure,
)
from reblogbot.store.recording import Recording, claimed_keys
from reblogbot.store.records import SourceRecord, adapter, source_record
from reblogbot.store.schema import EPOCH, delivery, route, seen, source, source_lease
from reblogbot.store.source_leases import SourceLeases
from reblogbot.store.source_renames import SourceRenames
from reblogbot.store.sql import chunks, insert_new, is_among_keys

_NO_HOSTS: Mapping[str, str] = MappingProxyType({})
# Statements that every poll needs are made once: SQLAlchemy takes longer to make one, and to find
# its SQL again, than SQLite to execute it.
_IS_SEEN_OF = seen.c.source_id == bindparam("seen_of")
_ANY_KEY = select(seen.c.key).where(_IS_SEEN_OF).limit(1)
_EVIDENCE = select(seen.c.key, seen.c.evidence).where(_IS_SEEN_OF, is_among_keys(seen.c.key))
_UPDATE = update(source).where(source.c.id == bindparam("source_id"))
_ROUTES = select(route).where(route.c.source_id.in_(bindparam("ids", expanding=True)))
_IS_OWN_LEASE = (
    source_lease.c.source_id.in_(bindparam("ids", expanding=True)),
    source_lease.c.owner == bindparam("own_name"),
)
_RENEW = update(source_lease).where(*_IS_OWN_LEASE)
_END = delete(source_lease).where(*_IS_OWN_LEASE).returning(source_lease.c.source_id)


@dataclass(frozen=True, slots=True)
class UnchangedPoll:
    """A poll that brought nothing new: its answer, when it was, and when the next one is due."""

    record: SourceRecord
    batch: Batch
    following: NextPoll
    now: datetime


@dataclass(frozen=True, slots=True)
class RecordedBatch:
    """What a batch changed: the number of new entries, and deliveries queued and revised."""

    new: int
    queued: tuple[Delivery, ...]
    revised: tuple[Delivery, ...]


class Sources:
    """The tables `source`, `source_lease`, `route` and `seen`, and the recording of polls."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    # The sources of the config

    def enrol(
        self,
        addresses: Mapping[str, str],
        now: datetime,
        hosts: Mapping[str, str] = _NO_HOSTS,
        bring_forward: Callable[[str, NextPoll, datetime], NextPoll] | None = None,
        renames: SourceRenames | None = None,
    ) -> dict[str, str]:
        """Insert or update the sources of the config; one with a new address is read anew.

        All mappings are by the source's name. `hosts` are the hosts that are asked.
        `bring_forward` returns a source's next poll under the present config, from its name, its
        scheduled next poll and its last one. With `renames`, sources that the admin was renaming
        are renamed first. Returns the names that are out of date and not enrolled; see
        `SourceRenames.settle`.
        """
        new_names, moved_names = dict(addresses), []
        host_changes: dict[str, dict[str, Any]] = {}
        due_changes: dict[str, dict[str, Any]] = {}
        with self._database.write() as connection:
            columns = (source.c.name, source.c.address, source.c.host)
            times = (source.c.due, source.c.due_reason, source.c.last_poll_at)
            for name, address, host, due, reason, last_poll_at in connection.execute(
                select(*columns, *times)
            ):
                if new_names.pop(name, address) != address:
                    moved_names.append(name)
                if hosts.get(name, host) != host:
                    host_changes[name] = {"host": hosts[name]}
                if bring_forward and reason and due > now and last_poll_at and name in addresses:
                    poll = bring_forward(name, NextPoll(due, reason), last_poll_at)
                    if poll.at != due:
                        due_changes[name] = {"due": poll.at, "due_reason": poll.reason}
            if new_names and renames is not None:
                # a renamed source is one that the store does not know
                outdated = renames.settle(addresses, now)
                current = {name: addresses[name] for name in addresses if name not in outdated}
                self.enrol(current, now, hosts, bring_forward)
                return outdated
            new_rows = [
                NEVER_POLLED
                | {"name": name, "address": address, "due": now, "host": hosts.get(name, "")}
                for name, address in new_names.items()
            ]
            insert_new(connection, source, new_rows)
            _update_by_name(connection, due_changes)
            for name in sorted(moved_names):
                _change_address(connection, name, addresses[name], now)
            _update_by_name(connection, host_changes)
        return {}

    def forget(self, name: str) -> bool:
        """Delete what is known of a removed source, except its posts; the waiting ones go too.

        Returns False, and changes nothing, while one of its posts is on the wire or in doubt.
        """
        is_of_source = delivery.c.source == name
        is_unsure = delivery.c.state.in_([DeliveryState.SENDING, DeliveryState.DOUBT])
        unsent = [
            DeliveryState.QUEUED,
            DeliveryState.HELD,
            DeliveryState.SKIPPED,
            DeliveryState.DEAD,
        ]
        with self._database.write() as connection:
            if connection.scalar(select(exists().where(is_of_source, is_unsure))):
                return False
            connection.execute(delete(delivery).where(is_of_source, delivery.c.state.in_(unsent)))
            connection.execute(delete(source).where(source.c.name == name))
        return True

    # Leases

    def pollable(self, which: PollScope, now: datetime) -> set[str]:
        """The names of the sources that may be polled, leases aside."""
        statement = select(source.c.name).where(*poll_conditions(which, now))
        with self._database.read() as connection:
            return set(connection.scalars(statement))

    def claim(
        self,
        names: Collection[str],
        which: PollScope,
        now: datetime,
        lease: timedelta,
        limit: int | None = None,
    ) -> list[SourceRecord]:
        """Lease at most `limit` of the named sources; returns them, the most overdue first."""
        with self._database.write() as connection:
            leases = SourceLeases(connection, self._owner, now)
            return _records(connection, leases.take(names, which, lease, limit))

    def claim_due(
        self, names: Container[str], now: datetime, lease: timedelta, room: PollSlots
    ) -> tuple[list[SourceRecord], bool]:
        """Lease due sources as far as `room` allows; returns them, and whether that was all."""
        with self._database.write() as connection:
            rows, is_all = SourceLeases(connection, self._owner, now).take_due(names, lease, room)
            return _records(connection, rows), is_all

    def next_due(self, names: Container[str], now: datetime) -> datetime | None:
        """The first instant at which one of the named sources may be polled; see `due`."""
        with self._database.read() as connection:
            return next_due(connection, names, self._owner, now)

    def renew(self, records: Iterable[SourceRecord], until: datetime) -> None:
        """Extend the leases that we still hold."""
        with self._database.write() as connection:
            for own_leases in self._own_leases(records):
                connection.execute(_RENEW, own_leases | {"until": until})

    def release(self, records: Iterable[SourceRecord]) -> None:
        """Give back leases without a poll."""
        with self._database.write() as connection:
            self._end_leases(connection, records)

    def _end_leases(self, connection: Connection, records: Iterable[SourceRecord]) -> set[int]:
        """Give back leases; returns the ids of the sources that were leased to us."""
        ids: set[int] = set()
        for own_leases in self._own_leases(records):
            ids.update(connection.scalars(_END, own_leases))
        return ids

    def _own_leases(self, records: Iterable[SourceRecord]) -> Iterator[dict[str, Any]]:
        """The parameters of _IS_OWN_LEASE, for a part of these sources each."""
        for chunk in chunks(sorted(record.id for record in records)):
            yield {"ids": chunk, "own_name": self._owner}

    # Queries

    def all(self) -> list[SourceRecord]:
        """Every source there ever was, by name."""
        with self._database.read() as connection:
            return _select_records(connection, select(source).order_by(source.c.name))

    def of(self, names: Sequence[str]) -> dict[str, SourceRecord]:
        """The sources of these names, by name; without those that are not in the store."""
        records: dict[str, SourceRecord] = {}
        with self._database.read() as connection:
            for chunk in chunks(names):
                query = select(source).where(source.c.name.in_(chunk))
                records.update({each.name: each for each in _select_records(connection, query)})
        return records

    def gone(self) -> dict[str, str]:
        """The last errors of the sources that are not polled any more, by name."""
        with self._database.read() as connection:
            statement = select(source.c.name, source.c.error).where(source.c.state == "gone")
            return {row.name: row.error for row in connection.execute(statement)}

    def title(self, name: str) -> str:
        """The title the source gives itself, "" for none."""
        with self._database.read() as connection:
            return connection.scalar(select(source.c.title).where(source.c.name == name)) or ""

    def past(
        self, record: SourceRecord, candidates: Sequence[Candidate], accounts: Collection[str]
    ) -> SourceHistory:
        """What the store knows of the candidates' keys: their evidence, and who published them."""
        keys = {key for candidate in candidates for key in candidate.lookups}
        published_keys = {key for candidate in candidates for key in candidate.published_lookups}
        with self._database.read() as connection:
            rows = connection.execute(_EVIDENCE, {"seen_of": record.id, "keys": keys})
            evidence = {row.key: row.evidence for row in rows}
            published = {name: claimed_keys(connection, name, published_keys) for name in accounts}
            is_blank = not evidence and connection.scalar(_ANY_KEY, {"seen_of": record.id}) is None
        return SourceHistory(
            evidence,
            published,
            record.last_batch_at,
            record.address_changed,
            is_blank,
            record.habits,
        )

    # Polls

    def record(
        self,
        record: SourceRecord,
        batch: Batch,
        plan: Plan,
        accounts: Collection[str],
        following: NextPoll,
        now: datetime,
    ) -> RecordedBatch | None:
        """Record a batch and its plan, and give the lease back, in one transaction.

        Returns None, and changes nothing, when the lease was lost meanwhile.
        """
        columns = columns_after_answer(record, batch, following, now)
        if plan.habits != record.habits:
            columns["habits"] = adapter(SourceHabits).dump_python(plan.habits, mode="json")
        with self._database.write() as connection:
            if not self._finish(connection, record, columns):
                return None
            queued, revised = Recording(connection, record, now).record(plan, accounts)
            return RecordedBatch(len(plan.new), queued, revised)

    def record_requested(
        self, record: SourceRecord, intents: Sequence[Intent], now: datetime, note: str
    ) -> tuple[Delivery, ...]:
        """Queue what the admin asked for of this source, in one transaction.

        `note` is that of the first event. What an account has published or queued already is left
        out.
        """
        with self._database.write() as connection:
            return Recording(connection, record, now).record_requested(intents, note)

    def remember(self, names: Sequence[str], keys: Collection[bytes], shown_at: datetime) -> None:
        """Note keys as seen in each of these sources, without evidence; known ones stay."""
        day = (shown_at - EPOCH).days
        with self._database.write() as connection:
            for chunk in chunks(sorted(names)):
                ids = connection.scalars(select(source.c.id).where(source.c.name.in_(chunk))).all()
                for source_id in ids:
                    rows = [
                        {"source_id": source_id, "key": key, "shown_on": day, "evidence": None}
                        for key in sorted({*keys})
                    ]
                    insert_new(connection, seen, rows)

    def record_unchanged(self, polls: Sequence[UnchangedPoll]) -> None:
        """Record polls that brought nothing new, and give their leases back, in one transaction."""
        with self._database.write() as connection:
            ids = self._end_leases(connection, [poll.record for poll in polls])
            rows = [
                {
                    "source_id": poll.record.id,
                    **columns_after_answer(poll.record, poll.batch, poll.following, poll.now),
                }
                # In order of their ids, as in every transaction on several sources: no deadlocks.
                for poll in sorted(polls, key=lambda poll: poll.record.id)
                if poll.record.id in ids
            ]
            if rows:
                connection.execute(_UPDATE, rows)

    def record_failure(
        self,
        record: SourceRecord,
        error: str,
        state: str,
        following: NextPoll,
        asked_until: datetime | None,
        now: datetime,
    ) -> None:
        """Record a failed poll, and give the lease back."""
        columns = columns_after_failure(record, error, state, following, asked_until, now)
        with self._database.write() as connection:
            self._finish(connection, record, columns)

    def _finish(
        self, connection: Connection, record: SourceRecord, columns: dict[str, Any]
    ) -> bool:
        """Set the columns and give the lease back; False, without a change, if it was lost."""
        if not self._end_leases(connection, [record]):
            return False
        connection.execute(_UPDATE, {"source_id": record.id, **columns})
        return True


def _select_records(connection: Connection, query: Select[Any]) -> list[SourceRecord]:
    return _records(connection, connection.execute(query).all())


def _records(connection: Connection, rows: Sequence[Row[Any]]) -> list[SourceRecord]:
    """The rows as records, each with the accounts its source was read for."""
    learnt: dict[int, set[str]] = {}
    for chunk in chunks([row.id for row in rows]):
        for row in connection.execute(_ROUTES, {"ids": chunk}):
            learnt.setdefault(row.source_id, set()).add(row.account)
    return [source_record(row, frozenset(learnt.get(row.id, ()))) for row in rows]


def _change_address(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Let the source be read anew at another address; a poll of the old one loses its lease."""
    columns = {column: value for column, value in NEVER_POLLED.items() if column != "title"}
    columns |= {"address": address, "due": now, "address_changed": 1}
    statement = update(source).where(source.c.name == name).values(columns)
    source_id = connection.scalar(statement.returning(source.c.id))
    connection.execute(delete(source_lease).where(source_lease.c.source_id == source_id))


def _update_by_name(connection: Connection, changes: Mapping[str, Mapping[str, Any]]) -> None:
    """Update sources by name; the same columns of each."""
    if not changes:
        return
    columns = next(iter(changes.values()))
    values: dict[str, Any] = {column: bindparam(f"new_{column}") for column in columns}
    rows = [
        {"source_name": name} | {f"new_{column}": value for column, value in changes[name].items()}
        for name in sorted(changes)
    ]
    is_named = source.c.name == bindparam("source_name")
    connection.execute(update(source).where(is_named).values(values), rows)
