"""Two ways a message leaves for the admin: a program he named, and a URL he named."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from urllib.parse import urlsplit

import aiohttp

from reblogbot import __version__
from reblogbot.core.text import one_line
from reblogbot.errors import ReblogbotError
from reblogbot.web.connecting import ThreadedResolver

SECONDS = 30.0
"""So long either may take."""
OURS = frozenset({"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "PGPASSWORD", "WATCHDOG_USEC"})
"""What the environment holds for this process alone."""
_READ = 4096
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
    # no pipe: a child that goes its own way could hold it open for ever
    with TemporaryFile() as said:
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=said,
                cwd=folder,
                env=dict(env),
                # a group of its own, that can be ended whole
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _no_command(words[0], f"cannot be started: {error}") from error
        if not await _hears(process, message, seconds):
            why = f"has not ended within {seconds:g} s, and was killed"
            raise _no_command(words[0], why)
        if process.returncode:
            why = f"ended with {process.returncode}: {_last_words(said)}".rstrip(": ")
            raise _no_command(words[0], why)


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


async def _hears(process: asyncio.subprocess.Process, message: str, seconds: float) -> bool:
    """Whether the program ended in time; if not, it has been killed with its group."""
    try:
        async with asyncio.timeout(seconds):
            await process.communicate(message.encode(errors="replace") + b"\n")
    except TimeoutError:
        return False
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # closes its input, or the wait for it would not end
            await process.communicate(b"")
    return True


def _last_words(said: IO[bytes]) -> str:
    """The end of what a program said, on one line."""
    size = said.seek(0, os.SEEK_END)
    said.seek(max(0, size - _READ))
    return one_line(said.read().decode(errors="replace"))[-_KEPT:]


def _no_command(program: str, why: str) -> ReblogbotError:
    # the program alone: its arguments may hold a secret
    return ReblogbotError("notify_command", f"[notify] command {program} {why}")


def _no_webhook(url: str, why: str) -> ReblogbotError:
    return ReblogbotError("notify_webhook", f"[notify] webhook at {urlsplit(url).netloc} {why}")
