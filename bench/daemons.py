"""Polls per second of several daemons on one PostgreSQL store, compared with one daemon."""

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

LATENCY = 100
"""Milliseconds."""
DAEMONS = 4
# few requests at once, so that daemons wait for the network and the CPU is not the limit
IN_FLIGHT = 8


def measure(bench: Bench) -> Iterable[Line]:
    """Poll feeds that are always due and take 100 ms each, with one daemon and with four."""
    seconds = 5.0 if bench.is_quick else 15.0
    with serving() as server, _database() as url:
        folder = bench.folder("daemons")
        bot = Bot(folder)
        bot.configure(server.urls(600), every="1s")
        _set_store(folder / "config.toml", url)
        bench.say("  first poll of all feeds")
        bot.run("sync")
        server.set_latency(LATENCY)
        rates = []
        for count in (1, DAEMONS):
            bench.say(f"  {count} daemons")
            rates.append(_rate(folder, server, count, seconds))
    single, together = rates
    detail = f"{single:.0f} and {together:.0f} polls a second, at most {IN_FLIGHT} at once by each"
    yield Line(
        f"{DAEMONS} daemons beside one, 100 ms latency", together / single, 3.2, "≥", detail=detail
    )


def _set_store(config: Path, url: str) -> None:
    """Add the store and a limit of concurrent requests to a config."""
    text = f'[store]\nurl = "{url}"\n{config.read_text(encoding="utf-8")}'
    text = text.replace("[http]\n", f"[http]\nconcurrency = {IN_FLIGHT}\n")
    config.write_text(text, encoding="utf-8")


def _rate(folder: Path, server: Server, count: int, seconds: float) -> float:
    """The polls per second of that many daemons, measured once all have started."""
    with ExitStack() as stack:
        logs = [stack.enter_context(_daemon(folder, number)) for number in range(count)]
        while not all(" started " in log.read_text(encoding="utf-8") for log in logs):
            time.sleep(0.1)
        time.sleep(2)
        before, start = server.request_count(), time.perf_counter()
        time.sleep(seconds)
        return (server.request_count() - before) / (time.perf_counter() - start)


@contextmanager
def _daemon(folder: Path, number: int) -> Iterator[Path]:
    """Run a daemon and yield the path of its log."""
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
    """Start a PostgreSQL server as the tests do, and yield the URL of an empty database."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from postgres import database, server  # noqa: PLC0415

    with server() as running, database(running) as url:
        yield url
