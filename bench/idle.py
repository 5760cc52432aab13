"""Memory with thousands of sources, and the CPU of a daemon while none is due."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bench import Bench
from bench.bot import Bot
from bench.line import Line
from bench.run import Run
from bench.server import Server, serving

# seconds to start, and to be idle afterwards
STARTING, IDLE = 20.0, 30.0


def measure(bench: Bench) -> Iterator[Line]:
    """Run rounds with nothing new, then daemons for a short and a longer time."""
    few, many = bench.feeds, bench.feeds * 10
    with serving() as server:
        small, _ = _unchanged_round(bench, server, few)
        large, bot = _unchanged_round(bench, server, many)
        yield Line(
            f"memory, {many} sources to {few}",
            large.memory / small.memory,
            1.3,
            detail=f"{large.memory:.0f} MB, {small.memory:.0f} MB; at its highest in a quiet round",
        )
        yield Line(f"memory, {many} sources", large.memory, 120, unit="MB", detail="the same")
        bench.say(f"  a daemon for {STARTING:.0f} s, and for {STARTING + IDLE:.0f} s")
        short, long = bot.run_for(STARTING), bot.run_for(STARTING + IDLE)
    idle = (long.cpu - short.cpu) / IDLE * 100
    detail = f"{long.cpu - short.cpu:.2f} s in {IDLE:.0f} s; {long.memory:.0f} MB"
    yield Line(f"idle daemon, {many} sources, none due", idle, 2, unit="% of a core", detail=detail)


def _unchanged_round(bench: Bench, server: Server, count: int) -> tuple[Run, Bot]:
    """Poll the feeds twice and return the second run, with nothing new. None is due for a day."""
    bot = Bot(bench.folder(f"idle-{count}"))
    bot.configure(server.urls(count, "short=1"), every="1d")
    bench.say(f"  first poll of {count} short feeds")
    bot.run("sync")
    return bot.run("sync"), bot
