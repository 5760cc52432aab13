"""That a thread died in the midst of its work is shown in test_matrix_process, without memory."""

import asyncio
import threading

import pytest

from reblogbot.runtime.worker_thread import ThreadDied, WorkerThread


@pytest.fixture
async def aside(monkeypatch):
    """Looks often whether its thread lives."""
    monkeypatch.setattr("reblogbot.runtime.worker_thread.LOOK", 0.01)
    made = WorkerThread("test")
    yield made
    made.drop()


async def test_a_call_that_takes_longer_than_many_looks_is_waited_for(aside):
    gate = threading.Event()
    asyncio.get_running_loop().call_later(0.2, gate.set)
    assert await aside(gate.wait, 30)


async def test_a_time_out_of_the_call_itself_comes_back_once(aside):
    asked = []

    def fail():
        asked.append(1)
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await aside(fail)
    assert asked == [1]


async def test_who_waits_for_a_thread_that_died_is_told_and_so_is_who_comes_after(aside):
    gate = threading.Event()
    blocking = asyncio.create_task(aside(gate.wait, 30))
    waiting = asyncio.create_task(aside(lambda: None))
    await asyncio.sleep(0)
    # what lives is no thread of it any more: as if it had gone without a word
    aside._threads.clear()
    for task in (blocking, waiting):
        with pytest.raises(ThreadDied, match="thread test died"):
            await task
    gate.set()
    with pytest.raises(ThreadDied):
        await aside(int, "7")
    await aside.end()


async def test_its_end_comes_after_all_that_was_asked_for_and_needs_no_other_thread():
    aside, done = WorkerThread("test"), []
    await aside(lambda: None)
    asked = [asyncio.create_task(aside(done.append, number)) for number in range(5)]
    await asyncio.sleep(0)
    before = threading.active_count()
    ending = asyncio.create_task(aside.end())
    await asyncio.sleep(0)
    assert threading.active_count() <= before
    await ending
    assert done == list(range(5))
    await asyncio.gather(*asked)
    with pytest.raises(RuntimeError):
        await aside(lambda: None)
