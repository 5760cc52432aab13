"""Channels of a message to the admin: a program and a webhook that the config names."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from reblogbot import __version__
from reblogbot.core.text import one_line
from reblogbot.errors import ReblogbotError
from reblogbot.runtime.program import run_program
from reblogbot.web.connecting import direct_session

MAX_SECONDS = 30.0
"""Seconds that a channel may take for one message."""
PRIVATE_VARIABLES = frozenset(
    {"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "PGPASSWORD", "WATCHDOG_USEC"}
)
"""Variables of the environment that are meant for this process only."""
_MAX_QUOTE = 200


def environment(environ: Mapping[str, str], tokens: Collection[str]) -> dict[str, str]:
    """The environment for a program: without the variables `tokens` and PRIVATE_VARIABLES."""
    private = {*tokens, *PRIVATE_VARIABLES}
    return {name: value for name, value in environ.items() if name not in private}


async def run_command(
    line: str, folder: Path, message: str, env: Mapping[str, str], seconds: float = MAX_SECONDS
) -> None:
    """Run the program with `message` on its standard input. Raises ReblogbotError if it fails.

    The line is not read by a shell. The program runs in `folder`. After `seconds` it is killed,
    with all that it has started.
    """
    words = shlex.split(line)
    try:
        program = await run_program(
            words,
            message.encode(errors="replace") + b"\n",
            folder=folder,
            env=env,
            seconds=seconds,
            keep_children=True,
        )
    except TimeoutError:
        reason = f"has not ended within {seconds:g} s, and was killed"
        raise _command_error(words[0], reason) from None
    except (OSError, ValueError) as error:
        raise _command_error(words[0], f"cannot be started: {error}") from error
    if program.code:
        reason = f"ended with {program.code}: {_last_words(program.errors)}".rstrip(": ")
        raise _command_error(words[0], reason)


async def post_webhook(url: str, event: str, message: str, seconds: float = MAX_SECONDS) -> None:
    """Post {"event", "message"} to the URL. Raises ReblogbotError for any answer but a 2xx.

    The address is the admin's choice, like that of an account's server, so it may be private. No
    proxy is used, and redirects are not followed.
    """
    try:
        async with (
            direct_session(seconds, f"reblogbot/{__version__}") as session,
            session.post(
                url, json={"event": event, "message": message}, allow_redirects=False
            ) as answer,
        ):
            status = answer.status
    except TimeoutError:
        raise _webhook_error(url, f"gave no answer within {seconds:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # not the error's own words: they may contain the URL, whose path is usually a secret
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise _webhook_error(url, f"cannot be reached ({reason})") from None
    if not 200 <= status < 300:
        raise _webhook_error(url, f"answered {status}")


def _last_words(errors: bytes) -> str:
    """The end of a program's standard error, on one line."""
    return one_line(errors.decode(errors="replace"))[-_MAX_QUOTE:]


def _command_error(program: str, reason: str) -> ReblogbotError:
    # without the arguments, which may contain a secret
    return ReblogbotError("notify_command", f"[notify] command {program} {reason}")


def _webhook_error(url: str, reason: str) -> ReblogbotError:
    return ReblogbotError("notify_webhook", f"[notify] webhook at {urlsplit(url).netloc} {reason}")
