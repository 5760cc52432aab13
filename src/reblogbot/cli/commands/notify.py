"""`notify test`: try every way by which the admin is notified."""

from __future__ import annotations

import argparse
import asyncio

from reblogbot import app
from reblogbot.admin.documents.notices import notice_test_json
from reblogbot.cli.output import print_json, print_lines
from reblogbot.config.settings import Config, NotifySettings
from reblogbot.errors import ConfigError, Exit
from reblogbot.notices.messenger import Channel, ChannelTest
from reblogbot.store import Store


def run_test(options: argparse.Namespace) -> int:
    """Send a test message through every configured channel."""
    config = app.load_config(options.config)
    notify = config.notify
    if not (notify.command or notify.webhook or notify.account):
        raise ConfigError(
            "notify_not_configured",
            "no notices are configured: set command, webhook, or account and to, in [notify]",
        )
    store = app.open_for_work(config)
    try:
        tests = asyncio.run(_test(config, store))
    finally:
        store.close()
    if options.json:
        print_json(notice_test_json(tests))
    else:
        print_lines(*(f"{_label(test.channel, notify)}: {test.error or 'sent'}" for test in tests))
    return Exit.FAILED if any(test.error for test in tests) else Exit.OK


async def _test(config: Config, store: Store) -> list[ChannelTest]:
    async with app.running(config, store) as runtime:
        return await runtime.messenger.test()


def _label(channel: Channel, notify: NotifySettings) -> str:
    """The channel, with the recipient of a direct post; a command may hold a secret."""
    return f"account {notify.account} to {notify.to}" if channel == "account" else channel
