"""A round in which no feed has anything new: what a bot does nearly all of its life.

Every answer takes 100 ms, so that one run of a slow peer tells both its CPU and its wall time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import bare, peers
from bench.bench import Bench, middle
from bench.bot import Bot
from bench.fediverse import fediverse
from bench.line import Line
from bench.run import Run, run
from bench.server import Server, etags, serving

SLOW = "latency=100"
# feed2fedi asks the account's server anew for each feed: so many are enough to see it
FEW = 50


def measure(bench: Bench) -> Iterator[Line]:
    """Ours, a bare loop and reader in turns; the peers that take minutes once."""
    folder = bench.folder("quiet")
    with serving() as server:
        bot = Bot(folder)
        bot.configure(server.urls(bench.feeds, SLOW))
        bench.say(f"  learning {bench.feeds} feeds")
        bot.run("sync")
        mine, loop = [], []
        for _ in range(bench.rounds):
            mine.append(bot.run("sync"))
            loop.append(_bare(folder, server, bench.feeds))
        cpu, wall = middle([one.cpu for one in mine]), middle([one.wall for one in mine])
        least = middle([one.cpu for one in loop])
        yield Line(
            f"nothing new, {bench.feeds} feeds, CPU, to a bare aiohttp loop",
            cpu / least,
            2,
            detail=f"{cpu:.2f} s, loop {least:.2f} s",
        )
        for peer in peers.installed(bench):
            yield from _beside(bench, peer, server, cpu, wall)


def _bare(folder: Path, server: Server, count: int) -> Run:
    urls = server.urls(count, SLOW)
    lines = "\n".join(f"{url} {etag}" for url, etag in zip(urls, etags(count), strict=True))
    return run([sys.executable, bare.__file__], folder, given=lines)


def _beside(
    bench: Bench, peer: peers.Peer, server: Server, cpu: float, wall: float
) -> Iterator[Line]:
    folder = bench.folder(f"quiet-{peer.name}")
    count = bench.feeds
    what = f"nothing new, {count} feeds, CPU, {peer.name} to reblogbot"
    if peer.name == "feed2fedi":
        yield from _feed2fedi(bench, peer, server)
    elif peer.name == "reader":
        theirs = middle([one.cpu for one in _polls(peer, folder, server.urls(count), bench.rounds)])
        yield Line(what, theirs / cpu, 3, "≥", detail=f"{theirs:.2f} s, reblogbot {cpu:.2f} s")
    elif peer.name == "feed2toot":
        (one,) = _polls(peer, folder, server.urls(count, SLOW), 1)
        yield Line(what, one.cpu / cpu, 40, "≥", detail=f"{one.cpu:.1f} s, reblogbot {cpu:.2f} s")
        yield Line(
            f"nothing new, {count} feeds, 100 ms latency, wall, feed2toot to reblogbot",
            one.wall / wall,
            20,
            "≥",
            detail=f"{one.wall:.0f} s, reblogbot {wall:.1f} s",
        )
    else:
        (one,) = _polls(peer, folder, server.urls(count), 1)
        yield Line(what, one.cpu / cpu, 40, "≥", detail=f"{one.cpu:.1f} s, reblogbot {cpu:.2f} s")


def _polls(peer: peers.Peer, folder: Path, urls: Sequence[str], times: int) -> list[Run]:
    """What the peer's rounds with nothing new cost, once it has learnt the feeds."""
    peer.prepare(folder, [url.partition("?")[0] for url in urls])
    if peer.learn:
        # at its first sight of a feed no answer need be slow
        peer.run(folder, *peer.learn)
    peer.configure(folder, urls)
    return [peer.run(folder, *peer.poll) for _ in range(times)]


def _feed2fedi(bench: Bench, peer: peers.Peer, server: Server) -> Iterator[Line]:
    urls = server.urls(FEW)
    mine, folder = Bot(bench.folder("quiet-few")), bench.folder("quiet-feed2fedi")
    mine.configure(urls)
    mine.run("sync")
    cpu = middle([mine.run("sync").cpu for _ in range(bench.rounds)])
    with fediverse(folder) as there:
        peer.configure(folder, urls)
        peers.with_server(folder, there.url, there.token)
        theirs = peer.run(folder, *peer.poll).cpu
    yield Line(
        f"nothing new, {FEW} feeds, CPU, feed2fedi to reblogbot",
        theirs / cpu,
        detail=f"{theirs:.1f} s, reblogbot {cpu:.2f} s",
    )
