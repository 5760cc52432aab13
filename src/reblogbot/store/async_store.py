"""The store for the event loop: every method is awaited and runs in one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from reblogbot.errors import StoreInterrupted
from reblogbot.runtime.awaited import Awaited, RetryingThread, awaited
from reblogbot.store.history import History
from reblogbot.store.outbox import Outbox
from reblogbot.store.posted import Posted
from reblogbot.store.publications import Publications
from reblogbot.store.retractions import Retractions
from reblogbot.store.sources import Sources
from reblogbot.store.steps import Steps
from reblogbot.store.store import Store

P = ParamSpec("P")
T = TypeVar("T")

ATTEMPTS = 3


class StoreThread(RetryingThread):
    """Runs the store's methods one after the other, outside of the event loop.

    A method is one transaction, and what it changes is fenced by what it expects to find. So an
    interrupted one is simply run again, whether or not its commit came through.
    """

    def __init__(self) -> None:
        super().__init__("store", StoreInterrupted, ATTEMPTS)


class AsyncSources(Awaited[Sources]):
    """`Store.sources`, awaited."""

    claim = awaited(Sources.claim)
    claim_due = awaited(Sources.claim_due)
    renew = awaited(Sources.renew)
    release = awaited(Sources.release)
    of = awaited(Sources.of)
    gone = awaited(Sources.gone)
    title = awaited(Sources.title)
    record = awaited(Sources.record)
    remember = awaited(Sources.remember)
    record_unchanged = awaited(Sources.record_unchanged)
    record_failure = awaited(Sources.record_failure)


class AsyncOutbox(Awaited[Outbox]):
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
    drop_page_text = awaited(Outbox.drop_page_text)
    entry_of = awaited(Outbox.entry_of)
    receipts = awaited(Outbox.receipts)
    find = awaited(Outbox.find)


class AsyncPublications(Awaited[Publications]):
    """`Store.publications`, awaited."""

    sent = awaited(Publications.sent)


class AsyncHistory(Awaited[History]):
    """`Store.history`, awaited."""

    record_notice = awaited(History.record_notice)


class AsyncRetractions(Awaited[Retractions]):
    """`Store.retractions`, awaited."""

    begin = awaited(Retractions.begin)
    pending = awaited(Retractions.pending)
    is_retracted = awaited(Retractions.is_retracted)


class AsyncPosted(Awaited[Posted]):
    """`Store.posted`, awaited."""

    of = awaited(Posted.of)


class AsyncSteps(Awaited[Steps]):
    """`Store.steps`, awaited."""

    is_any_waiting = awaited(Steps.is_any_waiting)
    waiting = awaited(Steps.waiting)
    find = awaited(Steps.find)
    of_entry = awaited(Steps.of_entry)
    begin = awaited(Steps.begin)
    finish = awaited(Steps.finish)
    fail = awaited(Steps.fail)
    refuse = awaited(Steps.refuse)
    assign = awaited(Steps.assign)
    forget = awaited(Steps.forget)
    restore = awaited(Steps.restore)
    make_due = awaited(Steps.make_due)
    bring_forward = awaited(Steps.bring_forward)
    next_due = awaited(Steps.next_due)
    calls = awaited(Steps.calls)
    pauses = awaited(Steps.pauses)
    pause = awaited(Steps.pause)
    postpone = awaited(Steps.postpone)
    settle = awaited(Steps.settle)
    queue_failed = awaited(Steps.queue_failed)


class AsyncStore(Awaited[Store]):
    """A store whose methods are awaited; they run one after the other in one thread."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, StoreThread())
        self.sources = AsyncSources(store.sources, self.run)
        self.outbox = AsyncOutbox(store.outbox, self.run)
        self.publications = AsyncPublications(store.publications, self.run)
        self.history = AsyncHistory(store.history, self.run)
        self.posted = AsyncPosted(store.posted, self.run)
        self.retractions = AsyncRetractions(store.retractions, self.run)
        self.steps = AsyncSteps(store.steps, self.run)

    enrol = awaited(Store.enrol)
    begin_sending = awaited(Store.begin_sending)
    posted_and_waiting = awaited(Store.posted_and_waiting)

    async def query(
        self, function: Callable[Concatenate[Store, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `function(store, …)`, whose reads all see the store at one instant."""
        return await self.run(_query, self.inner, partial(function, self.inner, *args, **kwargs))

    async def close(self) -> None:
        """Finish all calls, then take no more. The caller closes the store."""
        await self.run.close()


def _query(store: Store, call: Callable[[], T]) -> T:
    with store.snapshot():
        return call()
