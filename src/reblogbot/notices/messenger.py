"""Tells the admin of trouble, once per cause and day, by every way the config names."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Awaitable
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core.delivery import idempotency_key
from reblogbot.core.text import defuse, shorten
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.waiting import Waiting
from reblogbot.errors import ReblogbotError
from reblogbot.model import Post
from reblogbot.notices import alerts as notices
from reblogbot.notices import channels as telling
from reblogbot.notices.alerts import Letter, Notice
from reblogbot.ports import Clock
from reblogbot.store import AsyncStore, Store

log = logging.getLogger(__name__)

LOOKS = 20
"""A daemon looks every 15 seconds: five minutes in which a stalled account may recover."""


class Messenger:
    """Looks for trouble in the store, so that one that came up in another process is told too."""

    def __init__(
        self,
        config: Config,
        store: AsyncStore,
        accounts: Accounts,
        clock: Clock,
    ) -> None:
        self._config = config
        self._store = store
        self._accounts = accounts
        self._clock = clock
        # what is known to be told needs no transaction to find it out
        self._told: dict[str, int] = {}
        self._looks: dict[str, int] = {}

    async def tell(self, *, at_once: bool = False) -> None:
        """Send what is not told yet; a way that fails is logged, and nobody's trouble.

        A stalled account is told after LOOKS looks, or `at_once`.
        """
        now = self._clock.now()
        found = await self._store.query(self._troubles, now)
        found += self._confirmed(await self._store.query(self._stalled, now), at_once=at_once)
        fresh = [one for one in found if await self._is_fresh(one, now)]
        for letter in notices.letters(fresh):
            log.info("admin told", extra={"causes": ", ".join(letter.causes)})
            await asyncio.gather(
                self._tried(self._by_command(letter)),
                self._tried(self._by_webhook(letter)),
                self._tried(self._by_post(letter, now)),
            )

    def _troubles(self, store: Store, now: datetime) -> list[Notice]:
        """All that is wrong now, told or not."""
        config, tallies = self._config, store.tallies
        known = store.outbox.accounts()
        return [
            *notices.storms(config, tallies.storms()),
            *notices.accounts(config, known, tallies.deliveries(), now),
            *notices.sources(config, tallies.failing(now - notices.FAILING)),
        ]

    def _stalled(self, store: Store, now: datetime) -> list[Notice]:
        stalled = Waiting(self._config, store, now, is_working=True).stalled()
        return notices.stalled(stalled)

    def _confirmed(self, stalled: list[Notice], *, at_once: bool) -> list[Notice]:
        """Those that were seen in enough looks in a row.

        When a machine wakes, or a stop ends, an account has to begin sending first.
        """
        self._looks = {one.cause: self._looks.get(one.cause, 0) + 1 for one in stalled}
        return [one for one in stalled if at_once or self._looks[one.cause] >= LOOKS]

    async def _is_fresh(self, one: Notice, now: datetime) -> bool:
        """Whether nobody has told it today; from now on somebody has, whatever becomes of it.

        A message that may have left is not sent again: what lasts is told again tomorrow.
        """
        if self._told.get(one.cause) == now.toordinal():
            return False
        self._told[one.cause] = now.toordinal()
        return await self._store.history.tell_once(one.cause, now)

    async def _tried(self, way: Awaitable[None]) -> None:
        try:
            await way
        except ReblogbotError as error:
            log.error("admin not told", extra={"slug": error.slug, "error": error.message})  # noqa: TRY400

    async def _by_command(self, letter: Letter) -> None:
        config = self._config
        if config.notify.command:
            tokens = [account.token_env for account in config.accounts.values()]
            env = telling.environment(os.environ, tokens)
            folder = config.path.parent
            await telling.run_command(config.notify.command, folder, letter.message, env)

    async def _by_webhook(self, letter: Letter) -> None:
        if self._config.notify.webhook:
            url = self._config.notify.webhook
            await telling.post_webhook(url, letter.event, letter.message)

    async def _by_post(self, letter: Letter, now: datetime) -> None:
        name, to = self._config.notify.account, self._config.notify.to
        if not name:
            return
        account = self._config.accounts[name]
        if not account.enabled or await self._store.outbox.stopped_at() is not None:
            why = "everything is stopped" if account.enabled else "the account is disabled"
            raise ReblogbotError("notify_account", f"[notify] account {name}: {why}")
        sending = self._accounts[name]
        text = direct(letter.message, to, (await sending.limits()).characters)
        cause = f"{now:%Y-%m-%d} {' '.join(letter.causes)}".encode()
        key = idempotency_key(account.server, name, cause, to, 0)
        post = Post("post", text, visibility="direct", language="en", may_mention=True)
        await sending.post_notice(post, key)


def direct(message: str, to: str, limit: int) -> str:
    """The message as a direct post to one person: nobody else is mentioned, nothing is linked.

    A link in it could be taken for a post of ours that has that link, when statuses are read back.
    """
    bare = defuse(re.sub(r"\bhttps?://", "", message))
    return f"{to} {shorten(bare, limit - len(to) - 1)}".rstrip()
