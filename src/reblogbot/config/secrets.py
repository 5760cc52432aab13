"""Secrets in files, in the environment and in systemd credentials, and texts without them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reblogbot.words import Words

MIN_TOKEN_LENGTH = 16
"""Servers issue tokens of 20 characters and more; a shorter one is incomplete or a word."""
_MAX_BYTES = 10_000
_CREDENTIAL_FOLDER_ID = "reblogbot"


class SecretMissing(Exception):
    """There is no secret; `reason` says where it was looked for."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_secret(
    variable: str,
    files: Sequence[Path],
    environ: Mapping[str, str],
    not_alone: Words,
    *,
    in_groups: bool = False,
) -> str:
    """The secret in the environment variable of that name, "" for none, or in the first file.

    `not_alone` is the reason, with a place for `where`, for a text that is not exactly one secret.
    With `in_groups` the secret may be written in groups, whose spaces are no part of it.
    Raises SecretMissing; its reason is "" where there is neither a variable nor a file.
    """
    failures = []
    if variable:
        text = environ.get(variable, "")
        if text.strip():
            where = f"the environment variable {variable}"
            return _checked(text, where, not_alone, in_groups=in_groups)
        failures.append(f"the environment variable {variable} is not set")
    for path in files:
        try:
            # which would be waited for without end
            if path.is_fifo():
                failures.append(f"{path}: is a pipe")
                continue
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES)
        except (OSError, ValueError) as error:
            failures.append(f"{path}: {getattr(error, 'strerror', None) or error}")
            continue
        text = content.decode("utf-8-sig", "replace")
        return _checked(text, str(path), not_alone, in_groups=in_groups)
    raise SecretMissing("; ".join(failures))


def credential(name: str, environ: Mapping[str, str]) -> Path | None:
    """The file of the systemd credential of that name, None if this process has none.

    If a whole folder is loaded with the ID `reblogbot`, systemd names its files `reblogbot_NAME`.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    # systemd accepts no other names, and none of these leads out of the folder
    if not folder or not re.fullmatch(r"[\w@:-][\w@:.-]*", name):
        return None
    files = (Path(folder) / name, Path(folder) / f"{_CREDENTIAL_FOLDER_ID}_{name}")
    return next((file for file in files if file.is_file()), None)


def without_secret(text: str, secret: str) -> str:
    """The text without the secret. A short secret is replaced only where it is a whole word."""
    if not secret:
        return text
    pattern = re.escape(secret)
    if len(secret) < MIN_TOKEN_LENGTH:
        pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return re.sub(pattern, "***", text)


def _checked(text: str, where: str, not_alone: Words, *, in_groups: bool) -> str:
    secret = "".join(text.split()) if in_groups else text.strip()
    if not secret:
        raise SecretMissing(Words("{where} is empty", where=where))
    if not re.fullmatch(r"[!-~]+", secret):
        raise SecretMissing(not_alone.filled(where=where))
    return secret
