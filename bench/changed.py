"""A feed with one new entry of 35, polled by a daemon that has read the feed before.

The entries are composed and held for a review, and not posted.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

import feedparser

from bench.bench import Bench
from bench.bot import Bot
from bench.corpus import FORMATS, Feed
from bench.daemon import SETTLING, WRITEBACK, Daemon, Window, running_daemon
from bench.fediverse import sandbox_account
from bench.line import Line
from bench.server import serving

ENTRIES, FEEDS = 35, 40
ROUND = timedelta(seconds=8)
STEP_OF_A_BOT = timedelta(seconds=18)
"""Between two polls of fifty feeds every 15 minutes."""
RATIO_OF_0_1_0 = 0.75
"""What 0.1.0 (8a17b62) needed in all, compared with feedparser."""


def measure(bench: Bench) -> Iterator[Line]:
    """Let a daemon poll changed and unchanged feeds by turns, and feedparser read the same."""
    feeds = sample()
    bot = Bot(bench.folder("changed"))
    with serving() as server, sandbox_account(bot.folder) as account:
        bot.configure(
            [server.url(feed.number) for feed in feeds],
            server=account.url,
            token=account.token,
            every="1d",
            source="review = true",
        )
        bot.run("sync")
        with running_daemon(bot, server) as daemon:
            time.sleep(SETTLING)
            idle = daemon.window(ROUND.total_seconds())
            server.add_news(each=1, of=1)
            _round(daemon)
            quiet, changed = [], []
            for _ in range(1 if bench.is_quick else 3):
                quiet.append(_round(daemon))
                server.add_news(each=1, of=1)
                changed.append(_round(daemon))
    yield from lines(idle, quiet, changed, median(map(feedparser_cpu, feeds)))


def lines(idle: Window, quiet: list[Window], changed: list[Window], whole: float) -> Iterator[Line]:
    """Compare what a changed feed costs with feedparser on the whole of it."""
    share = idle.cpu / idle.seconds
    cpu = median((window.cpu - share * window.seconds) / window.polls for window in changed)
    parsers = median(window.cpu_of_children / window.polls for window in changed)
    unchanged = median((window.cpu - share * window.seconds) / window.polls for window in quiet)
    name = f"changed feed, one new entry of {ENTRIES}, by a warm daemon"
    compared = "to feedparser on the whole"
    amounts = f"{parsers * 1000:.2f} ms, feedparser {whole * 1000:.1f} ms"
    label = f"{name}, {compared}: CPU of the parser processes"
    yield Line(label, parsers / whole, 0.15, detail=amounts)
    amounts = f"{cpu * 1000:.2f} ms, an unchanged feed {unchanged * 1000:.2f} ms"
    label = f"{name}, {compared}: CPU of all processes, store and planning included"
    yield Line(label, cpu / whole, 0.6 * RATIO_OF_0_1_0, detail=amounts)
    written = median(window.written / window.polls for window in changed) / 1024
    amounts = f"an unchanged feed {median(w.written / w.polls for w in quiet) / 1024:.2f} KiB"
    yield Line(f"{name}: bytes written by a poll", written, 16, unit="KiB", detail=amounts)
    memory = max(window.memory for window in changed) / 1e6
    yield Line(f"{name}: memory of all processes", memory, unit="MB", detail="at the highest")


def _round(daemon: Daemon) -> Window:
    """Let the daemon poll each feed once."""
    daemon.spread_due(timedelta(), ROUND)
    writeback = WRITEBACK * (ROUND / FEEDS / STEP_OF_A_BOT)
    return daemon.window(ROUND.total_seconds(), writeback=writeback, is_over=daemon.are_all_polled)


def sample() -> list[Feed]:
    """Feeds of the corpus with that many entries, of all formats alike."""
    feeds: dict[str, list[Feed]] = {format_: [] for format_ in FORMATS}
    number = 0
    while min(map(len, feeds.values())) < FEEDS // len(feeds):
        feed = Feed(number, 1)
        if feed.size() == ENTRIES and len(feeds[feed.format]) < FEEDS // len(feeds):
            feeds[feed.format].append(feed)
        number += 1
    return [feed for group in feeds.values() for feed in group]


def feedparser_cpu(feed: Feed) -> float:
    """The CPU seconds of feedparser on the feed with a new entry."""
    body = feed.body(1)
    start = time.process_time()
    feedparser.parse(io.BytesIO(body))
    return time.process_time() - start
