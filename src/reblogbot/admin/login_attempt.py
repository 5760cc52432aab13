"""A login that is begun on one page and ends on another, after a person consented elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from reblogbot.admin.login import (
    Login,
    PendingLogin,
    begin,
    begin_wider,
    finish,
    kept_login,
    plan_login,
    token_lock,
)
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.errors import ConfigError, ReblogbotError, Rejected, Unauthorised
from reblogbot.targets.mastodon.oauth import OUT_OF_BAND
from reblogbot.words import Words

MAX_WAIT = 600.0
"""Seconds after which a login is given up."""


class LoginAttempt:
    """A login that waits for a consent. Other logins of the account are kept out until it ends.

    It ends when it succeeded or was denied, when it is closed, and after MAX_WAIT seconds. Its
    methods may be called from several threads.
    """

    def __init__(self, config: Config, pending: PendingLogin, lock: ExitStack) -> None:
        self.pending = pending
        self.is_open = True
        self._place = _place(config, pending.account.name)
        self._lock = lock
        self._finishing = threading.Lock()
        self._timer = threading.Timer(MAX_WAIT, self.close)
        self._timer.daemon = True
        self._timer.start()

    @classmethod
    def begin(
        cls, config: Config, account: AccountSettings, redirect_uri: str, *, is_forced: bool
    ) -> Self | Login:
        """A new attempt; or the present login, if its token works, unless it `is_forced`.

        Raises ReblogbotError where another login of the account is under way, or none is possible.
        """
        with ExitStack() as lock:
            lock.enter_context(token_lock(account))
            server = plan_login(config, account).server
            login = None if is_forced else kept_login(config, account, server)
            if login is not None:
                return login
            try:
                pending = begin(config, account, server, (redirect_uri, OUT_OF_BAND))
            except Rejected:
                # some servers come back to addresses of their liking only; all of them show codes
                pending = begin(config, account, server, (OUT_OF_BAND,))
            return cls(config, pending, lock.pop_all())

    @property
    def can_come_back(self) -> bool:
        """Whether the server leads the browser back to us."""
        return self.pending.redirect_uri != OUT_OF_BAND

    def close(self) -> None:
        """End the attempt; another login may begin."""
        self.is_open = False
        self._timer.cancel()
        self._lock.close()

    def finish_redirect(self, config: Config, params: Mapping[str, str]) -> Login | None:
        """The login that the parameters of a redirect complete; None where one consents again.

        Then the server wants wider scopes, and `pending` is another login. Raises ReblogbotError;
        then nothing has changed, and the attempt is still open unless the login was denied.
        """
        with self._finishing:
            try:
                code = self.pending.code_in(params)
                return self._finish(config, self.pending, code)
            except Unauthorised as error:
                self._widen(config, error)
                return None
            except Rejected as error:
                if error.slug == "login_denied":
                    self.close()
                raise

    def finish_pasted(self, config: Config, pasted: str) -> Login | None:
        """As `finish_redirect`, for the code or the address that a person pasted."""
        with self._finishing:
            try:
                answered = self.pending.with_pasted(pasted)
                return self._finish(config, answered, answered.code_in_text(pasted))
            except Unauthorised as error:
                self._widen(config, error)
                return None

    def _finish(self, config: Config, answered: PendingLogin, code: str) -> Login:
        name = answered.account.name
        if not self.is_open:
            raise ReblogbotError(
                "login_unfinished", Words("accounts.{name}: this login has ended", name=name)
            )
        if _place(config, name) != self._place:
            raise ConfigError(
                "config_changed",
                Words(
                    "accounts.{name}: its server or token_file was changed in the config "
                    "meanwhile; nothing was done. Begin the login again",
                    name=name,
                ),
            )
        login = finish(config, answered, code)
        self.close()
        return login

    def _widen(self, config: Config, error: Unauthorised) -> None:
        """Begin anew with wider scopes, where the error says so; else raise it."""
        wider = begin_wider(config, self.pending) if error.slug == "scope_missing" else None
        if wider is None:
            raise error
        self.pending = wider


def _place(config: Config, name: str) -> tuple[str, Path | None] | None:
    """The server of an account and the file of its token; None if it is not in the config."""
    account = config.accounts.get(name)
    return None if account is None else (account.server, account.token_file)
