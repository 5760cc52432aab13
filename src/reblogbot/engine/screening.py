"""The filters asked once more when a delivery is about to be sent: they may have changed since."""

from __future__ import annotations

import asyncio
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import filters
from reblogbot.model import Delivery
from reblogbot.store import AsyncStore


async def refusal(store: AsyncStore, delivery: Delivery, config: Config, now: datetime) -> str:
    """Return why a waiting delivery is not sent as the filters are now, or "".

    Only a post or an edit of one entry is refused. A boost and a quote are judged by `recheck`, as
    their status reads then. What was tried may stand on the server, and is not given up.
    """
    post = delivery.post
    is_text = post.action in ("post", "edit") and not post.is_bundle
    if not is_text or delivery.attempts or delivery.failed_lookups:
        return ""
    entry = await store.outbox.entry_of(delivery.id)
    if entry is None:
        return ""
    source = config.sources[delivery.source]
    if post.is_requested:
        return filters.refusal_of_requested(entry, source)
    # in a thread: the admin's patterns take their time with some texts
    return await asyncio.to_thread(
        filters.refusal_again,
        entry,
        source,
        now,
        is_posted=delivery.post.action == "edit",
    )
