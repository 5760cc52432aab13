"""A poll with nothing new by a daemon that is busy with them, compared with a bare request."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

from bench import bare
from bench.bench import Bench
from bench.bot import Bot
from bench.daemon import running_daemon
from bench.line import Line
from bench.run import run
from bench.server import serving

FEEDS, EVERY = 1000, timedelta(seconds=5)
LOOPS = 5


def measure(bench: Bench) -> Iterator[Line]:
    """Let a daemon poll two hundred feeds a second, and a bare loop the same feeds again."""
    bot = Bot(bench.folder("steady"))
    with serving() as server:
        urls = server.urls(FEEDS, "short=1")
        bot.configure(urls, every=f"{EVERY.seconds}s")
        bot.run("sync")
        requests = [_request(bot.folder, urls) for _ in range(bench.pairs)]
        with running_daemon(bot, server) as daemon:
            daemon.spread_due(timedelta(), EVERY)
            time.sleep(EVERY.seconds)
            windows = [daemon.window(float(EVERY.seconds)) for _ in range(bench.pairs)]
        requests += [_request(bot.folder, urls) for _ in range(bench.pairs)]
    poll = median(window.cpu / window.polls for window in windows)
    request = median(requests)
    amounts = f"{poll * 1e6:.0f} µs, request {request * 1e6:.0f} µs"
    name = "quiet poll by a busy daemon, to a bare aiohttp request: CPU of all processes"
    yield Line(name, poll / request, 1.5, detail=amounts)


def _request(folder: Path, urls: list[str]) -> float:
    """The CPU seconds of a request by a bare loop, without those of its start."""
    # no ETag in advance: the first answer has it
    short, long = (
        run([sys.executable, bare.__file__, str(times)], folder, given="\n".join(urls)).cpu
        for times in (1, LOOPS + 1)
    )
    return (long - short) / (LOOPS * len(urls))
