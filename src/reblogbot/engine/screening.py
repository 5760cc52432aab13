"""The filters asked once more when a delivery is about to be sent: they may have changed since."""

from __future__ import annotations

import asyncio
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import filters
from reblogbot.model import Delivery, Entry


def is_screened(delivery: Delivery) -> bool:
    """Whether the filters are asked again: for a post or an edit of one entry, not tried yet.

    A boost and a quote are judged by `recheck`, as their status reads then. What was tried may
    stand on the server, and is not given up.
    """
    post = delivery.post
    is_text = post.action in ("post", "edit") and not post.is_bundle
    return is_text and not delivery.attempts and not delivery.failed_lookups


async def refusal(delivery: Delivery, entry: Entry | None, config: Config, now: datetime) -> str:
    """Return why a delivery of this entry is not sent as the filters are now, or ""."""
    if entry is None or not is_screened(delivery):
        return ""
    # in a thread: the admin's patterns take their time with some texts
    return await asyncio.to_thread(
        filters.refusal_again,
        entry,
        config.sources[delivery.source],
        now,
        is_posted=delivery.post.action == "edit",
    )
