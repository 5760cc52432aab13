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


class Killed(BaseException):
    """A process was killed: nothing of ours may catch this."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing is ready to run.

    It serves one thread. A `Process` remembers its tasks.
    """

    def __init__(self) -> None:
        self.elapsed = 1000.0
        super().__init__(_TimelessSelector(self))
        self._clock_resolution = 1e-6
        self.set_task_factory(_task)

    def time(self) -> float:
        return self.elapsed

    def _write_to_self(self) -> None:
        """Do nothing: every callback comes from the loop's own thread."""

    def run_in_executor(self, executor: Any, function: Any, *args: Any) -> asyncio.Future[Any]:
        """The result of a pure function, which takes no time."""
        future = self.create_future()
        result, error = _answered(lambda: function(*args))
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
        return future

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of `work`."""
        return self.run_until_complete(work)


class _TimelessSelector(selectors.DefaultSelector):
    """Lets the loop's time pass in place of waiting."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("the simulation stands still: everything waits for something else")
        self._loop.elapsed += max(0.0, timeout)
        return []


def _task(loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(coroutine, loop=loop, **options)
    process = _PROCESS.get(None)
    if process is not None:
        process.tasks.add(task)
    return task


def set_machine_clock(monkeypatch: pytest.MonkeyPatch, loop: VirtualLoop) -> None:
    """Let the machine's uptime be the loop's time."""
    machine = SimpleNamespace(clock_gettime=lambda _: loop.time())
    monkeypatch.setattr(clock, "time", machine)


class Process:
    """One process of the program: its tasks, its threads, and the instant at which it is struck.

    `strike` is called once `left` further calls were begun or took effect.
    """

    def __init__(self, loop: VirtualLoop, dice: Callable[[], Random]) -> None:
        self.loop = loop
        self.dice = dice
        self.tasks: set[asyncio.Task[Any]] = set()
        self.lives = True
        self.killed = loop.create_future()
        self.breaks: Exception | None = None
        """What the next call to the store raises, in place of what it does."""
        self._left = 0
        self._counts_requests_alone = False
        self._strike: Callable[[], None] = lambda: None
        self._wakes = 0.0

    def expect(self, left: int, strike: Callable[[], None], *, requests: bool = False) -> None:
        """Be struck after so many calls, or `requests` to a server; 0 for never."""
        self._left, self._strike, self._counts_requests_alone = left, strike, requests

    def kill(self) -> None:
        """End as by SIGKILL: nothing that is called later happens."""
        self.lives = False
        if not self.killed.done():
            self.killed.set_result(None)

    def freeze(self, seconds: float) -> None:
        """Stand still for so long, as by SIGSTOP, while time passes for everybody else."""
        self._wakes = self.loop.time() + seconds

    def begin(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this process."""
        context = contextvars.copy_context()
        context.run(_PROCESS.set, self)
        return context.run(self.loop.create_task, work)

    async def end_tasks(self) -> None:
        """End every task; what they would still call does not happen."""
        others = [task for task in self.tasks if not task.done()]
        for task in others:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()

    def attach(self, thread: WorkerThread, *, reaches_others: bool = False) -> None:
        """Let the calls of a thread take effect in virtual time.

        With `reaches_others` a request of a process that is killed may still arrive.
        """
        thread._executor.shutdown()
        thread._executor = Wire(self, reaches_others)  # type: ignore[assignment]
        thread._threads = [threading.main_thread()]

    def step(self, *, is_request: bool = False) -> None:
        """Note a call. Raises Killed in a process that is dead."""
        counts = is_request or not self._counts_requests_alone
        self._left -= counts
        if counts and self._left == 0:
            self._strike()
        if not self.lives:
            raise Killed

    def sleeps_until(self) -> float:
        """The loop's time before which nothing happens."""
        return max(self._wakes, self.loop.time())


class Wire:
    """What stands in for a thread: calls take effect one after the other, each after a while."""

    def __init__(self, process: Process, reaches_others: bool) -> None:
        self._process = process
        self._reaches_others = reaches_others
        self._free = 0.0

    def submit(self, call: Callable[[], Any]) -> Future[Any]:
        """The answer to come."""
        process, future = self._process, Future[Any]()
        process.step(is_request=self._reaches_others)
        at = max(process.sleeps_until(), self._free) + self._delay()
        self._free = at + self._delay()
        process.loop.call_at(at, self._take_effect, call, future)
        return future

    def shutdown(self, **_: Any) -> None:
        """Do nothing: no thread has to end."""

    def _delay(self) -> float:
        return self._process.dice().choice((0.001, 0.01, 0.1, 0.5))

    def _take_effect(self, call: Callable[[], Any], future: Future[Any]) -> None:
        process = self._process
        awake = process.sleeps_until()
        if awake > process.loop.time():
            process.loop.call_at(awake, self._take_effect, call, future)
            return
        if not process.lives and not (self._reaches_others and process.dice().random() < 0.5):
            return
        answer = self._broken() or _answered(call)
        with suppress(Killed):
            process.step(is_request=self._reaches_others)
            process.loop.call_at(
                process.sleeps_until() + self._delay(), self._answer, future, answer
            )

    def _broken(self) -> tuple[None, Exception] | None:
        process = self._process
        if self._reaches_others or process.breaks is None:
            return None
        error, process.breaks = process.breaks, None
        return None, error

    def _answer(self, future: Future[Any], answer: tuple[Any, Exception | None]) -> None:
        if not self._process.lives or future.done():
            return
        result, error = answer
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _answered(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001 - it is for whoever waits
        return None, error
