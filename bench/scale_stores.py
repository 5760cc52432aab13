"""Makes stores of any size, filled as polls fill them: the keys of a source come in portions."""

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
# digests of an entry's traits have this length
EVIDENCE = bytes(20)
# pages of a B-tree filled at once are full; in one that grew, as a real one does, they are not
PORTIONS = 20


@dataclass(frozen=True, slots=True)
class Size:
    """The number of sources, and of remembered keys per source."""

    sources: int
    keys: int

    @property
    def keys_in_all(self) -> int:
        """The number of remembered keys."""
        return self.sources * self.keys


def key(source: int, number: int) -> bytes:
    """Key `number` of a source."""
    return blake2b(b"%d %d" % (source, number), digest_size=16).digest()


def fill(path: Path, size: Size, *, shown_on: int = DAY, due: datetime | None = None) -> str:
    """Make a store and return its URL. Sources are due around `due`, by default in an hour."""
    url = f"sqlite:///{path}"
    open_store(url, "bench", NOW)[0].close()
    raw = sqlite3.connect(path, isolation_level=None)
    # the store is disposable, so writes need not be synchronous
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
        raw.executemany("INSERT INTO seen VALUES (?, ?, ?, ?)", _keys(size, portion, shown_on))
    raw.execute("COMMIT")
    raw.close()
    return url


def _sources(size: Size, due: datetime) -> Iterator[tuple[object, ...]]:
    at, later = _micros(NOW), _micros(due)
    for number in range(1, size.sources + 1):
        # due times are spread over 15 minutes, as in a real store
        spread = number * 900_000_000 // size.sources
        yield number, name(number), address(number), at, at, later + spread


def _keys(size: Size, portion: int, shown_on: int) -> Iterator[tuple[int, bytes, int, bytes]]:
    first = portion * size.keys // PORTIONS
    last = (portion + 1) * size.keys // PORTIONS
    for source in range(1, size.sources + 1):
        for key_ in sorted(key(source, number) for number in range(first, last)):
            yield source, key_, shown_on, EVIDENCE


def name(number: int) -> str:
    """The name of source `number`."""
    return f"source-{number}"


def address(number: int) -> str:
    """The feed address of source `number`."""
    return f"https://source-{number}.example/feed.xml"


def _micros(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000
