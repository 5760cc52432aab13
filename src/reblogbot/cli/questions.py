"""Questions to a person at a terminal."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from reblogbot.cli.output import print_lines, terminal_safe
from reblogbot.config.lookalikes import hint_for_value
from reblogbot.errors import ConfigError

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


def require_answer(options: argparse.Namespace) -> None:
    """Raise ConfigError unless a person can be asked, or has answered by --yes or --dry-run."""
    if not (options.yes or options.dry_run or (is_interactive() and not options.json)):
        reason = "with --json" if options.json else "without a terminal"
        raise ConfigError("usage", f"{reason} no question can be asked: add --yes to do it")


def is_confirmed(question: str) -> bool:
    """Whether the person says yes; the end of the input is a no."""
    try:
        answer = input(f"{terminal_safe(question)} [y/N] ")
    except EOFError:
        print_lines("")
        return False
    return answer.strip().lower() in ("y", "yes")


def choose(question: str, labels: Sequence[str]) -> int:
    """The index of the label that the person chooses; asked again until the answer is valid.

    An empty answer, and the end of the input, choose the first.
    """
    print_lines(*(f"{number:>3}  {label}" for number, label in enumerate(labels, 1)))
    while True:
        try:
            answer = input(f"{terminal_safe(question)} [1] ").strip() or "1"
        except EOFError:
            print_lines("")
            return 0
        if answer in labels:
            return list(labels).index(answer)
        if answer.isascii() and answer.isdigit() and 1 <= int(answer[:9]) <= len(labels):
            return int(answer) - 1
        print_lines(f"  write a number from 1 to {len(labels)}")
