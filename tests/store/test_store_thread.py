from __future__ import annotations

import asyncio
import threading

import pytest

from reblogbot.store import StoreThread


@pytest.fixture
async def in_store():
    thread = StoreThread()
    yield thread
    await thread.close()


async def test_everything_runs_in_one_thread_aside_of_the_loop(in_store):
    names = await asyncio.gather(
        *(in_store(lambda: threading.current_thread().name) for _ in range(20))
    )
    assert len(set(names)) == 1
    assert names[0] != threading.current_thread().name


async def test_what_was_asked_for_runs_in_its_order(in_store):
    finished = []
    await asyncio.gather(*(in_store(finished.append, number) for number in range(50)))
    assert finished == list(range(50))


async def test_an_error_comes_back_to_who_asked(in_store):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await in_store(fail)
    assert await in_store(int, "7") == 7


async def test_what_was_asked_for_is_done_even_if_nobody_waits_any_more(in_store):
    gate, finished = threading.Event(), []
    blocking = asyncio.create_task(in_store(gate.wait, 10))
    settling = asyncio.create_task(in_store(finished.append, "settled"))
    await asyncio.sleep(0)
    settling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await settling
    gate.set()
    assert await blocking
    await in_store(lambda: None)
    assert finished == ["settled"]


async def test_closing_finishes_what_was_asked_for():
    in_store, finished = StoreThread(), []
    asked = [asyncio.create_task(in_store(finished.append, number)) for number in range(5)]
    await asyncio.sleep(0)
    await in_store.close()
    assert finished == list(range(5))
    await asyncio.gather(*asked)
