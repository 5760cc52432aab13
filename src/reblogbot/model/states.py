"""The states of sources and accounts, as `status` and its page show them."""

from __future__ import annotations

from typing import Literal

from reblogbot.errors import Failure

SourceState = Literal["new", "ok", "disabled"] | Failure
"""`new` before the first poll, then the result of the last one."""
AccountState = Literal["ok", "disabled", "no_token", "paused", "stalled"]
TokenState = Literal["works", "refused", "missing", "not_tried"]
"""What the server says, or said last, of an account's token."""
