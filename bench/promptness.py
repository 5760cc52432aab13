"""The delay from publication to post, by a daemon without limits of pace on a healthy server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median

from bench.bench import Bench
from bench.bot import PROGRAM, Bot
from bench.corpus import Feed
from bench.fediverse import sandbox_account
from bench.line import Line
from bench.run import running
from bench.server import serving

FEEDS = 30
TICK = timedelta(seconds=1)
# waves of new entries: the smallest step between feeds that get one, and their interval
EACH, INTERVAL = 5, timedelta(seconds=2.1)


def measure(bench: Bench) -> Iterator[Line]:
    """Add entries in waves between polls, then read the dates of the posts from the server."""
    folder = bench.folder("promptness")
    every = timedelta(seconds=8 if bench.is_quick else 20)
    pace = "[accounts.news.pace]\nper_hour = 100000\nper_day = 1000000"
    with serving() as server, sandbox_account(folder) as account:
        bot = Bot(folder)
        bot.configure(
            server.urls(FEEDS),
            server=account.url,
            token=account.token,
            every=f"{every.seconds}s",
            account=pace,
        )
        bot.run("sync")
        with running([*PROGRAM, "run"], folder):
            waves = []
            for number in range(8 if bench.is_quick else 20):
                time.sleep(INTERVAL.total_seconds())
                server.add_news(each=number % EACH + EACH, of=1)
                waves.append(datetime.now(UTC))
            time.sleep((every + TICK).total_seconds() * 1.5)
            posted = account.posted()
    yield _line(delays(waves, posted), every)


def delays(waves: list[datetime], posted: dict[str, datetime]) -> list[float]:
    """Seconds from the wave of each entry to its post, infinite for an entry that was not posted.

    The link identifies an entry: a feed's entries are numbered, and a wave adds one to some feeds.
    """
    posted_at = {
        (int(match[1]), int(match[2])): date
        for text, date in posted.items()
        if (match := re.search(r"https://site(\d+)\.example/(\d+)/", text))
    }
    waits = []
    for feed in range(FEEDS):
        number = Feed(feed, 1).size()
        for wave, published in enumerate(waves):
            if feed % (wave % EACH + EACH) == 0:
                number += 1
                date = posted_at.get((feed, number))
                waits.append((date - published).total_seconds() if date else float("inf"))
    return sorted(waits)


def _line(waits: list[float], every: timedelta) -> Line:
    slowest = waits[int(len(waits) * 0.95)]
    bar = (every + TICK).total_seconds()
    within = f"95 % within {slowest:.1f} s, half within {median(waits):.1f} s"
    detail = f"{len(waits)} entries, {within}, polls every {every.seconds} s"
    name = "publication to post, 95 %, to one tick and one poll interval"
    return Line(name, slowest / bar, 1, detail=detail)
