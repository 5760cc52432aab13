"""Posts that an admin takes back: chosen in one transaction, then deleted at their servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from reblogbot.model import Delivery, DeliveryState
from reblogbot.store.database import Database
from reblogbot.store.records import delivery_record
from reblogbot.store.schema import HAS_REMOTE_ID, delivery
from reblogbot.store.sql import chunks
from reblogbot.store.transitions import (
    POST_RETRACTED_NOTE,
    WAITING,
    belongs_to_retracted,
    change_state,
    retract,
)

_IS_EDIT = delivery.c.post["action"].as_string() == "edit"


class Retractions:
    """The deliveries that are `retracting` or `retracted`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def whole(self, ids: Sequence[int]) -> list[int]:
        """The ids of these deliveries and of all that are deleted with them.

        Those are edits of the same posts, the post of an edit, all parts of a thread, and the
        replies that followed a post.
        """
        with self._database.read() as connection:
            return _whole(connection, ids)

    def begin(self, ids: Sequence[int], now: datetime) -> list[Delivery]:
        """Mark these sent deliveries, and what is deleted with them, as `retracting`.

        Returns those that are `retracting` then, due now. Waiting edits of these posts, and what
        was not sent yet of their threads and replies, are skipped. It is one transaction.
        """
        with self._database.write() as connection:
            whole = _whole(connection, ids)
            waiting = _waiting_for(connection, whole)
            rows = _locked(connection, [*whole, *waiting])
            changed = []
            for row in rows:
                if row.state in (DeliveryState.SENT, DeliveryState.RETRACTING):
                    changed.append(retract(connection, row, now))
                elif row.id in waiting and row.state in WAITING:
                    change_state(
                        connection, row, DeliveryState.SKIPPED, {}, POST_RETRACTED_NOTE, now
                    )
        return changed

    def pending(self) -> list[Delivery]:
        """All deliveries that are being retracted, oldest first."""
        is_pending = delivery.c.state == DeliveryState.RETRACTING
        with self._database.read() as connection:
            rows = connection.execute(select(delivery).where(is_pending).order_by(delivery.c.id))
            return [delivery_record(row) for row in rows]

    def is_retracted(self, waiting: Delivery) -> bool:
        """See `transitions.belongs_to_retracted`."""
        with self._database.read() as connection:
            return belongs_to_retracted(connection, waiting)


def _locked(connection: Connection, ids: Iterable[int]) -> list[Row[Any]]:
    """The rows of these deliveries, locked in order of their ids against deadlocks."""
    return [
        row
        for chunk in chunks(sorted(set(ids)))
        for row in connection.execute(
            select(delivery)
            .where(delivery.c.id.in_(chunk))
            .order_by(delivery.c.id)
            .with_for_update()
        )
    ]


def _whole(connection: Connection, ids: Sequence[int]) -> list[int]:
    """See `Retractions.whole`."""
    whole = set(ids)
    new = [row for chunk in chunks(sorted(whole)) for row in _rows(connection, chunk)]
    while new:
        related = {
            row.id: row for row in (*_same_posts(connection, new), *_threads(connection, new))
        }
        new = [row for id_, row in related.items() if id_ not in whole]
        whole.update(related)
    return sorted(whole)


def _rows(connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
    return connection.execute(select(delivery).where(delivery.c.id.in_(ids))).all()


def _same_posts(connection: Connection, rows: Sequence[Row[Any]]) -> Iterable[Row[Any]]:
    """The deliveries that have the same posts at the server: a post and its edits."""
    remote_ids: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        # a boost may have the id of the status that it boosts (Takahē)
        if row.remote_id and row.post["action"] != "boost":
            remote_ids[row.account].add(row.remote_id)
    for name, ids in remote_ids.items():
        for chunk in chunks(sorted(ids)):
            others = connection.execute(
                select(delivery).where(
                    delivery.c.account == name, delivery.c.remote_id.in_(chunk), HAS_REMOTE_ID
                )
            )
            yield from (row for row in others if row.post["action"] != "boost")


def _threads(connection: Connection, rows: Sequence[Row[Any]]) -> Iterable[Row[Any]]:
    """The parts before and after these in threads, and replies, as far as they were sent.

    A reply that follows a post may be retracted without it.
    """
    for row in rows:
        is_bundle = row.post.get("is_bundle")
        if row.post.get("continues") and (is_bundle or row.post.get("part", 1) > 1):
            yield from _posted(_rows(connection, [row.post["continues"]]))
        following = _is_next_part(row) if is_bundle else _follows(row)
        yield from _posted(connection.execute(select(delivery).where(*following)))


def _posted(rows: Iterable[Row[Any]]) -> Iterable[Row[Any]]:
    return (row for row in rows if row.state in (DeliveryState.SENT, DeliveryState.RETRACTING))


def _is_next_part(row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """The condition that a delivery is the next part of the thread.

    All parts were queued before the first was sent: an index leads to the few that can be meant.
    """
    return (
        delivery.c.account == row.account,
        delivery.c.queued_at >= row.queued_at,
        delivery.c.queued_at <= row.settled_at,
        delivery.c.post["continues"].as_integer() == row.id,
    )


def _follows(row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """The condition that a delivery is the reply to the post, or the next part of its thread."""
    # imported here: it imports the tables of domains
    from reblogbot.core.identity import follow_up_key, part_key  # noqa: PLC0415

    keys = follow_up_key(row.identity), part_key(row.identity)
    return delivery.c.account == row.account, delivery.c.identity.in_(keys)


def _waiting_for(connection: Connection, ids: Sequence[int]) -> set[int]:
    """The ids of waiting edits of these posts, replies to them and parts of their threads."""
    waiting: set[int] = set()
    for chunk in chunks(ids):
        posts = [row for row in _rows(connection, chunk) if row.post["action"] != "boost"]
        remote_ids = {(row.account, row.remote_id) for row in posts if row.remote_id}
        for name in {row.account for row in posts}:
            edits = connection.execute(
                select(delivery.c.id, delivery.c.post["uri"].as_string().label("uri")).where(
                    delivery.c.account == name, delivery.c.state.in_(WAITING), _IS_EDIT
                )
            )
            waiting.update(row.id for row in edits if (name, row.uri) in remote_ids)
        for row in posts:
            if row.post.get("is_bundle") and row.settled_at is not None:
                waiting |= _waiting_parts(connection, row)
            is_waiting = *_follows(row), delivery.c.state.in_(WAITING)
            waiting.update(connection.scalars(select(delivery.c.id).where(*is_waiting)))
    return waiting


def _waiting_parts(connection: Connection, row: Row[Any]) -> set[int]:
    """The ids of the parts after this one in a thread, of which none was sent yet."""
    parts: set[int] = set()
    condition = _is_next_part(row)
    while (part := connection.execute(select(delivery).where(*condition)).first()) is not None:
        if part.state not in WAITING or part.id in parts:
            break
        parts.add(part.id)
        condition = (
            delivery.c.account == row.account,
            delivery.c.state.in_(WAITING),
            delivery.c.post["continues"].as_integer() == part.id,
        )
    return parts
