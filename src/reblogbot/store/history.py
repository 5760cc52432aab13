"""What happened to an entry, and which alerts the admin got; with the deletion of old rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    TextClause,
    exists,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import IntegrityError

from reblogbot.model import Delivery, Entry
from reblogbot.model.evidence import SourceHabits
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store.database import Database
from reblogbot.store.pruner import PruneCounts, Pruner
from reblogbot.store.records import adapter, delivery_record, habits_of
from reblogbot.store.schema import (
    EPOCH,
    HAS_REMOTE_ID,
    IS_REFUSED,
    account,
    delivery,
    entry,
    event,
    notice,
    published,
    refusal,
    seen,
    source,
)
from reblogbot.store.sql import addresses, chunks, is_among_keys, is_behind
from reblogbot.words import Words

_KEY_ALONE = Words("left_out: one of very many entries of one poll, remembered as seen alone")
# a database limits how long patterns and conditions may be
_MAX_SEARCHED = 5000
_MAX_WORDS = 20
MOST_SEARCHED = 10_000
"""How many entries are looked at for a page of a search."""
_ENTRIES = select(entry, source.c.name.label("source_name"), source.c.habits).join(
    source, source.c.id == entry.c.source_id
)


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One event of a delivery: its state since then, and an error or remark."""

    at: datetime
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Story:
    """One entry of one source: when it was seen, its refusals, and its deliveries with events.

    `refusals` are pairs of an account and a reason. `habits` are those of the source.
    """

    source: str
    link: str
    title: str
    guid: str
    seen_at: datetime
    refusals: tuple[tuple[str, str], ...]
    deliveries: tuple[tuple[Delivery, tuple[DeliveryEvent, ...]], ...]
    habits: SourceHabits = field(default_factory=SourceHabits)
    key: bytes = b""
    """The key under which the entry is kept, empty where only its keys are remembered."""
    content: Entry | None = None
    """The whole entry, where it is kept because it was queued."""
    entry_id: int = 0
    """The number of the entry in the store, 0 where only its keys are remembered."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Entries with some words, newest first.

    `following` is the place behind them at which to look for more, None at the end: an instant
    and the number of an entry.
    """

    stories: tuple[Story, ...]
    following: tuple[datetime, int] | None


