"""Tokens of accounts and keys of steps, from a file, the environment or a systemd credential.

Most servers tell the scopes of a token only when they issue it, so they are stored beside it: the
record of `news.token` is `news.token.json`, which holds at least `{"token": …, "scope": …}`.
`token` is the digest of the token they belong to, `scope` has the form of a token response (RFC
6749, 3.3). `login` adds whom the token speaks for, and the app by which it can be revoked.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any

from reblogbot.config.atomic_file import write_together
from reblogbot.config.secrets import SecretMissing, credential, read_secret
from reblogbot.config.settings import AccountSettings, StepSettings
from reblogbot.errors import Unauthorised
from reblogbot.words import Words

_MAX_BYTES = 10_000
_NOT_ALONE = Words("{where} must hold the token and nothing else")
_KEY_ALONE = Words("{where} must hold the key and nothing else")


def read_token(account: AccountSettings, environ: Mapping[str, str]) -> str:
    """The account's token, read again at each call.

    The file is preferred to a credential of the file's or the account's name (systemd.exec(5),
    LoadCredential=), so that a renewed token is used at once. Raises Unauthorised, which stops
    only this account.
    """
    try:
        return read_secret(
            account.token_env,
            token_files(account, environ),
            environ,
            _NOT_ALONE,
            # as WordPress shows an application password
            in_groups=account.kind == "wordpress",
        )
    except SecretMissing as error:
        raise _missing(account, error.reason) from None


def read_step_key(step: StepSettings, environ: Mapping[str, str]) -> str:
    """The key of a step's service, "" where the config names none. Raises SecretMissing.

    The file is preferred to a systemd credential of its name.
    """
    file = step.key_file
    if not (file or step.key_env):
        return ""
    files = () if file is None else (file, credential(file.name, environ))
    return read_secret(step.key_env, [path for path in files if path], environ, _KEY_ALONE)


def missing_token_reason(account: AccountSettings, environ: Mapping[str, str]) -> str:
    """Why the account has no token, "" if it has one or that is unknown.

    It is unknown where the token is in the environment, which the daemon has and this process may
    not have, or in a file that this user may not read.
    """
    file = account.token_file
    if account.token_env or file is None:
        return ""
    try:
        read_token(account, environ)
    except Unauthorised as error:
        return "" if _is_hidden(file) else error.message
    return ""


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """What is known of a token from the login that got it; "" and () where it is not.

    `acct` is the account's `@name@host`, `software` that of its server.
    """

    scopes: tuple[str, ...] = ()
    acct: str = ""
    server: str = ""
    software: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


def granted_scopes(
    account: AccountSettings, token: str, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """The scopes stored for this token; () if none are, or only those of another token."""
    return token_record(account, token, environ).scopes


def token_record(account: AccountSettings, token: str, environ: Mapping[str, str]) -> TokenRecord:
    """What is stored beside this token; an empty record if nothing is, or only of another token."""
    for file in token_files(account, environ):
        stored = _json_object(record_file(file))
        if stored.get("token") == token_digest(token) and isinstance(stored.get("scope"), str):
            texts = {
                name: stored[name]
                for name in ("acct", "server", "software", "client_id", "client_secret")
                if isinstance(stored.get(name), str)
            }
            return TokenRecord(tuple(stored["scope"].split()), **texts)
    return TokenRecord()


def write_token(file: Path, token: str, record: TokenRecord) -> None:
    """Write a token and its record, for this user's eyes only. Raises OSError.

    The record is written first, so that it is there as soon as the token is. A crash between them
    leaves the old token, of which the scopes are then unknown.
    """
    fields = asdict(record)
    scope = " ".join(fields.pop("scopes"))
    document = {"token": token_digest(token), "scope": scope, **fields}
    content = json.dumps(document, indent=2) + "\n"
    write_together({record_file(file): content.encode(), file: f"{token}\n".encode()}, mode=0o600)


def remove_token(file: Path) -> None:
    """Remove a token file and its record, as far as they exist. Raises OSError."""
    file.unlink(missing_ok=True)
    record_file(file).unlink(missing_ok=True)


def record_file(file: Path) -> Path:
    """The file with the record of a token file: `news.token.json` for `news.token`."""
    return Path(f"{file}.json")


def token_files(account: AccountSettings, environ: Mapping[str, str]) -> list[Path]:
    """The files that may hold the account's token, the preferred one first."""
    file = account.token_file
    names = [account.name] if file is None else [file.name, account.name]
    credentials = [credential(name, environ) for name in names]
    return [path for path in (file, *credentials) if path is not None]


def token_digest(token: str) -> str:
    """Sixteen hex digits that identify a token without revealing it."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


def _is_hidden(file: Path) -> bool:
    """Whether the file may exist although this user cannot read it."""
    try:
        return file.exists() and not os.access(file, os.R_OK)
    except OSError:
        return True


def _json_object(path: Path) -> Mapping[str, Any]:
    """The JSON object in a file, empty if there is none."""
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _missing(account: AccountSettings, reason: str) -> Unauthorised:
    reason = reason or "neither token_file nor token_env is set"
    message = Words("no token ({reason}); set it", reason=reason)
    if not account.token_env:
        message = Words(
            "no token ({reason}); `reblogbot login {name}` gets one",
            reason=reason,
            name=quote(account.name),
        )
    return Unauthorised(
        "token_missing", Words("accounts.{name}: {message}", name=account.name, message=message)
    )
