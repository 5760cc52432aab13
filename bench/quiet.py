"""A round in which no feed has anything new, as most rounds of a bot.

Every answer takes 100 ms, so that a single run of a slow peer gives its CPU and its wall time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench import bare, peers
from bench.bench import Bench
from bench.bot import Bot
from bench.fediverse import sandbox_account
from bench.line import Line
from bench.run import Run, run
from bench.server import Server, etags, serving

SLOW = "latency=100"
# feed2fedi sends a request to the account's server for each feed; a few feeds show that cost
FEW = 50


def measure(bench: Bench) -> Iterator[Line]:
    """Run reblogbot and a bare loop by turns, then each peer; peers that take minutes only once."""
    folder = bench.folder("quiet")
    with serving() as server:
        bot = Bot(folder)
        bot.configure(server.urls(bench.feeds, SLOW))
        bench.say(f"  first poll of {bench.feeds} feeds")
        bot.run("sync")
        mine, loop = [], []
        for _ in range(bench.rounds):
            mine.append(bot.run("sync"))
            loop.append(_bare(folder, server, bench.feeds))
        cpu, wall = median(run.cpu for run in mine), median(run.wall for run in mine)
        baseline = median(run.cpu for run in loop)
        yield Line(
            f"nothing new, {bench.feeds} feeds, CPU, to a bare aiohttp loop",
            cpu / baseline,
            2,
            detail=f"{cpu:.2f} s, loop {baseline:.2f} s",
        )
        for peer in peers.installed(bench):
            yield from _compare(bench, peer, server, cpu, wall)


def _bare(folder: Path, server: Server, count: int) -> Run:
    urls = server.urls(count, SLOW)
    lines = "\n".join(f"{url} {etag}" for url, etag in zip(urls, etags(count), strict=True))
    return run([sys.executable, bare.__file__], folder, given=lines)


def _compare(
    bench: Bench, peer: peers.Peer, server: Server, cpu: float, wall: float
) -> Iterator[Line]:
    folder = bench.folder(f"quiet-{peer.name}")
    count = bench.feeds
    name = f"nothing new, {count} feeds, CPU, {peer.name} to reblogbot"
    if peer.name == "feed2fedi":
        yield from _feed2fedi(bench, peer, server)
    elif peer.name == "reader":
        theirs = median(run.cpu for run in _polls(peer, folder, server.urls(count), bench.rounds))
        yield Line(name, theirs / cpu, 3, "≥", detail=f"{theirs:.2f} s, reblogbot {cpu:.2f} s")
    elif peer.name == "feed2toot":
        (poll,) = _polls(peer, folder, server.urls(count, SLOW), 1)
        yield Line(name, poll.cpu / cpu, 40, "≥", detail=f"{poll.cpu:.1f} s, reblogbot {cpu:.2f} s")
        yield Line(
            f"nothing new, {count} feeds, 100 ms latency, wall, feed2toot to reblogbot",
            poll.wall / wall,
            20,
            "≥",
            detail=f"{poll.wall:.0f} s, reblogbot {wall:.1f} s",
        )
    else:
        (poll,) = _polls(peer, folder, server.urls(count), 1)
        yield Line(name, poll.cpu / cpu, 40, "≥", detail=f"{poll.cpu:.1f} s, reblogbot {cpu:.2f} s")


def _polls(peer: peers.Peer, folder: Path, urls: Sequence[str], times: int) -> list[Run]:
    """Let the peer poll the feeds once, then return its polls with nothing new."""
    peer.prepare(folder, [url.partition("?")[0] for url in urls])
    if peer.learn:
        # the first poll is not measured, so its answers need no latency
        peer.run(folder, *peer.learn)
    peer.configure(folder, urls)
    return [peer.run(folder, *peer.poll) for _ in range(times)]


def _feed2fedi(bench: Bench, peer: peers.Peer, server: Server) -> Iterator[Line]:
    urls = server.urls(FEW)
    bot, folder = Bot(bench.folder("quiet-few")), bench.folder("quiet-feed2fedi")
    bot.configure(urls)
    bot.run("sync")
    cpu = median(bot.run("sync").cpu for _ in range(bench.rounds))
    with sandbox_account(folder) as account:
        peer.configure(folder, urls)
        peers.set_server(folder, account.url, account.token)
        theirs = peer.run(folder, *peer.poll).cpu
    yield Line(
        f"nothing new, {FEW} feeds, CPU, feed2fedi to reblogbot",
        theirs / cpu,
        detail=f"{theirs:.1f} s, reblogbot {cpu:.2f} s",
    )
