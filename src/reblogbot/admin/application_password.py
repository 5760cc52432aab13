"""The application password of a blog's user: where it is made, whose it is, and its end."""

from __future__ import annotations

from urllib.parse import urlsplit

from reblogbot import app
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.config.tokens import TokenRecord
from reblogbot.errors import TargetError
from reblogbot.runtime.clock import SystemClock
from reblogbot.targets.wordpress.target import WordPressTarget
from reblogbot.words import Words

SOFTWARE = "wordpress"
_BY_HAND = Words("revoke it on the profile page of the user, below Application Passwords")


def authorize_url(account: AccountSettings) -> str:
    """The page of the blog on which its user makes an application password for this program."""
    return f"{account.server}/wp-admin/authorize-application.php?app_name=reblogbot"


def owner(config: Config, account: AccountSettings, password: str) -> TokenRecord:
    """The record of a password: whose it is. Raises TargetError where the blog refuses it."""
    identity = _blog(config, account, password).verify()
    acct = f"{identity.acct}@{urlsplit(account.server).netloc}"
    return TokenRecord(acct=acct, server=account.server, software=SOFTWARE)


def revoke(config: Config, account: AccountSettings, password: str, record: TokenRecord) -> str:
    """Revoke a password: "", or why it is not revoked and what to do."""
    if record.server not in ("", account.server):
        return Words(
            "it belongs to {server}, not to {other}; {advice}",
            server=record.server,
            other=account.server,
            advice=_BY_HAND,
        )
    try:
        _blog(config, account, password).revoke()
    except TargetError as error:
        return Words("{message}; {reason}", message=error.message, reason=_BY_HAND)
    return ""


def _blog(config: Config, account: AccountSettings, password: str) -> WordPressTarget:
    return app.make_blog(account, config, SystemClock(), lambda: password)
