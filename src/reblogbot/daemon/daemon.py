"""The daemon: a scheduler that runs the engine, signals, reloads, and messages to systemd."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from reblogbot import app
from reblogbot.app import Runtime
from reblogbot.config.settings import AdminSettings, Config
from reblogbot.config.tokens import token_files
from reblogbot.daemon import sdnotify
from reblogbot.daemon.file_watch import FileWatch
from reblogbot.daemon.heartbeat import Heartbeat
from reblogbot.daemon.log_throttle import LogThrottle
from reblogbot.daemon.lull import LONGEST, Lull
from reblogbot.daemon.stats import DaemonStats
from reblogbot.engine.next_work import NextWork
from reblogbot.errors import ConfigError, Exit, StoreError
from reblogbot.runtime.clock import SystemClock, uptime
from reblogbot.runtime.worker_thread import ThreadDied, WorkerThread
from reblogbot.store import Store
from reblogbot.store.records import SourceRecord

log = logging.getLogger(__name__)

TICK = timedelta(seconds=1)
"""How often the daemon looks for changes, and the least time between one work and the next."""
MIN_CLAIM_INTERVAL = 0.1
"""Seconds between two claims of sources; more where claiming itself takes long."""
FILES_TICKS = 5
"""Ticks between two looks at the config file and the token files."""
CHECK_INTERVAL = timedelta(seconds=5)
"""How often leases are renewed while sources are polled, and the store is tried after an error."""
NOTIFY_INTERVAL = timedelta(seconds=15)
HOUSEKEEPING_INTERVAL = timedelta(days=1)
NOTICES = "[notify]"
"""Stands among the names of the accounts: a notice may be on the wire as well."""
DRAIN_SECONDS = 8.0
"""The contract's ten seconds to end in, less what closing takes."""
RELEASE_SECONDS = 1.0
END_SECONDS = 9.5
"""Seconds after a signal when the process ends, whatever keeps its threads waiting."""
FATAL = frozenset({"store_newer", "store_older", "store_corrupt"})


class AdminListener(Protocol):
    """The HTTP server on which an admin sees the daemon's stats."""

    async def listen(self, settings: AdminSettings) -> None:
        """Listen at this address alone, at none for "". Called every FILES_TICKS."""
        ...

    async def close(self) -> None:
        """Listen no more, and begin no more requests."""
        ...

    @property
    def is_idle(self) -> bool:
        """Whether no thread works on a request."""
        ...


