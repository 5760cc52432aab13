"""Up to 100 000 sources and 10⁷ remembered keys: what a tick, a poll and a sweep cost, and grow."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench.bench import ROOT, Bench
from bench.bot import PROGRAM, Bot
from bench.line import Line
from bench.run import run
from bench.scale_stores import DAY, NOW, Size, address, fill, key, name
from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch, Candidate, Entry, Intent, Plan, Post
from reblogbot.store import Store, open_store
from reblogbot.store.due import PollSlots
from reblogbot.store.records import SourceRecord
from reblogbot.store.sources import UnchangedPoll

PICTURE = ROOT / "docs" / "scale.svg"
DRAWING = Path(__file__).with_name("draw.py")
LEASE = timedelta(minutes=5)
KEYS = 100
SHOWN = 35
NONE_DUE = "tick, none due"
MANY_DUE = "tick, 100 due"
KNOWN = "35 known keys"
RECORD = "record one new of 35"


@dataclass(slots=True)
class Found:
    """What one size came to: milliseconds of CPU by work, and bytes for each remembered key."""

    size: Size
    costs: dict[str, float] = field(default_factory=dict)
    a_key: float = 0


def measure(bench: Bench) -> Iterator[Line]:
    """Stores of three sizes, a config of as many sources, a sweep, and months of growth."""
    sources = (100, 1000, 10_000) if bench.is_quick else (1000, 10_000, 100_000)
    folder = bench.folder("scale")
    found = []
    for count in sources:
        size = Size(count, KEYS)
        bench.say(f"  filling a store with {size.remembered} keys")
        path = folder / f"{count}.sqlite3"
        found.append(_measured(fill(path, size), path, size))
    yield from _lines(found)
    yield from _configs(bench, sources[:-1] if bench.is_quick else sources)
    yield from _sweep(bench, folder / f"{sources[-1]}.sqlite3", found[-1].size)
    bench.say("  months of growth, pruned and not")
    growth = {
        "pruned daily, keep = 20d": _grown(folder / "pruned.sqlite3", keep=20),
        "never pruned": _grown(folder / "never.sqlite3", keep=10_000),
    }
    pruned, never = growth.values()
    yield Line(
        "store after 60 days beside 30, pruned",
        pruned[59] / pruned[29],
        1.1,
        detail=f"{pruned[29]:.1f} and {pruned[59]:.1f} MB; never pruned {never[59]:.1f} MB",
    )
    told = "its key, link and title, in a store that forgets nothing"
    yield Line("one more entry", _an_entry(never), unit="bytes", detail=told)
    if not bench.is_quick:
        _draw(bench, found, growth)


# one store


def _measured(url: str, path: Path, size: Size) -> Found:
    found = Found(size)
    raw = sqlite3.connect(path)
    seen = "SELECT sum(pgsize) FROM dbstat WHERE name = 'seen'"
    found.a_key = raw.execute(seen).fetchone()[0] / size.remembered
    raw.close()
    store, _ = open_store(url, "bench", NOW)
    names = {name(number) for number in range(1, size.sources + 1)}
    # ... of which a hundred have become due by then
    later = NOW + timedelta(hours=1, seconds=900 * 100 / size.sources)
    costs = found.costs
    costs[NONE_DUE] = _cpu(
        lambda: store.sources.claim_due(names, NOW, LEASE, PollSlots(100, 2)), 21
    )
    costs[MANY_DUE] = _cpu(lambda: _tick(store, names, later), 5)
    ids = [size.sources * part // 52 + 1 for part in range(51)]
    records = [SourceRecord(number, name(number), address(number)) for number in ids]
    known = [[_shown(one.id, number) for number in range(SHOWN)] for one in records]
    turns = iter(list(zip(records, known, strict=True)))
    costs[KNOWN] = _cpu(lambda: store.sources.past(*next(turns), ["news"]), len(ids))
    leased = iter(store.sources.claim(names, "all", NOW, LEASE, 51))
    costs[RECORD] = _cpu(lambda: _record(store, next(leased)), 51)
    costs["metrics"] = _cpu(store.tallies.unhealthy_sources, 3)
    costs["open"] = _cpu(lambda: _opened_and_closed(url), 1)
    costs["sweep with nothing to forget"] = _cpu(
        lambda: store.history.prune(timedelta(days=180), NOW), 1
    )
    store.close()
    return found


def _opened_and_closed(url: str) -> None:
    open_store(url, "again", NOW)[0].close()


def _tick(store: Store, names: set[str], at: datetime) -> None:
    """A hundred sources claimed, and recorded as not modified; due again as before."""
    records, _ = store.sources.claim_due(names, at, LEASE, PollSlots(100, 2))
    quiet = Batch(not_modified=True)
    store.sources.record_unchanged(
        [UnchangedPoll(one, quiet, NextPoll(one.due or at, "interval"), NOW) for one in records]
    )


def _record(store: Store, record: SourceRecord) -> None:
    shown = [_shown(record.id, number) for number in range(1, SHOWN)]
    new = _shown(record.id, 1_000_000)
    post = Intent(new, "news", Post("post", text=new.entry.title, link=new.entry.link))
    found = (*shown, new)
    sightings = {each: one.evidence for one in found for each in one.keys}
    plan = Plan(found, (new,), (post,), sightings=sightings)
    batch = Batch(tuple(one.entry for one in plan.candidates))
    store.sources.record(record, batch, plan, ["news"], NextPoll(NOW + LEASE, "interval"), NOW)


def _shown(source: int, number: int) -> Candidate:
    link = f"https://source-{source}.example/2026/06/an-article-of-the-usual-length-{number}.html"
    entry = Entry(link=link, title=f"A title of the usual length, as newspapers write it, {number}")
    keys = (key(source, number),)
    return Candidate(entry, keys, keys, evidence=bytes(20), lookups=keys, published_lookups=keys)


def _cpu(work: Callable[[], object], times: int) -> float:
    """Milliseconds of this process, the median."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append((time.process_time() - begun) * 1000)
    return median(spent)


