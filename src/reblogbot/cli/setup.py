"""The commands that make a config and examine it: init, check."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reblogbot.cli.progress import progress
from reblogbot.cli.words import count, say, say_json
from reblogbot.errors import ConfigError, Exit, Fault

if TYPE_CHECKING:
    from reblogbot.admin.online_check import OnlineCheck
    from reblogbot.config.settings import Config
    from reblogbot.ports import ProgressCallback

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
    init.add_argument("--server", metavar="URL", default="", help="of the bot's account")
    init.add_argument("--online", action="store_true", help="ask the server what it is, first")
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
    from reblogbot import app
    from reblogbot.config.starter import starter

    path = Path(options.path) if options.path else options.config
    if path.is_dir():
        path /= "config.toml"
    if path.exists() or path.is_symlink():
        raise ConfigError("config_exists", f"{path}: stands already; name another path, or edit it")
    asks = not options.yes and sys.stdin.isatty()
    server = _answer(
        "Server of the bot's account", options.server, "https://social.example", _server, asks=asks
    )
    if options.online:
        say(_described(server))
    account = _answer("A name for the account", "", "news", _name, asks=asks)
    source = _answer("A name for the first source", "", "chouti", _name, asks=asks)
    url = _answer("Its feed", "", CHOUTI_FEED, _feed, asks=asks)
    toml = starter(server, account, source, url)
    # whatever was answered: what `check` would refuse is not written
    app.load_config(path, toml)
    _write(path, toml)
    say(
        f"{path} is written.",
        "Next: put the account's access token into the token file it names (mode 600),",
        f"then `reblogbot -c {path} check --online`, and `reblogbot -c {path} preview`.",
    )
    return Exit.OK


def _write(path: Path, toml: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # a config of one's own is nobody else's to read: a secret may end up in it
        with open(path, "x", encoding="utf-8", opener=_private) as file:
            file.write(toml)
    except OSError as error:
        why = error.strerror or str(error)
        raise ConfigError("config_unwritable", f"{path}: cannot be written: {why}") from error


def _described(server: str) -> str:
    """What the server is, for a person. Raises SourceError where it is none for a bot."""
    import asyncio

    from reblogbot import app
    from reblogbot.admin import online_check
    from reblogbot.config.hosts import host_port
    from reblogbot.config.settings import Config, HttpSettings

    # it is the admin's own word, and may stand in a private network
    place = host_port(server)
    config = Config(path=Path(), http=HttpSettings(allow_private=(place,)))

    async def ask() -> str:
        async with app.edges(config) as edges:
            fetch = partial(edges.fetcher, configured=frozenset({place}))
            return await online_check.describe_server(server, fetch)

    return asyncio.run(ask())


def run_check(options: argparse.Namespace) -> int:
    """Validate the config."""
    from reblogbot import app
    from reblogbot.config.advice import located, warnings

    try:
        config = app.load_config(options.config)
    except ConfigError as error:
        if options.json:
            _print_findings(error.faults, {"error": {"slug": error.slug, "message": error.message}})
            return error.exit_code
        if not error.faults:
            raise
        # the faults are what was asked for: they are the result, not a complaint
        say(*error.message.splitlines())
        return error.exit_code
    advice = warnings(config)
    parser, broken = _try_parser()
    trials = _try_online(config, quiet=options.json) if options.online else []
    failed = [trial for trial in trials if trial.error]
    if options.json:
        faults = located(config.path, [trial.fault() for trial in failed])
        extra = {"parser": {"protections": parser, "error": broken}}
        _print_findings(faults, extra, advice, [trial.as_json() for trial in trials])
        return Exit.FAILED if failed or broken else Exit.OK
    for one in advice:
        place = f"{options.config}:{one.line}" if one.line else f"{options.config}"
        say(f"{place}: warning: {': '.join(filter(None, (one.path, one.message)))}")
    held = " and ".join(parser) or "neither Landlock nor seccomp: this system has none"
    say(f"parser process: {broken or f'confined by resource limits, {held}'}")
    for trial in trials:
        say(f"{trial.path}: {trial.error or trial.finding}")
        for remark in trial.warnings:
            say(f"{trial.path}: warning: {remark}")
    say(f"{options.config}: {_verdict(config, len(failed), len(trials), broken)}")
    return Exit.FAILED if failed or broken else Exit.OK


def _verdict(config: Config, failed: int, tried: int, broken: str) -> str:
    """The last line of `check`: `no faults` only where nothing failed."""
    sources = count(len(config.sources), "source")
    held = f"{sources}, {count(len(config.accounts), 'account')}"
    if failed:
        return f"{failed} of {tried} tried failed, see above; {held}"
    return f"the parser process failed, see above; {held}" if broken else f"no faults; {held}"


def _print_findings(
    faults: Iterable[Fault],
    more: dict[str, Any],
    advice: Iterable[Fault] = (),
    online: Sequence[dict[str, Any]] = (),
) -> None:
    say_json(
        {
            "faults": [fault.as_json() for fault in faults],
            "warnings": [
                {"line": one.line, "path": one.path, "message": one.message} for one in advice
            ],
            **more,
            "online": online,
        }
    )


def _try_parser() -> tuple[tuple[str, ...], str]:
    """What confines the parser's process, and why it cannot be started, or ""."""
    import asyncio

    from reblogbot.errors import SourceError
    from reblogbot.runtime.parser_pool import WorkerPool

    async def ask() -> tuple[str, ...]:
        async with WorkerPool() as pool:
            return await pool.protections()

    try:
        return asyncio.run(ask()), ""
    except SourceError as error:
        return (), error.message


def _try_online(config: Config, *, quiet: bool) -> list[OnlineCheck]:
    import asyncio

    from reblogbot import app
    from reblogbot.admin import online_check

    store = app.open_to_read(config)

    async def work(on_progress: ProgressCallback) -> list[OnlineCheck]:
        async with app.running(config, store) as runtime:
            return await online_check.check_all(runtime.engine, on_progress)

    try:
        with progress(quiet=quiet) as on_progress:
            return asyncio.run(work(on_progress))
    finally:
        store.close()


def _answer(
    question: str, given: str, default: str, read: Callable[[str], str], *, asks: bool
) -> str:
    """The answer as it is written into the config; asked again until it can be.

    Without a terminal, or where an option gives it, it is not asked for. Raises ConfigError.
    """
    from reblogbot.config.slips import in_value

    while True:
        try:
            written = given or (input(f"{question} [{default}]: ").strip() if asks else "")
        except EOFError:
            return default
        try:
            return read(written or default)
        except ValueError as error:
            message = f"{error}{in_value(written)}"
            if given or not asks:
                raise ConfigError("usage", f"{question}: {message}") from error
            say(f"  {message}")


def _server(written: str) -> str:
    """The address of a server; a bare host is one. Raises ValueError."""
    from reblogbot.config.starter import is_here
    from reblogbot.config.urls import read_server_url

    url = read_server_url(_with_scheme(written))
    if url.startswith("http://") and not is_here(url):
        raise ValueError("http:// would send the token in the clear; write https://")
    return url


def _feed(written: str) -> str:
    from reblogbot.config.urls import read_http_url

    return read_http_url(_with_scheme(written))


def _with_scheme(written: str) -> str:
    return written if "://" in written else f"https://{written}"


def _name(written: str) -> str:
    """A name that a table may have. Raises ValueError."""
    from reblogbot.config.rules import name_fault

    fault = name_fault(written)
    if fault:
        raise ValueError(fault)
    return written


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
