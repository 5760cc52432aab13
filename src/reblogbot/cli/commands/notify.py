"""`notify test`: try every way by which the admin is notified."""

from __future__ import annotations

import argparse

from reblogbot import app
from reblogbot.admin.documents.notices import notice_test_json
from reblogbot.admin.notice_test import check_configured, send_test_notices
from reblogbot.cli.output import print_json, print_lines
from reblogbot.config.settings import NotifySettings
from reblogbot.errors import Exit
from reblogbot.notices.messenger import Channel


def run_test(options: argparse.Namespace) -> int:
    """Send a test message through every configured channel."""
    config = app.load_config(options.config)
    check_configured(config)
    store = app.open_for_work(config)
    try:
        tests = send_test_notices(config, store)
    finally:
        store.close()
    if options.json:
        print_json(notice_test_json(tests))
    else:
        notify = config.notify
        print_lines(*(f"{_label(test.channel, notify)}: {test.error or 'sent'}" for test in tests))
    return Exit.FAILED if any(test.error for test in tests) else Exit.OK


def _label(channel: Channel, notify: NotifySettings) -> str:
    """The channel, with the recipient of a direct post; a command may hold a secret."""
    return f"account {notify.account} to {notify.to}" if channel == "account" else channel
