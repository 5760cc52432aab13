"""Steps in the store: what waits for them, their results, and how often they were called.

A call is noted before its request leaves, and its answer is stored before anything uses it. So a
process may end at any instruction: no result is asked for again that was received and stored, and
what a killed process had asked for counts for the limit of the day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from reblogbot.core.steps import DAY
from reblogbot.model import (
    OPEN_STATES,
    REVIEW_NOTE,
    STEP_FAILED,
    Delivery,
    DeliveryState,
    Entry,
    StepAnswer,
    StepPause,
    StepText,
)
from reblogbot.runtime import lease_owner
from reblogbot.store.database import Database
from reblogbot.store.records import adapter, delivery_record, post_values
from reblogbot.store.schema import delivery, entry, step, step_call, step_result
from reblogbot.store.sql import chunks, insert_into, lock_until_commit
from reblogbot.store.transitions import add_event, change_state, lock_delivery
from reblogbot.words import Words

DONE, FAILED, RUNNING = "done", "failed", "running"
MOST_VERSIONS = 3
"""An entry that changes all the time is given to a step so often at most."""
STEP_LOCK = 0x73746570
"""Number of PostgreSQL's advisory lock under which calls are counted."""
_PREVIOUS = delivery.alias("previous")
# not the plain columns: SQLite would use their indexes, and read more than the few that wait
_ACCOUNT, _SOURCE, _STATE = (
    func.coalesce(column, "")
    for column in (delivery.c.account, delivery.c.source, delivery.c.state)
)
_MAY_RUN = or_(
    _STATE == DeliveryState.QUEUED,
    and_(_STATE == DeliveryState.HELD, delivery.c.error == REVIEW_NOTE),
)
"""What waits for steps while it is queued, or held for review alone: the admin reads the result."""
_PREVIOUS_IS_OVER = or_(
    _PREVIOUS.c.id.is_(None),
    _PREVIOUS.c.state.not_in([state for state in OPEN_STATES if state != DeliveryState.RETRACTING]),
)
"""A reply is written when the post that it replies to is published, or will never be."""
_CONTINUES = func.coalesce(delivery.c.post["continues"].as_integer(), 0)


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """A delivery that waits for steps, and its entry.

    `previous` is the post that it replies to, None for a delivery that is no reply.
    """

    delivery: Delivery
    entry_id: int
    entry: Entry
    previous: Delivery | None = None


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A row of `step_result`."""

    key: bytes
    step: str
    state: str
    entry_id: int | None = None
    attempts: int = 0
    due: datetime | None = None
    mark: str = ""
    slug: str = ""
    error: str = ""
    text: str = ""
    title: str = ""
    model: str = ""
    prompt: str = ""
    input_size: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None
    seconds: float | None = None
    called_at: datetime | None = None
    owner: str | None = None
    lease_until: datetime | None = None

    @property
    def result(self) -> StepText | None:
        """The result, None where there is none yet."""
        return StepText(self.text, self.title) if self.state == DONE else None


@dataclass(frozen=True, slots=True)
class StepCall:
    """A call that is about to be made: its key, its step, and what `why` shows of it."""

    key: bytes
    step: str
    entry_id: int | None
    mark: str
    prompt: str
    input_size: int


@dataclass(frozen=True, slots=True)
class StepTally:
    """What a step did in the last day, and what waits for it."""

    done: int = 0
    calls: int = 0
    waiting: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class StepUsage:
    """What the results of a step took, None where its service does not tell."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None


NO_USAGE = StepUsage()


