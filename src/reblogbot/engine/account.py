"""One account: its server, called in a thread of its own, and its row in the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from reblogbot.config.settings import AccountSettings
from reblogbot.config.tokens import token_digest
from reblogbot.engine.renewal import repeated
from reblogbot.errors import (
    Doubtful,
    RateLimited,
    StoreError,
    TargetError,
    Unauthorised,
    Unreachable,
)
from reblogbot.model import Delivery, Image, Post, PublishedStatus, Receipt, ServerLimits
from reblogbot.ports import Clock, FoundStatus, Identity, Target
from reblogbot.runtime.worker_thread import ThreadDied, WorkerThread
from reblogbot.store import AsyncStore
from reblogbot.store.store import SendingStart
from reblogbot.words import Words

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

TOKEN = "token"  # noqa: S105 - the name of a cause, no secret
"""The cause of a pause that another token ends."""
ASKED = "rate_limited"
"""The cause of a pause that the server asked for."""
FACTS_AGE = timedelta(minutes=10)
"""How long limits are used before the server is asked again, and how often an unknown address is
asked for: both may change, and the server may be hanging."""
TOKEN_PAUSE = timedelta(minutes=15)
UNANSWERED_PAUSE = timedelta(seconds=30)


@dataclass(slots=True)
class SendingReport:
    """What one round of sending for an account came to.

    `changed` has the deliveries that changed, by their ids. `deferred` are the ids of those that
    the server itself wants later, which is no failure. `trouble` says what is wrong with the
    account, "" for nothing. `slugs` are the errors of the attempts that failed.
    """

    changed: dict[int, Delivery] = field(default_factory=dict)
    deferred: set[int] = field(default_factory=set)
    trouble: str = ""
    slugs: list[str] = field(default_factory=list)

    def add_changed(self, deliveries: Collection[Delivery]) -> None:
        """Count these deliveries as changed."""
        self.changed.update({delivery.id: delivery for delivery in deliveries})


class Account:
    """One account of the config.

    Whatever an adapter raises that is no TargetError leaves a request in doubt.
    """

    def __init__(
        self,
        settings: AccountSettings,
        make_target: Callable[[], Target],
        read_token: Callable[[], str],
        store: AsyncStore,
        clock: Clock,
    ) -> None:
        self.name = settings.name
        self.settings = settings
        self.report = SendingReport()
        """Of the round of sending that began last."""
        self._make_target = make_target
        self._read_token = read_token
        self._store = store
        self._clock = clock
        self._thread = WorkerThread(f"account-{settings.name}")
        self._limits: ServerLimits | None = None
        self._limits_due: datetime | None = None
        self._limits_lock = asyncio.Lock()
        self._address = ""
        self._address_due: datetime | None = None

    def close(self) -> None:
        """Take no more calls; a request on the wire ends by itself."""
        self._thread.drop()

    # facts about the server and the account; never asked for while the account is paused

    @property
    def known_limits(self) -> ServerLimits:
        """The limits as this process knows them: the defaults until `limits` was called."""
        return self._limits or ServerLimits()

    async def limits(self) -> ServerLimits:
        """Return the server's limits: as it says now, else as last known, else the defaults."""
        # several entries are composed at a time; those that know no limits wait for the first
        if self._limits is None or not self._limits_lock.locked():
            async with self._limits_lock:
                await self._refresh_limits()
        return self.known_limits

    async def _refresh_limits(self) -> None:
        now = self._clock.now()
        if self._limits_due is not None and self._limits_due > now:
            return
        self._limits_due = now + FACTS_AGE
        record = await self._store.outbox.account(self.name)
        limits = self._limits or record.limits
        # those of a blog or a folder are known without a request
        if self.settings.has_titles or not record.is_paused(now):
            try:
                limits = await self._call(self._target.limits)
            except TargetError as error:
                self._log_unknown("limits not known", error)
        self._limits = limits

    async def address(self) -> str:
        """Return the account's `name@host`, "" while its server does not tell."""
        now = self._clock.now()
        if not self._address and (self._address_due is None or self._address_due <= now):
            self._address_due = now + FACTS_AGE
            record = await self._store.outbox.account(self.name)
            if not record.is_paused(now):
                try:
                    self._address = (await self._call(self._target.verify)).address
                except TargetError as error:
                    self._log_unknown("address not known", error)
        return self._address

    def _log_unknown(self, event: str, error: TargetError) -> None:
        log.info(event, extra={"account": self.name, "error": error.message})

    async def identify(self) -> tuple[Identity, ServerLimits]:
        """Return whom the token speaks for and the server's limits. Raises TargetError."""
        identity = await self._call(self._target.verify)
        identity = replace(identity, scopes=await self._call(self._target.scopes))
        return identity, await self._call(self._target.limits)

    # requests; each raises TargetError

    async def publish(
        self,
        post: Post,
        key: str,
        *,
        identity: bytes,
        reply_to: str = "",
        images: Sequence[Image] = (),
        lease_end: float,
    ) -> Receipt:
        """Publish, see `Target.publish`."""
        markup = (await self.limits()).markup
        return await self._call(
            self._target.publish,
            post,
            key,
            identity=identity,
            reply_to=reply_to,
            images=images,
            markup=markup,
            lease_end=lease_end,
        )

    async def post_notice(self, post: Post, key: str) -> None:
        """Publish a notice to the admin, outside of the queue. It is not tried again."""
        now = self._clock.now()
        record = await self._store.outbox.account(self.name)
        if record.is_paused(now):
            raise Unreachable(
                "account_rests",
                Words("{name} rests itself: {reason}", name=self.name, reason=record.reason),
            )
        try:
            markup = (await self.limits()).markup
            await self._call(self._target.publish, post, key, markup=markup)
        except RateLimited as error:
            await self.pause(error.until, error)
            raise

    async def status(self, post: Post) -> FoundStatus | None:
        """Return the status that a boost or quote names, see `Target.status`."""
        return await self._call(self._target.status, post)

    async def relationship(self, account_id: str) -> Mapping[str, Any]:
        """Return the relationship to another account, see `Target.relationship`."""
        return await self._call(self._target.relationship, account_id)

    async def recent(self, hidden_since: datetime | None) -> Sequence[PublishedStatus]:
        """Return the account's own recent statuses, see `Target.recent`."""
        return await self._call(self._target.recent, hidden_since)

    async def existing(self, delivery: Delivery) -> Receipt | None:
        """Return the receipt of what a delivery has published, see `Target.existing`."""
        return await self._call(self._target.existing, delivery.post, delivery.identity)

    async def retract(self, post: Post, remote_id: str, *, lease_end: float) -> bool:
        """Delete a post or undo a boost, see `Target.retract`."""
        return await self._call(self._target.retract, post, remote_id, lease_end=lease_end)

    async def verify(self) -> None:
        """Ask the server whether the token speaks for an account. Raises Unauthorised if not."""
        await self._call(self._target.verify)

    async def is_token_valid(self) -> bool | None:
        """Whether the token speaks for an account; None when the server did not say."""
        try:
            await self.verify()
        except Unauthorised:
            return False
        except TargetError:
            return None
        return True

    @cached_property
    def _target(self) -> Target:
        # made when first needed: importing its library costs as much as hundreds of polls
        return self._make_target()

    async def _call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._thread(method, *args, **kwargs)
        except (TargetError, ThreadDied):
            raise
        except Exception as error:
            log.exception("target broke", extra={"account": self.name})
            broke = Words(
                "{name}: the adapter broke with {fault}; please report it",
                name=self.name,
                fault=type(error).__name__,
            )
            raise Doubtful("adapter_broke", broke) from error

    # the lease

    async def claim(
        self, lease: timedelta, read_back_after: timedelta, lookback: timedelta
    ) -> SendingStart | None:
        """Lease the account for a round of sending, and begin a new report.

        For the parameters and the result see `Store.begin_sending`.
        """
        self.report = SendingReport()
        start = await self._store.begin_sending(
            self.name, self._clock.now(), lease, read_back_after, lookback
        )
        if start is not None:
            self.report.add_changed(start.recovered)
        return start

    def renewing(self, lease: timedelta) -> AbstractAsyncContextManager[None]:
        """Renew the account's lease within, however long its server or an image host takes.

        A lease that has lapsed, as in a process that was stopped, is not renewed.
        """

        async def renew() -> None:
            with suppress(StoreError, ThreadDied):
                await self._store.outbox.renew_account(self.name, self._clock.now(), lease)

        return repeated(renew, lease.total_seconds() / 3)

    async def release(self) -> None:
        """Give the lease back, and keep what the server said of its limits."""
        is_used = "_target" in self.__dict__
        await self._store.outbox.release_account(
            self.name,
            limits=self._limits,
            rate_remaining=self._target.rate_remaining if is_used else None,
        )

    # the report and the pauses

    async def settle(self, before: Delivery, after: Delivery, remark: str = "") -> Delivery | None:
        """Return the delivery as it now stands; None when another process changed it first."""
        settled = await self._store.outbox.settle(before, after, self._clock.now(), remark)
        if settled is not None:
            self.report.add_changed([settled])
        return settled

    def note_failure(self, delivery: Delivery, error: TargetError) -> None:
        """Log and report an attempt that failed."""
        log.warning(
            "attempt failed",
            extra={
                "account": self.name,
                "id": delivery.id,
                "slug": error.slug,
                "error": error.message,
            },
        )
        self.report.slugs.append(error.slug)
        if isinstance(error, RateLimited):
            self.report.deferred.add(delivery.id)

    def token_mark(self) -> str:
        """Return a digest that tells one token from another, "" where there is none."""
        try:
            return token_digest(self._read_token())
        except Unauthorised:
            return ""

    async def pause(self, until: datetime, error: TargetError) -> None:
        """Send nothing before `until`. A refused token or a server out of reach is trouble."""
        if not isinstance(error, RateLimited | Doubtful):
            self.report.trouble = error.message
        is_refused = isinstance(error, Unauthorised)
        log.warning(
            "account paused",
            extra={"account": self.name, "until": until.isoformat(), "error": error.message},
        )
        await self._store.outbox.pause(
            self.name,
            until,
            TOKEN if is_refused else error.slug,
            error.message,
            self.token_mark() if is_refused else "",
        )

    async def pause_unanswered(self, error: TargetError) -> None:
        """Pause after a question that got no answer."""
        if isinstance(error, RateLimited):
            await self.pause(error.until, error)
            return
        span = TOKEN_PAUSE if isinstance(error, Unauthorised) else UNANSWERED_PAUSE
        await self.pause(self._clock.now() + span, error)
        self.report.trouble = error.message
