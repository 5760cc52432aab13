"""How soon what is published is posted, by a daemon on a healthy server without limits of pace."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.bench import Bench, middle
from bench.bot import PROGRAM, Bot
from bench.corpus import Feed
from bench.fediverse import fediverse
from bench.line import Line
from bench.run import speaking
from bench.server import serving

FEEDS = 30
EVERY, TICK = timedelta(seconds=20), timedelta(seconds=1)
# so many waves of news, in each every so manieth feed, so far apart
WAVES, EACH, APART = 20, 5, timedelta(seconds=2.1)


def measure(bench: Bench) -> Iterator[Line]:
    """News in waves, between two polls of all feeds; then the posts' own dates are asked for."""
    folder = bench.folder("promptness")
    pace = "[accounts.news.pace]\nper_hour = 100000\nper_day = 1000000"
    with serving() as server, fediverse(folder) as there:
        bot = Bot(folder)
        bot.configure(
            server.urls(FEEDS),
            server=there.url,
            token=there.token,
            every=f"{EVERY.seconds}s",
            account=pace,
        )
        bot.run("sync")
        with speaking([*PROGRAM, "run"], folder):
            waves = []
            for number in range(WAVES):
                time.sleep(APART.total_seconds())
                server.add_news(each=number % EACH + EACH, of=1)
                waves.append(datetime.now(UTC))
            time.sleep((EVERY + TICK).total_seconds() * 1.5)
            posted = there.posted()
    yield _line(late(waves, posted))


def late(waves: list[datetime], posted: dict[str, datetime]) -> list[float]:
    """How many seconds after its wave each entry was posted; infinitely many for one that was not.

    The link tells which it is: a feed's entries are numbered, and each wave adds one to some.
    """
    at = {
        (int(found[1]), int(found[2])): when
        for text, when in posted.items()
        if (found := re.search(r"https://site(\d+)\.example/(\d+)/", text))
    }
    waits = []
    for feed in range(FEEDS):
        number = Feed(feed, 1).size()
        for wave, published in enumerate(waves):
            if feed % (wave % EACH + EACH) == 0:
                number += 1
                when = at.get((feed, number))
                waits.append((when - published).total_seconds() if when else float("inf"))
    return sorted(waits)


def _line(waits: list[float]) -> Line:
    most = waits[int(len(waits) * 0.95)]
    bar = (EVERY + TICK).total_seconds()
    within = f"95 % within {most:.1f} s, half within {middle(waits):.1f} s"
    detail = f"{len(waits)} entries, {within}, polls every {EVERY.seconds} s"
    what = "publication to post, 95 %, to one tick and one poll interval"
    return Line(what, most / bar, 1, detail=detail)
