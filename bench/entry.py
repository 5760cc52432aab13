"""A changed feed of which the worker has read all entries but one, beside plain feedparser."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import feedparser

from bench.bench import Bench, middle
from bench.corpus import FORMATS, Feed
from bench.line import Line
from reblogbot.model import Batch
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.feed.entry_cache import EntryCache

ENTRIES = 35
SEEDS = (1, 2, 3)
NOW = datetime.now(UTC)


def measure(bench: Bench) -> Iterator[Line]:
    """CPU seconds on one feed of each format with 35 entries, and equality on all of the corpus."""
    pairs = [costs(form, bench.rounds) for form in dict.fromkeys(FORMATS)]
    mine, theirs = sum(one for one, _ in pairs), sum(one for _, one in pairs)
    yield Line(
        f"one new entry of {ENTRIES}, CPU, feedparser on the whole to reblogbot",
        theirs / mine,
        8,
        "≥",
        detail=f"{theirs / len(pairs) * 1000:.1f} ms, reblogbot {mine / len(pairs) * 1000:.1f} ms",
    )
    count = bench.feeds // 10
    feeds = [Feed(number, seed) for seed in SEEDS for number in range(count)]
    differ = sum(not is_same(feed) for feed in feeds)
    what = f"changed feeds read otherwise than as a whole, of {len(feeds)}"
    yield Line(what, differ, 0, unit="", detail=f"{len(SEEDS)} seeds")


def costs(form: str, rounds: int) -> tuple[float, float]:
    """Seconds of ours and of feedparser, for a feed of this format."""
    feed = next(
        found
        for found in (Feed(number, 1) for number in range(10_000))
        if found.form == form and found.size() == ENTRIES
    )
    mine, theirs = [], []
    for _ in range(rounds):
        known = EntryCache()
        read(feed.body(), known)
        body = feed.body(1)
        mine.append(seconds(lambda body=body, known=known: read(body, known)))  # type: ignore[misc]
        theirs.append(seconds(lambda body=body: feedparser.parse(io.BytesIO(body))))  # type: ignore[misc]
    return middle(mine), middle(theirs)


def is_same(feed: Feed) -> bool:
    """Whether the feed, changed, reads alike to who knows it and to who does not."""
    known = EntryCache()
    read(feed.body(), known)
    body = feed.body(1)
    return read(body, known).entries == read(body, EntryCache()).entries


def read(body: bytes, known: EntryCache) -> Batch:
    """As the worker reads it."""
    url = "https://feed.example/"
    return parse_feed.parse(body, "application/xml", url, "", "UTC", NOW, known)


def seconds(work: Callable[[], object]) -> float:
    """The CPU time it takes."""
    begun = time.process_time()
    work()
    return time.process_time() - begun
