"""The cost of ticks, polls and pruning with up to 100,000 sources and 10⁷ remembered keys."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median

from bench.bench import BUILD, ROOT, Bench
from bench.bot import Bot
from bench.line import Line
from bench.scale_stores import DAY, NOW, Size, address, fill, key, name
from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch, Candidate, Entry, Intent, Plan, Post, Refusal
from reblogbot.store import Store, open_store
from reblogbot.store.due import PollSlots
from reblogbot.store.records import SourceRecord
from reblogbot.store.sources import UnchangedPoll

DIAGRAM = ROOT / "docs" / "scale.svg"
DRAW_PROGRAM = Path(__file__).with_name("draw.py")
LEASE = timedelta(minutes=5)
KEYS_PER_SOURCE = 100
ENTRIES = 35
NONE_DUE = "tick, none due"
MANY_DUE = "tick, 100 due"
KNOWN = "35 known keys"
RECORD = "record one new of 35"


@dataclass(slots=True)
class StoreCosts:
    """The costs of a store: milliseconds of CPU per operation, and bytes per remembered key."""

    size: Size
    times: dict[str, float] = field(default_factory=dict)
    bytes_per_key: float = 0


def measure(bench: Bench) -> Iterator[Line]:
    """Measure stores and configs of three sizes, pruning, and two months of growth."""
    sources = (100, 1000, 10_000) if bench.is_quick else (1000, 10_000, 100_000)
    folder = bench.folder("scale")
    stores = []
    for count in sources:
        size = Size(count, KEYS_PER_SOURCE)
        bench.say(f"  filling a store with {size.keys_in_all} keys")
        path = folder / f"{count}.sqlite3"
        stores.append(_measure_store(fill(path, size), path, size))
    yield from _lines(stores)
    yield from _configs(bench, sources[:-1] if bench.is_quick else sources)
    yield from _prune(bench, folder / f"{sources[-1]}.sqlite3", stores[-1].size)
    bench.say("  60 days of growth, with and without pruning")
    growth = {
        "pruned daily, keep = 20d": _grow(folder / "pruned.sqlite3", keep=20),
        "never pruned": _grow(folder / "never.sqlite3", keep=10_000),
    }
    pruned, never = growth.values()
    yield Line(
        "store after 60 days beside 30, pruned",
        pruned[59] / pruned[29],
        1.1,
        detail=f"{pruned[29]:.1f} and {pruned[59]:.1f} MB; never pruned {never[59]:.1f} MB",
    )
    detail = "its key, link, title and refusal, in a store that forgets nothing"
    yield Line("one more entry", _bytes_per_entry(never), unit="bytes", detail=detail)
    if not bench.is_quick:
        _draw(bench, stores, growth)


# a store


def _measure_store(url: str, path: Path, size: Size) -> StoreCosts:
    store_costs = StoreCosts(size)
    raw = sqlite3.connect(path)
    query = "SELECT sum(pgsize) FROM dbstat WHERE name = 'seen'"
    store_costs.bytes_per_key = raw.execute(query).fetchone()[0] / size.keys_in_all
    raw.close()
    store, _ = open_store(url, "bench", NOW)
    names = {name(number) for number in range(1, size.sources + 1)}
    # a hundred of them are due by then
    later = NOW + timedelta(hours=1, seconds=900 * 100 / size.sources)
    times = store_costs.times
    times[NONE_DUE] = _cpu(
        lambda: store.sources.claim_due(names, NOW, LEASE, PollSlots(100, 2)), 21
    )
    times[MANY_DUE] = _cpu(lambda: _tick(store, names, later), 5)
    ids = [size.sources * part // 52 + 1 for part in range(51)]
    records = [SourceRecord(number, name(number), address(number)) for number in ids]
    candidates = [
        [_candidate(record.id, number) for number in range(ENTRIES)] for record in records
    ]
    arguments = iter(list(zip(records, candidates, strict=True)))
    times[KNOWN] = _cpu(lambda: store.sources.past(*next(arguments), ["news"]), len(ids))
    leased = iter(store.sources.claim(names, "all", NOW, LEASE, 51))
    times[RECORD] = _cpu(lambda: _record(store, next(leased)), 51)
    times["metrics"] = _cpu(store.tallies.unhealthy_sources, 3)
    times["open"] = _cpu(lambda: _open_and_close(url), 1)
    times["pruning with nothing to forget"] = _cpu(
        lambda: store.history.prune(timedelta(days=180), NOW), 1
    )
    store.close()
    return store_costs


def _open_and_close(url: str) -> None:
    open_store(url, "again", NOW)[0].close()


def _tick(store: Store, names: set[str], at: datetime) -> None:
    """Claim a hundred sources and record them as not modified, due as before."""
    records, _ = store.sources.claim_due(names, at, LEASE, PollSlots(100, 2))
    batch = Batch(not_modified=True)
    store.sources.record_unchanged(
        [
            UnchangedPoll(record, batch, NextPoll(record.due or at, "interval"), NOW)
            for record in records
        ]
    )


def _record(store: Store, record: SourceRecord) -> None:
    known = [_candidate(record.id, number) for number in range(1, ENTRIES)]
    new = _candidate(record.id, 1_000_000)
    intent = Intent(new, "news", Post("post", text=new.entry.title, link=new.entry.link))
    candidates = (*known, new)
    sightings = {key: candidate.evidence for candidate in candidates for key in candidate.keys}
    plan = Plan(candidates, (new,), (intent,), sightings=sightings)
    batch = Batch(tuple(candidate.entry for candidate in candidates))
    store.sources.record(record, batch, plan, ["news"], NextPoll(NOW + LEASE, "interval"), NOW)


def _candidate(source: int, number: int) -> Candidate:
    link = f"https://source-{source}.example/2026/06/an-article-of-the-usual-length-{number}.html"
    entry = Entry(link=link, title=f"A title of the usual length, as newspapers write it, {number}")
    keys = (key(source, number),)
    return Candidate(entry, keys, keys, evidence=bytes(20), lookups=keys, published_lookups=keys)


def _cpu(work: Callable[[], object], times: int) -> float:
    """The median CPU time of `work` in milliseconds."""
    measured = []
    for _ in range(times):
        start = time.process_time()
        work()
        measured.append((time.process_time() - start) * 1000)
    return median(measured)


def _lines(stores: list[StoreCosts]) -> Iterator[Line]:
    small, large = stores[0], stores[-1]
    sizes = f"{small.size.sources} and {large.size.sources} sources"
    for label, bar in ((KNOWN, 2.0), (NONE_DUE, 2.0), (MANY_DUE, 2.0), (RECORD, 2.0)):
        times = [store.times[label] for store in stores]
        detail = f"{', '.join(f'{milliseconds:.2f}' for milliseconds in times)} ms; {sizes}"
        yield Line(f"{label}, most beside fewest", times[-1] / times[0], bar, detail=detail)
    detail = f"{large.size.keys_in_all} of them, each of 16 bytes"
    yield Line("a remembered key", large.bytes_per_key, 40, unit="bytes", detail=detail)
    for label in ("open", "metrics", "pruning with nothing to forget"):
        detail = ", ".join(f"{store.times[label]:.1f}" for store in stores[:-1])
        yield Line(label, large.times[label], unit="ms", detail=f"fewer: {detail}")


# the program


def _configs(bench: Bench, sources: tuple[int, ...]) -> Iterator[Line]:
    """Measure `check`, `status`, and `sync --due` with nothing due, on configs of these sizes."""
    for count in sources:
        bench.say(f"  a config of {count} sources")
        bot = Bot(bench.folder(f"scale-{count}"))
        bot.configure([f"http://127.0.0.1:9/{number}.xml" for number in range(count)])
        check = bot.run("check")
        in_a_century = NOW + timedelta(days=36_500)
        url = fill(bot.store, Size(count, 1), due=in_a_century)
        _name_sources_as_in_config(url)
        bot.run("sync", "--due")
        due, status = bot.run("sync", "--due"), bot.run("status", "--json")
        for label, result in (("check", check), ("sync --due, none due", due), ("status", status)):
            detail = f"peak memory {result.largest / 1e6:.0f} MB"
            yield Line(f"{label}, {count} sources", result.cpu, unit="s", detail=detail)
        # the target is that of the most sources
        bar = 250 if count == sources[-1] else None
        yield Line(f"memory of check, {count} sources", check.largest / 1e6, bar, unit="MB")


def _name_sources_as_in_config(url: str) -> None:
    """Give the sources the names and addresses they have in the config."""
    raw = sqlite3.connect(url.removeprefix("sqlite:///"))
    with raw:
        raw.execute(
            "UPDATE source SET name = 'feed' || (id - 1),"
            " address = 'http://127.0.0.1:9/' || (id - 1) || '.xml', host = '127.0.0.1'"
        )
    raw.close()


# pruning and growth


def _prune(bench: Bench, path: Path, size: Size) -> Iterator[Line]:
    """Prune nine of ten keys while another connection writes."""
    bench.say("  pruning nine tenths of all keys")
    raw = sqlite3.connect(path)
    with raw:
        raw.execute("UPDATE seen SET shown_on = ? WHERE key < x'E6'", [DAY - 200])
    raw.close()
    store, _ = open_store(f"sqlite:///{path}", "bench", NOW)
    other, _ = open_store(f"sqlite:///{path}", "other", NOW)
    waits: list[float] = []
    is_pruned = threading.Event()

    def write() -> None:
        while not is_pruned.wait(0.05):
            start = time.perf_counter()
            other.check_writable(NOW)
            waits.append(time.perf_counter() - start)

    writer = threading.Thread(target=write)
    writer.start()
    start = time.process_time()
    pruned = store.history.prune(timedelta(days=180), NOW)
    cpu = time.process_time() - start
    is_pruned.set()
    writer.join()
    store.close()
    other.close()
    detail = f"{pruned.keys} keys of {size.keys_in_all}; {len(waits)} writes meanwhile"
    yield Line("pruning", cpu, unit="s", detail=detail)
    detail = f"median {median(waits) * 1000:.0f} ms, wall time"
    yield Line("longest wait of a writer meanwhile", max(waits), unit="s", detail=detail)


def _grow(
    path: Path, *, keep: int, sources: int = 100, a_day: int = 20, days: int = 60
) -> list[float]:
    """The MB of a store after each day. Each source shows the entries of today and yesterday."""
    store, _ = open_store(f"sqlite:///{path}", "bench", NOW)
    names = [name(number) for number in range(sources)]
    store.sources.enrol({name(number): address(number) for number in range(sources)}, NOW)
    sizes = []
    for day in range(days):
        now = NOW + timedelta(days=day)
        for record in store.sources.claim(names, "all", now, LEASE):
            old, new = (
                [_candidate(record.id, published * a_day + number) for number in range(a_day)]
                for published in (day - 1, day)
            )
            candidates = (*old, *new)
            plan = Plan(
                candidates,
                tuple(new),
                refusals=tuple(Refusal(candidate, "news", "filtered") for candidate in new),
                sightings={
                    key: candidate.evidence for candidate in candidates for key in candidate.keys
                },
            )
            batch = Batch(tuple(candidate.entry for candidate in plan.candidates))
            store.sources.record(record, batch, plan, ["news"], NextPoll(now, "interval"), now)
        store.history.prune(timedelta(days=keep), now)
        raw = sqlite3.connect(path)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()
        sizes.append(path.stat().st_size / 1e6)
    store.close()
    return sizes


def _bytes_per_entry(sizes: list[float]) -> float:
    """The bytes of each new entry in a store that forgets nothing."""
    return median(after - before for before, after in pairwise(sizes)) * 1e6 / 2000


# the diagram


def _draw(bench: Bench, stores: list[StoreCosts], growth: dict[str, list[float]]) -> None:
    environment = BUILD / "draw"
    python = environment / "bin" / "python"
    requirements = DRAW_PROGRAM.with_suffix(".txt")
    installed_file = environment / "installed.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if not installed_file.exists() or installed_file.read_text(encoding="utf-8") != wanted:
        bench.say("  installing matplotlib")
        venv.create(environment, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
        subprocess.run(command, check=True)
        installed_file.write_text(wanted, encoding="utf-8")
    numbers = {
        "keys": [store.size.keys_in_all for store in stores],
        "cost": {
            label: [store.times[label] for store in stores]
            for label in (NONE_DUE, KNOWN, MANY_DUE, RECORD)
        },
        "growth": growth,
    }
    subprocess.run(
        [python, DRAW_PROGRAM, DIAGRAM], input=json.dumps(numbers), check=True, text=True
    )
