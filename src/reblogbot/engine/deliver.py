"""The sender of one account: claim, choose, publish, settle, one delivery at a time.

lease the account → delete what is retracted → read back what is in doubt
→ recognise what stands on the server already
→ for each delivery: choose → filter again, fetch images, look at the status of a boost
  → claim (durable before the request) → publish → settle
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial

from reblogbot.config.hosts import hosts_of
from reblogbot.config.settings import Config
from reblogbot.core import delivery as decisions
from reblogbot.core import pacing, queue_order
from reblogbot.engine import screening
from reblogbot.engine.account import ASKED, TOKEN, SendingReport
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.digests import bundle
from reblogbot.engine.readback import look_back, read_back, recognise
from reblogbot.engine.recheck import Recheck
from reblogbot.engine.retract import Retractor
from reblogbot.errors import LeaseExpired, TargetError, Unauthorised
from reblogbot.media.fetch import ImageFetcher
from reblogbot.model import (
    POSTED_STATES,
    Delivery,
    DeliveryState,
    Image,
    Post,
    PublishedStatus,
    SentPost,
)
from reblogbot.ports import Clock, Offload, ProgressCallback
from reblogbot.runtime.clock import uptime
from reblogbot.store import AsyncStore
from reblogbot.store.records import AccountRecord
from reblogbot.store.store import SendingStart
from reblogbot.store.transitions import POST_RETRACTED_NOTE
from reblogbot.words import Words

log = logging.getLogger(__name__)


class Sender:
    """Publishes for one account, whatever becomes of the others."""

    def __init__(
        self,
        config: Config,
        store: AsyncStore,
        accounts: Accounts,
        name: str,
        images: ImageFetcher,
        offload: Offload,
        clock: Clock,
    ) -> None:
        self._config = config
        self._settings = config.accounts[name]
        self._store = store
        self._account = accounts[name]
        self._images = images
        self._clock = clock
        self._make_recheck = partial(
            Recheck, config, self._account, offload, accounts.addresses, clock
        )
        self._recheck: Recheck | None = None
        """Of this round, made with its first boost or quote."""
        self._lookback = queue_order.lookback(config)
        self._sent: list[SentPost] = []
        """What the account has posted, as far back as its pace and budgets look."""
        self._unclaimed: list[PublishedStatus] | None = None
        """Statuses on the server that no delivery knows of, read before the first delivery.

        They are kept: what an old backup forgot may be queued again long after.
        """

    async def deliver(self, stopping: asyncio.Event, *, is_eager: bool = False) -> SendingReport:
        """Publish everything that may go out now, until `stopping` is set.

        With `is_eager` an account is tried again that we paused ourselves, its server being out of
        reach or its token refused. A pause the server asked for, or a doubt, is respected.
        """
        settings, account = self._config.delivery, self._account
        start = await account.claim(settings.lease, settings.read_back_after, self._lookback)
        if start is None:
            # another process sends for the account
            return account.report
        self._recheck = None
        self._sent = [*start.sent]
        try:
            async with account.renewing(settings.lease):
                if not await self._may_send(start, stopping, is_eager=is_eager):
                    return account.report
                if start.doubts:
                    if not await read_back(
                        account, self._store, settings, start.doubts, self._clock
                    ):
                        return account.report
                    # what it found counts against the pace
                    self._sent = await self._read_sent()
                await self._send_all(stopping)
        finally:
            await account.release()
        return account.report

    async def _may_send(
        self, start: SendingStart, stopping: asyncio.Event, *, is_eager: bool
    ) -> bool:
        """Retract what is due, also while everything is stopped; return whether to go on."""
        if start.is_stopped and not start.retractions:
            return False
        if await self._is_paused(start.account, is_eager=is_eager):
            return False
        due = [each for each in start.retractions if each.due <= self._clock.now()]
        if due and not await self._retractor().retract(due, stopping):
            return False
        return not start.is_stopped

    async def retract(
        self, stopping: asyncio.Event, on_progress: ProgressCallback
    ) -> SendingReport | None:
        """Delete what is retracted of the account, due or not, and nothing else.

        None while another process works for the account. A pause the server asked for is respected.
        """
        settings, account = self._config.delivery, self._account
        start = await account.claim(settings.lease, settings.read_back_after, self._lookback)
        if start is None:
            return None
        try:
            async with account.renewing(settings.lease):
                if start.retractions and not await self._is_paused(start.account, is_eager=True):
                    await self._retractor().retract(start.retractions, stopping, on_progress)
        finally:
            await account.release()
        return account.report

    def _retractor(self) -> Retractor:
        return Retractor(self._account, self._store, self._clock, self._config.delivery.lease)

    async def _is_paused(self, record: AccountRecord, *, is_eager: bool) -> bool:
        """Whether the account is paused; a pause for its token ends with a token that works."""
        account = self._account
        is_paused = record.is_paused(self._clock.now())
        if record.cause != TOKEN:
            return is_paused and (record.cause == ASKED or not is_eager)
        if is_paused and not is_eager and account.token_mark() in ("", record.token_mark):
            account.report.trouble = record.reason
            return True
        try:
            await account.verify()
        except TargetError as error:
            await account.pause_unanswered(error)
            return True
        await self._store.outbox.resume(account.name)
        return False

    async def _send_all(self, stopping: asyncio.Event) -> None:
        now, pace = self._clock.now(), self._settings.pace
        # before the queue is read, which may be long: in quiet hours it waits whatever is in it
        if not pacing.posts_allowed(now, pace, [post.at for post in self._sent]):
            return
        waiting = await self._store.outbox.waiting(self._account.name)
        if not queue_order.due_deliveries(waiting, self._config, now):
            return
        waiting = await self._prepare(waiting)
        while waiting and not stopping.is_set():
            chosen = await self._choose(waiting)
            after = await self._publish(chosen) if chosen is not None else None
            if chosen is None or after is None:
                return
            waiting.remove(chosen)
            if after.state in POSTED_STATES and after.post.action != "edit":
                at = after.settled_at or self._clock.now()
                is_generated = after.post.is_generated and queue_order.counts_as_generated(after)
                self._sent.append(SentPost(at, after.source, is_generated))
            if after.state == DeliveryState.QUEUED and after.due <= self._clock.now():
                waiting.insert(0, after)
            if after.state == DeliveryState.SENT and after.post.rest:
                # the next part of its thread was queued with it
                waiting = await self._store.outbox.waiting(self._account.name)

    async def _prepare(self, waiting: list[Delivery]) -> list[Delivery]:
        """Return what waits once it is compared with the server, and digests are bundled.

        Nothing where the server could not be asked.
        """
        account, outbox = self._account, self._store.outbox
        # before anything is sent: the kind of server decides how a post is published
        limits = await account.limits()
        if self._unclaimed is None:
            answer = await look_back(
                account, self._store, self._clock, is_private=self._posts_privately
            )
            if answer is None:
                return []
            self._unclaimed, waiting = answer
        while await recognise(account, waiting, self._unclaimed):
            # what is recognised of a thread queues its next part, which may be there as well
            self._sent = await self._read_sent()
            waiting = await outbox.waiting(account.name)
        has_digests = any(source.digest for source in self._config.sources.values())
        if has_digests and await bundle(self._store, self._config, waiting, limits, self._clock):
            waiting = await outbox.waiting(account.name)
        return waiting

    async def _read_sent(self) -> list[SentPost]:
        since = self._clock.now() - self._lookback
        return await self._store.publications.sent(self._account.name, since)

    async def _choose(self, waiting: list[Delivery]) -> Delivery | None:
        """Return the delivery to send next; skip those on the way that are too old or filtered."""
        config, now, pace = self._config, self._clock.now(), self._settings.pace
        while (
            chosen := queue_order.next_delivery(waiting, config, self._settings, self._sent, now)
        ) is not None:
            reason = (
                queue_order.superseded_reason(chosen, waiting)
                or queue_order.too_old_reason(chosen, config, pace, now)
                or await screening.refusal(self._store, chosen, config, now)
                or await self._retracted_reason(chosen)
            )
            if not reason:
                return chosen
            waiting.remove(chosen)
            skipped = replace(chosen, state=DeliveryState.SKIPPED, error=reason)
            await self._account.settle(chosen, skipped)
        return None

    async def _retracted_reason(self, delivery: Delivery) -> str:
        """Return why an edit or a part of a thread is not sent whose post was retracted, or ""."""
        post = delivery.post
        if post.action != "edit" and not post.continues:
            return ""
        is_retracted = await self._store.retractions.is_retracted(delivery)
        return POST_RETRACTED_NOTE if is_retracted else ""

    async def _publish(self, delivery: Delivery) -> Delivery | None:
        """Return the delivery after one attempt; None when nothing more may be sent now."""
        account, settings = self._account, self._config.delivery
        # before the claim: its lease is for what is sent to the server alone
        images, left_out = await self._fetch_images(delivery)
        post = await self._check(delivery)
        if not isinstance(post, Post):
            return post
        lease_end = uptime() + settings.lease.total_seconds()
        claimed = await self._store.outbox.claim(delivery, self._clock.now(), settings.lease)
        if claimed is None:
            log.warning("not claimed", extra={"account": account.name, "id": delivery.id})
            return None
        key = decisions.idempotency_key(
            self._settings.place,
            account.name,
            claimed.identity,
            claimed.post.text if claimed.post.action != "boost" else claimed.post.uri,
            claimed.key_version,
        )
        reply_to = await self._id_of_previous(claimed) if claimed.post.continues else ""
        try:
            receipt = await account.publish(
                post,
                key,
                identity=claimed.identity,
                reply_to=reply_to,
                images=images,
                lease_end=lease_end,
            )
        except TargetError as error:
            return await self._settle_failure(claimed, error)
        decision = decisions.after_success(claimed, receipt, self._clock.now())
        missing = [*left_out]
        if receipt.left_out:
            missing.append(
                Words(
                    "{left_out} not taken by the server, or not in time", left_out=receipt.left_out
                )
            )
        remark = Words("without images: {missing}", missing="; ".join(missing)) if missing else ""
        after = await account.settle(claimed, decision.delivery, remark)
        source = self._config.sources[delivery.source]
        if source.page_text and source.updates != "edit":
            # the text of somebody's page is kept only as long as it is needed
            await self._store.outbox.drop_page_text(delivery.id)
        log.info(
            "published",
            extra={
                "account": account.name,
                "source": delivery.source,
                "id": delivery.id,
                "url": receipt.url,
            },
        )
        return after

    async def _fetch_images(self, delivery: Delivery) -> tuple[tuple[Image, ...], tuple[str, ...]]:
        """Return the images of a post or quote, and why others are left out. An edit has none."""
        post = delivery.post
        if not post.media or post.action not in ("post", "quote"):
            return (), ()
        source = self._config.sources[delivery.source]
        return await self._images.fetch_images(
            post.media,
            await self._account.limits(),
            source=source.name,
            proxy=source.proxy,
            configured=hosts_of(source, self._config.accounts),
        )

    async def _check(self, delivery: Delivery) -> Post | Delivery | None:
        """Return what to send; of a boost or quote that is not sent, what became of it instead."""
        if delivery.post.action not in ("boost", "quote"):
            return delivery.post
        account = self._account
        self._recheck = self._recheck or self._make_recheck()
        try:
            checked = await self._recheck.check(delivery)
        except TargetError as error:
            return await self._settle_unchecked(delivery, error)
        if isinstance(checked, Post):
            return checked
        after = checked.delivery
        log.info(
            "not boosted",
            extra={
                "account": account.name,
                "source": delivery.source,
                "id": delivery.id,
                "state": after.state.value,
                "reason": after.error,
            },
        )
        return await account.settle(delivery, after)

    async def _settle_unchecked(self, delivery: Delivery, error: TargetError) -> Delivery | None:
        """Let a boost wait whose status could not be looked at."""
        account = self._account
        account.note_failure(delivery, error)
        is_valid = None
        if isinstance(error, Unauthorised) and error.slug != "token_missing":
            is_valid = await account.is_token_valid()
        now, pauses = self._clock.now(), await self._pauses()
        decision = decisions.after_failed_check(
            delivery, error, is_valid, now, self._config.delivery, pauses
        )
        if decision.pause_until is not None:
            await account.pause(decision.pause_until, error)
        after = await account.settle(delivery, decision.delivery)
        return after if decision.pause_until is None else None

    async def _settle_failure(self, claimed: Delivery, error: TargetError) -> Delivery | None:
        """Settle a delivery whose attempt failed; None when nothing more may be sent now."""
        account = self._account
        account.note_failure(claimed, error)
        now = self._clock.now()
        if isinstance(error, Unauthorised):
            is_missing = error.slug == "token_missing"
            is_valid = False if is_missing else await account.is_token_valid()
            decision = decisions.after_unauthorised(claimed, error, is_valid, now)
        else:
            pauses = await self._pauses()
            decision = decisions.after_failure(claimed, error, now, self._config.delivery, pauses)
        if decision.pause_until is not None:
            await account.pause(decision.pause_until, error)
        after = await account.settle(claimed, decision.delivery)
        may_go_on = decision.pause_until is None and not isinstance(error, LeaseExpired)
        return after if may_go_on else None

    async def _id_of_previous(self, delivery: Delivery) -> str:
        """Return the remote id of the status that a thread continues, "" where there is none."""
        previous = await self._store.outbox.find([delivery.post.continues])
        return previous[0].receipt.remote_id if previous and previous[0].receipt else ""

    async def _pauses(self) -> int:
        """Return how many pauses in a row the account has had."""
        return (await self._store.outbox.account(self._account.name)).pauses

    @property
    def _posts_privately(self) -> bool:
        """Whether any source of this account makes private posts."""
        name, default = self._account.name, self._settings.visibility
        sources = (source for source in self._config.sources.values() if name in source.to)
        return any((source.visibility or default) == "private" for source in sources)
