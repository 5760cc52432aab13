"""Where an account's token is found, and what it may do: files, environment, credentials.

Most servers tell a token's scopes only when they give it, so they are kept beside its file: the
scopes of `news.token` in `news.token.json`, which holds `{"token": …, "scope": …}`. `token` is
the digest of the token they belong to, `scope` is spelt as in the token answer (RFC 6749, 3.3).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reblogbot.config.settings import AccountSettings
from reblogbot.errors import Unauthorised

SHORT_TOKEN = 16
"""Servers make tokens of 20 characters and more: what is shorter than this may be a word."""
_LARGEST = 10_000
_FOLDER = "reblogbot"


def read_token(account: AccountSettings, environ: Mapping[str, str]) -> str:
    """The account's token, read anew each time.

    The file goes before a credential of the file's or the account's name
    (systemd.exec(5), LoadCredential=), so that a renewed token counts at once. Raises Unauthorised,
    which stops this account alone.
    """
    if account.token_env:
        named = environ.get(account.token_env, "")
        if named.strip():
            return _token(named, f"the environment variable {account.token_env}", account)
    tried = [f"the environment variable {account.token_env} is not set"] * bool(account.token_env)
    for file in _files(account, environ):
        try:
            with file.open("rb") as opened:
                raw = opened.read(_LARGEST)
        except (OSError, ValueError) as error:
            tried.append(f"{file}: {getattr(error, 'strerror', None) or error}")
            continue
        return _token(raw.decode("utf-8-sig", "replace"), str(file), account)
    raise _missing(account, "; ".join(tried) or "neither token_file nor token_env is set")


def lacks_token(account: AccountSettings, environ: Mapping[str, str]) -> str:
    """Why the account certainly has no token, "" where it has one or that cannot be told.

    The environment of a daemon, or a file that this user may not read, cannot be seen from here.
    """
    file = account.token_file
    if account.token_env or file is None:
        return ""
    try:
        read_token(account, environ)
    except Unauthorised as error:
        return "" if _is_hidden(file) else error.message
    return ""


def granted_scopes(
    account: AccountSettings, token: str, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """The scopes kept for this very token; () where none are kept, or those of another token."""
    for file in _files(account, environ):
        kept = _kept(Path(f"{file}.json"))
        scope = kept.get("scope")
        if kept.get("token") == token_digest(token) and isinstance(scope, str):
            return tuple(scope.split())
    return ()


def token_digest(token: str) -> str:
    """Sixteen hex digits that tell one token from another and do not tell the token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def credential(name: str, environ: Mapping[str, str]) -> Path | None:
    """The systemd credential of that name, if this process was given it.

    Of a folder that is handed over whole under the ID `reblogbot`, systemd calls a file
    `reblogbot_NAME`.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    # systemd takes no other names, and none of these leaves the folder
    if not folder or not re.fullmatch(r"[\w@:-][\w@:.-]*", name):
        return None
    files = (Path(folder) / name, Path(folder) / f"{_FOLDER}_{name}")
    return next((file for file in files if file.is_file()), None)


def _is_hidden(file: Path) -> bool:
    """Whether the file may be there, only not for this user."""
    try:
        return file.exists() and not os.access(file, os.R_OK)
    except OSError:
        return True


def _kept(file: Path) -> Mapping[str, Any]:
    """The JSON object of a file, empty where there is none."""
    try:
        with file.open("rb") as opened:
            kept = json.loads(opened.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _files(account: AccountSettings, environ: Mapping[str, str]) -> list[Path]:
    file = account.token_file
    names = [account.name] if file is None else [file.name, account.name]
    found = [credential(name, environ) for name in names]
    return [path for path in (file, *found) if path is not None]


def _token(text: str, where: str, account: AccountSettings) -> str:
    token = text.strip()
    if not token:
        raise _missing(account, f"{where} is empty")
    if not re.fullmatch(r"[!-~]+", token):
        raise _missing(account, f"{where} must hold the token and nothing else")
    return token


def _missing(account: AccountSettings, why: str) -> Unauthorised:
    return Unauthorised(
        "token_missing",
        f"accounts.{account.name}: no token ({why}); store the account's access token there",
    )
