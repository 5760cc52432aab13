"""Rounds that cost more than one with nothing new: bodies without validators, and some news."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.bench import Bench, middle
from bench.bot import Bot
from bench.fediverse import Fediverse, fediverse
from bench.line import Line
from bench.server import serving

EACH, NEWS = 10, 2


def measure(bench: Bench) -> Iterator[Line]:
    """Three bots on the same feeds, in turns; one is answered with bodies, one with news."""
    folder = bench.folder("bodies")
    with serving() as server, fediverse(folder) as there:
        quiet = _bot(folder / "quiet", server.urls(bench.feeds), there)
        whole = _bot(folder / "bare", server.urls(bench.feeds, "bare=1"), there)
        bench.say(f"  learning {bench.feeds} feeds twice")
        quiet.run("sync")
        whole.run("sync")
        nothing, bodies, news = [], [], []
        for _ in range(bench.rounds):
            nothing.append(quiet.run("sync").cpu)
            bodies.append(whole.run("sync").cpu)
        for _ in range(bench.rounds):
            nothing.append(quiet.run("sync").cpu)
            server.add_news(each=EACH, of=NEWS)
            news.append(_new(bench, quiet))
    least = middle(nothing)
    yield _line(f"bodies without validators, {bench.feeds} feeds", middle(bodies), least, 1.5)
    what = f"{100 // EACH} % of {bench.feeds} feeds with {NEWS} new entries each"
    yield _line(what, middle(news), least, 2)


def _new(bench: Bench, bot: Bot) -> float:
    """The CPU of a round with news; all of it must have been found."""
    run = bot.run("sync", "--json")
    wanted = bench.feeds // EACH * NEWS
    assert f'"entries_new": {wanted}' in run.out, run.out[:500]  # noqa: S101
    return run.cpu


def _line(what: str, cpu: float, least: float, bar: float) -> Line:
    detail = f"{cpu:.2f} s, nothing new {least:.2f} s"
    return Line(f"{what}, CPU, to nothing new", cpu / least, bar, detail=detail)


def _bot(folder: Path, urls: list[str], there: Fediverse) -> Bot:
    folder.mkdir()
    bot = Bot(folder)
    # what is found is composed and queued, and waits there: publishing is no poll's cost
    bot.configure(urls, server=there.url, token=there.token, source="review = true")
    return bot
