"""A round in which no feed has anything new, as most rounds of a bot: as a job of cron runs it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from bench import bare, peers
from bench.bench import Bench
from bench.bot import Bot
from bench.line import Day, Line
from bench.run import Run, run
from bench.server import Server, etags, serving
from bench.turns import alternate, cpu, ratio, wall

BARS = {20: 1.5, 200: 0.6, 1000: 0.3}
"""The most CPU compared with reader, by the number of feeds."""
SIZES = (20, 50, 200, 1000, 5000)
ROUNDS_A_DAY = 96
"""Every 15 minutes."""
BOT, READER, LOOP = "reblogbot", "reader", "a bare loop"


def measure(bench: Bench) -> Iterator[Line | Day]:
    """Compare reblogbot and reader by turns, and with a bare loop where feeds are many."""
    sizes = SIZES[:3] if bench.is_quick else SIZES
    (reader,) = (peer for peer in peers.installed(bench) if peer.name == READER)
    with serving() as server:
        for count in sizes:
            yield from _round(bench, server, count, reader)


def _round(bench: Bench, server: Server, count: int, reader: peers.Peer) -> Iterator[Line | Day]:
    """Compare reblogbot and reader on that many feeds."""
    # five thousand feeds are not parsed for this: an answer 304 has no body
    urls = server.urls(count, "short=1" if count > max(BARS) else "")
    folder = bench.folder(f"quiet-{count}-reader")
    bot = Bot(bench.folder(f"quiet-{count}"))
    bot.configure(urls)
    reader.prepare(folder, urls)
    runs: dict[str, Callable[[], Run]] = {
        BOT: lambda: bot.run("sync"),
        READER: lambda: reader.run(folder, *reader.poll),
    }
    bench.say(f"  {count} feeds, polled for the first time")
    bench.together(*runs.values())
    if count == bench.feeds:
        runs[LOOP] = lambda: _bare(bot.folder, urls)
    results = alternate(
        runs, bench.pairs * 2 if count < bench.feeds else min(bench.pairs, 5000 // count)
    )
    ours, theirs = results[BOT], results[READER]
    name = f"nothing new, `sync` of {count} feeds, to reader: CPU"
    amounts = f"{median(cpu(ours)):.3f} s, reader {median(cpu(theirs)):.3f} s"
    yield Line(name, ratio(cpu(ours), cpu(theirs)), BARS.get(count), detail=amounts)
    for program, runs_ in ((f"{BOT}, `sync` by cron", ours), (READER, theirs)):
        yield day(program, count, runs_)
    if LOOP in results:
        loop = results[LOOP]
        name = f"nothing new, `sync` of {count} feeds, to a bare aiohttp loop: CPU"
        amounts = f"{median(cpu(ours)):.3f} s, loop {median(cpu(loop)):.3f} s"
        yield Line(name, ratio(cpu(ours), cpu(loop)), 2, detail=amounts)
    if count == min(BARS):
        yield _slow(bench, server, count, {BOT: runs[BOT], READER: runs[READER]})


def _slow(bench: Bench, server: Server, count: int, runs: dict[str, Callable[[], Run]]) -> Line:
    """Compare the time that a round takes where each answer takes 200 ms."""
    server.set_latency(200)
    results = alternate(runs, bench.pairs)
    server.set_latency(0)
    ours, theirs = wall(results[BOT]), wall(results[READER])
    name = f"nothing new, `sync` of {count} feeds, 200 ms latency, to reader: wall time"
    amounts = f"{median(ours):.2f} s, reader {median(theirs):.2f} s"
    return Line(name, ratio(ours, theirs), 1, detail=amounts)


def day(program: str, count: int, runs: Sequence[Run]) -> Day:
    """What such a round costs, run every 15 minutes of a day."""
    return Day(
        program,
        count,
        median(run.cpu for run in runs) * ROUNDS_A_DAY,
        round(median(run.memory for run in runs)),
        median(run.written for run in runs) * ROUNDS_A_DAY,
        median(run.wall for run in runs),
    )


def _bare(folder: Path, urls: Sequence[str]) -> Run:
    lines = "\n".join(f"{url} {etag}" for url, etag in zip(urls, etags(len(urls)), strict=True))
    return run([sys.executable, bare.__file__, "1"], folder, given=lines)
