"""Bounds on one batch: how many entries it may have, and how long their fields may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from reblogbot.model import Batch, Entry, Media

MOST_ENTRIES = 10_000
"""Entries that are read of one document; of a longer one the newest are kept."""
LONGEST_LINK = 4096
"""Characters of a link, as many as browsers and servers accept; a longer one is dropped."""
LONGEST_ID = 1000
"""Characters of an id; a longer one is replaced by its hash."""
LONGEST_TITLE = 5_000
LONGEST_SUMMARY = 50_000
"""Characters, as are those of titles and names: far more than the longest post of any server."""
LONGEST_NAME = 500
MOST_NAMES = 100
MOST_MEDIA = 100


def bounded(batch: Batch) -> Batch:
    """The batch within all bounds, its entries in their order; `left_out` counts the others."""
    entries = tuple(bounded_entry(entry) for entry in newest(batch.entries, MOST_ENTRIES))
    left_out = batch.left_out + len(batch.entries) - len(entries)
    return replace(
        batch,
        entries=entries,
        title=batch.title[:LONGEST_NAME],
        language=batch.language[:LONGEST_NAME],
        left_out=left_out,
    )


def newest(entries: Sequence[Entry], most: int) -> list[Entry]:
    """The `most` newest of the entries by `age_order`, in the order they came in."""
    if len(entries) <= most:
        return list(entries)
    return [entries[position] for position in sorted(age_order(entries)[-most:])]


def age_order(entries: Sequence[Entry]) -> list[int]:
    """The positions of the entries, oldest first; one without a date stays beside its neighbour.

    Sources show the newest first, so that entries of one date, or of none, are reversed.
    """
    dates: list[datetime | None] = [entry.published_at for entry in entries]
    # an entry without a date takes that of the entry before it, those at the start of the next one
    for position, date in enumerate(dates):
        if date is None and position:
            dates[position] = dates[position - 1]
    for position in range(len(dates) - 2, -1, -1):
        if dates[position] is None:
            dates[position] = dates[position + 1]
    stamps = [date.timestamp() if date else 0.0 for date in dates]
    order = list(range(len(entries)))[::-1]
    order.sort(key=stamps.__getitem__)
    return order


def bounded_entry(entry: Entry) -> Entry:
    """The entry with every field within its bound."""
    # most entries are, and a copy of one costs more than the look at its fields
    shortened = {
        name: kept
        for name, within_bound in _BOUNDED.items()
        if (value := getattr(entry, name)) and (kept := within_bound(value)) != value
    }
    return replace(entry, **shortened) if shortened else entry


def _title(title: str) -> str:
    return title[:LONGEST_TITLE]


def _summary(summary: str) -> str:
    return summary[:LONGEST_SUMMARY]


def _name(name: str) -> str:
    return name[:LONGEST_NAME]


def _link(link: str) -> str:
    return link if len(link) <= LONGEST_LINK else ""


def _id(guid: str) -> str:
    if len(guid) <= LONGEST_ID:
        return guid
    return f"blake2b:{blake2b(guid.encode('utf-8', 'surrogatepass'), digest_size=32).hexdigest()}"


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(_name, names[:MOST_NAMES]))


def _media(media: tuple[Media, ...]) -> tuple[Media, ...]:
    return tuple(map(_medium, filter(_has_link, media[:MOST_MEDIA])))


def _has_link(medium: Media) -> bool:
    return len(medium.url) <= LONGEST_LINK


def _medium(medium: Media) -> Media:
    if len(medium.alt) <= LONGEST_TITLE and len(medium.mime) <= LONGEST_NAME:
        return medium
    return replace(medium, alt=_title(medium.alt), mime=_name(medium.mime))


_BOUNDED: Mapping[str, Callable[[Any], Any]] = {
    "title": _title,
    "summary": _summary,
    "link": _link,
    "redirector": _link,
    "uri": _link,
    "guid": _id,
    "status_id": _id,
    "authors": _names,
    "categories": _names,
    "language": _name,
    "spoiler": _name,
    "media": _media,
}
"""What brings each field of an entry within its bound."""