class History:
    """Queries of the past, and pruning."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def why(self, keys: list[bytes], written: str, *, indexed: bool = False) -> list[Story]:
        """The entries that an admin names, with their refusals and deliveries.

        They have one of `keys`; or `written` is their guid, a delivery's id, or a post's URL. With
        `indexed` only those that an index leads to, however large the store is.
        """
        if not written:
            return []
        with self._database.read() as connection:
            ids = _entry_ids(connection, keys, written, indexed=indexed)
            statement = _ENTRIES.where(entry.c.id.in_(ids)).order_by(entry.c.seen_at, entry.c.id)
            rows = connection.execute(statement).all()
            return [_story(connection, row) for row in rows] or _keys_alone(connection, keys)

    def story(self, entry_id: int) -> Story | None:
        """The entry of this number; None where there is none (any more)."""
        with self._database.read() as connection:
            row = connection.execute(_ENTRIES.where(entry.c.id == entry_id)).first()
            return _story(connection, row) if row is not None else None

    def search(self, words: str, most: int) -> list[Story]:
        """The newest entries, `most` at most, with these words in their title or link.

        Where none has them in this order, those with each of the words.
        """
        phrase = words[:_MAX_SEARCHED]
        newest_first = (entry.c.seen_at.desc(), entry.c.id.desc())
        with self._database.read() as connection:
            rows = _matching(connection, _ENTRIES.order_by(*newest_first), phrase, most)
            return [_story(connection, row) for row in rows]

    def search_page(self, words: str, most: int, before: tuple[datetime, int] | None) -> SearchPage:
        """The newest entries behind a place with these words in their title or link.

        MOST_SEARCHED of them are looked at, however many there are. Where none of these has the
        words in this order, those with each of the words.
        """
        phrase = words[:_MAX_SEARCHED]
        place = entry.c.seen_at, entry.c.id
        newest_first = (entry.c.seen_at.desc(), entry.c.id.desc())
        is_near = [] if before is None else [*is_behind(place, before)]
        horizon_of = select(entry.c.seen_at).where(*is_near).order_by(*newest_first)
        with self._database.read() as connection:
            horizon = connection.scalar(horizon_of.offset(MOST_SEARCHED).limit(1))
            is_near.append(entry.c.seen_at >= (horizon or EPOCH))
            near = _ENTRIES.where(*is_near).order_by(*newest_first)
            rows = _matching(connection, near, phrase, most)
            following = None if horizon is None else (horizon, 0)
            if len(rows) == most:
                following = rows[-1].seen_at, rows[-1].id
            return SearchPage(tuple(_story(connection, row) for row in rows), following)

    def titles(self, delivery_ids: Sequence[int]) -> dict[int, str]:
        """The titles of the entries of these deliveries, by the deliveries' ids.

        An entry without a title gets the first words of its text.
        """
        titles: dict[int, str] = {}
        with self._database.read() as connection:
            for chunk in chunks(delivery_ids):
                titles.update(titles_of(connection, chunk))
        return titles

    def refused(self, since: datetime, name: str = "") -> dict[str, int]:
        """How many entries seen since then are refused, by the first word of the reason.

        An entry that was queued later does not count. With the name of a source, its entries alone,
        and of them those that no account got.
        """
        is_queued = exists().where(
            delivery.c.entry_id == refusal.c.entry_id, delivery.c.account == refusal.c.account
        )
        conditions: list[ColumnElement[bool] | TextClause] = [entry.c.seen_at >= since, ~is_queued]
        if name:
            source_id = select(source.c.id).where(source.c.name == name).scalar_subquery()
            conditions += [entry.c.source_id == source_id, IS_REFUSED]
        number = func.count(refusal.c.entry_id.distinct()) if name else func.count()
        statement = (
            select(refusal.c.reason, number)
            .join(entry, entry.c.id == refusal.c.entry_id)
            .where(*conditions)
            .group_by(refusal.c.reason)
        )
        counts: Counter[str] = Counter()
        with self._database.read() as connection:
            for reason, count in connection.execute(statement):
                counts[str(reason).partition(":")[0]] += count
        return dict(counts)

    def record_notice(self, cause: str, now: datetime) -> bool:
        """Record an alert of this cause; False when there was one today already."""
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
        should_stop: Callable[[], bool] = lambda: False,
    ) -> PruneCounts:
        """Delete what is older than `keep`, except what a source still shows and what is open.

        Works in many small transactions, and stops between them as soon as `should_stop()`.
        """
        return Pruner(self._database, keep, now, on_progress, should_stop).run()


def titles_of(connection: Connection, delivery_ids: Sequence[int]) -> dict[int, str]:
    """See `History.titles`; for as many ids as one statement takes."""
    titled = select(delivery.c.id, entry.c.title).join(entry, entry.c.id == delivery.c.entry_id)
    untitled = titled.add_columns(entry.c.content).where(entry.c.title == "")
    is_wanted = delivery.c.id.in_(delivery_ids)
    titles = {row.id: row.title for row in connection.execute(titled.where(is_wanted))}
    titles.update({row.id: _title(row) for row in connection.execute(untitled.where(is_wanted))})
    return titles


def _matching(
    connection: Connection, entries: Select[Any], phrase: str, most: int
) -> Sequence[Row[Any]]:
    """The first entries with the phrase in title or link; without any, those with each word.

    What lacks a word lacks the phrase: a phrase that no entry has is mostly looked for once.
    """
    words = phrase.split()[:_MAX_WORDS] or [phrase]
    with_words = entries.where(*(_is_contained(connection, word) for word in words))
    if words != [phrase]:
        if connection.execute(with_words.limit(1)).first() is None:
            return ()
        with_phrase = entries.where(_is_contained(connection, phrase))
        rows = connection.execute(with_phrase.limit(most)).all()
        if rows:
            return rows
    return connection.execute(with_words.limit(most)).all()


def _is_contained(connection: Connection, part: str) -> ColumnElement[bool]:
    """The condition that an entry's title or link contains the text, in upper or lower case."""
    is_sqlite = connection.dialect.name == "sqlite"
    lower = func.lower_case if is_sqlite and not part.isascii() else func.lower
    columns = entry.c.title, entry.c.link
    conditions = [lower(column).contains(part.lower(), autoescape=True) for column in columns]
    if not (is_sqlite or part.isascii()):
        # a database of PostgreSQL with the locale C knows upper and lower case of ASCII alone
        conditions += [column.contains(part, autoescape=True) for column in columns]
    return or_(*conditions)