def _lines(found: list[Found]) -> Iterator[Line]:
    small, large = found[0], found[-1]
    sizes = f"{small.size.sources} and {large.size.sources} sources"
    for what, bar in ((KNOWN, 2.0), (NONE_DUE, 2.0), (MANY_DUE, 2.0), (RECORD, 2.0)):
        times = [one.costs[what] for one in found]
        detail = f"{', '.join(f'{one:.2f}' for one in times)} ms; {sizes}"
        yield Line(f"{what}, most beside fewest", times[-1] / times[0], bar, detail=detail)
    told = f"{large.size.remembered} of them, each of 16 bytes"
    yield Line("a remembered key", large.a_key, 40, unit="bytes", detail=told)
    for what in ("open", "metrics", "sweep with nothing to forget"):
        detail = ", ".join(f"{one.costs[what]:.1f}" for one in found[:-1])
        yield Line(what, large.costs[what], unit="ms", detail=f"fewer: {detail}")


# the program

_BETWEEN = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""


def _configs(bench: Bench, sources: tuple[int, ...]) -> Iterator[Line]:
    """`check`, and a `sync --due` with nothing due, on configs of these sizes."""
    for count in sources:
        bench.say(f"  a config of {count} sources")
        bot = Bot(bench.folder(f"scale-{count}"))
        bot.configure([f"http://127.0.0.1:9/{number}.xml" for number in range(count)])
        check = _cost(bot, "check")
        in_a_century = NOW + timedelta(days=36_500)
        url = fill(bot.folder / "reblogbot.sqlite3", Size(count, 1), due=in_a_century)
        _as_configured(url)
        bot.run("sync", "--due")
        due, status = _cost(bot, "sync", "--due"), _cost(bot, "status", "--json")
        for what, one in (("check", check), ("sync --due, none due", due), ("status", status)):
            told = f"{one[1]:.0f} MB at its highest"
            yield Line(f"{what}, {count} sources", one[0], unit="s", detail=told)


