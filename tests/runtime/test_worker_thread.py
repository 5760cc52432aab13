"""The worker thread. Its real death, without memory, is tested in test_matrix_process."""

import asyncio
import gc
import threading

import pytest

from reblogbot.runtime.worker_thread import ThreadDied, WorkerThread


@pytest.fixture
async def worker(monkeypatch):
    """A worker thread that is checked often."""
    monkeypatch.setattr("reblogbot.runtime.worker_thread.CHECK_SECONDS", 0.01)
    thread = WorkerThread("test")
    yield thread
    thread.drop()


async def test_a_call_that_takes_longer_than_many_checks_is_awaited(worker):
    event = threading.Event()
    asyncio.get_running_loop().call_later(0.2, event.set)
    assert await worker(event.wait, 30)


async def test_a_timeout_raised_by_the_call_itself_is_raised_once(worker):
    calls = []

    def fail():
        calls.append(1)
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await worker(fail)
    assert calls == [1]


async def test_present_and_later_callers_of_a_dead_thread_get_an_error(worker):
    event = threading.Event()
    running = asyncio.create_task(worker(event.wait, 30))
    waiting = asyncio.create_task(worker(lambda: None))
    await asyncio.sleep(0)
    # the worker no longer knows a living thread, as if its thread had died
    worker._threads.clear()
    for task in (running, waiting):
        with pytest.raises(ThreadDied, match="thread test died"):
            await task
    event.set()
    with pytest.raises(ThreadDied):
        await worker(int, "7")
    await worker.end()


async def test_the_call_of_a_cancelled_caller_still_runs_and_its_error_is_not_logged(
    worker, caplog
):
    first, started, calls = threading.Event(), threading.Event(), []

    def fail():
        calls.append(1)
        raise ValueError("nobody waits for this")

    def block():
        started.set()
        first.wait(30)

    running = asyncio.create_task(worker(block))
    cancelled = asyncio.create_task(worker(fail))
    while not started.is_set():
        await asyncio.sleep(0.001)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    first.set()
    await running
    await worker.end()
    gc.collect()
    assert calls == [1]
    assert caplog.records == []


async def test_the_end_comes_after_all_calls_and_needs_no_other_thread():
    worker, numbers = WorkerThread("test"), []
    await worker(lambda: None)
    calls = [asyncio.create_task(worker(numbers.append, number)) for number in range(5)]
    await asyncio.sleep(0)
    before = threading.active_count()
    ending = asyncio.create_task(worker.end())
    await asyncio.sleep(0)
    assert threading.active_count() <= before
    await ending
    assert numbers == list(range(5))
    await asyncio.gather(*calls)
    with pytest.raises(RuntimeError):
        await worker(lambda: None)
