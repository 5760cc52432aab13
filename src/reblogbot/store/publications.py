"""What an account has published, as planning asks for it: to compare with, and to edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, select

from reblogbot.model import OPEN, Entry, Made, Post, Recent, State
from reblogbot.schema import delivery, entry, published, refusal
from reblogbot.store.database import Database, among, chunks
from reblogbot.store.records import adapter

# how long a title counts as recent, and how many of them are compared
TITLES_LAST = timedelta(days=7)
TITLES_MOST = 2000
DAY = timedelta(days=1)
_GIVEN_UP = (State.SKIPPED, State.DEAD)


class Publications:
    """Questions about what stands, or will stand, on an account's server."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
        """Those of the keys whose entries `min_score` kept from the account."""
        wanted = (
            select(entry.c.key)
            .join(refusal, refusal.c.entry_id == entry.c.id)
            .where(
                entry.c.source_id == source_id,
                refusal.c.account == name,
                refusal.c.reason.startswith("min_score:"),
            )
        )
        with self._database.read() as connection:
            return among(connection, wanted, entry.c.key, keys)

    def made(self, name: str, source: str, keys: Sequence[bytes]) -> dict[bytes, Made]:
        """What may be edited of this source under these keys, as it was last edited.

        That is every post the account has made, or will make, of one entry: a digest holds more.
        """
        wanted = select(published.c.key, delivery, entry.c.content).join(
            delivery, delivery.c.id == published.c.delivery_id
        )
        wanted = wanted.join(entry, entry.c.id == delivery.c.entry_id).where(
            published.c.account == name,
            delivery.c.source == source,
            delivery.c.state.in_([State.SENT, *OPEN]),
            entry.c.content.is_not(None),
        )
        made: dict[bytes, Made] = {}
        with self._database.read() as connection:
            for chunk in chunks(list(dict.fromkeys(keys))):
                for row in connection.execute(wanted.where(published.c.key.in_(chunk))):
                    post = adapter(Post).validate_python(row.post)
                    if _is_editable(row.state, row.remote_id, post):
                        edits = _edits(connection, name, row.remote_id, row.entry_id)
                        whole = adapter(Entry).validate_python(row.content)
                        latest = edits[-1] if edits else post
                        made[row.key] = Made(row.id, row.remote_id, whole, latest, len(edits))
        return made


def _named(content: Mapping[str, Any]) -> tuple[str, str]:
    """The address and the name of a stored entry's author, "" for what is not known."""
    address = (content.get("author") or {}).get("address", "")
    return address, next(iter(content.get("authors") or ()), "")


def _is_editable(state: str, remote_id: str, post: Post) -> bool:
    is_one_entry = post.action in ("post", "quote") and not post.is_bundle
    return is_one_entry and (state != State.SENT or bool(remote_id))


def _edits(connection: Connection, name: str, remote_id: str, entry_id: int) -> list[Post]:
    """The edits queued or made of one post, oldest first."""
    rows = connection.scalars(
        select(delivery.c.post)
        .where(delivery.c.account == name, delivery.c.entry_id == entry_id)
        .order_by(delivery.c.id)
    )
    posts = map(adapter(Post).validate_python, rows)
    return [post for post in posts if post.action == "edit" and post.uri == remote_id]