def _entry_ids(
    connection: Connection, keys: Sequence[bytes], written: str, *, indexed: bool
) -> set[int]:
    """The ids of the entries that an admin names; see `History.why`."""
    entry_of_delivery = select(delivery.c.entry_id)
    # Most servers end a post's URL with its id, by which an index finds it.
    accounts = select(account.c.name)
    has_id = delivery.c.remote_id == written.rpartition("/")[2], HAS_REMOTE_ID
    is_address = delivery.c.remote_url.in_(addresses(written))
    quick = (
        select(entry.c.id).where(is_among_keys(entry.c.key)),
        select(entry.c.id).where(is_among_keys(entry.c.guid_key)),
        entry_of_delivery.where(delivery.c.id.in_(_delivery_ids(written))),
        entry_of_delivery.where(delivery.c.account.in_(accounts), *has_id, is_address),
        entry_of_delivery.join(published, published.c.delivery_id == delivery.c.id).where(
            published.c.account.in_(accounts), is_among_keys(published.c.key)
        ),
    )
    # These read everything: only where the indexes have led to nothing.
    unindexed = [select(entry.c.id).where(entry.c.guid == written)]
    if "." in written and not any(map(str.isspace, written)):
        unindexed.append(entry_of_delivery.where(is_address))
    for queries in (quick,) if indexed else (quick, unindexed):
        results = [connection.scalars(query, {"keys": keys}) for query in queries]
        ids = {entry_id for result in results for entry_id in result if entry_id is not None}
        if ids:
            return ids
    return set()


def _delivery_ids(written: str) -> list[int]:
    """The id of a delivery if it is written as one; at most 18 digits fit into the column."""
    is_number = written.isascii() and written.isdigit() and len(written) < 19
    return [int(written)] if is_number else []


def _keys_alone(connection: Connection, keys: list[bytes]) -> list[Story]:
    """A story for each source that has shown one of the keys, of an entry that was not kept."""
    rows = connection.execute(
        select(source.c.name, func.max(seen.c.shown_on).label("day"))
        .join(seen, seen.c.source_id == source.c.id)
        .where(seen.c.key.in_(keys))
        .group_by(source.c.name)
        .order_by(source.c.name)
    )
    return [
        Story(row.name, "", "", "", EPOCH + timedelta(days=row.day), (("", _KEY_ALONE),), ())
        for row in rows
    ]


def _title(row: Row[Any]) -> str:
    """The title in an entry's row; without one, the first words of its text."""
    if row.title or row.content is None:
        return str(row.title)
    # Imported here: most entries have a title, and it imports `regex`.
    from reblogbot.core.text.shortening import beginning  # noqa: PLC0415

    return beginning(str(row.content.get("summary", "")))


def _story(connection: Connection, row: Row[Any]) -> Story:
    refusals = connection.execute(
        select(refusal.c.account, refusal.c.reason).where(refusal.c.entry_id == row.id)
    )
    deliveries = connection.execute(
        select(delivery).where(delivery.c.entry_id == row.id).order_by(delivery.c.id)
    ).all()
    return Story(
        source=row.source_name,
        link=row.link,
        title=_title(row),
        guid=row.guid,
        seen_at=row.seen_at,
        refusals=tuple((each.account, each.reason) for each in refusals),
        deliveries=tuple(
            (delivery_record(each), _events(connection, each.id)) for each in deliveries
        ),
        habits=habits_of(row.habits),
        key=row.key,
        content=adapter(Entry).validate_python(row.content) if row.content else None,
        entry_id=row.id,
    )


def _events(connection: Connection, delivery_id: int) -> tuple[DeliveryEvent, ...]:
    rows = connection.execute(
        select(event).where(event.c.delivery_id == delivery_id).order_by(event.c.id)
    )
    return tuple(DeliveryEvent(row.at, row.state, row.note) for row in rows)
