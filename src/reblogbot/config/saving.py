"""Replacing the text of a config file that others may be changing too."""

from __future__ import annotations

import codecs
import fcntl
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path

from reblogbot.config.atomic_file import write_atomically
from reblogbot.config.load import MAX_BYTES, read_text
from reblogbot.config.urls import without_user
from reblogbot.errors import ConfigError

# token_file, token_env and password_file only say where the secret is
_SECRET_VALUE = re.compile(
    r"""((?:auth|cookie|key|password(?!_file)|secret|session|token(?!_file|_env)|webhook)[\w-]*["']?\s*=\s*)"""
    r"""(?:"(?:\\.|[^"\\])*"|'[^']*')""",
    re.IGNORECASE,
)

MAX_COMPARED = 3000
"""Lines between the first and the last change that are compared in any order."""


def replace_text(path: Path, before: str, after: str) -> None:
    """Write `after` into the config file whose text was `before`, in one step.

    A byte order mark, mode and owner stay, and a symbolic link goes on leading to the file. Raises
    ConfigError, and changes nothing, if the file holds another text by now or cannot be written.
    """
    file = Path(os.path.realpath(path))
    content = after.encode()
    if len(content) > MAX_BYTES:
        raise ConfigError("config_unwritable", f"{path}: would be larger than {MAX_BYTES} bytes")
    try:
        with locked(file.parent):
            current = read_text(path)
            if current != before:
                message = "was changed meanwhile and is left as it is; try again"
                changes = difference(path, before, current)
                raise ConfigError("config_changed", f"{path}: {message}\n{changes}")
            if after != before:
                write_atomically(file, _byte_order_mark(file) + content)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError("config_unwritable", f"{path}: cannot be written: {reason}") from error


def difference(path: Path, before: str, after: str) -> str:
    """The unified difference between two texts of the config, "" for none.

    Passwords, tokens and the like are left out: it may get into a log.
    """
    lines: Iterable[str]
    old, new = before.splitlines(), after.splitlines()
    start, end = equal_ends(old, new)
    if min(len(old), len(new)) - start - end > MAX_COMPARED:
        lines = _long_difference(path, old, new, start, end)
    else:
        lines = unified_diff(old, new, str(path), str(path), lineterm="")
    return "\n".join(map(without_secrets, lines))


def equal_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines are equal at the start of both, and how many of the others at their end."""
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - start
    end = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    return start, end


def _long_difference(
    path: Path, old: Sequence[str], new: Sequence[str], start: int, end: int
) -> Iterator[str]:
    """A difference without context, of lines in the same places or else of all that lies between.

    difflib takes minutes for a change in each of ten thousand tables.
    """
    yield from (f"--- {path}", f"+++ {path}")
    if len(old) == len(new):
        for number, (was, is_now) in enumerate(zip(old, new, strict=True), 1):
            if was != is_now:
                yield from (f"@@ -{number} +{number} @@", f"-{was}", f"+{is_now}")
        return
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    yield f"@@ -{start + 1},{len(removed)} +{start + 1},{len(added)} @@"
    yield from (f"-{line}" for line in removed)
    yield from (f"+{line}" for line in added)


def without_secrets(line: str) -> str:
    """A line of a config without the passwords, tokens and the like in it."""
    return without_user(_SECRET_VALUE.sub(r'\1"…"', line))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from saving a file of the bot in this folder meanwhile.

    Raises OSError.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _byte_order_mark(file: Path) -> bytes:
    with file.open("rb") as opened:
        return codecs.BOM_UTF8 if opened.read(3) == codecs.BOM_UTF8 else b""
