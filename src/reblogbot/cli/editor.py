"""The admin's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from reblogbot.errors import ConfigError, ReblogbotError

MAX_BYTES = 1_000_000
"""A larger file is no text of a post."""
STDERR = 2


def edited_text(text: str, *, is_quiet: bool = False) -> tuple[str, Path]:
    """The text as the admin leaves it in an editor, and the file that holds it; delete that one.

    The editor is the command in $VISUAL or $EDITOR, with its arguments. If `is_quiet`, its output
    goes to stderr. Raises ConfigError where neither is set, ReblogbotError if the editor fails.
    """
    # not a temporary file of `with`: where the text is refused, it must not be lost
    handle, name = tempfile.mkstemp(prefix="reblogbot-", suffix=".txt")
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{text}\n")
        return _edited(path, STDERR if is_quiet else None), path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _edited(path: Path, output: int | None) -> str:
    words = _command()
    try:
        # the admin's own program
        code = subprocess.run([*words, str(path)], stdout=output, check=False).returncode  # noqa: S603
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _failure(f"the editor {words[0]} cannot be started: {reason}") from error
    if code:
        raise _failure(f"the editor {words[0]} ended with {code}")
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise _failure(f"what the editor saved is larger than {MAX_BYTES} bytes")
        return content.decode("utf-8-sig").rstrip("\n")
    except UnicodeDecodeError as error:
        raise _failure("what the editor saved is not UTF-8 text") from error
    except OSError as error:
        raise _failure(f"what the editor saved cannot be read: {error.strerror}") from error


def _command() -> list[str]:
    line = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigError("usage", f"$VISUAL or $EDITOR is no command: {error}") from error
    if not words:
        raise ConfigError(
            "usage", "no editor is known: set $VISUAL or $EDITOR, or name the text with --text"
        )
    return words


def _failure(reason: str) -> ReblogbotError:
    return ReblogbotError("editor_failed", f"nothing was changed: {reason}")
