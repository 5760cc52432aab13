"""A day's deliveries of one source made into one post, or a thread, before they are sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from reblogbot.config.settings import Config
from reblogbot.core import digest, queue_order
from reblogbot.engine.access import Access
from reblogbot.model import Delivery, Limits


async def bundle(
    access: Access,
    config: Config,
    waiting: Sequence[Delivery],
    limits: Limits,
    screened: Callable[[Delivery], Awaitable[str]],
) -> bool:
    """Whether anything was bundled: what is ready of each source with a digest becomes few posts.

    What `screened` has a reason against is left out; it is skipped when its own turn comes.
    One transaction per post decides: an entry is in the digest's text, or still by itself.
    """
    now = access.clock.now()
    changed = False
    for name, source in config.sources.items():
        ready = [one for one in queue_order.ready(waiting, config, now) if one.source == name]
        if source.digest is None:
            continue
        fresh = [
            one for one in ready if may_be_bundled(one, config, now) and not await screened(one)
        ]
        if not fresh:
            continue
        title = source.title or await access.in_store(access.sources.title, name) or name
        posts = [one.post for one in fresh]
        rest, before = iter(fresh), 0
        for made in digest.bundles(posts, limits, digest.heading(title, source, now)):
            carrier, *members = islice(rest, made.count)
            post = replace(made.post, continues=before)
            carried = replace(carrier, post=post)
            if await access.in_store(access.rows.bundle, carried, members, now):
                before = carrier.id
                changed = True
    return changed


def may_be_bundled(one: Delivery, config: Config, now: datetime) -> bool:
    """Whether it was neither bundled nor tried, nor is too old at `now`.

    What may stand there must not change its text.
    """
    post = one.post
    is_fresh = post.action == "post" and not post.is_bundle
    if not is_fresh or one.attempts or one.failed_lookups:
        return False
    return not queue_order.too_old(one, config, config.accounts[one.account].pace, now)
