"""The program's arguments: commands, and global options before or behind them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from reblogbot import __version__
from reblogbot.cli import care, look, queue, rehearse, setup, sources, work
from reblogbot.cli.logs import set_up_logs
from reblogbot.errors import ConfigError, did_you_mean, unknown

_EPILOG = """\
Start with `reblogbot demo`, then `reblogbot init`. Exit codes: 0 all well, 1 something failed
or is in doubt, 2 config or command line, 3 store, 130 interrupted."""


class Arguments(argparse.ArgumentParser):
    """A parser whose complaints are errors of ours, so that they come out as all others do.

    Options are written in full: a slip of the pen must not pass for `--force`.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """Raise ConfigError `usage`."""
        raise ConfigError("usage", f"{message}; see `{self.prog} --help`")

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As the library does it. Raises ConfigError for an option that nobody knows."""
        options, left = super().parse_known_args(args, namespace)
        for word in left:
            if word.startswith("-") and word not in ("-", "--"):
                self.refuse_option(word)
        return options, left

    def check_global_options(self, arguments: Sequence[str]) -> None:
        """Raise ConfigError for an unknown option before the command.

        The library would take the option's value for the command.
        """
        words = iter(arguments)
        for word in words:
            name, has_value, _ = word.partition("=")
            action = self._option_string_actions.get(name)
            if not word.startswith("-"):
                return
            # whoever wants JSON gets it, also of a complaint that there is no command
            if action is None and word.startswith("--") and word != "--json":
                self.refuse_option(word)
            if action is not None and action.nargs is None and not has_value:
                next(words, None)

    def refuse_option(self, word: str) -> NoReturn:
        """Raise ConfigError for an option that there is not, with the one that may be meant."""
        name = word.partition("=")[0]
        if name == "--json" and " " not in self.prog:
            self.error("--json stands behind the command")
        hint = did_you_mean(name, self._option_string_actions)
        self.error(f'there is no option "{name}"{hint}')

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise ConfigError for a command, verb or choice that there is not."""
        if action.choices is not None and value not in action.choices:
            noun = (
                (str(action.metavar) if action.metavar else action.dest).lower().replace("_", " ")
            )
            raise ConfigError("usage", f"there is {unknown(noun, value, list(action.choices))}")


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of one run, logs set up; `options.run(options)` runs the command.

    Raises ConfigError for arguments nobody knows.
    """
    parser = Arguments(
        prog="reblogbot",
        description="Follows hot lists, feeds and fediverse accounts, and boosts or posts short "
        "entries with title and link, each exactly once.",
        epilog=_EPILOG,
        parents=[_global_options(suppress=False)],
    )
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Arguments
    )
    everywhere = _global_options(suppress=True)
    for group in (rehearse, setup, sources, work, look, queue, care):
        group.add_to(commands, everywhere)
    parser.check_global_options(arguments)
    options = parser.parse_args(arguments)
    options.config = _config_path(options.config)
    set_up_logs(options.log_format, options.verbose, speaks=getattr(options, "speaks", False))
    return options


def _global_options(*, suppress: bool) -> argparse.ArgumentParser:
    """The global options; after the command they must not undo what stood before it."""
    options = argparse.ArgumentParser(add_help=False)
    shared = options.add_argument_group("global options")

    def default(value: object) -> object:
        return argparse.SUPPRESS if suppress else value

    shared.add_argument(
        "-c",
        "--config",
        metavar="PATH",
        default=default(None),
        help="the config file (default: $REBLOGBOT_CONFIG, ./config.toml, then "
        "$XDG_CONFIG_HOME/reblogbot/config.toml)",
    )
    shared.add_argument(
        "-v", "--verbose", action="count", default=default(0), help="tell more; twice: everything"
    )
    shared.add_argument(
        "--log-format", choices=("text", "json"), default=default("text"), help="of the log"
    )
    shared.add_argument("--version", action="version", version=f"reblogbot {__version__}")
    return options


def _config_path(written: str | None) -> Path:
    written = written or os.environ.get("REBLOGBOT_CONFIG")
    if written:
        return Path(written).expanduser()
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    standard = Path(home).expanduser() / "reblogbot" / "config.toml"
    here = Path("config.toml")
    return standard if not here.exists() and _exists(standard) else here


def _exists(path: Path) -> bool:
    """Whether the file is there and within reach; a home that is closed to us holds nothing."""
    try:
        return path.exists()
    except OSError:
        return False
