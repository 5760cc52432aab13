"""A thread aside of the event loop, for calls that block, and what is done when it dies."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# between two looks whether the thread still lives, in seconds
LOOK = 5.0


class ThreadDied(OSError):
    """A thread has gone without an answer: the process should end, what it began is not known."""


class WorkerThread:
    """Runs calls one after the other, in one thread.

    Out of memory, an interpreter loses threads in the midst of their work, and what they were to
    answer is never answered. Who waits is told so; another thread would fare no better.
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
        """What the method returns; it is done even if nobody waits for it any more.

        Raises ThreadDied, from the first time on for every call.
        """
        if self._is_dead:
            raise self._died()
        done = self._executor.submit(lambda: method(*args, **kwargs))
        return await self._answer(asyncio.wrap_future(done))

    async def end(self) -> None:
        """Finish what was asked for; nothing more is taken. No other thread is needed for it."""
        if self._is_dead:
            return
        last = asyncio.wrap_future(self._executor.submit(lambda: None))
        self._executor.shutdown(wait=False)
        await self._answer(last)

    def drop(self) -> None:
        """Take no more calls, nor what waits; one that has begun ends by itself."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, done: asyncio.Future[T]) -> T:
        while True:
            try:
                # unshielded, whoever is cancelled would take back what has not begun yet
                return await asyncio.wait_for(asyncio.shield(done), LOOK)
            except TimeoutError:
                if done.done():
                    # the method's own, or it ended this very moment
                    return done.result()
                if not any(thread.is_alive() for thread in self._threads):
                    self._is_dead = True
                    raise self._died() from None

    def _died(self) -> ThreadDied:
        return ThreadDied(f"the thread {self._name} died, the machine is out of memory")
