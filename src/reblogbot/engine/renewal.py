"""Work repeated at an interval while other work goes on, such as renewing a lease."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def repeated(work: Callable[[], Awaitable[object]], seconds: float) -> AsyncIterator[None]:
    """Do the work every so many seconds within."""
    is_over = asyncio.Event()

    async def repeat() -> None:
        while not is_over.is_set():
            await asyncio.sleep(seconds)
            await work()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        # the flag as well: before Python 3.12 `asyncio.wait_for`, by which the store is awaited,
        # may swallow a cancellation (https://github.com/python/cpython/issues/86296)
        is_over.set()
        task.cancel()
