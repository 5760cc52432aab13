"""Thousands of sources: the memory of the process, and what the daemon costs while none is due."""

from __future__ import annotations

from collections.abc import Iterator

from bench.bench import Bench
from bench.bot import Bot
from bench.line import Line
from bench.run import Run
from bench.server import Server, serving

# long enough to start, and to be idle afterwards
STARTING, IDLE = 20.0, 30.0


def measure(bench: Bench) -> Iterator[Line]:
    """Rounds with nothing new, then daemons that live for a short and for a longer while."""
    few, many = bench.feeds, bench.feeds * 10
    with serving() as server:
        small, _ = _learnt(bench, server, few)
        large, bot = _learnt(bench, server, many)
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


def _learnt(bench: Bench, server: Server, count: int) -> tuple[Run, Bot]:
    """What a round of so many feeds costs that brings nothing new; a day passes until the next."""
    bot = Bot(bench.folder(f"idle-{count}"))
    bot.configure(server.urls(count, "short=1"), every="1d")
    bench.say(f"  learning {count} short feeds")
    bot.run("sync")
    return bot.run("sync"), bot