class Daemon:
    """Polls what is due and delivers what may go out, until it is told to stop.

    Due times, queue and leases are in the store, so the process may end at any instruction. While
    nothing is due it asks the store for nothing (docs/adr/0035).
    """

    def __init__(
        self,
        path: Path,
        store: Store,
        runtime: Runtime,
        stats: DaemonStats,
        listener: AdminListener,
    ) -> None:
        self._path = path
        self._store = store
        self._runtime = runtime
        self._stats = stats
        self._heartbeat = Heartbeat(store, stats)
        self._listener = listener
        self._watchdog = sdnotify.Watchdog()
        self._changes = store.watch()
        self._notified_at = uptime() - NOTIFY_INTERVAL.total_seconds()
        self._is_done = False
        """Whether the last work met no error."""
        self._planned: NextWork | None = None
        """What the lull waits for; None after a work that left something due."""
        self._polls: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._claim_interval: float | None = None
        """Seconds until the next claim where sources were left; None where there were none."""
        self._early_jobs: set[asyncio.Task[None]] = set()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._step_task: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        # housekeeping takes long, and nothing else should wait for it
        self._store_checks = WorkerThread("daemon")
        self._housekeeping = WorkerThread("housekeeping")
        self._throttle = LogThrottle(store.clock)
        self._stopping = asyncio.Event()
        self._files = FileWatch(self._watched_files())
        self._exit = Exit.OK
        self._is_closed = False
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._lull = Lull(self._add_job(self._work, LONGEST), TICK)

    async def run(self) -> Exit:
        """Work until a signal or a fatal error of the store; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        self._add_job(self._prune, HOUSEKEEPING_INTERVAL)
        self._scheduler.start()
        loop.add_signal_handler(signal.SIGHUP, self._schedule_reload)
        await self._run_logged(partial(self._store_checks, self._heartbeat.beat))
        sdnotify.notify("READY=1", f"STATUS={self._summary()}")
        log.info("started", extra={"config": str(self._path), "store": self._store.name})
        watching = asyncio.create_task(self._watch())
        await self._stopping.wait()
        end_at = loop.time() + END_SECONDS
        watching.cancel()
        sdnotify.notify("STOPPING=1")
        log.info("stopping")
        # shutdown would cancel running jobs: pause, so that nothing starts, and drain instead
        self._scheduler.pause()
        self._lull.close()
        await asyncio.gather(self._listener.close(), self._drain())
        # another process may have locked the store for long
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end_at):
                await self._close()
        self._changes.close()
        self._scheduler.shutdown(wait=False)
        log.info("stopped")
        return self._exit

    @property
    def is_idle(self) -> bool:
        """Whether no thread works any more."""
        return self._is_closed and self._is_drained and self._listener.is_idle

    @property
    def _is_drained(self) -> bool:
        """Whether nothing is on the wire any more."""
        return not self._sending

    def _add_job(self, job: Callable[[], Awaitable[None]], interval: timedelta) -> Any:
        return self._scheduler.add_job(
            self._guarded(job),
            "interval",
            id=job.__name__,
            seconds=interval.total_seconds(),
            next_run_time=datetime.now(UTC),
        )

    def _guarded(
        self, job: Callable[[], Awaitable[None]]
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        """Return the job as one that logs its errors and does nothing while stopping.

        The scheduler cancels at its shutdown what still runs, and would log that as an error.
        """

        async def guarded() -> None:
            if self._stopping.is_set():
                return
            try:
                await self._run_logged(job)
            except asyncio.CancelledError:
                if not self._stopping.is_set():
                    raise

        return guarded

    async def _run_logged(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run the work and log its errors; those that no retry can mend stop the daemon."""
        try:
            # called here: what is cancelled before its turn must not have begun
            await work()
        except StoreError as error:
            self._log_error(error.message, error.slug)
            if error.slug in FATAL:
                self._exit = Exit.STORE
                self._stopping.set()
        except ThreadDied as error:
            # the service manager starts us again with fresh memory; what was sent is read back
            self._log_error(str(error), "system")
            self._exit = Exit.FAILED
            self._stopping.set()
        except Exception as error:
            # a bug must not silence every source: its lease runs out, and it is tried again
            log.log(self._level(repr(error)), "unexpected error", exc_info=error)

    def _log_error(self, message: str, slug: str) -> None:
        # without a traceback: this is no bug of ours, and one line is read more easily
        log.log(self._level(message), message, extra={"slug": slug})

    def _level(self, trouble: str) -> int:
        """Return the level at which to log it: the jobs meet the same trouble every second."""
        return logging.ERROR if self._throttle.should_log(trouble) else logging.DEBUG

    # the ticks

    async def _watch(self) -> None:
        """Look, at every tick, whether the next work must begin before its time."""
        machine_before, store_before = SystemClock().now(), self._store.clock.now()
        for number in count():
            if number % FILES_TICKS == 0:
                await self._run_logged(self._check_files)
            # the event loop sleeps by a clock that cannot be set
            await asyncio.sleep(TICK.total_seconds())
            machine_now, store_now = SystemClock().now(), self._store.clock.now()
            await self._check_clocks(machine_now - machine_before, store_now - store_before)
            machine_before, store_before = machine_now, store_now
            if self._changes.has_any():
                self._lull.end()
            if self._lull.lasts:
                if self._is_done:
                    self._stats.ticked()
                # also after an error: a full disk is no reason to restart the daemon
                self._watchdog.feed()
            if self._heartbeat.is_due:
                await self._run_logged(partial(self._store_checks, self._heartbeat.beat))

    async def _check_clocks(self, machine_span: timedelta, store_span: timedelta) -> None:
        """Go on at once when a clock was set since the last tick, or the machine was suspended.

        The scheduler goes by this machine's clock. Due times go by the store's, which is another
        where the store is on a server.
        """
        if store_span < timedelta(0):
            log.warning("the clock was set back", extra={"by": str(-store_span)})
            await self._run_logged(self._repair_future_timestamps)
            self._lull.end()
        if machine_span < timedelta(0):
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
        elif machine_span > 3 * TICK:
            # its timer does not know how much time has passed
            self._scheduler.wakeup()

    async def _repair_future_timestamps(self) -> None:
        config, now = self._runtime.config, self._store.clock.now()
        await self._store_checks(app.repair_future_timestamps, config, self._store, now)

    async def _check_files(self) -> None:
        """Notice a config that was edited, and a token that ends a pause."""
        changed = self._files.changed()
        if self._path in changed or not self._key_files.isdisjoint(changed):
            # with another key, steps that have failed for good are tried again
            self._schedule_reload()
        elif changed:
            self._lull.end()
        await self._listener.listen(self._runtime.config.admin)

    def _watched_files(self) -> list[Path]:
        accounts = self._runtime.config.accounts.values()
        tokens = (file for account in accounts for file in token_files(account, os.environ))
        return [self._path, *tokens, *self._key_files]

    @property
    def _key_files(self) -> set[Path]:
        steps = self._runtime.config.steps.values()
        return {step.key_file for step in steps if step.key_file is not None}

    # the jobs

    async def _work(self) -> None:
        """Do all that is due, and plan the next work."""
        is_as_planned = self._lull.stop() and not self._changes.has_any()
        planned, self._planned = self._planned, None
        self._is_done, span = False, timedelta(0)
        try:
            if planned is None or not (is_as_planned and self._is_due(planned)):
                planned = await self._read_next_work()
            span = await self._do_due(planned)
            self._is_done = True
            if span > timedelta(0):
                self._planned = planned
        finally:
            self._lull.begin(span)

    async def _read_next_work(self) -> NextWork:
        """Return what the store says, after a look at the store itself."""
        await self._store_checks(self._check_store)
        ended = self._throttle.ended()
        if ended:
            log.info("works again", extra={"after": "; ".join(ended)})
        engine = self._runtime.engine
        await engine.renew()
        # what is changed from here on ends the lull
        self._changes.has_any()
        return await engine.next_work()

    def _is_due(self, next_work: NextWork) -> bool:
        instants = (next_work.poll_at, next_work.steps_at, *next_work.send_at.values())
        now = self._store.clock.now()
        return any(at is not None and at <= now for at in instants)

    async def _do_due(self, next_work: NextWork) -> timedelta:
        """Begin what is due, and return the time until something more is."""
        runtime, now = self._runtime, self._store.clock.now()
        spans = [at - now for name, at in next_work.send_at.items() if name not in self._sending]
        self._send_due(runtime, next_work, now)
        if next_work.steps_at is not None and self._step_task is None:
            spans.append(next_work.steps_at - now)
            if next_work.steps_at <= now:
                self._run_steps(runtime)
        if runtime.has_channel:
            spans.append(self._notify())
        if next_work.poll_at is not None:
            spans.append(next_work.poll_at - now)
            if next_work.poll_at <= now:
                await self._poll_due()
        if self._polls or self._throttle.is_open:
            spans.append(CHECK_INTERVAL)
        return min(spans, default=LONGEST)

    def _check_store(self) -> None:
        """Notice a store that another program changed, and one that cannot be written."""
        self._store.check_revision()
        self._store.refresh_clock()
        if self._throttle.is_open:
            self._store.check_writable(self._store.clock.now())
        self._changes.connect()

    async def _poll_due(self) -> None:
        """Begin to poll as many due sources as `concurrency` allows, and leave the rest due."""
        async with self._claiming:
            runtime, started_at = self._runtime, uptime()
            limit = runtime.config.http.concurrency - len(self._polls)
            records, is_all = await runtime.engine.claim_due(limit) if limit > 0 else ([], False)
            took = uptime() - started_at
            self._claim_interval = None if is_all else max(MIN_CLAIM_INTERVAL, 10 * took)
            for record in [] if self._stopping.is_set() else records:
                task = asyncio.create_task(self._run_logged(partial(self._poll, runtime, record)))
                self._polls.add(task)
                task.add_done_callback(self._on_polled)

    def _on_polled(self, task: asyncio.Task[None]) -> None:
        """Claim more before the next work where sources were left: a tick is long for many."""
        self._polls.discard(task)
        self._lull.end()
        if self._claim_interval is not None:
            loop, claim_again = asyncio.get_running_loop(), self._guarded(self._poll_due)
            loop.call_later(self._claim_interval, lambda: self._run_early(claim_again()))
            self._claim_interval = None

    def _run_early(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._early_jobs.add(task)
        task.add_done_callback(self._early_jobs.discard)

    async def _poll(self, runtime: Runtime, record: SourceRecord) -> None:
        poll = await runtime.engine.poll(record)
        self._stats.polled(poll)
        if poll.queued and not self._stopping.is_set():
            # now rather than with the next tick: it has waited for its poll already
            await self._deliver_due()

    async def _deliver_due(self) -> None:
        runtime = self._runtime
        next_work = await runtime.engine.next_work()
        self._send_due(runtime, next_work, self._store.clock.now())

    def _send_due(self, runtime: Runtime, next_work: NextWork, now: datetime) -> None:
        for name, at in next_work.send_at.items():
            if at <= now:
                self._send(name, partial(self._deliver, runtime, name))

    def _run_steps(self, runtime: Runtime) -> None:
        """Begin the steps that are due, beside everything else. One go of them at a time."""

        async def run() -> None:
            try:
                report = await runtime.engine.run_steps()
            finally:
                self._step_task = None
                self._lull.end()
            if report.changed and not self._stopping.is_set():
                await self._deliver_due()

        self._step_task = asyncio.create_task(self._run_logged(run))

    def _notify(self) -> timedelta:
        """Notify the admin, unless that was done just now; return the time until the next time."""
        wait = timedelta(seconds=self._notified_at - uptime()) + NOTIFY_INTERVAL
        if wait > timedelta(0):
            return wait
        self._notified_at = uptime()
        self._send(NOTICES, self._runtime.notify)
        return LONGEST

    def _send(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Begin this for an account that is idle. The drain waits for it, up to DRAIN_SECONDS."""
        if name not in self._sending:
            task = asyncio.create_task(self._run_logged(work))
            self._sending[name] = task
            task.add_done_callback(lambda _: self._sending.pop(name, None))

    async def _deliver(self, runtime: Runtime, name: str) -> None:
        try:
            report = await runtime.engine.deliver(name)
        finally:
            self._lull.end()
        self._stats.delivered(name, report.changed.values(), report.slugs)

    async def _prune(self) -> None:
        await self._housekeeping(self._store.daemons.delete_ended, self._store.clock.now())
        keep = self._runtime.config.store.keep
        prune = partial(self._store.history.prune, should_stop=self._stopping.is_set)
        pruned = await self._housekeeping(prune, keep, self._store.clock.now())
        numbers = {"keys": pruned.keys, "entries": pruned.entries}
        log.info("pruned", extra={**numbers, "deliveries": pruned.deliveries})

    # the config

    def _schedule_reload(self) -> None:
        self._scheduler.add_job(self._guarded(self._reload), id="reload", replace_existing=True)

    async def _reload(self) -> None:
        """Read the config again. A broken one, or one with another store, leaves the old in use."""
        sdnotify.reloading()
        if self._files.changed():
            self._lull.end()
        try:
            config = await self._store_checks(app.load_config, self._path)
        except ConfigError as error:
            self._stats.is_config_ok = False
            log.error(  # noqa: TRY400 - the faults say it all
                "config is broken, the old one stays", extra={"faults": error.message}
            )
        else:
            await self._adopt(config)
        sdnotify.notify("READY=1", f"STATUS={self._summary()}")

    async def _adopt(self, config: Config) -> None:
        """Work by this config from now on."""
        old = self._runtime
        self._stats.is_config_ok = config.store.url == old.config.store.url
        if not self._stats.is_config_ok:
            log.error("[store] url has changed: restart for it, the old config stays")
            return
        self._runtime = await start(config, self._store)
        self._stats.config = config
        self._files.watch(self._watched_files())
        self._lull.end()
        task = asyncio.create_task(self._retire(old))
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)
        log.info("config reloaded", extra={"sources": len(config.sources)})

    async def _retire(self, old: Runtime) -> None:
        """Let the old config finish what it has begun, then close its runtime."""
        old.stop()
        if running := self._running:
            await asyncio.wait(running)
        await self._run_logged(old.engine.release)
        await old.close()

    async def _drain(self) -> None:
        """Finish what is on the wire, within DRAIN_SECONDS; cancel polls."""
        runtime = self._runtime
        runtime.stop()
        for task in self._polls:
            task.cancel()
        if running := self._running:
            await asyncio.wait(running, timeout=DRAIN_SECONDS)
        if self._step_task is not None:
            # a call takes minutes; it is made again by whatever process comes next
            self._step_task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(RELEASE_SECONDS):
                await self._run_logged(runtime.engine.release)
        if not self._is_drained:
            log.warning(
                "left on the wire; the next start reads it back",
                extra={"accounts": sorted(self._sending)},
            )

    @property
    def _running(self) -> list[asyncio.Task[None]]:
        """The polls, deliveries and steps at work."""
        steps = [] if self._step_task is None else [self._step_task]
        return [*self._polls, *self._sending.values(), *steps]

    async def _close(self) -> None:
        """Close what waits for the store."""
        if self._is_drained:
            await self._runtime.close()
        await self._run_logged(partial(self._store_checks, self._heartbeat.end))
        for thread in (self._store_checks, self._housekeeping):
            await self._run_logged(thread.end)
        self._is_closed = True

    def _summary(self) -> str:
        config = self._runtime.config
        return f"{len(config.sources)} sources, {len(config.accounts)} accounts"


async def start(config: Config, store: Store) -> Runtime:
    """Return a runtime for this config, whose sources and accounts the store knows."""
    runtime = await app.start(config, store)
    await runtime.engine.enrol()
    return runtime


def run(
    path: Path,
    config: Config,
    store: Store,
    make_listener: Callable[[Store, DaemonStats], AdminListener],
) -> int:
    """Run the daemon on the config at `path`, close the store, and return the exit code."""

    async def work() -> Exit:
        stats = DaemonStats(config)
        listener = make_listener(store, stats)
        daemon = Daemon(path, store, await start(config, store), stats, listener)
        code = await daemon.run()
        if not daemon.is_idle:
            # A thread still waits for a server or for the store: an end of the event loop would
            # wait for it as well. What was on the wire is `sending` in the store.
            logging.shutdown()
            os._exit(code)
        return code

    code = asyncio.run(work())
    store.close()
    return code
