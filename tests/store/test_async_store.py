"""The store as the engine awaits it, and steps of several parts in one transaction."""

import threading
from datetime import timedelta

import pytest
from store_samples import DAY, LEASE, NOW, SERVER, candidate, enrol
from store_samples import poll as poll_source

from reblogbot.errors import StoreInterrupted
from reblogbot.model import DeliveryState
from reblogbot.store import AsyncStore
from reblogbot.store.store import EnrolledSource

RECHECK = timedelta(seconds=10)


@pytest.fixture
async def async_store(store):
    awaited = AsyncStore(store)
    yield awaited
    await awaited.close()


async def test_an_awaited_method_runs_in_the_stores_thread(async_store, monkeypatch):
    names = []

    def note(name):
        names.append(threading.current_thread().name)

    monkeypatch.setattr(async_store.outbox.inner, "account", note)
    await async_store.outbox.account("news")
    assert names[0].startswith("store")


async def test_an_interrupted_method_is_run_again(async_store, monkeypatch):
    answers = [StoreInterrupted("store_unreachable", "cut off"), "done"]

    def account(name):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(async_store.outbox.inner, "account", account)
    assert await async_store.outbox.account("news") == "done"


async def test_a_query_sees_the_store_at_one_instant(async_store, opened):
    other = opened()

    def read_twice(store):
        before = store.outbox.stopped_at()
        other.outbox.stop(NOW)
        return before, store.outbox.stopped_at()

    assert await async_store.query(read_twice) == (None, None)
    assert await async_store.outbox.stopped_at() == NOW


async def test_a_query_must_not_write(async_store):
    with pytest.raises(AssertionError, match="snapshot"):
        await async_store.query(lambda store: store.outbox.stop(NOW))


def test_a_step_that_fails_leaves_nothing_of_its_transaction(store, monkeypatch):
    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr(store.outbox, "hold_unconfigured", fail)
    source = EnrolledSource("https://hot.example/feed", "hot.example", ["news"])
    with pytest.raises(RuntimeError):
        store.enrol({"hot": source}, {"news": SERVER}, NOW, lambda name, planned, _: planned, "due")
    assert store.sources.all() == []
    assert store.outbox.accounts() == []


def test_enrolling_holds_what_is_queued_for_removed_sources(store):
    enrol(store, "hot")
    poll_source(store, "hot", [candidate("a")])
    source = EnrolledSource("https://other.example/feed", "other.example", ["news"])
    held, pollable = store.enrol(
        {"other": source}, {"news": SERVER}, NOW, lambda name, planned, _: planned, "all"
    )
    assert [(delivery.source, delivery.state) for delivery in held] == [("hot", DeliveryState.HELD)]
    assert pollable == {"hot", "other"}


def test_sending_begins_with_all_that_decides_whether_it_may(store):
    enrol(store, "hot")
    poll_source(store, "hot", [candidate("a"), candidate("b")])
    store.outbox.claim_account("news", NOW, LEASE)
    first, second = store.outbox.waiting("news")
    claimed = store.outbox.claim(first, NOW, LEASE)
    assert claimed is not None
    # the same process begins again: whatever was being sent is not any more
    start = store.begin_sending("news", NOW, LEASE, RECHECK, DAY)
    assert [delivery.id for delivery in start.recovered] == [first.id]
    assert [(doubt.id, doubt.due) for doubt in start.doubts] == [(first.id, NOW + RECHECK)]
    assert (start.sent, start.is_stopped) == ((), False)
    store.outbox.stop(NOW)
    assert store.begin_sending("news", NOW, LEASE, RECHECK, DAY).is_stopped
    assert store.posted_and_waiting("news", ["1"]) == (set(), [second])


def test_sending_does_not_begin_while_another_process_sends(store, opened):
    enrol(store, "hot")
    other = opened("another-owner")
    assert other.begin_sending("news", NOW, LEASE, RECHECK, DAY) is not None
    assert store.begin_sending("news", NOW, LEASE, RECHECK, DAY) is None
