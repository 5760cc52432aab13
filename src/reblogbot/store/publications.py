"""What each account has published or will publish: for budgets, for comparison, and for edits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    bindparam,
    case,
    exists,
    func,
    select,
    type_coerce,
)

from reblogbot.model import (
    POSTED_STATES,
    TAKEN_BACK,
    Delivery,
    DeliveryState,
    Entry,
    SentPost,
)
from reblogbot.model.history import EditablePost, RecentPosts
from reblogbot.store.database import Database
from reblogbot.store.records import SourceRecord, adapter, delivery_record
from reblogbot.store.schema import (
    EPOCH,
    account,
    delivery,
    entry,
    is_generated_post,
    published,
    refusal,
)
from reblogbot.store.sql import chunks, is_among_keys

RECENT_TITLES_AGE = timedelta(days=7)
MAX_RECENT_TITLES = 2000
DAY = timedelta(days=1)
HOUR_MICROSECONDS = 3_600_000_000
_GIVEN_UP = (DeliveryState.SKIPPED, DeliveryState.DEAD)
_WAITING = (DeliveryState.QUEUED, DeliveryState.HELD)
_IS_OF_SOURCE = entry.c.source_id == bindparam("of")
# A later query counts more: an entry's own key is a better match than a published one.
_ENTRY_IDS = (
    select(published.c.key, delivery.c.entry_id)
    .join(delivery, delivery.c.id == published.c.delivery_id)
    .where(
        published.c.account == bindparam("name"),
        is_among_keys(published.c.key),
        delivery.c.source == bindparam("source"),
        delivery.c.entry_id.is_not(None),
    ),
    select(entry.c.guid_key, entry.c.id).where(_IS_OF_SOURCE, is_among_keys(entry.c.guid_key)),
    select(entry.c.key, entry.c.id).where(_IS_OF_SOURCE, is_among_keys(entry.c.key)),
)
"""Queries of pairs of a key and an entry's id."""
_POSTS = (
    select(delivery, entry.c.content)
    .join(entry, entry.c.id == delivery.c.entry_id)
    .where(
        delivery.c.account == bindparam("name"),
        delivery.c.entry_id.in_(bindparam("ids", expanding=True)),
        entry.c.content.is_not(None),
    )
    .order_by(delivery.c.id)
)
_WAITING_POSTS = _POSTS.where(delivery.c.state.in_(_WAITING))


class Publications:
    """Queries of what is, or will be, on the accounts' servers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, name: str, since: datetime) -> list[SentPost]:
        """The account's posts and boosts since an instant, oldest first; without edits.

        What was retracted later counts as well.
        """
        statement = (
            select(
                delivery.c.settled_at,
                delivery.c.source,
                is_generated_post().label("is_generated"),
            )
            .where(
                delivery.c.account == name,
                delivery.c.state.in_(POSTED_STATES),
                delivery.c.settled_at >= since,
                delivery.c.post["action"].as_string() != "edit",
            )
            .order_by(delivery.c.settled_at)
        )
        with self._database.read() as connection:
            return [
                SentPost(row.settled_at, row.source, is_generated=bool(row.is_generated))
                for row in connection.execute(statement)
            ]

    def per_hour(self, since: datetime) -> dict[str, dict[int, int]]:
        """How many posts and boosts each account sent in each hour since an instant.

        The hours are numbered from 0 on. Counts as `sent` does.
        """
        microseconds = type_coerce(delivery.c.settled_at, BigInteger)
        hour = (microseconds - (since - EPOCH) // timedelta(microseconds=1)) // HOUR_MICROSECONDS
        statement = (
            select(delivery.c.account, hour.label("hour"), func.count().label("number"))
            .where(
                delivery.c.account.in_(select(account.c.name)),
                delivery.c.settled_at.is_not(None),
                delivery.c.settled_at >= since,
                # not the plain column: SQLite would read all that was ever sent, by its index
                func.coalesce(delivery.c.state, "").in_(POSTED_STATES),
                delivery.c.post["action"].as_string() != "edit",
            )
            .group_by(delivery.c.account, hour)
        )
        counts: dict[str, dict[int, int]] = {}
        with self._database.read() as connection:
            for row in connection.execute(statement):
                counts.setdefault(row.account, {})[row.hour] = row.number
        return counts

    def recent(self, name: str, now: datetime) -> RecentPosts:
        """The account's titles of the last week, and sites and authors of the last day.

        Deliveries that are still queued count as well.
        """
        statement = (
            select(
                entry.c.title,
                entry.c.link,
                case((delivery.c.queued_at >= now - DAY, entry.c.content)).label("content"),
                delivery.c.source,
                delivery.c.queued_at,
            )
            .join(entry, entry.c.id == delivery.c.entry_id)
            .where(
                delivery.c.account == name,
                delivery.c.queued_at >= now - RECENT_TITLES_AGE,
                delivery.c.state.not_in(_GIVEN_UP),
                # a reply to the post of an entry is none of its own
                func.coalesce(delivery.c.post["continues"].as_integer(), 0) == 0,
            )
            .order_by(delivery.c.id.desc())
            .limit(MAX_RECENT_TITLES)
        )
        # Imported here: few sources have limits of this kind, and it imports the tables of domains.
        from reblogbot.core.identity import author_key, site_of  # noqa: PLC0415

        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        last_day = [row for row in rows if row.queued_at >= now - DAY]
        sites = (site_of(row.link) for row in last_day)
        authors = (author_key(*_author(row.content or {}), row.source) for row in last_day)
        return RecentPosts(
            tuple(row.title for row in rows if row.title),
            Counter(filter(None, sites)),
            Counter(filter(None, authors)),
        )

    def below_min_score(self, name: str, source_id: int, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys whose entries are refused for the account by `min_score`."""
        is_queued = exists().where(
            delivery.c.entry_id == refusal.c.entry_id, delivery.c.account == name
        )
        statement = (
            select(entry.c.key)
            .join(refusal, refusal.c.entry_id == entry.c.id)
            .where(
                entry.c.source_id == source_id,
                refusal.c.account == name,
                refusal.c.reason.startswith("min_score:"),
                ~is_queued,
                is_among_keys(entry.c.key),
            )
        )
        with self._database.read() as connection:
            return set(connection.scalars(statement, {"keys": keys}))

    def claiming(self, name: str, keys: Sequence[bytes]) -> list[Delivery]:
        """The account's deliveries under any of these keys, in the order they were queued."""
        ids = select(published.c.delivery_id).where(
            published.c.account == name, is_among_keys(published.c.key)
        )
        with self._database.read() as connection:
            unique_ids = set(connection.scalars(ids, {"keys": set(keys)}))
            rows = connection.execute(
                select(delivery).where(delivery.c.id.in_(unique_ids)).order_by(delivery.c.id)
            )
            return [delivery_record(row) for row in rows]

    def editable(
        self, name: str, record: SourceRecord, keys: Sequence[bytes], *, posted: bool
    ) -> dict[bytes, EditablePost]:
        """The account's deliveries of the source's entries that may still be changed, by key.

        Those are the waiting ones, and with `posted` also those sent or being sent, if they are
        posts of one entry: a digest has several.
        """
        with self._database.read() as connection:
            entry_ids = _entry_ids(connection, name, record, keys)
            unique_ids = list(dict.fromkeys(entry_ids.values()))
            posts = dict(_editable_posts(connection, name, unique_ids, posted=posted))
        return {key: posts[entry_id] for key, entry_id in entry_ids.items() if entry_id in posts}


