"""Parsing a feed with one new entry, all others cached, compared with plain feedparser."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from statistics import median

import feedparser

from bench.bench import Bench
from bench.corpus import FORMATS, Feed
from bench.line import Line
from reblogbot.model import Batch
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.feed.entry_cache import EntryCache

ENTRIES = 35
SEEDS = (1, 2, 3)
NOW = datetime.now(UTC)


def measure(bench: Bench) -> Iterator[Line]:
    """Compare the CPU time on a feed of each format, and the entries of all feeds of the corpus."""
    pairs = [costs(format_, bench.pairs) for format_ in dict.fromkeys(FORMATS)]
    mine, theirs = (sum(costs) for costs in zip(*pairs, strict=True))
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
    name = f"changed feeds read otherwise than as a whole, of {len(feeds)}"
    yield Line(name, differ, 0, unit="", detail=f"{len(SEEDS)} seeds")


def costs(format_: str, rounds: int) -> tuple[float, float]:
    """The CPU seconds of reblogbot and of feedparser for a feed of this format."""
    feed = next(
        candidate
        for candidate in (Feed(number, 1) for number in range(10_000))
        if candidate.format == format_ and candidate.size() == ENTRIES
    )
    mine, theirs = [], []
    for _ in range(rounds):
        cache = EntryCache()
        read(feed.body(), cache)
        body = feed.body(1)
        mine.append(seconds(lambda body=body, cache=cache: read(body, cache)))  # type: ignore[misc]
        theirs.append(seconds(lambda body=body: feedparser.parse(io.BytesIO(body))))  # type: ignore[misc]
    return median(mine), median(theirs)


def is_same(feed: Feed) -> bool:
    """Whether a changed feed gives the same entries with and without cached ones."""
    cache = EntryCache()
    read(feed.body(), cache)
    body = feed.body(1)
    return read(body, cache).entries == read(body, EntryCache()).entries


def read(body: bytes, cache: EntryCache) -> Batch:
    """Parse a feed as the parser process does."""
    url = "https://feed.example/"
    return parse_feed.parse(body, "application/xml", url, "", "UTC", NOW, cache)


def seconds(work: Callable[[], object]) -> float:
    """The CPU time of `work`."""
    start = time.process_time()
    work()
    return time.process_time() - start
