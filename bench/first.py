"""The first round, in which every feed is read and remembered and nothing is posted."""

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

FEEDS = 200
BARS = {"reader": 0.35, "feed2toot": 0.35}
BOT = "reblogbot"


def measure(bench: Bench) -> Iterator[Line]:
    """Run each program by turns, each time as if it were new."""
    count = FEEDS // 4 if bench.is_quick else FEEDS
    others = [peer for peer in peers.comparable(bench) if peer.name in BARS]
    with serving() as server:
        urls = server.urls(count)

        def first() -> Run:
            bot = Bot(bench.folder("first"))
            bot.configure(urls, source='first = "none"')
            return bot.run("sync")

        def first_of(peer: peers.Peer) -> Run:
            folder = bench.folder(f"first-{peer.name}")
            peer.prepare(folder, urls)
            return peer.run(folder, *(peer.learn or peer.poll))

        runs: dict[str, Callable[[], Run]] = {BOT: first}
        for peer in others:
            runs[peer.name] = lambda peer=peer: first_of(peer)  # type: ignore[misc]
        # the server makes the feeds when they are asked for the first time
        bench.say(f"  {count} feeds, by {', '.join(runs)}")
        bot = Bot(bench.folder("first"))
        bot.configure(urls)
        bot.run("sync")
        times = {name: cpu(runs) for name, runs in alternate(runs, 3).items()}
    ours = times.pop(BOT)
    for name, theirs in times.items():
        amounts = f"{median(ours):.2f} s, {name} {median(theirs):.2f} s"
        label = f'first run, {count} feeds, `first = "none"`, to {name}: CPU'
        yield Line(label, ratio(ours, theirs), BARS[name], detail=amounts)
