"""The commands that make a config and examine it: init, check."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reblogbot.cli.progress import progress
from reblogbot.cli.words import count, say, say_json
from reblogbot.errors import ConfigError, Exit

if TYPE_CHECKING:
    from reblogbot.config.settings import Config
    from reblogbot.ports import Told
    from reblogbot.trial import Trial

CHOUTI_FEED = "https://dig.chouti.com/feed.xml"


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    init = commands.add_parser(
        "init",
        parents=[everywhere],
        help="write a starter config",
        description="Writes a commented starter config; asks a few questions on a terminal.",
    )
    init.add_argument("path", nargs="?", metavar="PATH", help="where (default: config.toml)")
    init.add_argument("--yes", action="store_true", help="ask nothing, take the defaults")
    init.set_defaults(run=run_init)
    check = commands.add_parser(
        "check",
        parents=[everywhere],
        help="validate the config: every fault at once, with its line",
        description="Validates the config, every template included. Writes nothing.",
    )
    check.add_argument("--online", action="store_true", help="also try all tokens and sources")
    check.add_argument("--json", action="store_true", help="print the findings as JSON")
    check.set_defaults(run=run_check)


def run_init(options: argparse.Namespace) -> int:
    """Write a starter config."""
    from reblogbot.config.starter import starter

    path = Path(options.path) if options.path else options.config
    if path.is_dir():
        path /= "config.toml"
    if path.exists() or path.is_symlink():
        raise ConfigError("config_exists", f"{path}: stands already; name another path, or edit it")
    asks = not options.yes and sys.stdin.isatty()
    server = _ask("Server of the bot's account", "https://social.example", asks=asks)
    account = _ask("A name for the account", "news", asks=asks)
    source = _ask("A name for the first source", "chouti", asks=asks)
    url = _ask("Its feed", CHOUTI_FEED, asks=asks)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a config of one's own is nobody else's to read: a secret may end up in it
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            file.write(starter(server, account, source, url))
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError("config_unwritable", f"{path}: cannot be written: {why}") from error
    say(
        f"{path} is written.",
        "Next: put the account's access token into the token file it names (mode 600),",
        f"then `reblogbot -c {path} check --online`, and `reblogbot -c {path} preview`.",
    )
    return Exit.OK


def run_check(options: argparse.Namespace) -> int:
    """Validate the config."""
    from reblogbot import app
    from reblogbot.config.advice import warnings

    try:
        config = app.load_config(options.config)
    except ConfigError as error:
        if options.json or not error.faults:
            raise
        # the faults are what was asked for: they are the result, not a complaint
        say(*error.message.splitlines())
        return error.exit_code
    advice = warnings(config)
    parser, broken = _try_parser()
    trials = _try_online(config, quiet=options.json) if options.online else []
    failed = bool(broken) or any(trial.error for trial in trials)
    if options.json:
        say_json(
            {
                "faults": [],
                "warnings": [
                    {"line": one.line, "path": one.path, "message": one.message} for one in advice
                ],
                "parser": {"protections": parser, "error": broken},
                "online": [trial.as_json() for trial in trials],
            }
        )
        return Exit.FAILED if failed else Exit.OK
    for one in advice:
        place = f"{options.config}:{one.line}" if one.line else f"{options.config}"
        say(f"{place}: warning: {': '.join(filter(None, (one.path, one.message)))}")
    held = " and ".join(parser) or "neither Landlock nor seccomp: this system has none"
    say(f"parser process: {broken or f'confined by resource limits, {held}'}")
    for trial in trials:
        say(f"{trial.path}: {trial.error or trial.finding}")
        for remark in trial.warnings:
            say(f"{trial.path}: warning: {remark}")
    sources = count(len(config.sources), "source")
    say(f"{options.config}: no faults; {sources}, {count(len(config.accounts), 'account')}")
    return Exit.FAILED if failed else Exit.OK


def _try_parser() -> tuple[tuple[str, ...], str]:
    """What confines the parser's process, and why it cannot be started, or ""."""
    import asyncio

    from reblogbot.errors import SourceError
    from reblogbot.offload import WorkerPool

    async def ask() -> tuple[str, ...]:
        async with WorkerPool() as pool:
            return await pool.protections()

    try:
        return asyncio.run(ask()), ""
    except SourceError as error:
        return (), error.message


def _try_online(config: Config, *, quiet: bool) -> list[Trial]:
    import asyncio

    from reblogbot import app, trial

    store = app.open_to_read(config)

    async def work(told: Told) -> list[Trial]:
        async with app.pipeline(config, store) as pipeline:
            return await trial.try_all(pipeline, told)

    try:
        with progress(quiet=quiet) as told:
            return asyncio.run(work(told))
    finally:
        store.close()


def _ask(question: str, default: str, *, asks: bool) -> str:
    if not asks:
        return default
    try:
        return input(f"{question} [{default}]: ").strip() or default
    except EOFError:
        return default


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
