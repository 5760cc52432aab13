"""Several daemons on one PostgreSQL: how much more they poll together than one alone."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.bench import ROOT, Bench
from bench.bot import PROGRAM, Bot
from bench.line import Line
from bench.server import Server, serving

LATENCY = "latency=100"
DAEMONS = 4
# what the machine's cores can do must not be what is measured: a daemon waits most of the time
IN_FLIGHT = 8


def measure(bench: Bench) -> Iterable[Line]:
    """Feeds that are always due and take 100 ms each, polled by one daemon and by four."""
    seconds = 5.0 if bench.is_quick else 15.0
    with serving() as server, _database() as url:
        folder = bench.folder("daemons")
        bot = Bot(folder)
        bot.configure(server.urls(600, LATENCY), every="1s")
        _share(folder / "config.toml", url)
        bench.say("daemons: all feeds are learnt")
        bot.run("sync")
        rates = []
        for count in (1, DAEMONS):
            bench.say(f"daemons: {count} at work")
            rates.append(_rate(folder, server, count, seconds))
    one, all_ = rates
    detail = f"{one:.0f} and {all_:.0f} polls a second, at most {IN_FLIGHT} at once by each"
    yield Line(f"{DAEMONS} daemons beside one, 100 ms latency", all_ / one, 3.2, "≥", detail=detail)


def _share(config: Path, url: str) -> None:
    """Let the config's store be this one."""
    written = config.read_text(encoding="utf-8")
    shared = f'[store]\nurl = "{url}"\n{written}'
    shared = shared.replace("[http]\n", f"[http]\nconcurrency = {IN_FLIGHT}\n")
    config.write_text(shared, encoding="utf-8")


def _rate(folder: Path, server: Server, count: int, seconds: float) -> float:
    """How many polls a second so many daemons come to, once all of them are at work."""
    with ExitStack() as stack:
        logs = [stack.enter_context(_daemon(folder, number)) for number in range(count)]
        while not all(" started " in log.read_text(encoding="utf-8") for log in logs):
            time.sleep(0.1)
        time.sleep(2)
        before, begun = server.asked(), time.perf_counter()
        time.sleep(seconds)
        return (server.asked() - before) / (time.perf_counter() - begun)


@contextmanager
def _daemon(folder: Path, number: int) -> Iterator[Path]:
    """A daemon at work, and its log."""
    path = folder / f"daemon-{number}.log"
    with path.open("w", encoding="utf-8") as log:
        process = subprocess.Popen([*PROGRAM, "run"], cwd=folder, stderr=log)
    try:
        yield path
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _database() -> Iterator[str]:
    """The URL of an empty database on a server made for the occasion."""
    # the tests know how to start one
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from postgres import database, server  # noqa: PLC0415

    with server() as running, database(running) as url:
        yield url