def _entry_ids(
    connection: Connection, name: str, record: SourceRecord, keys: Sequence[bytes]
) -> dict[bytes, int]:
    """The ids of the source's entries, by those of the keys that are theirs."""
    parameters = {"name": name, "source": record.name, "of": record.id, "keys": set(keys)}
    entry_ids: dict[bytes, int] = {}
    for query in _ENTRY_IDS:
        entry_ids.update((row[0], row[1]) for row in connection.execute(query, parameters))
    return entry_ids


def _editable_posts(
    connection: Connection, name: str, entry_ids: Sequence[int], *, posted: bool
) -> Iterator[tuple[int, EditablePost]]:
    """The account's posts of these entries that may be changed, with the entries' ids."""
    statement = _POSTS if posted else _WAITING_POSTS
    rows_by_entry: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    for chunk in chunks(entry_ids):
        for row in connection.execute(statement, {"name": name, "ids": chunk}):
            rows_by_entry[row.entry_id].append(row)
    for entry_id, rows in rows_by_entry.items():
        content = adapter(Entry).validate_python(rows[0].content)
        post = _editable_post(entry_id, content, [delivery_record(row) for row in rows])
        if post is not None:
            yield entry_id, post


def _editable_post(
    entry_id: int, content: Entry, deliveries: Sequence[Delivery]
) -> EditablePost | None:
    """The post that these deliveries of one entry are of; None where it cannot be changed."""
    kept = [
        each
        for each in deliveries
        # neither a digest nor a reply is the post of its entry
        if each.state not in _GIVEN_UP and not each.post.is_bundle and not each.post.is_follow_up
    ]
    original = next((each for each in reversed(kept) if each.post.action != "edit"), None)
    if original is None or original.state in TAKEN_BACK:
        return None
    if _is_untried(original):
        return EditablePost(original.id, entry_id, "", content, original.post, waiting=original)
    if original.post.action == "boost" or (
        original.state == DeliveryState.SENT and not original.receipt
    ):
        return None
    remote_id = original.receipt.remote_id if original.receipt else ""
    edits = [
        each
        for each in deliveries
        if each.post.action == "edit" and each.post.uri == remote_id != ""
    ]
    tried_edits = [each for each in edits if each in kept and not _is_untried(each)]
    return EditablePost(
        original.id,
        entry_id,
        remote_id,
        content,
        (tried_edits or [original])[-1].post,
        len(edits),
        next((each for each in reversed(edits) if _is_untried(each)), None),
    )


def _is_untried(candidate: Delivery) -> bool:
    """Whether it waits and was never sent; after a try its text may be on the server already."""
    return candidate.state in _WAITING and not candidate.attempts and not candidate.failed_lookups


def _author(content: Mapping[str, Any]) -> tuple[str, str]:
    """The address and the name of a stored entry's author, "" for what it does not have."""
    address = (content.get("author") or {}).get("address", "")
    return address, next(iter(content.get("authors") or ()), "")
