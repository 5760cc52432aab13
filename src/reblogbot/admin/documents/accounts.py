"""What `login`, `logout` and `accounts` print with `--json`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from reblogbot.admin.account_list import AccountRow, TokenState
from reblogbot.admin.login import Login
from reblogbot.model import AccountState


class AuthorizeDocument(TypedDict):
    """The first line of `login`: where a person consents."""

    authorize_url: str


class LoginDocument(TypedDict):
    """The result of `login`; `kept` tells that the token was there and works."""

    account: str
    acct: str
    server: str
    software: str
    bot: bool
    scopes: list[str]
    token_file: str
    kept: bool
    warnings: list[str]


class LogoutDocument(TypedDict):
    """The result of `logout`; `reason` says why the server did not revoke the token."""

    account: str
    server: str
    token_file: str
    revoked: bool
    reason: str


class AccountDocument(TypedDict):
    """An account of the config. `acct` and `software` are "" where they are not known."""

    name: str
    server: str
    acct: str
    software: str
    state: AccountState
    reason: str
    token: TokenState
    sent_24h: int
    waiting: int


class AccountsDocument(TypedDict):
    """The result of `accounts list`."""

    accounts: list[AccountDocument]


def accounts_json(rows: Iterable[AccountRow]) -> AccountsDocument:
    """The accounts of the config, in its order."""
    return {
        "accounts": [
            {
                "name": row.name,
                "server": row.server,
                "acct": row.acct,
                "software": row.software,
                "state": row.state,
                "reason": row.reason,
                "token": row.token,
                "sent_24h": row.sent_24h,
                "waiting": row.waiting,
            }
            for row in rows
        ]
    }


def authorize_json(url: str) -> AuthorizeDocument:
    """The address at which a person consents."""
    return {"authorize_url": url}


def login_json(login: Login, *, kept: bool) -> LoginDocument:
    """A login, or the token that was `kept`."""
    return {
        "account": login.account,
        "acct": login.acct,
        "server": login.server.server,
        "software": login.server.software,
        "bot": login.is_bot,
        "scopes": list(login.scopes),
        "token_file": str(login.token_file),
        "kept": kept,
        "warnings": list(login.warnings),
    }
