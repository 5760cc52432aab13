"""The store's memory: the story of an entry, what the admin was told, what may be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.exc import IntegrityError

from reblogbot.model import OPEN, Delivery
from reblogbot.schema import EPOCH, delivery, entry, event, notice, published, refusal, seen, source
from reblogbot.store.database import Database, alone, among, chunks
from reblogbot.store.records import delivery_record

# the number of the lock under which a PostgreSQL store is pruned; any other than UPGRADING's
PRUNING = 0x7072756E65


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a delivery's story."""

    at: datetime
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Story:
    """One entry in one source: when it was seen, what was refused, what became of the rest."""

    source: str
    link: str
    title: str
    guid: str
    seen_at: datetime
    refusals: tuple[tuple[str, str], ...]
    deliveries: tuple[tuple[Delivery, tuple[Happening, ...]], ...]


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows were forgotten."""

    keys: int
    entries: int
    deliveries: int


class History:
    """Questions about the past, and the broom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def why(self, keys: list[bytes], written: str) -> list[Story]:
        """The stories of the entries with one of these keys, this id, or this delivery's number."""
        if not written:
            return []
        wanted = [entry.c.key.in_(keys), entry.c.guid == written]
        by_delivery = select(delivery.c.entry_id).where(
            or_(delivery.c.id.in_(_numbers(written)), delivery.c.remote_url == written)
        )
        by_key = (
            select(delivery.c.entry_id)
            .join(published, published.c.delivery_id == delivery.c.id)
            .where(published.c.key.in_(keys))
        )
        wanted += [entry.c.id.in_(by_delivery), entry.c.id.in_(by_key)]
        with self._database.read() as connection:
            rows = connection.execute(
                select(entry, source.c.name.label("source_name"))
                .join(source, source.c.id == entry.c.source_id)
                .where(or_(*wanted))
                .order_by(entry.c.seen_at, entry.c.id)
            ).all()
            return [_story(connection, row) for row in rows]

    def refused(self, since: datetime) -> dict[str, int]:
        """How many entries seen since then were refused, by the first word of the reason."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(refusal.c.reason, func.count())
                .join(entry, entry.c.id == refusal.c.entry_id)
                .where(entry.c.seen_at >= since)
                .group_by(refusal.c.reason)
            )
            counts: dict[str, int] = {}
            for reason, count in rows:
                word = str(reason).partition(":")[0]
                counts[word] = counts.get(word, 0) + count
        return counts

    def tell_once(self, cause: str, now: datetime) -> bool:
        """Whether the admin has not yet been told of this cause today; from now on he has."""
        try:
            with self._database.write() as connection:
                day = (now - EPOCH).days
                connection.execute(insert(notice).values(cause=cause, day=day))
        except IntegrityError:
            return False
        return True

    def prune(self, keep: timedelta, now: datetime) -> Pruned:
        """Forget what is older than `keep`, but nothing a source still shows, nothing unsettled."""
        before = now - keep
        with self._database.write() as connection:
            alone(connection, PRUNING)
            keys = connection.execute(
                delete(seen).where(seen.c.shown_on < (before - EPOCH).days, ~_still_shown())
            ).rowcount
            forgotten = _forgotten(connection, before)
            for chunk in chunks(forgotten):
                connection.execute(delete(delivery).where(delivery.c.id.in_(chunk)))
            entries = connection.execute(
                delete(entry).where(
                    entry.c.seen_at < before,
                    ~exists().where(delivery.c.entry_id == entry.c.id),
                )
            ).rowcount
            connection.execute(delete(notice).where(notice.c.day < (before - EPOCH).days))
        return Pruned(keys, entries, len(forgotten))


def _still_shown() -> ColumnElement[bool]:
    """Keys of a source's last batch carry its day: rows are written only when the day is later.

    A source that answers "not modified" for months shows its last batch all the while.
    """
    last_day = type_coerce(source.c.last_batch_at, BigInteger) // 86_400_000_000
    return exists().where(source.c.id == seen.c.source_id, seen.c.shown_on >= last_day)


def _forgotten(connection: Connection, before: datetime) -> list[int]:
    """The deliveries settled long ago of which no source knows a key any more."""
    settled = and_(delivery.c.state.not_in(OPEN), delivery.c.settled_at < before)
    keys = published.join(delivery, delivery.c.id == published.c.delivery_id)
    rows = connection.execute(
        select(published.c.key, published.c.delivery_id).select_from(keys).where(settled)
    ).all()
    # `seen` has no index on the key alone: it is read once for all of them, not once for each
    known = among(connection, select(seen.c.key), seen.c.key, [row.key for row in rows])
    kept = {row.delivery_id for row in rows if row.key in known}
    old = connection.scalars(select(delivery.c.id).where(settled))
    return [number for number in old if number not in kept]


def _numbers(written: str) -> list[int]:
    """The number of a delivery, if it is one."""
    is_number = written.isascii() and written.isdigit() and len(written) < 19
    return [int(written)] if is_number else []


def _story(connection: Connection, row: Row[tuple[object, ...]]) -> Story:
    refusals = connection.execute(
        select(refusal.c.account, refusal.c.reason).where(refusal.c.entry_id == row.id)
    )
    deliveries = []
    for found in connection.execute(
        select(delivery).where(delivery.c.entry_id == row.id).order_by(delivery.c.id)
    ).all():
        events = connection.execute(
            select(event).where(event.c.delivery_id == found.id).order_by(event.c.id)
        )
        lines = tuple(Happening(line.at, line.state, line.note) for line in events)
        deliveries.append((delivery_record(found), lines))
    return Story(
        source=row.source_name,
        link=row.link,
        title=row.title,
        guid=row.guid,
        seen_at=row.seen_at,
        refusals=tuple((one.account, one.reason) for one in refusals),
        deliveries=tuple(deliveries),
    )
