"""Writes the manual page from the command line's parser and the help topics: `make man`."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from reblogbot import __version__
from reblogbot.cli.help_topics import TOPICS
from reblogbot.cli.parser import Parser, command_line

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "share" / "man" / "man1" / "reblogbot.1"
GLOBAL_OPTIONS = {"help", "config", "verbose", "log_format", "json_progress", "version"}
SECTIONS = {
    "exit-codes": "EXIT STATUS",
    "environment": "ENVIRONMENT",
    "templates": "TEMPLATES",
    "accessibility": "ACCESSIBILITY",
}
FILES = """\
  config.toml  The config: here, or in ~/.config/reblogbot. `reblogbot setup` writes a first one.
  reblogbot.sqlite3  The store, beside the config: what was seen, and what was posted.
  NAME.token  The access token of an account, beside the config. Only its owner may read it.
"""
EXAMPLES = """\
The whole main job on this machine, with no account:

  reblogbot demo

Look at what would be posted, and do one round:

  reblogbot preview
  reblogbot sync

Why was this not posted?

  reblogbot why "night trains"
"""


def man_page() -> str:
    """The page in the man macros of roff."""
    parser = command_line()
    lines = [
        '.\\" Written by tests/support/man_page.py; do not edit.',
        # without a date: the version says more
        f'.TH REBLOGBOT 1 "" "reblogbot {__version__}" "User Commands"',
        ".SH NAME",
        f"reblogbot \\- {text('a bot that boosts and posts what feeds and the fediverse show')}",
        ".SH SYNOPSIS",
        ".B reblogbot",
        "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        ".SH DESCRIPTION",
        text(parser.description or ""),
        ".SH OPTIONS",
        "Every command takes these, before or after its name.",
        *options(parser, of_all_commands=True),
        ".SH COMMANDS",
        *commands(parser),
    ]
    for name, section in SECTIONS.items():
        lines += [f".SH {section}", *paragraphs(TOPICS[name].text)]
    lines += [".SH FILES", *paragraphs(FILES), ".SH EXAMPLES", *paragraphs(EXAMPLES)]
    return "\n".join(lines) + "\n"


def commands(parser: Parser) -> Iterator[str]:
    """A subsection for each command, and for each verb of those that have verbs."""
    for command in parser.subcommands().values():
        if command.subcommands():
            yield from commands(command)
            continue
        yield f".SS {option(command.prog)}"
        yield f".B {option(command.prog)}"
        arguments = [action for action in command.visible_actions() if not action.option_strings]
        own = [action for action in command.visible_actions() if action.dest not in GLOBAL_OPTIONS]
        has_options = len(own) > len(arguments)
        yield " ".join(["[\\fIOPTIONS\\fR]"] * has_options + list(map(argument, arguments)))
        yield ".PP"
        yield text(command.description or "")
        yield from options(command, of_all_commands=False)


def argument(action: argparse.Action) -> str:
    """An argument as a synopsis shows it: `[SOURCE ...]`."""
    name = f"\\fI{option(str(action.metavar or action.dest))}\\fR"
    return {"*": f"[{name} ...]", "+": f"{name} ...", "?": f"[{name}]"}.get(str(action.nargs), name)


def options(parser: Parser, *, of_all_commands: bool) -> Iterator[str]:
    """The arguments and options, of all commands or of this alone."""
    for action in parser.visible_actions():
        if (action.dest in GLOBAL_OPTIONS) != of_all_commands:
            continue
        names = ", ".join(f"\\fB{option(name)}\\fR" for name in action.option_strings)
        value = str(
            action.metavar or "|".join(map(str, action.choices or ())) or action.dest.upper()
        )
        takes_value = not action.option_strings or action.nargs != 0
        yield ".TP"
        yield f"{names} \\fI{option(value)}\\fR".strip() if takes_value else names
        yield text((action.help or "") % {**vars(action), "prog": parser.prog})


def paragraphs(plain: str) -> Iterator[str]:
    """A text of a help topic: paragraphs, tagged paragraphs, and lines to type."""
    for position, paragraph in enumerate(plain.strip("\n").split("\n\n")):
        tagged = re.sub(r"\n {4,}", " ", paragraph.rstrip())
        for number, line in enumerate(tagged.splitlines()):
            name, separator, explanation = line.strip().partition("  ")
            if not line.startswith("  "):
                # the heading of a section begins a paragraph already
                yield from [".PP"] * (number == 0 and position > 0)
                yield text(line)
            elif separator:
                yield from (".TP", f".B {option(name)}", text(explanation.strip()))
            else:
                yield from (".IP", f"\\fB{option(line.strip())}\\fR")


def text(plain: str) -> str:
    """A text with what is special to roff escaped, and what is `in backticks` in bold."""
    escaped = plain.replace("\\", "\\e").replace("-", "\\-").replace("...", ".\\|.\\|.")
    escaped = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", escaped)
    lines = textwrap.wrap(escaped, 79, break_long_words=False, break_on_hyphens=False)
    # a line that begins so would be a request to roff
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


def option(name: str) -> str:
    """A name whose hyphens are those that a shell reads."""
    return name.replace("\\", "\\e").replace("-", "\\-")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(man_page(), encoding="utf-8")
