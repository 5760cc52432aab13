"""A worker thread for calls that would block the event loop, and the detection of its death."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

CHECK_SECONDS = 5.0
"""Seconds between two checks that the thread of an awaited call is alive."""


class ThreadDied(OSError):
    """A worker thread died during a call. What the call did is unknown; the process should end."""


class WorkerThread:
    """Runs calls one after the other, in one thread.

    When memory runs out, the interpreter may lose a thread in the middle of a call, and its
    result never comes. So the awaiting code checks that the thread is alive, and gets
    ThreadDied if it is not. A new thread would run out of memory as well. The daemon's watchdog
    could only end a daemon, and only under systemd; commands need an end too.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_dead = False
        self._threads: list[threading.Thread] = []
        self._executor = ThreadPoolExecutor(
            max_workers=1,
            thread_name_prefix=name,
            initializer=lambda: self._threads.append(threading.current_thread()),
        )

    async def __call__(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of the method, which runs to its end even if the caller is cancelled.

        Raises ThreadDied, once the thread has died for every call.
        """
        if self._is_dead:
            raise self._died()
        return await self._result(self._executor.submit(lambda: method(*args, **kwargs)))

    async def end(self) -> None:
        """Run the calls that were made, and accept no more. No other thread is needed for it."""
        if self._is_dead:
            return
        last = self._executor.submit(lambda: None)
        self._executor.shutdown(wait=False)
        await self._result(last)

    def drop(self) -> None:
        """Accept no more calls and drop those that wait. One that runs is not stopped."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _result(self, call: Future[T]) -> T:
        """The result of a call. Raises ThreadDied when the thread dies before the call ends."""
        result = asyncio.wrap_future(call)
        # if the caller is cancelled, no other code retrieves an exception of the call
        result.add_done_callback(lambda future: future.cancelled() or future.exception())
        while not result.done():
            # unlike `await` and `wait_for`, `wait` leaves the call alone when it is cancelled
            await asyncio.wait([result], timeout=CHECK_SECONDS)
            # in this order: the thread may end between the two, after the call
            if not any(thread.is_alive() for thread in self._threads) and not call.done():
                self._is_dead = True
                raise self._died()
        return result.result()

    def _died(self) -> ThreadDied:
        return ThreadDied(f"the thread {self._name} died, the machine is out of memory")
