"""Questions to a person at a terminal."""

from __future__ import annotations

import argparse
import sys

from reblogbot.cli.output import print_lines, terminal_safe
from reblogbot.errors import ConfigError


def require_answer(options: argparse.Namespace) -> None:
    """Raise ConfigError unless a person can be asked, or has answered by --yes or --dry-run."""
    is_terminal = not options.json and sys.stdin is not None and sys.stdin.isatty()
    if not (options.yes or options.dry_run or is_terminal):
        reason = "with --json" if options.json else "without a terminal"
        raise ConfigError("usage", f"{reason} nobody can be asked: add --yes to do it")


def is_confirmed(question: str) -> bool:
    """Whether the person says yes; the end of the input is a no."""
    try:
        answer = input(f"{terminal_safe(question)} [y/N] ")
    except EOFError:
        print_lines("")
        return False
    return answer.strip().lower() in ("y", "yes")
