"""`sandbox`: a server to rehearse a config on."""

from __future__ import annotations

import argparse
import asyncio
import signal
from itertools import chain

from reblogbot.cli.output import print_flushed
from reblogbot.config.toml_values import toml_key
from reblogbot.errors import ConfigError, Exit, unknown_name_message
from reblogbot.sandbox.profiles import PROFILES
from reblogbot.sandbox.server import serve


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    if options.profile not in PROFILES:
        raise ConfigError("usage", unknown_name_message("profile", options.profile, PROFILES))
    if not 0 <= options.port < 65536:
        raise ConfigError("usage", f"{options.port} is no port")
    asyncio.run(_serve(options))
    return Exit.OK


async def _serve(options: argparse.Namespace) -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    try:
        async with serve(options.folder, port=options.port, profile=options.profile) as sandbox:
            names = options.account or ["news"]
            tokens = {name: sandbox.add_account(name, bot=True) for name in names}
            tables = [_account_table(name, sandbox.url, token) for name, token in tokens.items()]
            print_flushed(
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


def _account_table(name: str, url: str, token: str) -> list[str]:
    """The table of an account for a config, as lines."""
    return [
        "",
        f"    [accounts.{toml_key(name)}]",
        f'    server = "{url}"',
        f'    token_file = "{name}.token"    # holding: {token}',
        "    allow_http = true",
    ]
