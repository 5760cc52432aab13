"""The one thread that touches the store, for those who must not wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from reblogbot.errors import StoreInterrupted
from reblogbot.runtime.worker_thread import WorkerThread

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 3


class StoreThread:
    """Runs the store's methods one after the other, aside of the event loop.

    A method is one transaction, and what it changes is fenced by what it expects to find: so
    one that was interrupted is simply run again, whether or not its commit came through.
    """

    def __init__(self) -> None:
        self._thread = WorkerThread("store")

    async def __call__(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the method returns; it is done even if nobody waits for it any more."""
        return await self._thread(lambda: _done(method, *args, **kwargs))

    async def close(self) -> None:
        """Finish what was asked for; nothing more is taken."""
        await self._thread.end()


def _done(method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the method returns, at the latest of ATTEMPTS. Raises what the last one raised."""
    for _ in range(ATTEMPTS - 1):
        try:
            return method(*args, **kwargs)
        except StoreInterrupted as error:
            log.warning("store asked again", extra={"slug": error.slug, "error": error.message})
    return method(*args, **kwargs)
