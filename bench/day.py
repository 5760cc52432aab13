"""What a daemon costs in a day in which nothing is new and every feed is polled each 15 minutes.

A day is not waited for. It costs

    polls of a day × cost of a poll + seconds of a day × cost of an idle second

An idle second is measured of a daemon without due feeds over the five minutes between two of its
heartbeats. It does not depend on the number of feeds, as a daemon with ten thousand shows. A poll
is measured of daemons whose feeds are polled as they fall due. Few feeds are polled more often
meanwhile than every 15 minutes, but not two in the same second: each poll has its own wake-up,
claim and transaction, as in a real day.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bench.bench import Bench
from bench.bot import Bot
from bench.daemon import SETTLING, WRITEBACK, Window, running_daemon
from bench.line import Day, Line
from bench.server import Server, serving

SIZES = (20, 50, 200, 1000, 5000)
EVERY = timedelta(minutes=15)
POLLS_A_DAY = 96
SECONDS_A_DAY = 86_400
LEAST_STEP = timedelta(seconds=1.1)
"""Between two polls."""
HEARTBEATS = 310.0
"""Seconds in which an idle daemon writes its heartbeat once."""
BARS = {50: (90, 90, 6), 5000: (420, 140, 500)}
"""The most seconds of CPU a day, MB of memory and MB written a day, by the number of feeds."""


def measure(bench: Bench) -> Iterator[Line | Day]:
    """Run a daemon for each number of feeds, and an idle one beside them."""
    with serving() as server, ThreadPoolExecutor(1) as pool:
        idle = pool.submit(_few_idle, bench)
        windows = {}
        for count in SIZES[1:3] if bench.is_quick else SIZES:
            bench.say(f"  a daemon with {count} feeds")
            windows[count] = _polling(bench, server, count, 15.0 if bench.is_quick else 40.0)
        yield from _very_many(bench, server)
        bench.say("  the idle daemon, until its next heartbeat")
    for count, window in windows.items():
        yield from day(count, window, idle.result())


def _few_idle(bench: Bench) -> Window:
    """Let a daemon be idle for long."""
    # no other daemon's polls are counted at this one's server
    with serving() as server:
        bot = _bot(bench, "day-idle", server, 50, timedelta(days=1))
        return _idle(bot, server, 20.0 if bench.is_quick else HEARTBEATS)


def _very_many(bench: Bench, server: Server) -> Iterator[Line]:
    """The memory of rounds with many feeds and with ten times as many; these while idle."""
    counts = (bench.feeds, bench.feeds * 10)
    bench.say(f"  {counts[0]} and {counts[1]} feeds")
    few, many = (_bot(bench, f"day-{n}-once", server, n, timedelta(days=1)) for n in counts)
    small, large = few.run("sync").largest, many.run("sync").largest
    name = f"memory of the main process of `sync` with nothing new, {counts[1]} feeds"
    amounts = f"{large / 1e6:.0f} MB, {small / 1e6:.0f} MB"
    yield Line(f"{name} to {counts[0]}", large / small, 1.3, detail=amounts)
    yield Line(name, large / 1e6, 120, unit="MB", detail="at the highest")
    idle = _idle(many, server, 10.0 if bench.is_quick else 30.0)
    amounts = f"{idle.cpu:.2f} s in {idle.seconds:.0f} s; {idle.memory / 1e6:.0f} MB"
    share = idle.cpu / idle.seconds * 100
    name = f"daemon with {counts[1]} feeds, none due"
    yield Line(name, share, 2, unit="% of a core", detail=amounts)


def _idle(bot: Bot, server: Server, seconds: float) -> Window:
    """Let a daemon be idle for that long."""
    with running_daemon(bot, server) as daemon:
        time.sleep(SETTLING)
        return daemon.window(seconds)


def _polling(bench: Bench, server: Server, count: int, seconds: float) -> Window:
    """Let a daemon poll that many feeds, at most as often as every LEAST_STEP."""
    every = min(EVERY, LEAST_STEP * count)
    bot = _bot(bench, f"day-{count}", server, count, every)
    with running_daemon(bot, server) as daemon:
        daemon.spread_due(timedelta(), every)
        time.sleep(SETTLING)
        return daemon.window(seconds, writeback=WRITEBACK * (every / EVERY))


def _bot(bench: Bench, name: str, server: Server, count: int, every: timedelta) -> Bot:
    """A bot that has polled these feeds once."""
    bot = Bot(bench.folder(name))
    bot.configure(server.urls(count, "short=1"), every=f"{round(every.total_seconds())}s")
    bot.run("sync")
    return bot


def day(count: int, polling: Window, idle: Window) -> Iterator[Line | Day]:
    """The cost of a day, from the windows of a daemon that polled and of one that was idle."""
    share = idle.cpu / idle.seconds
    written_idle = idle.written / idle.seconds
    poll = (polling.cpu - share * polling.seconds) / polling.polls
    written_poll = max(0.0, (polling.written - written_idle * polling.seconds) / polling.polls)
    polls = count * POLLS_A_DAY
    cpu = polls * poll + SECONDS_A_DAY * share
    written = polls * written_poll + SECONDS_A_DAY * written_idle
    yield Day("reblogbot, daemon", count, cpu, polling.memory, written)
    if count not in BARS:
        return
    bot = f"daemon, {count} feeds every 15 minutes, nothing new"
    most_cpu, most_memory, most_written = BARS[count]
    amounts = f"{polls} polls of {poll * 1000:.2f} ms, idle {share:.3%} of a core"
    yield Line(f"{bot}: CPU a day", cpu, most_cpu, unit="s", detail=amounts)
    amounts = "all processes, shared libraries once, at the highest"
    yield Line(f"{bot}: memory", polling.memory / 1e6, most_memory, unit="MB", detail=amounts)
    amounts = (
        f"{written_poll / 1024:.2f} KiB a poll, {written_idle * 3600 / 1024:.0f} KiB an idle hour"
    )
    yield Line(
        f"{bot}: bytes written a day", written / 1e6, most_written, unit="MB", detail=amounts
    )
    if count == min(BARS):
        yield Line(f"{bot}: bytes written by a poll", written_poll / 1024, 1, unit="KiB")
