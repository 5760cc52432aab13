"""Virtual time: an event loop that never sleeps, and calls that take effect in a seeded order."""

from __future__ import annotations

import asyncio
import contextvars
import selectors
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from reblogbot.runtime import clock
from reblogbot.runtime.worker_thread import WorkerThread

_PROCESS: contextvars.ContextVar[Process] = contextvars.ContextVar("process")


class ProcessKilled(BaseException):
    """Simulates SIGKILL: the program must not catch it."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time advances only when nothing is ready to run, for one thread.

    It adds each task to the `Process` that created it.
    """

    def __init__(self) -> None:
        self.elapsed = 1000.0
        super().__init__(_AdvancingSelector(self))
        self._clock_resolution = 1e-6
        self.set_task_factory(_create_task)

    def time(self) -> float:
        return self.elapsed

    def _write_to_self(self) -> None:
        """Do nothing: every callback comes from the loop's own thread."""

    def run_in_executor(self, executor: Any, function: Any, *args: Any) -> asyncio.Future[Any]:
        """Return the result of a function. It takes no virtual time."""
        future = self.create_future()
        result, error = _outcome(lambda: function(*args))
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
        return future

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run `work` to its end and return its result."""
        return self.run_until_complete(work)


class _AdvancingSelector(selectors.DefaultSelector):
    """Advances the loop's time instead of waiting."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("deadlock in the simulation: no task can run and no timer is set")
        self._loop.elapsed += max(0.0, timeout)
        return []


def _create_task(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(coroutine, loop=loop, **options)
    process = _PROCESS.get(None)
    if process is not None:
        process.tasks.add(task)
    return task


def set_machine_clock(monkeypatch: pytest.MonkeyPatch, loop: VirtualLoop) -> None:
    """Make the loop's time the machine's uptime."""
    machine = SimpleNamespace(clock_gettime=lambda _: loop.time())
    monkeypatch.setattr(clock, "time", machine)


class Process:
    """A simulated process of the program, with its tasks and threads and a planned fault."""

    def __init__(self, loop: VirtualLoop, rng: Callable[[], Random]) -> None:
        self.loop = loop
        self.rng = rng
        self.tasks: set[asyncio.Task[Any]] = set()
        self.is_alive = True
        self.killed = loop.create_future()
        self.store_error: Exception | None = None
        """Raised by the next call to the store, which then has no effect."""
        self._calls_left = 0
        self._counts_only_requests = False
        self._inject_fault: Callable[[], None] = lambda: None
        self._frozen_until = 0.0

    def plan_fault(
        self, calls: int, inject: Callable[[], None], *, only_requests: bool = False
    ) -> None:
        """Call `inject` when that many calls have begun or taken effect; 0 means never.

        With `only_requests` only the calls to a server count.
        """
        self._calls_left, self._inject_fault = calls, inject
        self._counts_only_requests = only_requests

    def kill(self) -> None:
        """End as by SIGKILL: later calls have no effect."""
        self.is_alive = False
        if not self.killed.done():
            self.killed.set_result(None)

    def freeze(self, seconds: float) -> None:
        """Stop for that many seconds, as by SIGSTOP, while the others continue."""
        self._frozen_until = self.loop.time() + seconds

    def create_task(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task of this process."""
        context = contextvars.copy_context()
        context.run(_PROCESS.set, self)
        return context.run(self.loop.create_task, work)

    async def end_tasks(self) -> None:
        """Cancel all tasks. Their later calls have no effect."""
        pending = [task for task in self.tasks if not task.done()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    def attach(self, thread: WorkerThread, *, is_remote: bool = False) -> None:
        """Make the calls of a thread take effect in virtual time.

        With `is_remote` they go to a server, and may arrive after the process was killed.
        """
        thread._executor.shutdown()
        thread._executor = SimulatedThread(self, is_remote)  # type: ignore[assignment]
        thread._threads = [threading.main_thread()]

    def count_call(self, *, is_request: bool = False) -> None:
        """Note a call. Raises Killed in a process that is dead."""
        counts = is_request or not self._counts_only_requests
        self._calls_left -= counts
        if counts and self._calls_left == 0:
            self._inject_fault()
        if not self.is_alive:
            raise ProcessKilled

    def active_at(self) -> float:
        """The loop's time from which the process runs: now, or the end of a freeze."""
        return max(self._frozen_until, self.loop.time())


class SimulatedThread:
    """Replaces a thread's executor: calls take effect one after another, each after a delay."""

    def __init__(self, process: Process, is_remote: bool) -> None:
        self._process = process
        self._is_remote = is_remote
        self._free_at = 0.0

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """Return the future result of a call."""
        process, future = self._process, Future[Any]()
        process.count_call(is_request=self._is_remote)
        at = max(process.active_at(), self._free_at) + self._delay()
        self._free_at = at + self._delay()
        process.loop.call_at(at, self._take_effect, call, future)
        return future

    def shutdown(self, **_: Any) -> None:
        """Do nothing: there is no thread."""

    def _delay(self) -> float:
        return self._process.rng().choice((0.001, 0.01, 0.1, 0.5))

    def _take_effect(self, call: Callable[[], Any], future: Future[Any]) -> None:
        process = self._process
        active_at = process.active_at()
        if active_at > process.loop.time():
            process.loop.call_at(active_at, self._take_effect, call, future)
            return
        if not process.is_alive and not (self._is_remote and process.rng().random() < 0.5):
            return
        outcome = self._take_store_error() or _outcome(call)
        with suppress(ProcessKilled):
            process.count_call(is_request=self._is_remote)
            process.loop.call_at(
                process.active_at() + self._delay(), self._set_outcome, future, outcome
            )

    def _take_store_error(self) -> tuple[None, Exception] | None:
        process = self._process
        if self._is_remote or process.store_error is None:
            return None
        error, process.store_error = process.store_error, None
        return None, error

    def _set_outcome(self, future: Future[Any], outcome: tuple[Any, Exception | None]) -> None:
        if not self._process.is_alive or future.done():
            return
        result, error = outcome
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _outcome(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001 - the future passes it to the caller
        return None, error
