"""The daemon: a clock that ticks the pipeline, signals, reload, and a word to systemd."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from reblogbot import app
from reblogbot.config.settings import Config
from reblogbot.daemon import sdnotify
from reblogbot.daemon.heartbeat import Heartbeat
from reblogbot.daemon.log_throttle import LogThrottle
from reblogbot.daemon.stats import DaemonStats
from reblogbot.engine.pipeline import Pipeline
from reblogbot.errors import ConfigError, Exit, StoreError
from reblogbot.runtime.clock import SystemClock, uptime
from reblogbot.runtime.worker_thread import ThreadDied, WorkerThread
from reblogbot.store import Store
from reblogbot.store.records import SourceRecord

log = logging.getLogger(__name__)

TICK = timedelta(seconds=1)
# between two claims, in seconds; more where claiming itself takes long
BREATH = 0.1
WATCH = timedelta(seconds=5)
TELLING = timedelta(seconds=15)
HOUSEKEEPING = timedelta(days=1)
# stands beside the accounts: a notice may be on the wire as well
NOTICES = "[notify]"
# the contract's ten seconds, less what closing takes
DRAIN_SECONDS = 8.0
LETTING_GO_SECONDS = 1.0
FATAL = frozenset({"store_newer", "store_older", "store_corrupt"})


@dataclass(frozen=True, slots=True)
class Shift:
    """A config at work: its pipeline, and what to close when its last piece of work is done."""

    config: Config
    pipeline: Pipeline
    resources: AsyncExitStack


class Window(Protocol):
    """Through which those who look after the daemon see its pulse."""

    async def listen(self, address: str) -> None:
        """Be open at this "host:port" from now on, closed for ""; asked for again and again."""
        ...


class Daemon:
    """Polls what is due and delivers what may go out, until it is told to stop.

    It owns no truth: due times, queue and leases stand in the store, so it may end anywhere.
    """

    def __init__(
        self, path: Path, store: Store, shift: Shift, pulse: DaemonStats, window: Window
    ) -> None:
        self._path = path
        self._store = store
        self._shift = shift
        self._pulse = pulse
        self._presence = Heartbeat(store, pulse)
        self._window = window
        self._polls: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._breath: float | None = None
        self._begun: set[asyncio.Task[None]] = set()
        self._accounts: dict[str, asyncio.Task[None]] = {}
        self._retiring: set[asyncio.Task[None]] = set()
        # the second for what takes long: nobody should wait for it
        self._aside, self._broom = WorkerThread("daemon"), WorkerThread("housekeeping")
        self._refrain = LogThrottle(store.clock)
        self._stopping = asyncio.Event()
        self._mark = _mark(path)
        self._exit = Exit.OK

    async def run(self) -> Exit:
        """Work until a signal or a fatal error of the store; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        scheduler = self._scheduler()
        scheduler.start()
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon, scheduler)
        await self._told(partial(self._aside, self._presence.beat_if_due))
        sdnotify.notify("READY=1", f"STATUS={self._summary()}")
        log.info("started", extra={"config": str(self._path), "store": self._store.name})
        minding = asyncio.create_task(self._mind_the_clock(scheduler))
        await self._stopping.wait()
        minding.cancel()
        sdnotify.notify("STOPPING=1")
        log.info("stopping")
        # it would cancel what is running: nothing new may start, the rest is drained below
        scheduler.pause()
        await self._window.listen("")
        await self._drain()
        await self._told(partial(self._aside, self._presence.end))
        for aside in (self._aside, self._broom):
            await self._told(aside.end)
        scheduler.shutdown(wait=False)
        log.info("stopped")
        return self._exit

    @property
    def is_drained(self) -> bool:
        """Whether nothing is on the wire any more."""
        return not self._accounts

    def _scheduler(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        beats: list[tuple[Callable[[], Awaitable[None]], timedelta]] = [
            (self._poll_due, TICK),
            (self._deliver_due, TICK),
            (self._watch, WATCH),
            (self._tell, TELLING),
            (self._keep_house, HOUSEKEEPING),
        ]
        for beat, every in beats:
            _every(scheduler, self._guarded(beat), every, beat.__name__)
        watchdog = sdnotify.watchdog_interval()
        if watchdog is not None:
            _every(scheduler, self._still_alive, watchdog, "watchdog")
        return scheduler

    def _guarded(
        self, beat: Callable[[], Awaitable[None]]
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        """The beat, its store's errors told: the fatal ones end the daemon, others pass."""

        async def guarded() -> None:
            if not self._stopping.is_set():
                await self._told(beat)

        return guarded

    async def _told(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            # begun here: what is cancelled before its turn must not have begun elsewhere
            await work()
        except StoreError as error:
            self._complain(error.message, error.slug)
            if error.slug in FATAL:
                self._exit = Exit.STORE
                self._stopping.set()
        except ThreadDied as error:
            # whoever starts us again gives us the memory; what was sent is read back then
            self._complain(str(error), "system")
            self._exit = Exit.FAILED
            self._stopping.set()
        except Exception as error:
            # a bug must not silence every source: its lease runs out, and it is tried again
            log.log(self._level(repr(error)), "unexpected error", exc_info=error)

    def _complain(self, message: str, slug: str) -> None:
        """No bug of ours: a line is enough, and a traceback would only hide it."""
        log.log(self._level(message), message, extra={"slug": slug})

    def _level(self, trouble: str) -> int:
        """How loud to say it: the beats meet what lasts every second."""
        return logging.ERROR if self._refrain.should_log(trouble) else logging.DEBUG

    async def _mind_the_clock(self, scheduler: AsyncIOScheduler) -> None:
        """Go on at once when a clock is set back, instead of waiting for it to catch up.

        The beats go by ours; what is due goes by the store's, which on a server is another.
        """
        ours, theirs = SystemClock(), self._store.clock
        before = ours.now(), theirs.now()
        while True:
            # measured by a clock that nobody sets
            await asyncio.sleep(TICK.total_seconds())
            now = ours.now(), theirs.now()
            if now[1] < before[1]:
                log.warning("the clock was set back", extra={"by": str(before[1] - now[1])})
                await self._told(partial(self._reel_in, now[1]))
            if now[0] < before[0]:
                for beat in scheduler.get_jobs():
                    beat.modify(next_run_time=now[0])
            before = now

    async def _reel_in(self, now: datetime) -> None:
        await self._aside(app.repair_future_timestamps, self._shift.config, self._store, now)

    # the beats

    async def _poll_due(self) -> None:
        """Poll what there is room for now; what is left another daemon may take."""
        async with self._claiming:
            shift, begun = self._shift, uptime()
            room = shift.config.http.concurrency - len(self._polls)
            records, is_all = await shift.pipeline.claim_due(room) if room > 0 else ([], False)
            self._breath = None if is_all else max(BREATH, 10 * (uptime() - begun))
            for record in [] if self._stopping.is_set() else records:
                task = asyncio.create_task(self._told(partial(self._poll, shift.pipeline, record)))
                self._polls.add(task)
                task.add_done_callback(self._is_polled)
            self._pulse.beat("poll")

    def _is_polled(self, task: asyncio.Task[None]) -> None:
        """Make use of the room: a second is long where much is due."""
        self._polls.discard(task)
        if self._breath is not None:
            loop, again = asyncio.get_running_loop(), self._guarded(self._poll_due)
            loop.call_later(self._breath, lambda: self._begin(again()))
            self._breath = None

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._begun.discard)

    async def _poll(self, pipeline: Pipeline, record: SourceRecord) -> None:
        poll = await pipeline.poll(record)
        self._pulse.polled(poll)
        if poll.queued and not self._stopping.is_set():
            # not with the next beat: it has waited for its poll
            await self._deliver_due()

    async def _deliver_due(self) -> None:
        shift = self._shift
        for name in await shift.pipeline.busy():
            self._put_on_wire(name, partial(self._deliver, shift.pipeline, name))
        self._pulse.beat("deliver")

    async def _tell(self) -> None:
        self._put_on_wire(NOTICES, self._shift.pipeline.tell)

    def _put_on_wire(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Begin this for an account that is free; it is waited for at the end, or left there."""
        if name not in self._accounts:
            task = asyncio.create_task(self._told(work))
            self._accounts[name] = task
            task.add_done_callback(partial(self._is_free, name))

    def _is_free(self, name: str, _: asyncio.Task[None]) -> None:
        self._accounts.pop(name, None)

    async def _deliver(self, pipeline: Pipeline, name: str) -> None:
        changed = await pipeline.deliver(name)
        self._pulse.delivered(name, changed, pipeline.sender(name).slugs)

    async def _watch(self) -> None:
        """Notice a store another program has changed, and a config that was edited."""
        await self._aside(self._look_at_store)
        over = self._refrain.ended()
        if over:
            log.info("works again", extra={"after": "; ".join(over)})
        await self._shift.pipeline.renew()
        mark = _mark(self._path)
        if mark != self._mark and not self._stopping.is_set():
            await self._reload()
        await self._window.listen(self._shift.config.admin.listen)

    def _look_at_store(self) -> None:
        self._store.check_revision()
        self._store.read_clock()
        self._presence.beat_if_due()
        if self._refrain.is_open:
            self._store.check_writable(self._store.clock.now())

    async def _keep_house(self) -> None:
        await self._broom(self._store.daemons.sweep, self._store.clock.now())
        keep = self._shift.config.store.keep
        prune = partial(self._store.history.prune, is_over=self._stopping.is_set)
        gone = await self._broom(prune, keep, self._store.clock.now())
        numbers = {"keys": gone.keys, "entries": gone.entries, "deliveries": gone.deliveries}
        log.info("pruned", extra=numbers)

    async def _still_alive(self) -> None:
        sdnotify.notify("WATCHDOG=1")

    # the config

    def _reload_soon(self, scheduler: AsyncIOScheduler) -> None:
        scheduler.add_job(self._guarded(self._reload), id="reload", replace_existing=True)

    async def _reload(self) -> None:
        """Read the config anew; a broken one, or one with another store, leaves the old at work."""
        sdnotify.reloading()
        self._mark = _mark(self._path)
        try:
            config = await self._aside(app.load_config, self._path)
        except ConfigError as error:
            self._pulse.is_config_ok = False
            log.error(  # noqa: TRY400 - the faults say it all
                "config is broken, the old one stays", extra={"faults": error.message}
            )
        else:
            await self._adopt(config)
        sdnotify.notify("READY=1", f"STATUS={self._summary()}")

    async def _adopt(self, config: Config) -> None:
        old = self._shift
        self._pulse.is_config_ok = config.store.url == old.config.store.url
        if not self._pulse.is_config_ok:
            log.error("[store] url has changed: restart for it, the old config stays")
            return
        self._shift = await begin(config, self._store)
        self._pulse.config = config
        task = asyncio.create_task(self._retire(old))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        log.info("config reloaded", extra={"sources": len(config.sources)})

    async def _retire(self, old: Shift) -> None:
        """Let the old config finish what it has begun, then close its edges."""
        old.pipeline.stop()
        running = [*self._polls, *self._accounts.values()]
        if running:
            await asyncio.wait(running)
        await self._told(old.pipeline.let_go)
        await old.resources.aclose()

    async def _drain(self) -> None:
        """Finish what is on the wire, within the contract's time; polls are simply given up."""
        shift = self._shift
        shift.pipeline.stop()
        for task in self._polls:
            task.cancel()
        running = [*self._polls, *self._accounts.values()]
        if running:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(LETTING_GO_SECONDS):
                await self._told(shift.pipeline.let_go)
        if self.is_drained:
            await shift.resources.aclose()
        else:
            log.warning(
                "left on the wire; the next start reads it back",
                extra={"accounts": sorted(self._accounts)},
            )

    def _summary(self) -> str:
        config = self._shift.config
        return f"{len(config.sources)} sources, {len(config.accounts)} accounts"


async def begin(config: Config, store: Store) -> Shift:
    """This config, ready to work."""
    resources = AsyncExitStack()
    pipeline = await resources.enter_async_context(app.pipeline(config, store))
    await pipeline.enrol()
    return Shift(config, pipeline, resources)


def run(
    path: Path, config: Config, store: Store, make_window: Callable[[Store, DaemonStats], Window]
) -> int:
    """Run the daemon on the config at `path`, and close the store; the exit code."""

    async def work() -> tuple[Exit, bool]:
        pulse = DaemonStats(config)
        window = make_window(store, pulse)
        daemon = Daemon(path, store, await begin(config, store), pulse, window)
        return await daemon.run(), daemon.is_drained

    code, drained = asyncio.run(work())
    if not drained:
        # a thread still waits for a server; what it was told stands in the store as `sending`
        logging.shutdown()
        os._exit(code)
    store.close()
    return code


def _every(
    scheduler: AsyncIOScheduler, beat: Callable[[], Awaitable[None]], every: timedelta, name: str
) -> None:
    arguments: dict[str, Any] = {"id": name, "next_run_time": datetime.now(UTC)}
    scheduler.add_job(beat, "interval", seconds=every.total_seconds(), **arguments)


def _mark(path: Path) -> tuple[int, int, int]:
    """What tells one version of a file from another; all zero while it is missing."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
