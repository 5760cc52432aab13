"""The documents of `login`, `logout` and `accounts list`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypedDict

from reblogbot.model import AccountState, TokenState

if TYPE_CHECKING:
    from reblogbot.admin.account_list import ListedAccount
    from reblogbot.admin.login import Login, LoginPlan


class AuthorizeDocument(TypedDict):
    """The first line of `login`, unless the present token is kept."""

    authorize_url: str
    """Where a person consents."""


class LoginDocument(TypedDict):
    """The result of `login`."""

    account: str
    acct: str
    """The account that the token belongs to, as `@name@host`; of a blog `user@host`."""
    server: str
    software: str
    """The name of the server's software in lower case; empty where it is not known."""
    bot: bool
    """Whether the account is marked as a bot."""
    scopes: list[str]
    """What the token may do; empty where the server does not tell."""
    token_file: str
    kept: bool
    """Whether the token was there before, and works."""
    warnings: list[str]


class LoginPlanDocument(TypedDict):
    """What `login --dry-run` would do."""

    account: str
    server: str
    software: str
    scopes: list[str]
    """The scopes that it asks for first."""
    token_file: str
    difference: str
    """How it changes the config, as a unified difference; empty where it does not."""


LoginDocuments = AuthorizeDocument | LoginDocument | LoginPlanDocument


class LogoutDocument(TypedDict):
    """The result of `logout`."""

    account: str
    server: str
    token_file: str
    """The file, which is removed."""
    revoked: bool
    """Whether the server revoked the token."""
    reason: str
    """Why it did not; empty where it did."""


class AccountDocument(TypedDict):
    """An account of the config."""

    name: str
    server: str
    acct: str
    """The account on the server, as `@name@host`, of a blog `user@host`; empty if not known."""
    software: str
    """The name of the server's software; empty where it is not known."""
    state: AccountState
    reason: str
    token: TokenState
    """Without --online `refused` where the server refused it last, else `not_tried`."""
    sent_24h: int
    """How many posts and boosts were sent in the last 24 hours."""
    waiting: int
    """How many deliveries are open, held ones too."""


class AccountsDocument(TypedDict):
    """The accounts of the config, in its order."""

    accounts: list[AccountDocument]


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


def login_plan_json(plan: LoginPlan) -> LoginPlanDocument:
    """What a login would do."""
    return {
        "account": plan.account.name,
        "server": plan.account.server,
        "software": plan.server.software,
        "scopes": list(plan.scopes),
        "token_file": str(plan.account.token_file),
        "difference": plan.difference,
    }


def accounts_json(accounts: Iterable[ListedAccount]) -> AccountsDocument:
    """The accounts that `accounts list` lists."""
    return {
        "accounts": [
            {
                "name": account.name,
                "server": account.server,
                "acct": account.acct,
                "software": account.software,
                "state": account.state,
                "reason": account.reason,
                "token": account.token,
                "sent_24h": account.sent_24h,
                "waiting": account.waiting,
            }
            for account in accounts
        ]
    }
