"""Two ways a message leaves for the admin: a program he named, and a URL he named."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from reblogbot import __version__
from reblogbot.connecting import ThreadedResolver
from reblogbot.errors import ReblogbotError

SECONDS = 30.0
"""So long either may take."""
OURS = frozenset({"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "PGPASSWORD", "WATCHDOG_USEC"})
"""What the environment holds for this process alone."""
_CHUNK = 4096
_KEPT = 200


def environment(environ: Mapping[str, str], tokens: Collection[str]) -> dict[str, str]:
    """The environment without the variables `tokens`, and without what is this process's own."""
    return {name: value for name, value in environ.items() if name not in {*tokens, *OURS}}


async def run_command(
    line: str, folder: Path, message: str, env: Mapping[str, str], seconds: float = SECONDS
) -> None:
    """Returns when the program has read `message` from its standard input, and ended well.

    No shell reads the line. The program runs in `folder`; after `seconds` it is killed, with all
    it has started. Raises ReblogbotError.
    """
    words = shlex.split(line)
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env=dict(env),
            # a group of its own, that can be ended whole
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise _no_command(words[0], f"cannot be started: {error}") from error
    try:
        async with asyncio.timeout(seconds):
            said, _ = await asyncio.gather(_last_words(process), _feed(process, message))
            code = await process.wait()
    except TimeoutError:
        raise _no_command(words[0], f"has not ended within {seconds:g} s, and was killed") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if code:
        raise _no_command(words[0], f"ended with {code}: {said}".rstrip(": "))


async def post_webhook(url: str, event: str, message: str, seconds: float = SECONDS) -> None:
    """Returns when the server has taken {"event", "message"} with a 2xx. Raises ReblogbotError.

    The address is the admin's own word, as that of an account's server: it may be private. It is
    asked directly, within `seconds`, and redirects are not followed.
    """
    try:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=ThreadedResolver()),
                timeout=aiohttp.ClientTimeout(total=seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": f"reblogbot/{__version__}"},
            ) as session,
            session.post(
                url, json={"event": event, "message": message}, allow_redirects=False
            ) as answer,
        ):
            status = answer.status
    except TimeoutError:
        raise _no_webhook(url, f"gave no answer within {seconds:g} s") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        # not the error's own words: they may name the URL, whose path is a secret as a rule
        why = getattr(error, "strerror", None) or type(error).__name__
        raise _no_webhook(url, f"cannot be reached ({why})") from None
    if not 200 <= status < 300:
        raise _no_webhook(url, f"answered {status}")


async def _feed(process: asyncio.subprocess.Process, message: str) -> None:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    # a program need not read what it is told
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(message.encode(errors="replace") + b"\n")
        await process.stdin.drain()
    process.stdin.close()


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """The end of what it says on standard error, on one line; the rest is read and forgotten."""
    assert process.stderr is not None  # noqa: S101 - it was asked for
    kept = b""
    while chunk := await process.stderr.read(_CHUNK):
        kept = (kept + chunk)[-_CHUNK:]
    text = kept.decode(errors="replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[-_KEPT:]


def _no_command(program: str, why: str) -> ReblogbotError:
    # the program alone: its arguments may hold a secret
    return ReblogbotError("notify_command", f"[notify] command {program} {why}")


def _no_webhook(url: str, why: str) -> ReblogbotError:
    return ReblogbotError("notify_webhook", f"[notify] webhook at {urlsplit(url).netloc} {why}")
