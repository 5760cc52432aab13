"""How long a program takes to start: `--help` of each, and a round in which nothing is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench import peers
from bench.bench import Bench, middle
from bench.bot import Bot
from bench.line import Line
from bench.run import Run
from bench.server import serving

SOURCES = 100


def measure(bench: Bench) -> Iterator[Line]:
    """CPU seconds, for nothing is waited for."""
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
        what = f"`sync --due`, {SOURCES} sources, none due, to feed2toot's `--help`, CPU"
        yield Line(what, ratio, 1, detail=detail)


_OURS = ("reblogbot", "nothing due")


def interleaved(bench: Bench, runs: dict[str, Callable[[], Run]]) -> dict[str, float]:
    """The median CPU seconds of each, run in turns so that all share the machine's moods."""
    costs: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(bench.rounds):
        for name, one in runs.items():
            costs[name].append(one().cpu)
    return {name: middle(found) for name, found in costs.items()}
