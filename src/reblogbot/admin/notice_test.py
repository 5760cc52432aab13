"""Trying every way by which the admin is notified: `notify test`."""

from __future__ import annotations

import asyncio

from reblogbot import app
from reblogbot.config.settings import Config
from reblogbot.errors import ConfigError
from reblogbot.notices.messenger import ChannelTest
from reblogbot.store import Store
from reblogbot.words import Words


def check_configured(config: Config) -> None:
    """Raise ConfigError where the config names no way to notify the admin."""
    notify = config.notify
    if not (notify.command or notify.webhook or notify.account):
        raise ConfigError(
            "notify_not_configured",
            Words(
                "no notices are configured: set command, webhook, or account and to, in [notify]"
            ),
        )


def send_test_notices(config: Config, store: Store) -> list[ChannelTest]:
    """The result of a test message through every configured channel. Raises ConfigError."""
    check_configured(config)

    async def run() -> list[ChannelTest]:
        async with app.running(config, store) as runtime:
            return await runtime.messenger.test()

    return asyncio.run(run())
