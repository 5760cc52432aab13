"""A running daemon, and what it costs in a span of time."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread

from bench import processes
from bench.bot import PROGRAM, Bot
from bench.processes import Usage
from bench.run import Failed, environ
from bench.server import Server

WRITEBACK = 30.0
"""Seconds until the kernel writes a changed page to disk (vm.dirty_expire_centisecs)."""
CHECKPOINT_BYTES = 4_096_000
"""SQLite copies its log into the database whenever it is so long: 1000 pages of the usual size."""
SAMPLE_INTERVAL = 0.5
PATIENCE = 120.0
SETTLING = 6.0
"""Seconds after a start that are not measured. The second heartbeat comes within five."""


@dataclass(frozen=True, slots=True)
class Window:
    """What all processes of a daemon used in that many seconds, in which it polled so often.

    `cpu` is in seconds, and those of its children among them. `memory` and `written` are bytes;
    `memory` is the highest.
    """

    seconds: float
    polls: int
    cpu: float
    cpu_of_children: float
    memory: int
    written: float


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon on a store in SQLite."""

    bot: Bot
    server: Server
    process: int

    def spread_due(self, start: timedelta, span: timedelta) -> None:
        """Let all sources be due from `start` on, evenly spread over `span`."""
        spread_due(self.bot, start, span)

    def are_all_polled(self) -> bool:
        """Whether no source is due within an hour."""
        soon = round((datetime.now(UTC) + timedelta(hours=1)).timestamp() * 1e6)
        with closing(sqlite3.connect(self.bot.store, timeout=10)) as store:
            query = "SELECT count(*) FROM source WHERE due < ?"
            return bool(store.execute(query, [soon]).fetchone()[0] == 0)

    def window(
        self,
        seconds: float,
        *,
        writeback: float = WRITEBACK,
        is_over: Callable[[], bool] = lambda: True,
    ) -> Window:
        """Measure for that long, and on until `is_over`, but no longer than PATIENCE.

        `writeback` is how many seconds after a change a page is written to disk. Where polls are
        closer together than a bot's are, this is shorter in the same measure.
        """
        folder = self.bot.folder
        field = processes.counter(folder)
        self._checkpoint(field)
        processes.flush(folder)
        polls, memory = self.server.request_count(), 0
        before, own = self._usage(field), processes.cpu(self.process)
        start = time.perf_counter()
        flushed_at = start
        while (now := time.perf_counter()) < start + seconds or (
            now < start + PATIENCE and not is_over()
        ):
            memory = max(memory, processes.memory(processes.tree(self.process)))
            if now > flushed_at + writeback:
                processes.flush(folder)
                flushed_at = now
            time.sleep(min(SAMPLE_INTERVAL, writeback))
        used, own = self._usage(field) - before, processes.cpu(self.process) - own
        seconds = time.perf_counter() - start
        polls = self.server.request_count() - polls
        written = used.written + self._checkpoint(field)
        return Window(seconds, polls, used.cpu, used.cpu - own, memory, written)

    def _usage(self, field: str) -> Usage:
        return processes.usage(processes.tree(self.process), field)

    def _checkpoint(self, field: str) -> float:
        """Copy SQLite's log into the database; return the log's share of the bytes that writes.

        The daemon does so only once in a while. A log that is half as long as one at that time is
        charged half of what is written now.
        """
        processes.flush(self.bot.folder)
        before = processes.usage([os.getpid()], field).written
        with closing(sqlite3.connect(self.bot.store, timeout=10)) as store:
            (page_size,) = store.execute("PRAGMA page_size").fetchone()
            _, pages, _ = store.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        written = processes.usage([os.getpid()], field).written - before
        return written * min(1.0, float(pages * page_size) / CHECKPOINT_BYTES)


@contextmanager
def running_daemon(bot: Bot, server: Server) -> Iterator[Daemon]:
    """Run the daemon until the end of the block. Its store must exist."""
    with subprocess.Popen(
        [*PROGRAM, "run"],
        cwd=bot.folder,
        # a pipe, because a file would be counted among the bytes that the daemon writes
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environ(),
    ) as process:
        if process.stderr is None:
            raise Failed
        if not any(" started " in line for line in process.stderr):
            raise Failed("the daemon did not start")
        drain = Thread(target=process.stderr.read, daemon=True)
        drain.start()
        try:
            yield Daemon(bot, server, process.pid)
        finally:
            process.terminate()
            process.wait()
            drain.join()


def spread_due(bot: Bot, start: timedelta, span: timedelta) -> None:
    """Let all sources of the store be due from `start` on, evenly spread over `span`."""
    first = round((datetime.now(UTC) + start).timestamp() * 1e6)
    with closing(sqlite3.connect(bot.store, timeout=10)) as store, store:
        (count,) = store.execute("SELECT count(*) FROM source").fetchone()
        step = round(span.total_seconds() * 1e6 / count)
        store.execute("UPDATE source SET due = ? + id * ?", [first, step])
