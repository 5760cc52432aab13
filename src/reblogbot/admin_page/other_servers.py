"""What a page asks of other servers, which may never answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from reblogbot.errors import ReblogbotError
from reblogbot.words import Words

T = TypeVar("T")

MAX_SECONDS = 60
"""How long the program may read from other servers for a page."""
TOO_SLOW = Words("Reading this address took too long. Try again, or try another address.")


def finished(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work. Raises ReblogbotError if it takes longer than MAX_SECONDS."""
    try:
        return asyncio.run(asyncio.wait_for(work, MAX_SECONDS))
    except TimeoutError:
        raise ReblogbotError("timeout", TOO_SLOW) from None
