"""A round with nothing new of programs that fetch and parse all feeds again: feed2toot and others.

One run of each is long enough to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median

from bench import peers
from bench.bench import Bench
from bench.bot import Bot
from bench.fediverse import sandbox_account
from bench.line import Day, Line
from bench.peers import Peer
from bench.quiet import day
from bench.run import Run
from bench.server import Server, serving

SIZES = (20, 50, 200, 1000)
COMPUTED = 5000
BAR = 40
LATENCY, DELAYED, DELAYED_BAR = 100, 200, 20
"""Milliseconds that an answer takes, of that many feeds, and the bar of the time of a round."""
# feed2fedi sends a request to the account's server for each feed; a few feeds show that cost
FEW = 50


def measure(bench: Bench) -> Iterator[Line | Day]:
    """Run reblogbot, feed2toot, feediverse, and feed2fedi on fewer feeds."""
    sizes = SIZES[1:3] if bench.is_quick else SIZES
    installed = [peer for peer in peers.comparable(bench) if peer.name != "reader"]
    with serving() as server:
        for count in sizes:
            bot = Bot(bench.folder(f"slow-{count}"))
            bot.configure(server.urls(count))
            bench.say(f"  {count} feeds, polled for the first time")
            bench.together(
                partial(bot.run, "sync"),
                *(partial(_learn, bench, peer, server, count) for peer in installed),
            )
            ours = median(bot.run("sync").cpu for _ in range(bench.pairs))
            for peer in installed:
                bench.say(f"  {count} feeds by {peer.name}")
                yield from _compare(bench, peer, ours, count, is_last=count == sizes[-1])
            if count == DELAYED:
                yield from _delayed(bench, server, bot, installed)
        yield from _feed2fedi(bench, server)


def _learn(bench: Bench, peer: Peer, server: Server, count: int) -> None:
    """Configure these feeds, and let the peer remember their entries if it has to."""
    folder = bench.folder(f"slow-{count}-{peer.name}")
    peer.prepare(folder, server.urls(count))
    if peer.learn:
        peer.run(folder, *peer.learn)


def _poll(bench: Bench, peer: Peer, count: int) -> Run:
    return peer.run(bench.folder_of(f"slow-{count}-{peer.name}"), *peer.poll)


def _compare(
    bench: Bench, peer: Peer, ours: float, count: int, *, is_last: bool
) -> Iterator[Line | Day]:
    """Compare the CPU of a round with ours, in a line for the greatest number of feeds."""
    theirs = _poll(bench, peer, count)
    cost = day(peer.name, count, [theirs])
    yield cost
    if is_last:
        name = f"nothing new, {count} feeds, {peer.name} to reblogbot's `sync`: CPU"
        amounts = f"{theirs.cpu:.1f} s, reblogbot {ours:.2f} s"
        yield Line(name, theirs.cpu / ours, BAR, "≥", detail=amounts)
        # it reads feed after feed, and each costs the same
        factor = COMPUTED / count
        yield Day(peer.name, COMPUTED, cost.cpu * factor, wall=theirs.wall * factor)


def _delayed(bench: Bench, server: Server, bot: Bot, installed: list[Peer]) -> Iterator[Line]:
    """Compare the time a round takes where each answer takes long, with feed2toot."""
    server.set_latency(LATENCY)
    ours = median(bot.run("sync").wall for _ in range(bench.pairs))
    theirs = {peer.name: peer for peer in installed}
    if "feed2toot" in theirs:
        poll = _poll(bench, theirs["feed2toot"], DELAYED)
        name = f"nothing new, {DELAYED} feeds, {LATENCY} ms latency, feed2toot to `sync`: wall time"
        amounts = f"{poll.wall:.0f} s, reblogbot {ours:.2f} s"
        yield Line(name, poll.wall / ours, DELAYED_BAR, "≥", detail=amounts)
    server.set_latency(0)


def _feed2fedi(bench: Bench, server: Server) -> Iterator[Day]:
    """What feed2fedi costs on a few feeds; its server is a sandbox."""
    for peer in peers.installed(bench):
        if peer.name == "feed2fedi":
            folder = bench.folder("slow-feed2fedi")
            with sandbox_account(folder) as account:
                peer.configure(folder, server.urls(FEW))
                peers.set_server(folder, account.url, account.token)
                yield day(peer.name, FEW, [peer.run(folder, *peer.poll)])
