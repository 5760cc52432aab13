"""The states of sources, accounts and steps, as `status` and its page show them."""

from __future__ import annotations

from typing import Literal

from reblogbot.errors import Failure

SourceState = Literal["new", "ok", "disabled"] | Failure
"""`new` before the first poll, then the result of the last one."""
AccountState = Literal["ok", "disabled", "no_token", "paused", "stalled"]
StepState = Literal["ok", "failing", "paused", "spent", "unused"]
"""`spent`: its calls of the day are used up; `unused`: no enabled source has it."""
TokenState = Literal["works", "refused", "missing", "not_tried"]
"""What the server says, or said last, of an account's token."""
