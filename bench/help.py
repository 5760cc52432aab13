"""The start of a program: `--help` of each, and a round in which no source is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from statistics import median

from bench import peers
from bench.bench import Bench
from bench.bot import Bot
from bench.line import Line
from bench.run import Run
from bench.server import serving
from bench.turns import alternate, cpu, ratio

SOURCES = 100
HELP, NONE_DUE = "`--help`", "`sync --due`"


def measure(bench: Bench) -> Iterator[Line]:
    """Compare the CPU seconds; these runs wait for nothing."""
    folder = bench.folder("help")
    bot = Bot(folder)
    others = list(peers.installed(bench))
    runs: dict[str, Callable[[], Run]] = {
        HELP: lambda: bot.run("--help"),
        NONE_DUE: lambda: bot.run("sync", "--due"),
    }
    for peer in others:
        runs[peer.name] = lambda peer=peer: peer.run(folder, *peer.help)  # type: ignore[misc]
    with serving() as server:
        bot.configure(server.urls(SOURCES, "short=1"))
        bot.run("sync")
        # files are read from disk, and compiled, by the first run
        alternate(runs, 1)
        times = {name: cpu(runs) for name, runs in alternate(runs, bench.pairs * 2).items()}
    name = f"`sync --due` with nothing due, {SOURCES} sources, to feed2toot's `--help`: CPU"
    if "feed2toot" in times:
        yield _line(name, times, NONE_DUE, "feed2toot", 0.5)
    if others:
        fastest = min((peer.name for peer in others), key=lambda peer: median(times[peer]))
        yield _line("`--help` to the fastest peer's: CPU", times, HELP, fastest, 0.4)


def _line(name: str, times: dict[str, list[float]], ours: str, theirs: str, bar: float) -> Line:
    amounts = f"{median(times[ours]):.3f} s, {theirs} {median(times[theirs]):.3f} s"
    return Line(name, ratio(times[ours], times[theirs]), bar, detail=amounts)
