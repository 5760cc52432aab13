"""Stores of any size, filled as polls fill them: each source's keys come in many portions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from reblogbot.store import open_store

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = NOW.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()
# a page of a B-tree that was filled at once is full: one that grew, as a real one, is not
PORTIONS = 20


@dataclass(frozen=True, slots=True)
class Size:
    """How many sources, and how many keys each of them has shown."""

    sources: int
    keys: int

    @property
    def remembered(self) -> int:
        """All keys."""
        return self.sources * self.keys


def key(source: int, number: int) -> bytes:
    """The nth key of a source."""
    return blake2b(b"%d %d" % (source, number), digest_size=16).digest()


def fill(path: Path, size: Size, *, shown_on: int = DAY, due: datetime | None = None) -> str:
    """Make a store of this size and return its URL; every source is due in an hour, or then."""
    url = f"sqlite:///{path}"
    open_store(url, "bench", NOW)[0].close()
    raw = sqlite3.connect(path, isolation_level=None)
    # nobody minds if it is lost on the way
    raw.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN")
    raw.executemany(
        "INSERT INTO source (id, name, address, address_changed, title, etag, last_modified,"
        " digest, cursor, state, error, failures, moved_to, moved_times, last_poll_at,"
        " last_batch_at, last_batch_size, due)"
        " VALUES (?, ?, ?, 0, 'A title', '\"5e1f-62a8b\"', '', '', '', 'ok', '', 0, '', 0,"
        " ?, ?, 35, ?)",
        _sources(size, due or NOW + timedelta(hours=1)),
    )
    raw.execute("INSERT INTO route SELECT id, 'news', ? FROM source", [_micros(NOW)])
    for portion in range(PORTIONS):
        raw.executemany("INSERT INTO seen VALUES (?, ?, ?)", _keys(size, portion, shown_on))
    raw.execute("COMMIT")
    raw.close()
    return url


def _sources(size: Size, due: datetime) -> Iterator[tuple[object, ...]]:
    at, later = _micros(NOW), _micros(due)
    for number in range(1, size.sources + 1):
        # spread over a quarter of an hour, as real ones are
        spread = number * 900_000_000 // size.sources
        yield number, name(number), address(number), at, at, later + spread


def _keys(size: Size, portion: int, shown_on: int) -> Iterator[tuple[int, bytes, int]]:
    first = portion * size.keys // PORTIONS
    last = (portion + 1) * size.keys // PORTIONS
    for source in range(1, size.sources + 1):
        for found in sorted(key(source, number) for number in range(first, last)):
            yield source, found, shown_on


def name(number: int) -> str:
    """A source's name."""
    return f"source-{number}"


def address(number: int) -> str:
    """Where it is polled."""
    return f"https://source-{number}.example/feed.xml"


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000
