"""Repeated work ends with the block that it accompanies."""

import asyncio
from contextlib import suppress

from reblogbot.engine.renewal import repeated


async def test_work_is_repeated_while_the_block_goes_on():
    calls = asyncio.Semaphore(0)

    async def work():
        calls.release()

    async with repeated(work, 0):
        for _ in range(3):
            await calls.acquire()


async def test_work_that_swallows_its_cancellation_is_not_repeated_after_the_block():
    """A lease went on being renewed for ever, and a process that ended waited for that."""
    started, calls = asyncio.Event(), []

    async def work():
        calls.append(1)
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async with repeated(work, 0):
        await started.wait()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait(others, timeout=20)
    assert all(task.done() for task in others)
    assert calls == [1]
