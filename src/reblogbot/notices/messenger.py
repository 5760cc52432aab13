"""Notifies the admin of problems, once per cause and day, through all configured channels."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reblogbot.config.settings import Config, StepSettings
from reblogbot.core.delivery import idempotency_key
from reblogbot.core.text.mentions import defuse
from reblogbot.core.text.shortening import shorten
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.step_states import step_states
from reblogbot.engine.wait_reasons import Waiting
from reblogbot.errors import ReblogbotError
from reblogbot.model import Post
from reblogbot.notices import alerts, channels
from reblogbot.notices.alerts import Alert, Message
from reblogbot.ports import Clock
from reblogbot.store import AsyncStore, Store
from reblogbot.store.tallies import FAILING_AFTER

log = logging.getLogger(__name__)

STALL_SECONDS = 300.0
"""An account that is stalled has so long to recover before the admin is notified."""


Channel = Literal["command", "webhook", "account"]
"""A channel of messages, by its key in `[notify]`."""


@dataclass(frozen=True, slots=True)
class ChannelTest:
    """The result of a test message through one channel; `error` is "" if it was sent."""

    channel: Channel
    error: str


class Messenger:
    """Looks for problems in the store, so that those of other processes are noticed as well."""

    def __init__(
        self,
        config: Config,
        store: AsyncStore,
        accounts: Accounts,
        clock: Clock,
        mark_of: Callable[[StepSettings], str],
    ) -> None:
        self._config = config
        self._store = store
        self._accounts = accounts
        self._clock = clock
        self._mark_of = mark_of
        # the day of the last notification by cause, which saves a transaction per alert and check
        self._notified_on: dict[str, int] = {}
        self._stalled_since: dict[str, float] = {}
        """The monotonic time of the first of the latest checks in a row that saw a stall."""

    async def notify(self, *, at_once: bool = False) -> None:
        """Send messages about new problems. A channel that fails is logged and changes nothing.

        A stalled account is reported after STALL_SECONDS, or `at_once`.
        """
        now = self._clock.now()
        problems = await self._store.query(self._problems, now)
        problems += self._confirmed(await self._store.query(self._stalled, now), at_once=at_once)
        new = [alert for alert in problems if await self._is_new_today(alert, now)]
        for message in alerts.messages(new):
            log.info("admin told", extra={"causes": ", ".join(message.causes)})
            await asyncio.gather(
                self._logged(self._run_command(message)),
                self._logged(self._post_webhook(message)),
                self._logged(self._post_status(message, now)),
            )

    async def test(self) -> list[ChannelTest]:
        """Send one message through every configured channel; return what came of each."""
        now, notify = self._clock.now(), self._config.notify
        message = alerts.trial_message(self._config, now)
        sendings: list[tuple[Channel, bool, Awaitable[None]]] = [
            ("command", bool(notify.command), self._run_command(message)),
            ("webhook", bool(notify.webhook), self._post_webhook(message)),
            ("account", bool(notify.account), self._post_status(message, now)),
        ]
        errors = await asyncio.gather(*(_error_of(sending) for _, _, sending in sendings))
        return [
            ChannelTest(channel, error)
            for (channel, is_configured, _), error in zip(sendings, errors, strict=True)
            if is_configured
        ]

    def _problems(self, store: Store, now: datetime) -> list[Alert]:
        """All present problems but stalled accounts, reported or not."""
        config, tallies = self._config, store.tallies
        records = store.outbox.accounts()
        return [
            *alerts.storms(config, tallies.storms()),
            *alerts.accounts(config, records, tallies.deliveries(), now),
            *alerts.sources(config, tallies.failing(now - FAILING_AFTER)),
            *alerts.steps(step_states(config, store, self._mark_of, now), now),
        ]

    def _stalled(self, store: Store, now: datetime) -> list[Alert]:
        stalled = Waiting(self._config, store, now, is_working=True).stalled()
        return alerts.stalled(stalled)

    def _confirmed(self, stalled: list[Alert], *, at_once: bool) -> list[Alert]:
        """The alerts that every check of STALL_SECONDS has seen.

        After a suspend, or when a stop ends, an account needs some time to begin sending. The time
        of a suspend itself does not count.
        """
        now, before = time.monotonic(), self._stalled_since
        self._stalled_since = {alert.cause: before.get(alert.cause, now) for alert in stalled}
        latest = now if at_once else now - STALL_SECONDS
        return [alert for alert in stalled if self._stalled_since[alert.cause] <= latest]

    async def _is_new_today(self, alert: Alert, now: datetime) -> bool:
        """Whether no process has reported it today; from now on it counts as reported.

        A message that may have been sent is never sent again. A problem that lasts is reported
        again tomorrow.
        """
        if self._notified_on.get(alert.cause) == now.toordinal():
            return False
        self._notified_on[alert.cause] = now.toordinal()
        return await self._store.history.record_notice(alert.cause, now)

    async def _logged(self, sending: Awaitable[None]) -> None:
        """Send through one channel; log its failure."""
        try:
            await sending
        except ReblogbotError as error:
            log.error("admin not told", extra={"slug": error.slug, "error": error.message})  # noqa: TRY400

    async def _run_command(self, message: Message) -> None:
        config = self._config
        if config.notify.command:
            tokens = [account.token_env for account in config.accounts.values()]
            env = channels.environment(os.environ, tokens)
            folder = config.path.parent
            await channels.run_command(config.notify.command, folder, message.text, env)

    async def _post_webhook(self, message: Message) -> None:
        if self._config.notify.webhook:
            url = self._config.notify.webhook
            await channels.post_webhook(url, message.event, message.text)

    async def _post_status(self, message: Message, now: datetime) -> None:
        name, to = self._config.notify.account, self._config.notify.to
        if not name:
            return
        account = self._config.accounts[name]
        if not account.enabled or await self._store.outbox.stopped_at() is not None:
            reason = "all posting is stopped" if account.enabled else "the account is disabled"
            raise ReblogbotError("notify_account", f"[notify] account {name}: {reason}")
        account_sender = self._accounts[name]
        text = direct(message.text, to, (await account_sender.limits()).characters)
        cause = f"{now:%Y-%m-%d} {' '.join(message.causes)}".encode()
        key = idempotency_key(account.server, name, cause, to, 0)
        post = Post("post", text, visibility="direct", language="en", may_mention=True)
        await account_sender.post_notice(post, key)


async def _error_of(sending: Awaitable[None]) -> str:
    """Return why a message could not be sent, "" if it was."""
    try:
        await sending
    except ReblogbotError as error:
        return error.message
    return ""


def direct(text: str, to: str, limit: int) -> str:
    """The text as a direct post to one person, without other mentions and without links.

    With a link, read-back could take the message for the post of an entry with that link.
    """
    unlinked = defuse(re.sub(r"\bhttps?://", "", text))
    return f"{to} {shorten(unlinked, limit - len(to) - 1)}".rstrip()
