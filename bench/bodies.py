"""Rounds with work: feeds without validators, and feeds with new entries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.bench import Bench
from bench.bot import Bot
from bench.fediverse import SandboxAccount, sandbox_account
from bench.line import Line
from bench.server import serving

EACH, NEWS = 10, 2


def measure(bench: Bench) -> Iterator[Line]:
    """Compare rounds with bodies, and with new entries, with rounds with nothing new."""
    folder = bench.folder("bodies")
    with serving() as server, sandbox_account(folder) as account:
        unchanged_bot = _bot(folder / "unchanged", server.urls(bench.feeds), account)
        bodies_bot = _bot(folder / "bare", server.urls(bench.feeds, "bare=1"), account)
        bench.say(f"  first poll of {bench.feeds} feeds, by two bots")
        unchanged_bot.run("sync")
        bodies_bot.run("sync")
        nothing, bodies, news = [], [], []
        for _ in range(bench.rounds):
            nothing.append(unchanged_bot.run("sync").cpu)
            bodies.append(bodies_bot.run("sync").cpu)
        for _ in range(bench.rounds):
            nothing.append(unchanged_bot.run("sync").cpu)
            server.add_news(each=EACH, of=NEWS)
            news.append(_run_with_news(bench, unchanged_bot))
    baseline = median(nothing)
    yield _line(f"bodies without validators, {bench.feeds} feeds", median(bodies), baseline, 1.5)
    name = f"{100 // EACH} % of {bench.feeds} feeds with {NEWS} new entries each"
    yield _line(name, median(news), baseline, 2)


def _run_with_news(bench: Bench, bot: Bot) -> float:
    """Run a round and return its CPU time. It must find all new entries."""
    run = bot.run("sync", "--json")
    expected = bench.feeds // EACH * NEWS
    assert f'"entries_new": {expected}' in run.out, run.out[:500]  # noqa: S101
    return run.cpu


def _line(name: str, cpu: float, baseline: float, bar: float) -> Line:
    detail = f"{cpu:.2f} s, nothing new {baseline:.2f} s"
    return Line(f"{name}, CPU, to nothing new", cpu / baseline, bar, detail=detail)


def _bot(folder: Path, urls: list[str], account: SandboxAccount) -> Bot:
    folder.mkdir()
    bot = Bot(folder)
    # with review, new entries are composed and queued but not published: this measures polling
    bot.configure(urls, server=account.url, token=account.token, source="review = true")
    return bot
