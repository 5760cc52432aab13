"""Questions to a person at a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from reblogbot.cli.output import print_lines, terminal_safe
from reblogbot.config.lookalikes import hint_for_value

T = TypeVar("T")
MAX_ANSWER = 10_000


def is_interactive() -> bool:
    """Whether a person can be asked, and sees the question."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def ask(question: str, read: Callable[[str], T], *, default: str = "") -> T:
    """The answer as `read` understands it; asked again while that raises ValueError.

    Raises EOFError at the end of the input.
    """
    shown_default = f" [{terminal_safe(default)}]" if default else ""
    while True:
        answer = input(f"{question}{shown_default}: ")[:MAX_ANSWER].strip()
        try:
            return read(answer or default)
        except ValueError as error:
            print_lines(f"  {error}{hint_for_value(answer)}")
