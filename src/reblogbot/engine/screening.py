"""The filters asked once more when a delivery's turn comes: they may have changed since."""

from __future__ import annotations

import asyncio
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import filters
from reblogbot.model import Delivery, Entry


async def refusal(one: Delivery, entry: Entry | None, config: Config, now: datetime) -> str:
    """Why what waits is not sent as the filters stand now, or "".

    Asked of a post or an edit of one entry; a boost and a quote are judged by `recheck`, as
    their status reads then. What was tried before may stand there, and is not given up.
    """
    is_text = one.post.action in ("post", "edit") and not one.post.is_bundle
    if entry is None or not is_text or one.attempts or one.failed_lookups:
        return ""
    # the admin's patterns take their time with some texts
    return await asyncio.to_thread(
        filters.refusal_again,
        entry,
        config.sources[one.source],
        now,
        is_posted=one.post.action == "edit",
    )
