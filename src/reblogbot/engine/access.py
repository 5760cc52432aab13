"""An account's way to its server and to its rows in the store, as its sender uses it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import ParamSpec, TypeVar

from reblogbot.config.tokens import token_digest
from reblogbot.errors import Doubtful, RateLimited, StoreError, TargetError, Unauthorised
from reblogbot.model import Delivery, State
from reblogbot.ports import Clock, Target
from reblogbot.runtime.worker_thread import ThreadDied, WorkerThread
from reblogbot.store import Store, StoreThread

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

TOKEN = "token"  # noqa: S105 - the name of a cause, no secret
"""The cause of a pause that another token ends."""
ASKED = "rate_limited"
"""The cause of a pause that the server asked for."""
RECHECK = timedelta(minutes=15)
UNANSWERED = timedelta(seconds=30)


class Access:
    """One account's target, asked in a thread of its own, and its rows.

    `changed` collects the deliveries that changed since it was last emptied, `deferred` the ids
    of those the server wants later; `trouble` says what is wrong with the account itself, ""
    for nothing. `slugs` are the causes of the attempts that failed.
    """

    def __init__(
        self,
        name: str,
        make_target: Callable[[], Target],
        token: Callable[[], str],
        store: Store,
        in_store: StoreThread,
        clock: Clock,
    ) -> None:
        self.name = name
        self._make_target = make_target
        self.rows = store.outbox
        self.sources = store.sources
        self.publications = store.publications
        self.in_store = in_store
        self.clock = clock
        self.changed: dict[int, Delivery] = {}
        self.deferred: set[int] = set()
        self.trouble = ""
        self.slugs: list[str] = []
        self._token = token
        self._thread = WorkerThread(f"account-{name}")

    @cached_property
    def target(self) -> Target:
        """The adapter, made when first needed: its library costs as much as hundreds of polls."""
        return self._make_target()

    @property
    def rate_remaining(self) -> int | None:
        """What the server last said is left; None when it was not asked."""
        return self.target.rate_remaining if "target" in self.__dict__ else None

    def close(self) -> None:
        """Take no more calls; one on the wire ends by itself."""
        self._thread.drop()

    def token_mark(self) -> str:
        """A digest that tells one token from another, "" where there is none to be had."""
        try:
            return token_digest(self._token())
        except Unauthorised:
            return ""

    async def call(self, method: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the target answers; whatever breaks in an adapter leaves us in doubt."""
        try:
            return await self._thread(method, *args, **kwargs)
        except (TargetError, ThreadDied):
            raise
        except Exception as error:
            log.exception("target broke", extra={"account": self.name})
            broke = f"{self.name}: the adapter broke with {type(error).__name__}; please report it"
            raise Doubtful("adapter_broke", broke) from error

    async def settle(self, before: Delivery, after: Delivery, remark: str = "") -> Delivery | None:
        """The delivery as it now stands; None when another process settled it meanwhile."""
        now = self.clock.now()
        settled = await self.in_store(self.rows.settle, before, after, now, remark)
        if settled is not None:
            self.note(settled)
        return settled

    def note(self, *changed: Delivery) -> None:
        """Count these among what changed."""
        self.changed.update({one.id: one for one in changed})

    @asynccontextmanager
    async def renewing(self, lease: timedelta) -> AsyncIterator[None]:
        """Within it the account stays ours, however long its server or an image host takes.

        A lease that has lapsed, as in a process that was stopped, is not renewed.
        """

        async def renew() -> None:
            while True:
                await asyncio.sleep(lease.total_seconds() / 3)
                with suppress(StoreError, ThreadDied):
                    await self.in_store(self.rows.renew_account, self.name, self.clock.now(), lease)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()

    async def pause(self, until: datetime, error: TargetError) -> None:
        """Leave the account alone; a bad token, or a server out of reach, is trouble."""
        if not isinstance(error, RateLimited | Doubtful):
            self.trouble = error.message
        by_token = isinstance(error, Unauthorised)
        log.warning(
            "account paused",
            extra={"account": self.name, "until": until.isoformat(), "error": error.message},
        )
        await self.in_store(
            self.rows.pause,
            self.name,
            until,
            TOKEN if by_token else error.slug,
            error.message,
            self.token_mark() if by_token else "",
        )

    async def pause_unanswered(self, error: TargetError) -> None:
        """Leave the account alone after a question that got no answer."""
        now = self.clock.now()
        if isinstance(error, RateLimited):
            await self.pause(error.until, error)
        else:
            rest = RECHECK if isinstance(error, Unauthorised) else UNANSWERED
            await self.pause(now + rest, error)
            self.trouble = error.message

    async def may_use_token(self) -> bool | None:
        """Whether the token speaks for somebody; None when the server did not say."""
        try:
            await self.call(self.target.verify)
        except Unauthorised:
            return False
        except TargetError:
            return None
        return True


def is_open_doubt(one: Delivery | None) -> bool:
    """Whether a settled delivery is still in doubt, or was taken out of our hands."""
    return one is None or one.state == State.DOUBT
