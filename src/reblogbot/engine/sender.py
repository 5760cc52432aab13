"""One account's sender: choose, claim, publish, settle, one delivery at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from reblogbot.config.hosts import hosts_of
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.core import delivery, pacing, queue_order
from reblogbot.engine import screening
from reblogbot.engine.access import ASKED, TOKEN, Access
from reblogbot.engine.digests import bundle
from reblogbot.engine.readback import look_back, read_back, recognise
from reblogbot.engine.recheck import Addresses, Recheck
from reblogbot.engine.server_facts import ServerFacts
from reblogbot.errors import Lapsed, RateLimited, TargetError, Unauthorised, Unreachable
from reblogbot.media.fetch import ImageFetcher
from reblogbot.model import Delivery, Image, Limits, Post, PublishedStatus, Receipt, State
from reblogbot.ports import Identity, Offload
from reblogbot.runtime.clock import uptime
from reblogbot.store.records import AccountRecord

log = logging.getLogger(__name__)


class Sender:
    """Publishes for one account, whatever becomes of the others."""

    def __init__(
        self,
        config: Config,
        access: Access,
        gallery: ImageFetcher,
        offload: Offload,
        addresses: Addresses,
    ) -> None:
        self._config = config
        self._access = access
        self._gallery = gallery
        self._recheck = Recheck(config, access, offload, addresses)
        # read once, and kept: what an old backup forgot may be queued again long after
        self._stood: list[PublishedStatus] | None = None
        self._facts = ServerFacts(access)
        self._memory = queue_order.memory(config)

    @property
    def trouble(self) -> str:
        """What is wrong with the account, "" for nothing."""
        return self._access.trouble

    @property
    def deferred(self) -> set[int]:
        """The deliveries the server itself wants later: no trouble at all."""
        return self._access.deferred

    @property
    def slugs(self) -> list[str]:
        """What the attempts of the last round failed of."""
        return self._access.slugs

    def close(self) -> None:
        """Take no more work."""
        self._access.close()

    async def limits(self) -> Limits:
        """What the server takes, as far as it is known."""
        return await self._facts.limits()

    async def address(self) -> str:
        """The account's `name@host`, "" where it is not known."""
        return await self._facts.address()

    async def introduce(self) -> tuple[Identity, Limits]:
        """Whom the token speaks for and what the server takes. Raises TargetError."""
        access = self._access
        who = await access.call(access.target.verify)
        who = replace(who, scopes=await access.call(access.target.scopes))
        return who, await access.call(access.target.limits)

    async def say(self, post: Post, key: str) -> None:
        """Publish a word of our own, beside the queue and not a second time. Raises TargetError."""
        access = self._access
        record = await self._record()
        if record.paused_until is not None and record.paused_until > access.clock.now():
            raise Unreachable("account_rests", f"{access.name} rests itself: {record.reason}")
        try:
            markup = (await self.limits()).markup
            await access.call(access.target.publish, post, key, markup=markup)
        except RateLimited as error:
            await access.pause(error.until, error)
            raise

    async def deliver(
        self, stopping: Callable[[], bool] = lambda: False, *, eager: bool = False
    ) -> list[Delivery]:
        """The deliveries that changed: everything this account may publish now was tried.

        With `eager` an account tries again that rests by our own choice, its server being out
        of reach or its token refused; a pause the server asked for, or a doubt, is respected.
        """
        access = self._access
        access.changed, access.deferred, access.trouble, access.slugs = {}, set(), "", []
        self._recheck.start_round()
        record = await access.in_store(
            access.rows.claim_account, access.name, access.clock.now(), self._config.delivery.lease
        )
        if record is None:
            return []
        try:
            async with access.renewing(self._config.delivery.lease):
                if await self._may_send(record, eager=eager):
                    await self._send_all(stopping)
        finally:
            await access.in_store(
                access.rows.release_account,
                access.name,
                limits=self._facts.limits_asked,
                rate_remaining=access.rate_remaining,
            )
        return list(access.changed.values())

    async def _may_send(self, record: AccountRecord, *, eager: bool) -> bool:
        """Whether the account neither rests nor waits for what is in doubt."""
        access = self._access
        now = access.clock.now()
        due = now + self._config.delivery.read_back_after
        access.note(*await access.in_store(access.rows.recover_interrupted, access.name, now, due))
        if await access.in_store(access.rows.stopped_at) is not None:
            return False
        if await self._rests(record, eager=eager):
            return False
        return await read_back(access, self._config.delivery)

    async def _rests(self, record: AccountRecord, *, eager: bool) -> bool:
        """Whether the account is paused; a pause for its token ends with a token that works."""
        access = self._access
        resting = record.paused_until is not None and record.paused_until > access.clock.now()
        if record.cause != TOKEN:
            return resting and (record.cause == ASKED or not eager)
        if resting and not eager and access.token_mark() in ("", record.token_mark):
            access.trouble = record.reason
            return True
        try:
            await access.call(access.target.verify)
        except TargetError as error:
            await access.pause_unanswered(error)
            return True
        await access.in_store(access.rows.resume, access.name)
        return False

    async def _send_all(self, stopping: Callable[[], bool]) -> None:
        access = self._access
        # before a look at the queue, which may be long: in quiet hours it waits whatever is in it
        if not pacing.room(access.clock.now(), self._settings.pace, await self._sent_at()):
            return
        waiting = await access.in_store(access.rows.waiting, access.name)
        if not self._ready(waiting):
            return
        # what kind of server it is decides how a post is sent
        await self.limits()
        if self._stood is None:
            self._stood = await look_back(access, hidden=self._posts_privately)
            if self._stood is None:
                return
        waiting = await access.in_store(access.rows.waiting, access.name)
        if await recognise(access, waiting, self._stood):
            waiting = await access.in_store(access.rows.waiting, access.name)
        if any(self._config.sources[one.source].digest for one in self._ready(waiting)):
            await bundle(access, self._config, waiting, await self.limits(), self._screened)
            waiting = await access.in_store(access.rows.waiting, access.name)
        while not stopping() and (chosen := await self._choose(waiting)) is not None:
            waiting.remove(chosen)
            after = await self._publish(chosen)
            if after is None:
                return
            again = after.state == State.QUEUED and after.due <= access.clock.now()
            if again:
                waiting.insert(0, after)

    async def _choose(self, waiting: list[Delivery]) -> Delivery | None:
        """Whose turn it is; on the way, what has become too old, or idle, is skipped."""
        access = self._access
        now, pace = access.clock.now(), self._settings.pace
        sent = await access.in_store(access.publications.sent, access.name, now - self._memory)
        while (chosen := queue_order.choose(waiting, self._config, pace, sent, now)) is not None:
            reason = queue_order.superseded(chosen, waiting)
            reason = reason or queue_order.too_old(chosen, self._config, pace, now)
            reason = reason or await self._screened(chosen)
            if not reason:
                return chosen
            waiting.remove(chosen)
            await access.settle(chosen, replace(chosen, state=State.SKIPPED, error=reason))
        return None

    async def _screened(self, one: Delivery) -> str:
        """Why the filters of now keep it back, or ""."""
        access = self._access
        entry = await access.in_store(access.rows.entry_of, one.id)
        return await screening.refusal(one, entry, self._config, access.clock.now())

    async def _sent_at(self) -> list[datetime]:
        """When the account posted, as far back as its pace looks."""
        access = self._access
        since = access.clock.now() - queue_order.DAY
        return [
            one.at for one in await access.in_store(access.publications.sent, access.name, since)
        ]

    async def _publish(self, one: Delivery) -> Delivery | None:
        """The delivery after one attempt; None when nothing more may be sent now."""
        access = self._access
        # before the claim: its lease is for what is sent to the server alone
        images, left_out = await self._images(one)
        post = await self._checked(one)
        if not isinstance(post, Post):
            return post
        lapses = uptime() + self._config.delivery.lease.total_seconds()
        claimed = await access.in_store(
            access.rows.claim, one, access.clock.now(), self._config.delivery.lease
        )
        if claimed is None:
            log.warning("not claimed", extra={"account": access.name, "id": one.id})
            return None
        key = delivery.idempotency_key(
            self._settings.server,
            access.name,
            claimed.identity,
            claimed.post.text if claimed.post.action != "boost" else claimed.post.uri,
            claimed.key_version,
        )
        reply_to = await self._continued(claimed)
        try:
            receipt = await access.call(
                access.target.publish,
                post,
                key,
                reply_to=reply_to,
                images=images,
                markup=(await self.limits()).markup,
                lapses=lapses,
            )
        except TargetError as error:
            return await self._failed(claimed, error)
        decision = delivery.after_success(claimed, receipt, access.clock.now())
        after = await access.settle(claimed, decision.delivery, _remark(left_out, receipt))
        log.info(
            "published",
            extra={"account": access.name, "source": one.source, "id": one.id, "url": receipt.url},
        )
        return after

    async def _checked(self, one: Delivery) -> Post | Delivery | None:
        """What to send; of a boost or quote that is not to be sent, what became of it instead."""
        if one.post.action not in ("boost", "quote"):
            return one.post
        try:
            checked = await self._recheck.check(one)
        except TargetError as error:
            return await self._not_checked(one, error)
        if isinstance(checked, Post):
            return checked
        return await self._settle_unsent(one, checked.delivery)

    async def _settle_unsent(self, one: Delivery, after: Delivery) -> Delivery | None:
        """Settle a boost or quote for which nothing was sent."""
        access = self._access
        log.info(
            "not boosted",
            extra={
                "account": access.name,
                "source": one.source,
                "id": one.id,
                "state": after.state.value,
                "reason": after.error,
            },
        )
        return await access.settle(one, after)

    async def _not_checked(self, one: Delivery, error: TargetError) -> Delivery | None:
        """Let a boost wait whose status could not be looked at."""
        access = self._access
        self._note_failure(one, error)
        works = None
        if isinstance(error, Unauthorised) and error.slug != "token_missing":
            works = await access.may_use_token()
        now, record = access.clock.now(), await self._record()
        decision = delivery.after_no_check(
            one, error, works, now, self._config.delivery, record.pauses
        )
        if decision.pause_until is not None:
            await access.pause(decision.pause_until, error)
        after = await access.settle(one, decision.delivery)
        return after if decision.pause_until is None else None

    async def _images(self, one: Delivery) -> tuple[tuple[Image, ...], tuple[str, ...]]:
        """The images of a post or quote that are to be had, and why the others are not.

        An edit keeps its own.
        """
        if not one.post.media or one.post.action not in ("post", "quote"):
            return (), ()
        source = self._config.sources[one.source]
        return await self._gallery.fetched(
            one.post.media,
            await self.limits(),
            source=one.source,
            proxy=source.proxy,
            configured=hosts_of(source, self._config.accounts),
        )

    async def _continued(self, one: Delivery) -> str:
        """The remote id of the status a thread goes on from; "" where there is none."""
        if not one.post.continues:
            return ""
        access = self._access
        found = await access.in_store(access.rows.find, [one.post.continues])
        return found[0].receipt.remote_id if found and found[0].receipt else ""

    def _note_failure(self, one: Delivery, error: TargetError) -> None:
        access = self._access
        access.slugs.append(error.slug)
        log.warning(
            "attempt failed",
            extra={
                "account": access.name,
                "id": one.id,
                "slug": error.slug,
                "error": error.message,
            },
        )
        if isinstance(error, RateLimited):
            access.deferred.add(one.id)

    async def _failed(self, claimed: Delivery, error: TargetError) -> Delivery | None:
        access = self._access
        self._note_failure(claimed, error)
        decision = await self._decide(claimed, error)
        if decision.pause_until is not None:
            await access.pause(decision.pause_until, error)
        after = await access.settle(claimed, decision.delivery)
        goes_on = decision.pause_until is None and not isinstance(error, Lapsed)
        return after if goes_on else None

    async def _decide(self, claimed: Delivery, error: TargetError) -> delivery.Decision:
        access = self._access
        now = access.clock.now()
        if isinstance(error, Unauthorised):
            works = await access.may_use_token() if error.slug != "token_missing" else False
            return delivery.after_unauthorised(claimed, error, works, now)
        record = await self._record()
        return delivery.after_failure(claimed, error, now, self._config.delivery, record.pauses)

    def _ready(self, waiting: Sequence[Delivery]) -> list[Delivery]:
        return queue_order.ready(waiting, self._config, self._access.clock.now())

    @property
    def _posts_privately(self) -> bool:
        """Whether any source of this account makes private posts."""
        sources = (one for one in self._config.sources.values() if self._access.name in one.to)
        return any((one.visibility or self._settings.visibility) == "private" for one in sources)

    @property
    def _settings(self) -> AccountSettings:
        return self._config.accounts[self._access.name]

    async def _record(self) -> AccountRecord:
        access = self._access
        return await access.in_store(access.rows.account, access.name)


def _remark(left_out: Sequence[str], receipt: Receipt) -> str:
    """What the story of a post says of the images that it went out without, "" for none."""
    missing = [*left_out]
    if receipt.left_out:
        missing.append(f"{receipt.left_out} not taken by the server, or not in time")
    return f"without images: {'; '.join(missing)}" if missing else ""
