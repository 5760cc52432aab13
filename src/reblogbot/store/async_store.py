"""The store for the event loop: every method is awaited and runs in one thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from reblogbot.errors import StoreInterrupted
from reblogbot.runtime.worker_thread import WorkerThread
from reblogbot.store.history import History
from reblogbot.store.outbox import Outbox
from reblogbot.store.publications import Publications
from reblogbot.store.sources import Sources
from reblogbot.store.store import Store

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")

ATTEMPTS = 3


class StoreThread:
    """Runs the store's methods one after the other, outside of the event loop.

    A method is one transaction, and what it changes is fenced by what it expects to find. So an
    interrupted one is simply run again, whether or not its commit came through.
    """

    def __init__(self) -> None:
        self._thread = WorkerThread("store")

    async def __call__(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the method and return its result. It runs even if the caller is cancelled."""
        return await self._thread(_run, partial(method, *args, **kwargs))

    async def close(self) -> None:
        """Finish all calls, then take no more."""
        await self._thread.end()


def _run(call: Callable[[], T]) -> T:
    """Return the call's result, in ATTEMPTS at most. Raises what the last one raised."""
    for _ in range(ATTEMPTS - 1):
        try:
            return call()
        except StoreInterrupted as error:
            log.warning("store asked again", extra={"slug": error.slug, "error": error.message})
    return call()


class _Part(Generic[S]):
    """A part of the store whose methods are awaited."""

    def __init__(self, part: S, thread: StoreThread) -> None:
        self.part = part
        self.run = thread


def awaited(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[_Part[S], P], Coroutine[Any, Any, T]]:
    """Return the method of a part as one that runs in the store's thread."""
    name = method.__name__

    async def call(self: _Part[S], /, *args: P.args, **kwargs: P.kwargs) -> T:
        # by its name: a test may stand between the engine and the part
        bound: Callable[P, T] = getattr(self.part, name)
        return await self.run(bound, *args, **kwargs)

    return call


class AsyncSources(_Part[Sources]):
    """`Store.sources`, awaited."""

    claim = awaited(Sources.claim)
    claim_due = awaited(Sources.claim_due)
    renew = awaited(Sources.renew)
    release = awaited(Sources.release)
    of = awaited(Sources.of)
    gone = awaited(Sources.gone)
    title = awaited(Sources.title)
    record = awaited(Sources.record)
    record_quiet = awaited(Sources.record_quiet)
    record_failure = awaited(Sources.record_failure)


class AsyncOutbox(_Part[Outbox]):
    """`Store.outbox`, awaited."""

    account = awaited(Outbox.account)
    renew_account = awaited(Outbox.renew_account)
    release_account = awaited(Outbox.release_account)
    pause = awaited(Outbox.pause)
    resume = awaited(Outbox.resume)
    stopped_at = awaited(Outbox.stopped_at)
    waiting = awaited(Outbox.waiting)
    busy_accounts = awaited(Outbox.busy_accounts)
    claim = awaited(Outbox.claim)
    settle = awaited(Outbox.settle)
    bundle = awaited(Outbox.bundle)
    entry_of = awaited(Outbox.entry_of)
    receipts = awaited(Outbox.receipts)
    find = awaited(Outbox.find)


class AsyncPublications(_Part[Publications]):
    """`Store.publications`, awaited."""

    sent = awaited(Publications.sent)


class AsyncHistory(_Part[History]):
    """`Store.history`, awaited."""

    tell_once = awaited(History.tell_once)


class AsyncStore(_Part[Store]):
    """A store whose methods are awaited; they run one after the other in one thread."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, StoreThread())
        self.sources = AsyncSources(store.sources, self.run)
        self.outbox = AsyncOutbox(store.outbox, self.run)
        self.publications = AsyncPublications(store.publications, self.run)
        self.history = AsyncHistory(store.history, self.run)

    enrol = awaited(Store.enrol)
    begin_sending = awaited(Store.begin_sending)
    posted_and_waiting = awaited(Store.posted_and_waiting)

    async def query(
        self, function: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `function(store, …)`, whose reads all see the store at one instant."""
        return await self.run(_query, self.part, partial(function, self.part, *args, **kwargs))

    async def close(self) -> None:
        """Finish all calls, then take no more. The caller closes the store."""
        await self.run.close()


def _query(store: Store, call: Callable[[], T]) -> T:
    with store.snapshot():
        return call()
