"""Reading a feed with one new entry, all others in outline, compared with plain feedparser."""

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
from reblogbot.model import Entry
from reblogbot.sources.feed import parse, worker
from reblogbot.sources.shared.response_body import ResponseBody

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
    known = guids(feed.body())
    for _ in range(rounds):
        body = feed.body(1)
        mine.append(seconds(lambda body=body: read_new(body, known)))  # type: ignore[misc]
        theirs.append(seconds(lambda body=body: feedparser.parse(io.BytesIO(body))))  # type: ignore[misc]
    return median(mine), median(theirs)


def is_same(feed: Feed) -> bool:
    """Whether the new entries of a changed feed are the same as in the whole document."""
    known = guids(feed.body())
    whole = worker.read_feed(response_body(feed.body(1))).entries
    return read_new(feed.body(1), known) == [each for each in whole if each.guid not in known]


def guids(body: bytes) -> set[str]:
    """The ids of the entries in a feed."""
    return {entry.guid for entry in worker.outline_feed(response_body(body)).entries}


def read_new(body: bytes, known: set[str]) -> list[Entry]:
    """The entries with other ids, read as the parser process does."""
    parse.load_document.cache_clear()
    response = response_body(body)
    new = [entry for entry in worker.outline_feed(response).entries if entry.guid not in known]
    positions = [entry.outline_position for entry in new if entry.outline_position is not None]
    whole = iter(worker.read_entries(response, tuple(positions)) if positions else ())
    return [entry if entry.outline_position is None else next(whole) for entry in new]


def response_body(body: bytes) -> ResponseBody:
    """The body as it comes from a server."""
    return ResponseBody(body, "application/xml", "https://feed.example/", "", "UTC", NOW)


def seconds(work: Callable[[], object]) -> float:
    """The CPU time of `work`."""
    start = time.process_time()
    work()
    return time.process_time() - start
