"""Deletes posts, and undoes boosts, that an admin takes back.

That a delivery is `retracting` is in the store before any request leaves. To delete twice does no
harm, so that a deletion without an answer is repeated, by whatever process comes next.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from reblogbot.core import delivery as decisions
from reblogbot.engine.account import Account
from reblogbot.engine.readback import find_receipt
from reblogbot.errors import LeaseExpired, TargetError, Unauthorised
from reblogbot.model import Delivery
from reblogbot.ports import Clock, ProgressCallback, no_progress
from reblogbot.runtime.clock import uptime
from reblogbot.store import AsyncStore

log = logging.getLogger(__name__)


class Retractor:
    """Retracts for one account, whose lease the caller holds; `lease` is its length."""

    def __init__(self, account: Account, store: AsyncStore, clock: Clock, lease: timedelta) -> None:
        self._account = account
        self._store = store
        self._clock = clock
        self._lease = lease

    async def retract(
        self,
        deliveries: Sequence[Delivery],
        stopping: asyncio.Event,
        on_progress: ProgressCallback = no_progress,
    ) -> bool:
        """Delete the posts of these deliveries; return whether the account may go on.

        An error of one post does not keep back the others, unless it pauses the account.
        """
        posts = _by_post(deliveries)
        for number, of_one_post in enumerate(posts):
            on_progress(f"retracting for {self._account.name}", number, len(posts))
            if stopping.is_set():
                return False
            lease_end = uptime() + self._lease.total_seconds()
            outbox, name = self._store.outbox, self._account.name
            if not await outbox.renew_account(name, self._clock.now(), self._lease):
                return False
            if not await self._retract_post(of_one_post, lease_end):
                return False
        return True

    async def _retract_post(self, of_one_post: Sequence[Delivery], lease_end: float) -> bool:
        """Delete one post; return whether the account may go on. Its edits go with it."""
        account, first = self._account, of_one_post[0]
        try:
            was_there = await account.retract(
                first.post, await self._remote_id(first), lease_end=lease_end
            )
        except TargetError as error:
            return await self._settle_failure(of_one_post, error)
        for each in of_one_post:
            await account.settle(each, decisions.after_deletion(each, was_there=was_there).delivery)
        log.info(
            "retracted",
            extra={
                "account": account.name,
                "source": first.source,
                "id": first.id,
                "url": first.receipt.url if first.receipt else "",
                "was_there": was_there,
            },
        )
        return True

    async def _remote_id(self, delivery: Delivery) -> str:
        """Return the id of the post at its server, "" where it is not found there."""
        if delivery.receipt and delivery.receipt.remote_id:
            return delivery.receipt.remote_id
        if delivery.post.action == "edit":
            return delivery.post.uri
        receipt = await find_receipt(self._account, self._store, delivery)
        return receipt.remote_id if receipt else ""

    async def _settle_failure(self, of_one_post: Sequence[Delivery], error: TargetError) -> bool:
        account, now = self._account, self._clock.now()
        account.note_failure(of_one_post[0], error)
        token_works = None
        if isinstance(error, Unauthorised):
            is_missing = error.slug == "token_missing"
            token_works = False if is_missing else await account.is_token_valid()
        pauses = (await self._store.outbox.account(account.name)).pauses
        pause_until = None
        for each in of_one_post:
            decision = decisions.after_failed_deletion(each, error, token_works, now, pauses)
            pause_until = decision.pause_until
            await account.settle(each, decision.delivery)
        if pause_until is not None:
            await account.pause(pause_until, error)
        return pause_until is None and not isinstance(error, LeaseExpired)


def _by_post(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    """The deliveries of each post: the post first, then its edits."""
    by_post: defaultdict[tuple[str, bool, int], list[Delivery]] = defaultdict(list)
    for delivery in deliveries:
        remote_id = delivery.receipt.remote_id if delivery.receipt else ""
        # without an id it is alone; a boost may have the id of the status that it boosts (Takahē)
        key = remote_id, delivery.post.action == "boost", 0 if remote_id else delivery.id
        by_post[key].append(delivery)
    return list(by_post.values())
