"""Rounds with work: feeds with new entries, and feeds without validators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench import peers
from bench.bench import Bench
from bench.bot import Bot
from bench.fediverse import SandboxAccount, sandbox_account
from bench.line import Line
from bench.run import Run
from bench.server import Server, serving
from bench.turns import alternate, cpu, ratio

FEW = 200
# every tenth feed gets two new entries
EACH, NEWS = 10, 2
QUIET, CHANGED, READER, BODIES = "quiet", "changed", "reader", "without validators"


def measure(bench: Bench) -> Iterator[Line]:
    """Compare rounds with new entries with those of reader, and with rounds without."""
    folder = bench.folder("news")
    with sandbox_account(folder) as account:
        for count in dict.fromkeys((FEW, bench.feeds)):
            with serving() as server:
                yield from _rounds(bench, server, count, account)
        with serving() as server:
            yield _bodies(bench, server, account)


def _rounds(bench: Bench, server: Server, count: int, account: SandboxAccount) -> Iterator[Line]:
    """Compare quiet rounds and rounds with news by turns, and with reader where feeds are few."""
    folder = bench.folder(f"news-{count}")
    bot = _bot(folder / "bot", server.urls(count), account)
    (reader,) = (peer for peer in peers.installed(bench) if peer.name == READER)
    reader_folder = bench.folder(f"news-{count}-reader")
    reader.prepare(reader_folder, server.urls(count))

    def quiet() -> Run:
        result = bot.run("sync")
        server.add_news(each=EACH, of=NEWS)
        return result

    def changed() -> Run:
        result = bot.run("sync", "--json")
        expected = -(-count // EACH) * NEWS
        assert f'"entries_new": {expected}' in result.out, result.out[:500]  # noqa: S101
        return result

    runs = {QUIET: quiet, CHANGED: changed}
    if count == FEW:
        runs[READER] = lambda: reader.run(reader_folder, *reader.poll)
    bench.say(f"  {count} feeds, polled for the first time")
    bench.together(*(runs[name] for name in runs if name != CHANGED))
    alternate(runs, 1)
    results = alternate(runs, bench.pairs)
    times = {name: cpu(runs) for name, runs in results.items()}
    news = f"{100 // EACH} % of {count} feeds with {NEWS} new entries, by `sync`"
    ours = f"{median(times[CHANGED]):.2f} s"
    if READER in times:
        amounts = f"{ours}, reader {median(times[READER]):.2f} s"
        yield Line(
            f"{news}, to reader: CPU", ratio(times[CHANGED], times[READER]), 0.9, detail=amounts
        )
    amounts = f"{ours}, nothing new {median(times[QUIET]):.2f} s"
    yield Line(
        f"{news}, to nothing new: CPU", ratio(times[CHANGED], times[QUIET]), 2, detail=amounts
    )
    more = median(
        (changed.written - quiet.written) / -(-count // EACH)
        for quiet, changed in zip(results[QUIET], results[CHANGED], strict=True)
    )
    amounts = f"nothing new {median(run.written for run in results[QUIET]) / 1024:.0f} KiB in all"
    yield Line(
        f"{news}, more than with nothing new: bytes written for each changed feed",
        more / 1024,
        unit="KiB",
        detail=amounts,
    )


def _bodies(bench: Bench, server: Server, account: SandboxAccount) -> Line:
    """Compare rounds whose answers have unchanged bodies with rounds whose answers have none."""
    folder = bench.folder("bodies")
    unchanged = _bot(folder / "unchanged", server.urls(bench.feeds), account)
    bare = _bot(folder / "bare", server.urls(bench.feeds, "bare=1"), account)
    runs = {QUIET: lambda: unchanged.run("sync"), BODIES: lambda: bare.run("sync")}
    bench.say(f"  {bench.feeds} feeds with and without validators, polled for the first time")
    bench.together(*runs.values())
    times = {name: cpu(runs) for name, runs in alternate(runs, bench.pairs).items()}
    name = f"the same bodies from {bench.feeds} feeds without validators, to nothing new: CPU"
    amounts = f"{median(times[BODIES]):.2f} s, nothing new {median(times[QUIET]):.2f} s"
    return Line(name, ratio(times[BODIES], times[QUIET]), 1.5, detail=amounts)


def _bot(folder: Path, urls: list[str], account: SandboxAccount) -> Bot:
    folder.mkdir()
    bot = Bot(folder)
    # with review, new entries are composed and queued but not published: this measures polling
    bot.configure(urls, server=account.url, token=account.token, source="review = true")
    return bot