class Steps:
    """The tables `step_result`, `step_call` and `step`, and the deliveries that wait for steps."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = owner

    # what waits

    def is_any_waiting(self) -> bool:
        """Whether any delivery waits for steps, or is held because one failed."""
        statement = select(exists().where(delivery.c.step_at.is_not(None)))
        with self._database.read() as connection:
            return bool(connection.scalar(statement))

    def waiting(
        self, sources: Collection[str], accounts: Collection[str], now: datetime, limit: int
    ) -> list[WaitingDelivery]:
        """At most `limit` deliveries whose steps are due, in queued order.

        They are of these sources, for these accounts.
        """
        is_due = delivery.c.step_at <= now, _SOURCE.in_(sources)
        statement = (
            _waiting(delivery, entry.c.content)
            .where(*is_due, _ACCOUNT.in_(accounts))
            .order_by(delivery.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            deliveries = [delivery_record(row) for row in rows]
            previous = _by_id(connection, [each.post.continues for each in deliveries])
        return [
            WaitingDelivery(
                record,
                row.entry_id,
                adapter(Entry).validate_python(row.content),
                previous.get(record.post.continues),
            )
            for row, record in zip(rows, deliveries, strict=True)
        ]

    def next_due(self, accounts: Collection[str]) -> list[tuple[str, str, datetime]]:
        """The source, the first step, and the earliest instant, of what waits for steps.

        Only deliveries for these accounts count.
        """
        earliest = func.min(delivery.c.step_at, type_=delivery.c.step_at.type)
        statement = (
            _waiting(delivery.c.source, delivery.c.waits_for, earliest)
            .where(_ACCOUNT.in_(accounts))
            .group_by(delivery.c.source, delivery.c.waits_for)
        )
        with self._database.read() as connection:
            return [
                (source, waits_for.split()[0], at)
                for source, waits_for, at in connection.execute(statement)
            ]

    # results

    def find(self, keys: Collection[bytes]) -> dict[bytes, StepRecord]:
        """The records of these keys."""
        statement = select(step_result)
        with self._database.read() as connection:
            return {
                row.key: _record(row)
                for part in chunks(list(keys))
                for row in connection.execute(statement.where(step_result.c.key.in_(part)))
            }

    def of_entry(self, entry_id: int) -> list[StepRecord]:
        """Everything that steps returned for an entry, in the order in which they were called."""
        statement = (
            select(step_result)
            .where(step_result.c.entry_id == entry_id)
            .order_by(step_result.c.called_at, step_result.c.step)
        )
        with self._database.read() as connection:
            return [_record(row) for row in connection.execute(statement)]

    def begin(self, call: StepCall, now: datetime, lease: timedelta, per_day: int | None) -> bool:
        """Note a call before it is made; False where there is a result, or another process asks.

        It counts for the limit of the day from here on; False also where that is reached.
        """
        noted = {
            "step": call.step,
            "state": RUNNING,
            "owner": self._owner,
            "lease_until": now + lease,
            "mark": call.mark,
            "prompt": call.prompt,
            "input_size": call.input_size,
            "called_at": now,
            "due": None,
        }
        with self._database.write() as connection:
            lock_until_commit(connection, STEP_LOCK)
            if per_day is not None and _count_calls(connection, call.step, now) >= per_day:
                return False
            statement = insert_into(connection, step_result).values(
                key=call.key, entry_id=call.entry_id, **noted
            )
            inserted = statement.on_conflict_do_nothing().returning(step_result.c.key)
            if connection.scalar(inserted) is None:
                row = connection.execute(
                    select(step_result).where(step_result.c.key == call.key).with_for_update()
                ).one()
                if row.state == DONE or (row.state == RUNNING and not self._may_take(row, now)):
                    return False
                attempts = row.attempts if row.mark == call.mark else 0
                values = {**noted, "attempts": attempts}
                if row.entry_id is None:
                    values["entry_id"] = call.entry_id
                connection.execute(
                    update(step_result).where(step_result.c.key == call.key).values(values)
                )
            connection.execute(insert(step_call).values(step=call.step, at=now))
        return True

    def finish(
        self, call: StepCall, answer: StepAnswer, result: StepText, seconds: float, now: datetime
    ) -> None:
        """Store the answer to a call that we noted. It ends the pause of the step."""
        values = {
            "state": DONE,
            "owner": None,
            "lease_until": None,
            "slug": "",
            "error": "",
            "text": result.text,
            "title": result.title,
            "model": answer.model,
            "tokens_in": answer.tokens_in,
            "tokens_out": answer.tokens_out,
            "cost": answer.cost,
            "seconds": seconds,
        }
        with self._database.write() as connection:
            connection.execute(
                update(step_result)
                .where(step_result.c.key == call.key, step_result.c.state != DONE)
                .values(values)
            )
            connection.execute(delete(step).where(step.c.name == call.step))

    def fail(
        self,
        call: StepCall,
        slug: str,
        error: str,
        due: datetime | None,
        *,
        is_attempt: bool,
        seconds: float,
    ) -> None:
        """Store that a call failed, and when it is made again; None for never."""
        values = {
            "state": FAILED,
            "owner": None,
            "lease_until": None,
            "slug": slug,
            "error": error,
            "due": due,
            "seconds": seconds,
            "attempts": step_result.c.attempts + (1 if is_attempt else 0),
        }
        is_ours = step_result.c.state == RUNNING, step_result.c.owner == self._owner
        with self._database.write() as connection:
            connection.execute(
                update(step_result).where(step_result.c.key == call.key, *is_ours).values(values)
            )

    def refuse(self, call: StepCall, slug: str, error: str, now: datetime) -> None:
        """Store that a call is not made at all: it would fail for good, as others did."""
        values = {
            "step": call.step,
            "entry_id": call.entry_id,
            "state": FAILED,
            "mark": call.mark,
            "slug": slug,
            "error": error,
            "prompt": call.prompt,
            "input_size": call.input_size,
            "called_at": now,
            "due": None,
        }
        with self._database.write() as connection:
            statement = insert_into(connection, step_result).values(key=call.key, **values)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[step_result.c.key],
                    set_=values,
                    where=step_result.c.state == FAILED,
                )
            )

    def assign(self, key: bytes, entry_id: int) -> None:
        """Note of which entry a result is that was computed for a preview."""
        with self._database.write() as connection:
            connection.execute(
                update(step_result)
                .where(step_result.c.key == key, step_result.c.entry_id.is_(None))
                .values(entry_id=entry_id)
            )

    def forget(self, key: bytes) -> None:
        """Delete a result, so that it is asked for again."""
        with self._database.write() as connection:
            connection.execute(delete(step_result).where(step_result.c.key == key))

    def restore(self, record: StepRecord) -> None:
        """Put a result back that was forgotten, because there is no other."""
        values = {name: getattr(record, name) for name in StepRecord.__dataclass_fields__}
        with self._database.write() as connection:
            statement = insert_into(connection, step_result).values(**values)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[step_result.c.key],
                    set_=values,
                    where=step_result.c.state != DONE,
                )
            )

    def _may_take(self, row: Row[Any], now: datetime) -> bool:
        """Whether the process that made a call without an answer is certainly not at it."""
        return (
            row.owner is None
            or row.lease_until is None
            or row.lease_until <= now
            or lease_owner.is_dead(row.owner)
        )

    # the limit of the day, and pauses

    def calls(self, name: str, since: datetime) -> list[datetime]:
        """When the step was called since an instant, oldest first."""
        statement = (
            select(step_call.c.at)
            .where(step_call.c.step == name, step_call.c.at > since)
            .order_by(step_call.c.at)
        )
        with self._database.read() as connection:
            return list(connection.scalars(statement))

    def pauses(self) -> dict[str, StepPause]:
        """The pauses of steps, by name."""
        with self._database.read() as connection:
            return {
                row.name: StepPause(row.paused_until, row.failures, row.slug, row.reason, row.mark)
                for row in connection.execute(select(step))
            }

    def pause(self, name: str, pause: StepPause) -> None:
        """Ask nothing of a step until an instant."""
        values = {
            "paused_until": pause.until,
            "failures": pause.failures,
            "slug": pause.slug,
            "reason": pause.reason,
            "mark": pause.mark,
        }
        with self._database.write() as connection:
            statement = insert_into(connection, step).values(name=name, **values)
            connection.execute(
                statement.on_conflict_do_update(index_elements=[step.c.name], set_=values)
            )

    # deliveries

    def postpone(
        self, waiting: Sequence[Delivery], missing: Sequence[str], at: datetime, error: str
    ) -> list[Delivery]:
        """Try the `missing` steps of these deliveries again at an instant, and say why.

        Returns those that were not changed meanwhile. One that is held keeps its own reason.
        """
        postponed = []
        with self._database.write() as connection:
            for before in sorted(waiting, key=lambda each: each.id):
                row = lock_delivery(connection, before.id)
                if row is None or not _is_unchanged(row, before):
                    continue
                values: dict[str, Any] = {"step_at": at, "waits_for": " ".join(missing)}
                if before.state == DeliveryState.QUEUED:
                    values["error"] = error
                statement = update(delivery).where(delivery.c.id == before.id).values(values)
                changed = connection.execute(statement.returning(delivery)).one()
                postponed.append(delivery_record(changed))
        return postponed

    def settle(
        self, before: Delivery, after: Delivery, now: datetime, note: str
    ) -> Delivery | None:
        """Write the post that the results make of a delivery, and what becomes of it.

        None where it was changed meanwhile, as by an admin or by a poll.
        """
        with self._database.write() as connection:
            row = lock_delivery(connection, before.id)
            if row is None or not _is_unchanged(row, before):
                return None
            values = {
                "post": post_values(after.post),
                "key_version": before.key_version + 1,
                "waits_for": " ".join(after.waits_for) or None,
                "step_at": now if after.waits_for else None,
            }
            if after.state != before.state:
                return change_state(connection, row, after.state, values, after.error, now, note)
            values["error"] = after.error
            statement = update(delivery).where(delivery.c.id == before.id).values(values)
            settled = connection.execute(statement.returning(delivery)).one()
            add_event(connection, before.id, row.state, note, now)
        return delivery_record(settled)

    def queue_failed(self, marks: Mapping[str, str], now: datetime) -> list[Delivery]:
        """Queue what is held for a step that failed for good, where its settings have changed.

        `marks` are those of the steps of the config. Returns what is queued again.
        """
        is_held_failed = (
            delivery.c.state == DeliveryState.HELD,
            delivery.c.step_at.is_not(None),
            delivery.c.error.startswith(STEP_FAILED),
        )
        note = Words("the settings of the step have changed")
        with self._database.write() as connection:
            rows = connection.execute(
                select(delivery).where(*is_held_failed).order_by(delivery.c.id).with_for_update()
            ).all()
            queued = []
            for row in rows:
                name = row.waits_for.split()[0]
                failed = connection.scalar(
                    select(step_result.c.mark)
                    .where(
                        step_result.c.entry_id == row.entry_id,
                        step_result.c.step == name,
                        step_result.c.state == FAILED,
                    )
                    .order_by(step_result.c.called_at.desc())
                    .limit(1)
                )
                if failed is not None and name in marks and failed != marks[name]:
                    values = {"step_at": now}
                    queued.append(
                        change_state(connection, row, DeliveryState.QUEUED, values, "", now, note)
                    )
        return queued

    def bring_forward(self, marks: Mapping[str, str], now: datetime) -> None:
        """Let what waits for these steps try them now: nothing keeps them from being called.

        `marks` are those of the steps. An entry whose call failed with the same settings waits on.
        """
        with self._database.write() as connection:
            for name, mark in marks.items():
                has_failed = exists().where(
                    step_result.c.entry_id == delivery.c.entry_id,
                    step_result.c.step == name,
                    step_result.c.state == FAILED,
                    step_result.c.mark == mark,
                    step_result.c.due > now,
                )
                waits_for_it = or_(
                    delivery.c.waits_for == name,
                    delivery.c.waits_for.startswith(f"{name} ", autoescape=True),
                )
                statement = update(delivery).where(
                    delivery.c.step_at > now, waits_for_it, _MAY_RUN, ~has_failed
                )
                connection.execute(statement.values(step_at=now))

    def make_due(self, entry_id: int, name: str, now: datetime) -> list[Delivery]:
        """Let the deliveries of an entry that wait for steps try them now: one has a result.

        What is held because that step, `name`, had failed is queued again. Returns them all.
        """
        is_of_entry = (
            delivery.c.entry_id == entry_id,
            delivery.c.step_at.is_not(None),
            delivery.c.state.in_((DeliveryState.QUEUED, DeliveryState.HELD)),
        )
        note = Words("step {name} has a result now", name=name)
        with self._database.write() as connection:
            rows = connection.execute(
                select(delivery).where(*is_of_entry).order_by(delivery.c.id).with_for_update()
            ).all()
            changed = []
            for row in rows:
                values: dict[str, Any] = {"step_at": now}
                has_failed = row.error.startswith(STEP_FAILED) and row.waits_for.split()[0] == name
                if row.state == DeliveryState.HELD and has_failed:
                    queued = DeliveryState.QUEUED
                    changed.append(change_state(connection, row, queued, values, "", now, note))
                elif row.state == DeliveryState.QUEUED or row.error == REVIEW_NOTE:
                    if row.state == DeliveryState.QUEUED:
                        values["error"] = ""
                    statement = update(delivery).where(delivery.c.id == row.id).values(values)
                    updated = connection.execute(statement.returning(delivery)).one()
                    changed.append(delivery_record(updated))
        return changed

    # for status and metrics

    def tallies(self, names: Collection[str], now: datetime) -> dict[str, StepTally]:
        """What each of these steps did since a day ago, and how many deliveries wait for it."""
        tallies = {}
        with self._database.read() as connection:
            waiting: dict[str, int] = {}
            failed: dict[str, int] = {}
            has_failed = delivery.c.error.startswith(STEP_FAILED)
            is_failed = and_(delivery.c.state == DeliveryState.HELD, has_failed)
            statement = (
                select(delivery.c.waits_for, is_failed, func.count())
                .where(delivery.c.step_at.is_not(None), or_(_MAY_RUN, has_failed))
                .group_by(delivery.c.waits_for, is_failed)
            )
            for waits_for, failed_for_good, count in connection.execute(statement):
                name = waits_for.split()[0]
                counts = failed if failed_for_good else waiting
                counts[name] = counts.get(name, 0) + count
            for name in names:
                calls = _count_calls(connection, name, now)
                done = connection.scalar(
                    select(func.count()).where(
                        step_result.c.step == name,
                        step_result.c.called_at > now - DAY,
                        step_result.c.state == DONE,
                    )
                )
                tallies[name] = StepTally(
                    done or 0, calls, waiting.get(name, 0), failed.get(name, 0)
                )
        return tallies

    def usage(self, since: datetime) -> dict[str, StepUsage]:
        """What the results since then took, by the names of the steps."""
        columns = step_result.c.tokens_in, step_result.c.tokens_out, step_result.c.cost
        statement = (
            select(step_result.c.step, *map(func.sum, columns))
            .where(step_result.c.called_at > since)
            .group_by(step_result.c.step)
        )
        with self._database.read() as connection:
            return {
                name: StepUsage(tokens_in and int(tokens_in), tokens_out and int(tokens_out), cost)
                for name, tokens_in, tokens_out, cost in connection.execute(statement)
            }

    def failing_since(self, name: str) -> datetime | None:
        """When the first call was made after the last one that brought a result."""
        last_done = (
            select(func.max(step_result.c.called_at))
            .where(step_result.c.step == name, step_result.c.state == DONE)
            .scalar_subquery()
        )
        first = func.min(step_call.c.at, type_=step_call.c.at.type)
        statement = select(first).where(
            step_call.c.step == name, or_(last_done.is_(None), step_call.c.at > last_done)
        )
        with self._database.read() as connection:
            since: datetime | None = connection.scalar(statement)
        return since


def _waiting(*columns: Any) -> Select[Any]:
    """A query of the deliveries whose steps may be run, due or not."""
    return (
        select(*columns)
        .join(entry, entry.c.id == delivery.c.entry_id)
        .outerjoin(_PREVIOUS, _PREVIOUS.c.id == _CONTINUES)
        .where(
            delivery.c.step_at.is_not(None),
            entry.c.content.is_not(None),
            _MAY_RUN,
            _PREVIOUS_IS_OVER,
        )
    )


def _count_calls(connection: Connection, name: str, now: datetime) -> int:
    # what was noted while the clock was ahead must not block the step until then
    is_recent = step_call.c.step == name, step_call.c.at > now - DAY, step_call.c.at <= now
    return connection.scalar(select(func.count()).where(*is_recent)) or 0


def forget_failures(connection: Connection, entry_id: int | None) -> None:
    """Let the steps of an entry be tried again that had failed: the admin wants it."""
    is_failed = step_result.c.entry_id == entry_id, step_result.c.state == FAILED
    connection.execute(delete(step_result).where(*is_failed))


def _is_unchanged(row: Row[Any], before: Delivery) -> bool:
    """Whether a delivery waits for its steps as it did when it was read."""
    present = delivery_record(row)
    return (present.state, present.post, present.waits_for, present.key_version) == (
        before.state,
        before.post,
        before.waits_for,
        before.key_version,
    )


def _by_id(connection: Connection, ids: Sequence[int]) -> dict[int, Delivery]:
    wanted = sorted({each for each in ids if each})
    if not wanted:
        return {}
    rows = connection.execute(select(delivery).where(delivery.c.id.in_(wanted)))
    return {row.id: delivery_record(row) for row in rows}


def _record(row: Row[Any]) -> StepRecord:
    return StepRecord(**{name: getattr(row, name) for name in StepRecord.__dataclass_fields__})
