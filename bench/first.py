"""The first round, in which every feed is parsed and remembered and nothing is posted."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from bench import peers
from bench.bench import Bench
from bench.bot import Bot
from bench.line import Line
from bench.server import serving

BARS = {"feed2toot": 1.5}
REPETITIONS = 3


def measure(bench: Bench) -> Iterator[Line]:
    """Run each program on a fifth of the feeds, a few times by turns."""
    count = bench.feeds // 5
    others = [peer for peer in peers.installed(bench) if peer.name != "feed2fedi"]
    costs: dict[str, list[float]] = {
        name: [] for name in ("reblogbot", *(peer.name for peer in others))
    }
    with serving() as server:
        urls = server.urls(count)
        for _ in range(1 if bench.is_quick else REPETITIONS):
            bot = Bot(bench.folder("first"))
            bot.configure(urls)
            costs["reblogbot"].append(bot.run("sync").cpu)
            for peer in others:
                folder = bench.folder(f"first-{peer.name}")
                peer.prepare(folder, urls)
                costs[peer.name].append(peer.run(folder, *(peer.learn or peer.poll)).cpu)
    mine = median(costs.pop("reblogbot"))
    for name, times in costs.items():
        theirs = median(times)
        yield Line(
            f"first run, {count} feeds, CPU, {name} to reblogbot",
            theirs / mine,
            BARS.get(name),
            "≥",
            detail=f"{theirs:.2f} s, reblogbot {mine:.2f} s",
        )
