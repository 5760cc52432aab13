"""The document of `notify test`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from reblogbot.notices.messenger import ChannelTest


class ChannelRow(TypedDict):
    """The result of a test message through one channel."""

    channel: Literal["command", "webhook", "account"]
    sent: bool
    error: str
    """Empty if it was sent."""


class NoticeTestDocument(TypedDict):
    """The configured channels of notices."""

    channels: list[ChannelRow]


def notice_test_json(tests: Iterable[ChannelTest]) -> NoticeTestDocument:
    """The result of `notify test`."""
    return {
        "channels": [
            {"channel": test.channel, "sent": not test.error, "error": test.error} for test in tests
        ]
    }
