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

SOURCES = 100


def measure(bench: Bench) -> Iterator[Line]:
    """Compare the CPU seconds; these runs wait for nothing."""
    folder = bench.folder("help")
    with serving() as server:
        bot = Bot(folder)
        bot.configure(server.urls(SOURCES, "short=1"))
        bot.run("sync")
        runs: dict[str, Callable[[], Run]] = {
            "reblogbot": lambda: bot.run("--help"),
            "nothing due": lambda: bot.run("sync", "--due"),
        }
        for peer in peers.installed(bench):
            runs[peer.name] = lambda peer=peer: peer.run(folder, "--help")  # type: ignore[misc]
        costs = interleaved(bench, runs)
    theirs = {name: cost for name, cost in costs.items() if name not in _OURS}
    if theirs:
        fastest = min(theirs, key=theirs.__getitem__)
        detail = f"{costs['reblogbot']:.3f} s, {fastest} {theirs[fastest]:.3f} s"
        ratio = costs["reblogbot"] / theirs[fastest]
        yield Line("`--help` to the fastest peer's, CPU", ratio, 0.4, detail=detail)
    if "feed2toot" in theirs:
        detail = f"{costs['nothing due']:.3f} s, feed2toot {theirs['feed2toot']:.3f} s"
        ratio = costs["nothing due"] / theirs["feed2toot"]
        name = f"`sync --due`, {SOURCES} sources, none due, to feed2toot's `--help`, CPU"
        yield Line(name, ratio, 1, detail=detail)


_OURS = ("reblogbot", "nothing due")


def interleaved(bench: Bench, runs: dict[str, Callable[[], Run]]) -> dict[str, float]:
    """The median CPU seconds of each, run by turns so that changes of load affect all alike."""
    costs: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(bench.rounds):
        for name, start in runs.items():
            costs[name].append(start().cpu)
    return {name: median(times) for name, times in costs.items()}