def _cost(bot: Bot, *arguments: str) -> tuple[float, float]:
    """Seconds of CPU and the most memory in MB of one run."""
    # a process of ours would begin with our memory, as the system counts
    command = [sys.executable, "-c", _BETWEEN, *PROGRAM, *arguments]
    *_, cpu, memory = run(command, bot.folder).out.split()
    return float(cpu), float(memory)


def _as_configured(url: str) -> None:
    """Give the sources the names and addresses they have in the config."""
    raw = sqlite3.connect(url.removeprefix("sqlite:///"))
    with raw:
        raw.execute(
            "UPDATE source SET name = 'feed' || (id - 1),"
            " address = 'http://127.0.0.1:9/' || (id - 1) || '.xml', host = '127.0.0.1'"
        )
    raw.close()


# sweeping and growing


def _sweep(bench: Bench, path: Path, size: Size) -> Iterator[Line]:
    """Nine keys of ten grow old and are forgotten, while another process goes on writing."""
    bench.say("  a sweep of nine tenths")
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("UPDATE seen SET shown_on = ? WHERE key < x'E6'", [DAY - 200])
    raw.close()
    store, _ = open_store(f"sqlite:///{path}", "bench", NOW)
    other, _ = open_store(f"sqlite:///{path}", "other", NOW)
    waits: list[float] = []
    over = threading.Event()

    def write() -> None:
        while not over.wait(0.05):
            begun = time.perf_counter()
            other.check_writable(NOW)
            waits.append(time.perf_counter() - begun)

    writing = threading.Thread(target=write)
    writing.start()
    begun = time.process_time()
    gone = store.history.prune(timedelta(days=180), NOW)
    spent = time.process_time() - begun
    over.set()
    writing.join()
    store.close()
    other.close()
    told = f"{gone.keys} keys of {size.remembered}; {len(waits)} writes meanwhile"
    yield Line("a sweep", spent, unit="s", detail=told)
    told = f"{median(waits) * 1000:.0f} ms in the median, by the wall"
    yield Line("longest wait of a writer meanwhile", max(waits), unit="s", detail=told)


def _grown(
    path: Path, *, keep: int, sources: int = 100, a_day: int = 20, days: int = 60
) -> list[float]:
    """MB of a store after each day; each source shows the news of today and yesterday."""
    store, _ = open_store(f"sqlite:///{path}", "bench", NOW)
    store.sources.enrol({name(one): address(one) for one in range(sources)}, NOW)
    sizes = []
    for day in range(days):
        now = NOW + timedelta(days=day)
        for record in store.sources.claim([name(one) for one in range(sources)], "all", now, LEASE):
            old, new = (
                [_shown(record.id, each * a_day + number) for number in range(a_day)]
                for each in (day - 1, day)
            )
            plan = Plan((*old, *new), tuple(new))
            batch = Batch(tuple(one.entry for one in plan.candidates))
            store.sources.record(record, batch, plan, ["news"], NextPoll(now, "interval"), now)
        store.history.prune(timedelta(days=keep), now)
        raw = sqlite3.connect(path)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        sizes.append(path.stat().st_size / 1e6)
    store.close()
    return sizes


def _an_entry(sizes: list[float]) -> float:
    """Bytes for each new entry, of a store that forgets nothing."""
    return median(after - before for before, after in pairwise(sizes)) * 1e6 / 2000


# the picture


def _draw(bench: Bench, found: list[Found], growth: dict[str, list[float]]) -> None:
    place = bench.root / "draw"
    python = place / "bin" / "python"
    wanted = DRAWING.with_suffix(".txt")
    mark = place / "installed.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted.read_text(encoding="utf-8"):
        bench.say("  installing what draws")
        venv.create(place, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(wanted)]
        subprocess.run(command, check=True)
        mark.write_text(wanted.read_text(encoding="utf-8"), encoding="utf-8")
    numbers = {
        "keys": [one.size.remembered for one in found],
        "cost": {
            what: [one.costs[what] for one in found] for what in (NONE_DUE, KNOWN, MANY_DUE, RECORD)
        },
        "growth": growth,
    }
    told = json.dumps(numbers)
    subprocess.run([python, DRAWING, PICTURE], input=told, check=True, text=True)
