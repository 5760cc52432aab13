"""The store's memory: the story of an entry, what the admin was told, what may be forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from reblogbot.model import Delivery
from reblogbot.model.evidence import Habits
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store.database import Database, chunks
from reblogbot.store.pruner import Pruned, Pruner
from reblogbot.store.records import delivery_record, habits_of
from reblogbot.store.schema import (
    EPOCH,
    delivery,
    entry,
    event,
    notice,
    published,
    refusal,
    seen,
    source,
)

_SEEN_ALONE = "left_out: one of very many entries of one poll, remembered as seen alone"
_ENTRIES = select(entry, source.c.name.label("source_name"), source.c.habits).join(
    source, source.c.id == entry.c.source_id
)


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
    habits: Habits = field(default_factory=Habits)
    """What was learnt of its source."""


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
            statement = _ENTRIES.where(or_(*wanted)).order_by(entry.c.seen_at, entry.c.id)
            rows = connection.execute(statement).all()
            return [_story(connection, row) for row in rows] or _seen_alone(connection, keys)

    def titles(self, numbers: Sequence[int]) -> dict[int, str]:
        """The titles of the entries that these deliveries came from, or how they begin."""
        wanted = select(delivery.c.id, entry.c.title).join(entry, entry.c.id == delivery.c.entry_id)
        bare = wanted.add_columns(entry.c.content).where(entry.c.title == "")
        titles: dict[int, str] = {}
        with self._database.read() as connection:
            for chunk in chunks(numbers):
                chosen = delivery.c.id.in_(chunk)
                titles.update(
                    {row.id: row.title for row in connection.execute(wanted.where(chosen))}
                )
                rows = connection.execute(bare.where(chosen))
                titles.update({row.id: _title(row) for row in rows})
        return titles

    def search(self, words: str, most: int) -> list[Story]:
        """The stories of the newest entries with these words in their title or link."""
        contains = [
            func.lower(column).contains(words.lower(), autoescape=True)
            for column in (entry.c.title, entry.c.link)
        ]
        newest = (entry.c.seen_at.desc(), entry.c.id.desc())
        statement = _ENTRIES.where(or_(*contains)).order_by(*newest).limit(most)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            return [_story(connection, row) for row in rows]

    def refused(self, since: datetime) -> dict[str, int]:
        """How many entries seen since then were refused, by the first word of the reason.

        Those admitted later are left out.
        """
        is_queued = exists().where(
            delivery.c.entry_id == refusal.c.entry_id, delivery.c.account == refusal.c.account
        )
        with self._database.read() as connection:
            rows = connection.execute(
                select(refusal.c.reason, func.count())
                .join(entry, entry.c.id == refusal.c.entry_id)
                .where(entry.c.seen_at >= since, ~is_queued)
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

    def prune(
        self,
        keep: timedelta,
        now: datetime,
        on_progress: ProgressCallback = no_progress,
        is_over: Callable[[], bool] = lambda: False,
    ) -> Pruned:
        """Forget what is older than `keep`, but nothing a source still shows, nothing unsettled.

        In many small transactions. Calls `on_progress` as it comes on, ends early once `is_over`.
        """
        return Pruner(self._database, now - keep, on_progress, is_over).sweep()


def _numbers(written: str) -> list[int]:
    """The number of a delivery, if it is one."""
    is_number = written.isascii() and written.isdigit() and len(written) < 19
    return [int(written)] if is_number else []


def _seen_alone(connection: Connection, keys: list[bytes]) -> list[Story]:
    """A story for each source that has shown one of these keys, of an entry that was not kept."""
    rows = connection.execute(
        select(source.c.name, func.max(seen.c.shown_on).label("day"))
        .join(seen, seen.c.source_id == source.c.id)
        .where(seen.c.key.in_(keys))
        .group_by(source.c.name)
        .order_by(source.c.name)
    )
    return [
        Story(row.name, "", "", "", EPOCH + timedelta(days=row.day), (("", _SEEN_ALONE),), ())
        for row in rows
    ]


def _title(row: Row[Any]) -> str:
    """The title of an entry's row; of one without, the first words of its text."""
    if row.title or row.content is None:
        return str(row.title)
    # most entries have a title; the rest of the program may do without regex
    from reblogbot.core.text import beginning  # noqa: PLC0415

    return beginning(str(row.content.get("summary", "")))


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
        title=_title(row),
        guid=row.guid,
        seen_at=row.seen_at,
        refusals=tuple((one.account, one.reason) for one in refusals),
        deliveries=tuple(deliveries),
        habits=habits_of(row.habits),
    )
