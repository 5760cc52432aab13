"""What was published, newest first, and the deliveries that an admin names.

Each account's deliveries are read along an index and in pages, so that the newest are found at once
among a million.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, case, func, or_, select

from reblogbot.model import PART_OF_DIGEST_NOTE, POSTED_STATES, Delivery, DeliveryState
from reblogbot.store.database import Database
from reblogbot.store.history import titles_of
from reblogbot.store.records import delivery_record
from reblogbot.store.schema import (
    EPOCH,
    HAS_REMOTE_ID,
    account,
    delivery,
    entry,
    event,
    published,
)
from reblogbot.store.sql import addresses, chunks, is_among_keys, is_behind

PAGE = 500
"""How many deliveries are read at a time."""
MOST_LOOKED_AT = 10_000
"""How many deliveries are looked at for one page."""
MAX_PATTERN = 100
"""Characters of a word that the database looks for: SQLite takes no pattern of any length."""
_PLACE = delivery.c.settled_at, delivery.c.id
_HAS_NO_TITLE = func.coalesce(entry.c.title, "") == ""
_ROWS = (
    select(
        delivery.c.id,
        delivery.c.state,
        delivery.c.settled_at,
        entry.c.title,
        entry.c.link,
        # what an entry without a title is searched by, or one that was pruned
        case((_HAS_NO_TITLE, entry.c.content["summary"].as_string()), else_="").label("summary"),
        case((_HAS_NO_TITLE, delivery.c.post["text"].as_string()), else_="").label("text"),
    )
    .outerjoin(entry, entry.c.id == delivery.c.entry_id)
    .order_by(*(column.desc() for column in _PLACE))
)


@dataclass(frozen=True, slots=True)
class PostedPost:
    """A post, boost or edit that was published.

    `title` and `link` are those of its entry. `retracted_at` is None where it was not retracted.
    """

    delivery: Delivery
    title: str
    link: str
    retracted_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostedFilter:
    """Which posts are meant: published from `since` on and before `until`.

    Of this account and this source, "" for any. Each of `words` is part of its title or its link.
    """

    since: datetime | None = None
    until: datetime | None = None
    account: str = ""
    source: str = ""
    words: tuple[str, ...] = ()


Place = tuple[datetime, int]
"""A place among the settled deliveries: an instant and the number of a delivery."""


@dataclass(frozen=True, slots=True)
class PostedPage:
    """A part of what was published, newest first.

    `following` is the place behind it at which to look for more, None at the end. `is_full` tells
    that as many posts were found as were wanted; else only so far back was looked.
    """

    posts: tuple[PostedPost, ...]
    following: Place | None
    is_full: bool


class Posted:
    """Queries of published deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: PostedFilter, before: Place | None, limit: int) -> PostedPage:
        """The newest posts under the filter behind a place.

        About MOST_LOOKED_AT deliveries are looked at, however many there are.
        """
        names = [wanted.account] if wanted.account else self._account_names()
        horizon = self._horizon(names, wanted, before)
        since = max((at for at in (wanted.since, horizon) if at is not None), default=None)
        posts = list(self.newest(replace(wanted, since=since), limit + 1, before))
        if len(posts) > limit:
            last = posts[limit - 1].delivery
            place = last.settled_at or last.queued_at, last.id
            return PostedPage(tuple(posts[:limit]), place, is_full=True)
        is_end = horizon is None or (wanted.since is not None and wanted.since >= horizon)
        following = None if is_end or horizon is None else (horizon, 0)
        return PostedPage(tuple(posts), following, is_full=False)

    def newest(
        self, wanted: PostedFilter, limit: int | None = None, before: Place | None = None
    ) -> Iterator[PostedPost]:
        """The posts under the filter, newest first, at most `limit`, behind a place."""
        names = [wanted.account] if wanted.account else self._account_names()
        size = min(limit or PAGE, PAGE)
        rows = merge(
            *(self._rows(name, wanted, size, before) for name in names),
            key=lambda row: (row.settled_at, row.id),
            reverse=True,
        )
        words = [word.lower() for word in wanted.words]
        # not a condition of the query: the database might then prefer an index that does not sort
        matching = (row.id for row in rows if row.state in POSTED_STATES and _has(row, words))
        ids = islice(matching, limit)
        while part := list(islice(ids, size)):
            yield from self.of(part)

    def of(self, delivery_ids: Sequence[int]) -> list[PostedPost]:
        """The posts of these deliveries, in this order; without those that do not exist."""
        posts: dict[int, PostedPost] = {}
        retraction = event.c.state == DeliveryState.RETRACTED
        for chunk in chunks(delivery_ids):
            with self._database.read() as connection:
                deliveries = connection.execute(select(delivery).where(delivery.c.id.in_(chunk)))
                records = {row.id: delivery_record(row) for row in deliveries}
                titles = titles_of(connection, chunk)
                links = connection.execute(
                    select(delivery.c.id, entry.c.link)
                    .join(entry, entry.c.id == delivery.c.entry_id)
                    .where(delivery.c.id.in_(chunk))
                )
                links_by_id = {row.id: row.link for row in links}
                events = connection.execute(
                    select(event.c.delivery_id, func.max(event.c.at, type_=event.c.at.type))
                    .where(event.c.delivery_id.in_(chunk), retraction)
                    .group_by(event.c.delivery_id)
                )
                retracted_at = {row[0]: row[1] for row in events}
            posts.update(
                {
                    id_: PostedPost(
                        record,
                        titles.get(id_, ""),
                        links_by_id.get(id_, ""),
                        retracted_at.get(id_),
                    )
                    for id_, record in records.items()
                }
            )
        return [posts[id_] for id_ in delivery_ids if id_ in posts]

    def named(self, keys: Sequence[bytes], written: str) -> list[Delivery]:
        """The deliveries that an admin names: by number, by the address of a post, or by a link.

        `keys` are those of the link. A delivery that became a part of a digest stands for that
        digest.
        """
        if written.isascii() and written.isdigit() and len(written) < 19:
            return self._deliveries([int(written)])
        return self._at_address(written) or self._of_keys(keys)

    def _deliveries(self, ids: Sequence[int]) -> list[Delivery]:
        with self._database.read() as connection:
            rows = connection.execute(
                select(delivery).where(delivery.c.id.in_(ids)).order_by(delivery.c.id)
            )
            deliveries = [delivery_record(row) for row in rows]
        digests = {number for each in deliveries if (number := _digest_of(each))}
        others = [each for each in deliveries if not _digest_of(each)]
        return [*others, *(self._deliveries(sorted(digests)) if digests else [])]

    def _at_address(self, url: str) -> list[Delivery]:
        """The deliveries whose post has this address."""
        if "/" not in url:
            return []
        is_address = delivery.c.remote_url.in_(addresses(url))
        # most servers end a post's address with its id, by which an index finds it
        is_wanted = delivery.c.remote_id == url.rstrip("/").rpartition("/")[2], HAS_REMOTE_ID
        statement = select(delivery.c.id).where(
            delivery.c.account.in_(select(account.c.name)), *is_wanted, is_address
        )
        unindexed = select(delivery.c.id).where(is_address)
        with self._database.read() as connection:
            ids = list(connection.scalars(statement)) or list(connection.scalars(unindexed))
        return self._deliveries(ids)

    def _of_keys(self, keys: Sequence[bytes]) -> list[Delivery]:
        """The deliveries of entries with one of these keys."""
        queries = (
            select(published.c.delivery_id).where(
                published.c.account.in_(select(account.c.name)), is_among_keys(published.c.key)
            ),
            select(delivery.c.id)
            .join(entry, entry.c.id == delivery.c.entry_id)
            .where(is_among_keys(entry.c.key)),
        )
        with self._database.read() as connection:
            results = [connection.scalars(query, {"keys": keys}) for query in queries]
            ids = {id_ for result in results for id_ in result}
        return self._deliveries(sorted(ids))

    def _account_names(self) -> list[str]:
        with self._database.read() as connection:
            return list(connection.scalars(select(account.c.name).order_by(account.c.name)))

    def _horizon(
        self, names: Sequence[str], wanted: PostedFilter, before: Place | None
    ) -> datetime | None:
        """The instant back to which so many deliveries are settled; None if there are fewer."""
        horizons = []
        with self._database.read() as connection:
            for name in names:
                conditions = [delivery.c.account == name, delivery.c.settled_at.is_not(None)]
                if wanted.until is not None:
                    conditions.append(delivery.c.settled_at < wanted.until)
                if before is not None:
                    conditions += is_behind(_PLACE, before)
                statement = (
                    select(delivery.c.settled_at)
                    .where(*conditions)
                    .order_by(*(column.desc() for column in _PLACE))
                    .offset(MOST_LOOKED_AT // len(names))
                    .limit(1)
                )
                horizons.append(connection.scalar(statement))
        return max((at for at in horizons if at is not None), default=None)

    def _rows(
        self, name: str, wanted: PostedFilter, size: int, before: Place | None
    ) -> Iterator[Row[Any]]:
        """The account's settled deliveries, newest first, in pages of `size`."""
        # said although the comparisons imply it: so a database knows that the index has them all
        conditions = [delivery.c.account == name, delivery.c.settled_at.is_not(None)]
        conditions.append(delivery.c.settled_at >= (wanted.since or EPOCH))
        if wanted.until is not None:
            conditions.append(delivery.c.settled_at < wanted.until)
        if wanted.source:
            conditions.append(delivery.c.source == wanted.source)
        conditions += [_may_have(word) for word in wanted.words]
        page = _ROWS.where(*conditions).limit(size)
        following = page if before is None else page.where(*is_behind(_PLACE, before))
        while True:
            with self._database.read() as connection:
                rows = connection.execute(following).all()
            yield from cast("Sequence[Row[Any]]", rows)
            if len(rows) < size:
                return
            following = page.where(*is_behind(_PLACE, (rows[-1].settled_at, rows[-1].id)))


def _digest_of(record: Delivery) -> int:
    """The number of the digest that has the delivery's text, 0 for none."""
    number = record.error.removeprefix(PART_OF_DIGEST_NOTE).strip()
    is_part = record.state == DeliveryState.SKIPPED and number != record.error
    return int(number) if is_part and number.isdigit() else 0


def _may_have(word: str) -> ColumnElement[bool]:
    """A condition that holds, in any case, for what has the word; `_has` decides.

    SQLite knows upper and lower case of ASCII alone, so that other letters with a case are left
    open. What has no title is left open too.
    """
    pattern = "".join(map(_pattern_of, word[:MAX_PATTERN].lower()))
    columns = entry.c.title, entry.c.link
    likes = [func.lower(column).like(f"%{pattern}%", escape="\\") for column in columns]
    return or_(_HAS_NO_TITLE, *likes)


def _pattern_of(char: str) -> str:
    """The pattern of LIKE for a character: any characters where its case is not known to SQLite."""
    if char in "%_\\":
        return f"\\{char}"
    is_known = char.isascii() or char.casefold() == char.upper()
    return char if is_known else "%"


def _has(row: Row[Any], words: Sequence[str]) -> bool:
    """Whether each of the words, in lower case, is part of what the row is searched by."""
    if not words:
        return True
    texts = (row.title, row.link, row.summary, row.text)
    searched = "\n".join(text for text in texts if text).lower()
    return all(word in searched for word in words)
