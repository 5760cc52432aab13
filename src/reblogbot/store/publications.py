"""What an account has published, as planning asks for it: to compare with, and to edit."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, exists, select

from reblogbot.model import Delivery, Entry, Sent, State
from reblogbot.model.history import EditablePost, Recent
from reblogbot.store.database import Database, among, chunks
from reblogbot.store.records import SourceRecord, adapter, delivery_record
from reblogbot.store.schema import delivery, entry, published, refusal

# how long a title counts as recent, and how many of them are compared
TITLES_LAST = timedelta(days=7)
TITLES_MOST = 2000
DAY = timedelta(days=1)
_GIVEN_UP = (State.SKIPPED, State.DEAD)
_WAITING = (State.QUEUED, State.HELD)


class Publications:
    """Questions about what stands, or will stand, on an account's server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sent(self, name: str, since: datetime) -> list[Sent]:
        """What the account has posted or boosted since an instant, oldest first; no edits."""
        statement = (
            select(delivery.c.settled_at, delivery.c.source)
            .where(
                delivery.c.account == name,
                delivery.c.state == State.SENT,
                delivery.c.settled_at >= since,
                delivery.c.post["action"].as_string() != "edit",
            )
            .order_by(delivery.c.settled_at)
        )
        with self._database.read() as connection:
            return [Sent(row.settled_at, row.source) for row in connection.execute(statement)]

    def recent(self, name: str, now: datetime) -> Recent:
        """Titles of the last week, sites and authors of the last day, queued ones included."""
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
                delivery.c.queued_at >= now - TITLES_LAST,
                delivery.c.state.not_in(_GIVEN_UP),
            )
            .order_by(delivery.c.id.desc())
            .limit(TITLES_MOST)
        )
        # few sources ask for this; the rest need not know of links and their letters
        from reblogbot.core.identity import author_key, site_of  # noqa: PLC0415

        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        latest = [row for row in rows if row.queued_at >= now - DAY]
        sites = (site_of(row.link) for row in latest)
        authors = (author_key(*_named(row.content or {}), row.source) for row in latest)
        return Recent(
            tuple(row.title for row in rows if row.title),
            Counter(filter(None, sites)),
            Counter(filter(None, authors)),
        )

    def outvoted(self, name: str, source_id: int, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys whose entries `min_score` still keeps from the account."""
        is_queued = exists().where(
            delivery.c.entry_id == refusal.c.entry_id, delivery.c.account == name
        )
        wanted = (
            select(entry.c.key)
            .join(refusal, refusal.c.entry_id == entry.c.id)
            .where(
                entry.c.source_id == source_id,
                refusal.c.account == name,
                refusal.c.reason.startswith("min_score:"),
                ~is_queued,
            )
        )
        with self._database.read() as connection:
            return among(connection, wanted, entry.c.key, keys)

    def made(
        self, name: str, record: SourceRecord, keys: Sequence[bytes], *, posted: bool
    ) -> dict[bytes, EditablePost]:
        """What the account made of the source's entries with these keys and may still change.

        That is what waits, and with `posted` what stands or is being sent as well: every post of
        one entry, for a digest holds more.
        """
        with self._database.read() as connection:
            entries = _entries(connection, name, record, keys)
            ids = list(dict.fromkeys(entries.values()))
            made = dict(_made(connection, name, ids, posted=posted))
        return {key: made[number] for key, number in entries.items() if number in made}


def _entries(
    connection: Connection, name: str, record: SourceRecord, keys: Sequence[bytes]
) -> dict[bytes, int]:
    """The ids of the source's entries by those of the keys that are theirs."""
    by_post = (
        select(published.c.key, delivery.c.entry_id)
        .join(delivery, delivery.c.id == published.c.delivery_id)
        .where(
            published.c.account == name,
            delivery.c.source == record.name,
            delivery.c.entry_id.is_not(None),
        )
    )
    mine = entry.c.source_id == record.id
    found: dict[bytes, int] = {}
    for chunk in chunks(list(dict.fromkeys(keys))):
        queries = [
            by_post.where(published.c.key.in_(chunk)),
            select(entry.c.guid_key, entry.c.id).where(mine, entry.c.guid_key.in_(chunk)),
            select(entry.c.key, entry.c.id).where(mine, entry.c.key.in_(chunk)),
        ]
        for query in queries:
            found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def _made(
    connection: Connection, name: str, ids: Sequence[int], *, posted: bool
) -> Iterator[tuple[int, EditablePost]]:
    """What the account made of these entries, by their ids."""
    rows: defaultdict[int, list[Row[Any]]] = defaultdict(list)
    wanted = (
        select(delivery, entry.c.content)
        .join(entry, entry.c.id == delivery.c.entry_id)
        .where(delivery.c.account == name, entry.c.content.is_not(None))
        .order_by(delivery.c.id)
    )
    if not posted:
        wanted = wanted.where(delivery.c.state.in_(_WAITING))
    for chunk in chunks(ids):
        for row in connection.execute(wanted.where(delivery.c.entry_id.in_(chunk))):
            rows[row.entry_id].append(row)
    for number, some in rows.items():
        content = adapter(Entry).validate_python(some[0].content)
        made = _made_of(number, content, [delivery_record(row) for row in some])
        if made is not None:
            yield number, made


def _made_of(entry_id: int, content: Entry, deliveries: Sequence[Delivery]) -> EditablePost | None:
    """What these deliveries of one entry came to; None where nothing can be changed any more."""
    kept = [one for one in deliveries if one.state not in _GIVEN_UP and not one.post.is_bundle]
    original = next((one for one in reversed(kept) if one.post.action != "edit"), None)
    if original is None:
        return None
    if _is_waiting(original):
        return EditablePost(original.id, entry_id, "", content, original.post, waiting=original)
    if original.post.action == "boost" or (original.state == State.SENT and not original.receipt):
        return None
    remote_id = original.receipt.remote_id if original.receipt else ""
    edits = [
        one for one in deliveries if one.post.action == "edit" and one.post.uri == remote_id != ""
    ]
    tried = [one for one in edits if one in kept and not _is_waiting(one)]
    return EditablePost(
        original.id,
        entry_id,
        remote_id,
        content,
        (tried or [original])[-1].post,
        len(edits),
        next((one for one in reversed(edits) if _is_waiting(one)), None),
    )


def _is_waiting(one: Delivery) -> bool:
    """Whether it waits and was never tried: what may stand there must not change its text."""
    return one.state in _WAITING and not one.attempts and not one.failed_lookups


def _named(content: Mapping[str, Any]) -> tuple[str, str]:
    """The address and the name of a stored entry's author, "" for what is not known."""
    address = (content.get("author") or {}).get("address", "")
    return address, next(iter(content.get("authors") or ()), "")
