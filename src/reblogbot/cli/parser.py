"""The parser of the command line: global options before or after the command, errors with hints."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from reblogbot import __version__
from reblogbot.cli.arguments import add_commands
from reblogbot.cli.output import decoded
from reblogbot.errors import ConfigError, did_you_mean, unknown_name_message

_EPILOG = """\
Start with `reblogbot demo`, then `reblogbot setup`. Exit codes: 0 success, 1 something failed or
is in doubt, 2 error in the config or the command line, 3 error of the store, 130 interrupted."""


class Parser(argparse.ArgumentParser):
    """A parser that raises ConfigError instead of printing usage and exiting.

    Options cannot be abbreviated: `--forc` must not pass for `--force`.
    """

    summary = ""
    """What the command does, in the words of the list of commands."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def visible_actions(self) -> list[argparse.Action]:
        """The options and arguments that the help shows, without the commands."""
        return [
            action
            for action in self._actions
            if action.help != argparse.SUPPRESS and not isinstance(action.choices, dict)
        ]

    def subcommands(self) -> dict[str, Parser]:
        """The commands, or the verbs of a command, by name."""
        return {
            name: command
            for action in self._actions
            if isinstance(action.choices, dict)
            for name, command in action.choices.items()
        }

    def error(self, message: str) -> NoReturn:
        """Raise ConfigError `usage`; where a command is missing, it names those that there are."""
        if self.subcommands() and "are required" in message:
            message += f"; there are {', '.join(self.subcommands())}"
        raise ConfigError("usage", f"{message}; see `{self.prog} --help`")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As argparse does it. Raises ConfigError for an unknown option."""
        options, rest = super().parse_known_args(args, namespace)
        if "values" in options:
            # argparse takes KEY=VALUE only right after the address, not after a further option
            options.values += [decoded(word) for word in rest if not word.startswith("-")]
            rest = [word for word in rest if word.startswith("-")]
        for argument in rest:
            if argument.startswith("-") and argument not in ("-", "--"):
                self.refuse_option(argument)
        return options, rest

    def check_global_options(self, arguments: Sequence[str]) -> None:
        """Raise ConfigError for an unknown option before the command.

        argparse would take the option's value for the command.
        """
        remaining = iter(arguments)
        for argument in remaining:
            if not argument.startswith("-"):
                return
            name, has_value, _ = argument.partition("=")
            action = self._option_string_actions.get(name)
            # --json is reported after the command was parsed: a missing command goes first
            if action is None and argument.startswith("--") and argument != "--json":
                self.refuse_option(argument)
            if action is not None and action.nargs is None and not has_value:
                next(remaining, None)

    def refuse_option(self, argument: str) -> NoReturn:
        """Raise ConfigError for an unknown option, with the one that was probably meant."""
        name = argument.partition("=")[0]
        if name == "--json" and " " not in self.prog:
            self.error("write --json after the command")
        hint = did_you_mean(name, self._option_string_actions)
        self.error(f'there is no option "{name}"{hint}')

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ConfigError for an unknown command, verb or choice."""
        if action.choices is not None and value not in action.choices:
            noun = str(action.metavar or action.dest).lower().replace("_", " ")
            raise ConfigError(
                "usage", f"there is {unknown_name_message(noun, value, list(action.choices))}"
            )


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of one run. Raises ConfigError for wrong arguments.

    `run` names the function of the command, as `module:function`.
    """
    parser = _only_parser()
    parser.check_global_options(arguments)
    options = parser.parse_args(arguments)
    options.config = config_path(options.config)
    return options


@cache
def _only_parser() -> Parser:
    """The parser of all calls of `parse`: to build it takes longer than to parse."""
    return command_line()


def command_line() -> Parser:
    """A new parser with all commands; the caller may change it."""
    parser = Parser(
        prog="reblogbot",
        description="Follows hot lists, feeds and fediverse accounts, and boosts or posts short "
        "entries with title and link, each exactly once.",
        epilog=_EPILOG,
        parents=[_global_options(is_command=False)],
    )
    parser.set_defaults(is_daemon=False)
    commands = parser.add_subparsers(
        title="commands",
        metavar="COMMAND",
        required=True,
        parser_class=Parser,
        # as argparse would find it by formatting a usage, for which it imports shutil
        prog=parser.prog,
    )
    add_commands(commands, _global_options(is_command=True))
    return parser


def _global_options(*, is_command: bool) -> argparse.ArgumentParser:
    """The global options. A command has no defaults for them, which would undo earlier ones."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("global options")

    def default(value: object) -> object:
        return argparse.SUPPRESS if is_command else value

    group.add_argument(
        "-c",
        "--config",
        metavar="PATH",
        default=default(None),
        help="the config file (default: $REBLOGBOT_CONFIG, ./config.toml, then "
        "$XDG_CONFIG_HOME/reblogbot/config.toml)",
    )
    group.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=default(0),
        help="log what happens; -vv logs details too",
    )
    group.add_argument(
        "--log-format",
        choices=("text", "json"),
        default=default("text"),
        help="format of the log on stderr (default: text)",
    )
    group.add_argument(
        "--json-progress",
        action="store_true",
        default=default(value=False),
        help="report the progress of long work as JSON lines on stderr",
    )
    group.add_argument("--version", action="version", version=f"reblogbot {__version__}")
    return parser


def config_path(argument: str | None) -> Path:
    """The config file that is meant, by an argument or without one."""
    named = argument or os.environ.get("REBLOGBOT_CONFIG")
    if named:
        return Path(named).expanduser()
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    in_home = Path(home).expanduser() / "reblogbot" / "config.toml"
    in_folder = Path("config.toml")
    return in_home if not in_folder.exists() and _exists(in_home) else in_folder


def _exists(path: Path) -> bool:
    """Whether the file exists; False where this user may not look into its folder."""
    try:
        return path.exists()
    except OSError:
        return False
