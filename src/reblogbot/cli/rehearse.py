"""The commands that need no account: demo and sandbox."""

from __future__ import annotations

import argparse
import signal
import sys
from itertools import chain
from pathlib import Path
from typing import Any

from reblogbot.cli.output import print_json as say_json
from reblogbot.cli.output import print_lines as say
from reblogbot.config.starter import toml_key
from reblogbot.errors import ConfigError, Exit, unknown_name_message


def add_to(commands: Any, everywhere: argparse.ArgumentParser) -> None:
    """Add this group's commands."""
    demo = commands.add_parser(
        "demo",
        parents=[everywhere],
        help="the whole main job, with no account and no internet",
        description="Starts a sandbox server and a sample hot list on loopback, polls, posts and "
        "boosts with a real config, and shows what was posted.",
    )
    demo.add_argument("--keep", action="store_true", help="leave the timeline page up")
    demo.add_argument("--json", action="store_true", help="print what was posted as JSON")
    demo.set_defaults(run="reblogbot.cli.rehearse:run_demo")
    sandbox = commands.add_parser(
        "sandbox",
        parents=[everywhere],
        help="a loopback server to rehearse a config on",
        description="A loopback server that speaks the Mastodon API and shows a timeline page. "
        "What is posted stays in its folder.",
    )
    sandbox.add_argument("--port", type=int, default=8976, help="default: 8976; 0 takes any")
    sandbox.add_argument(
        "--folder", type=Path, default=Path("sandbox"), help="where it keeps its posts"
    )
    sandbox.add_argument(
        "--profile",
        default="mastodon",
        help="the kind of server to behave like: mastodon (default), gotosocial, snac and others",
    )
    sandbox.add_argument(
        "--account",
        action="append",
        metavar="NAME",
        help="an account to create; may be given several times (default: news)",
    )
    sandbox.set_defaults(run="reblogbot.cli.rehearse:run_sandbox")


def run_demo(options: argparse.Namespace) -> int:
    """Run the demo and print it as text or as JSON."""
    import asyncio

    from reblogbot.demo.scenario import run_scenario

    if not options.json:
        return asyncio.run(run_scenario(_print_lines, keep=options.keep)).exit_code()
    if options.keep:
        raise ConfigError("usage", "--json prints what was posted and ends: leave out --keep")
    result = asyncio.run(run_scenario(lambda *_: None, keep=False))
    say_json({"posts": result.posts, "again": result.posted_again})
    return result.exit_code()


def run_sandbox(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import asyncio

    from reblogbot.sandbox.profiles import PROFILES

    if options.profile not in PROFILES:
        raise ConfigError("usage", unknown_name_message("profile", options.profile, PROFILES))
    if not 0 <= options.port < 65536:
        raise ConfigError("usage", f"{options.port} is no port")
    asyncio.run(_serve(options))
    return Exit.OK


async def _serve(options: argparse.Namespace) -> None:
    import asyncio

    from reblogbot.sandbox.server import serve

    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    try:
        async with serve(options.folder, port=options.port, profile=options.profile) as sandbox:
            names = options.account or ["news"]
            tokens = {name: sandbox.add_account(name, bot=True) for name in names}
            tables = [_account_table(name, sandbox.url, token) for name, token in tokens.items()]
            _print_lines(
                f"The sandbox is up: {sandbox.url}/   (Ctrl-C ends it)",
                "",
                "For a config:",
                *chain.from_iterable(tables),
            )
            await interrupted.wait()
    except OSError as error:
        raise ConfigError(
            "sandbox_unavailable", f"port {options.port}, folder {options.folder}: {error.strerror}"
        ) from error


def _print_lines(*lines: str) -> None:
    """Print lines and flush them, so that a pipe shows them while the program runs."""
    say(*lines)
    sys.stdout.flush()


def _account_table(name: str, url: str, token: str) -> list[str]:
    """The table of an account for a config, as lines."""
    return [
        "",
        f"    [accounts.{toml_key(name)}]",
        f'    server = "{url}"',
        f'    token_file = "{name}.token"    # holding: {token}',
        "    allow_http = true",
    ]
