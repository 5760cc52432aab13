"""Objects whose blocking methods are awaited: the methods run in a worker thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from reblogbot.runtime.worker_thread import WorkerThread

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")


class RetryingThread:
    """A worker thread that makes a call again, up to `attempts` times, where it raises `retry_on`.

    Nothing else runs between the attempts.
    """

    def __init__(self, name: str, retry_on: type[Exception], attempts: int) -> None:
        self._name = name
        self._thread = WorkerThread(name)
        self._retry_on = retry_on
        self._attempts = attempts

    async def __call__(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the method and return its result. It runs even if the caller is cancelled."""
        return await self._thread(self._run, partial(method, *args, **kwargs))

    async def close(self) -> None:
        """Finish all calls, then take no more."""
        await self._thread.end()

    def _run(self, call: Callable[[], T]) -> T:
        for _ in range(self._attempts - 1):
            try:
                return call()
            except self._retry_on as error:
                slug, message = getattr(error, "slug", ""), str(error)
                extra = {"slug": slug, "error": message}
                log.warning("%s asked again", self._name, extra=extra)
        return call()


class Awaited(Generic[S]):
    """An object whose methods are awaited; a subclass names them with `awaited`."""

    def __init__(self, inner: S, run: RetryingThread) -> None:
        self.inner = inner
        self.run = run


def awaited(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[Awaited[S], P], Coroutine[Any, Any, T]]:
    """Return the method of the inner object as one that runs in its thread."""
    name = method.__name__

    async def call(self: Awaited[S], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # by its name: a test may stand between the caller and the inner object
        bound: Callable[P, T] = getattr(self.inner, name)
        return await self.run(bound, *args, **kwargs)

    return call
