"""The deliveries of one source and day bundled into one post, or a thread, before they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from reblogbot.config.settings import Config
from reblogbot.core import digest, queue_order
from reblogbot.engine import screening
from reblogbot.model import Delivery, ServerLimits
from reblogbot.ports import Clock
from reblogbot.store import AsyncStore


async def bundle(
    store: AsyncStore,
    config: Config,
    waiting: Sequence[Delivery],
    limits: ServerLimits,
    clock: Clock,
) -> bool:
    """Bundle what is ready of each source with a digest; return whether anything was bundled.

    What the filters refuse by now is left out; it is skipped when its own turn comes. Each post is
    one transaction: an entry is part of the digest's text, or still a delivery by itself.
    """
    now = clock.now()
    is_changed = False
    for name in dict.fromkeys(delivery.source for delivery in waiting):
        source = config.sources.get(name)
        if source is None or source.digest is None:
            continue
        fresh = [
            delivery
            for delivery in queue_order.due_deliveries(waiting, config, now)
            if delivery.source == name
            and may_be_bundled(delivery, config, now)
            and not await screening.refusal(store, delivery, config, now)
        ]
        if not fresh:
            continue
        title = source.title or await store.sources.title(name) or name
        posts = [delivery.post for delivery in fresh]
        rest, previous = iter(fresh), 0
        for part in digest.bundles(posts, limits, digest.heading(title, source, now)):
            digest_delivery, *members = islice(rest, part.count)
            bundled = replace(digest_delivery, post=replace(part.post, continues=previous))
            if await store.outbox.bundle(bundled, members, now):
                previous = digest_delivery.id
                is_changed = True
    return is_changed


def may_be_bundled(delivery: Delivery, config: Config, now: datetime) -> bool:
    """Whether the delivery was neither bundled nor tried, nor is too old at `now`.

    What was tried may stand on the server, and must not change its text. What the admin asked for
    is a post of its own, and so is a reply.
    """
    post = delivery.post
    is_single = post.action == "post" and not (
        post.is_bundle or post.is_requested or post.is_follow_up
    )
    if not is_single or delivery.attempts or delivery.failed_lookups:
        return False
    pace = config.accounts[delivery.account].pace
    return not queue_order.too_old_reason(delivery, config, pace, now)
