"""The keys of the entries each source has shown, with the day and the evidence of the last time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import Connection, case, delete, func, or_, select

from reblogbot.store.schema import seen
from reblogbot.store.sql import chunks, insert_into

MOST_SEEN = 100_000
"""Keys that are remembered of one source; most entries have three."""


def record_sightings(
    connection: Connection, source_id: int, sightings: Mapping[bytes, bytes], day: int
) -> None:
    """Upsert the evidence by key; writes only rows whose day or evidence changes.

    `day` is counted since 1970. The rows are in order of their keys, so that two processes
    cannot deadlock.
    """
    rows = [
        {"source_id": source_id, "key": key, "shown_on": day, "evidence": evidence}
        for key, evidence in sorted(sightings.items())
    ]
    if not rows:
        return
    connection.execute(_upsert(insert_into(connection, seen)), rows)


@cache
def _upsert(statement: Any) -> Any:
    """The INSERT into `seen`, made once, that updates rows whose day or evidence changes."""
    new = statement.excluded
    is_later = seen.c.shown_on < new.shown_on
    return statement.on_conflict_do_update(
        index_elements=[seen.c.source_id, seen.c.key],
        set_={
            "shown_on": case((is_later, new.shown_on), else_=seen.c.shown_on),
            "evidence": new.evidence,
        },
        where=or_(is_later, seen.c.evidence.is_distinct_from(new.evidence)),
    )


def forget_oldest_sightings(
    connection: Connection, source_id: int, shown_now: Collection[bytes]
) -> None:
    """Forget the keys beyond MOST_SEEN, those shown longest ago first; keep those shown now.

    Needed after a storm only, which adds keys faster than pruning forgets them.
    """
    is_of_source = seen.c.source_id == source_id
    count = connection.scalar(select(func.count()).where(is_of_source).select_from(seen)) or 0
    if count <= MOST_SEEN:
        return
    oldest = select(seen.c.key).where(is_of_source).order_by(seen.c.shown_on)
    not_shown = (key for key in connection.scalars(oldest) if key not in shown_now)
    for chunk in chunks(list(islice(not_shown, count - MOST_SEEN))):
        connection.execute(delete(seen).where(is_of_source, seen.c.key.in_(chunk)))
