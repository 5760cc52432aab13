"""Getting a person's consent for a token: by a browser that comes back, or by a copied code."""

from __future__ import annotations

import getpass
import sys
import time
from contextlib import ExitStack
from select import select

from reblogbot.admin.application_password import authorize_url
from reblogbot.admin.documents.accounts import AuthorizeDocument
from reblogbot.admin.login import (
    Login,
    PendingLogin,
    begin,
    begin_wider,
    finish,
    log_in_by_password,
)
from reblogbot.cli.browser import open_browser
from reblogbot.cli.loopback_redirect import RedirectListener, redirect_listener
from reblogbot.cli.output import json_text, print_flushed
from reblogbot.cli.questions import is_interactive
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.errors import ReblogbotError, Rejected, Unauthorised
from reblogbot.targets.mastodon.oauth import OUT_OF_BAND
from reblogbot.targets.mastodon.server_info import ServerInfo

WAIT_SECONDS = 300.0
"""How long a browser may take to come back."""
MAX_CODE = 10_000
"""Characters that are read of a code."""
MAX_TRIES = 3
"""How often a person at a terminal may paste a code."""
_TRY_AGAIN = frozenset({"code_refused", "login_state"})


def log_in(
    config: Config,
    account: AccountSettings,
    server: ServerInfo,
    *,
    uses_browser: bool,
    as_json: bool = False,
    adds_account: bool = True,
) -> Login:
    """The login to which a person consented. Raises ReblogbotError; then nothing has changed."""
    with ExitStack() as stack:
        redirect_uris = [OUT_OF_BAND]
        listener = None
        if uses_browser:
            listener = stack.enter_context(redirect_listener())
            redirect_uris.insert(0, listener.redirect_uri)
        pending = begin(config, account, server, redirect_uris)
        dialog = _Dialog(listener, as_json=as_json)
        tries = 0
        while True:
            tries += 1
            try:
                answered, code = dialog.ask(pending)
                return finish(config, answered, code, adds_account=adds_account)
            except Unauthorised as error:
                wider = begin_wider(config, pending) if error.slug == "scope_missing" else None
                if wider is None:
                    raise
                dialog.say(
                    f"{error.message}.",
                    f"It wants wider scopes; please consent once more, to: "
                    f"{' '.join(wider.choices[0])}",
                )
                pending = wider
            except Rejected as error:
                is_final = tries == MAX_TRIES or not dialog.is_with_person
                if is_final or error.slug not in _TRY_AGAIN:
                    raise
                dialog.say(f"{error.message}.", "Please try once more.")


def log_in_to_blog(config: Config, account: AccountSettings, *, as_json: bool) -> Login:
    """The login of a blog's user, who makes an application password there.

    Raises ReblogbotError; then nothing has changed.
    """
    url = authorize_url(account)
    is_with_person = not as_json and is_interactive()
    if as_json:
        document: AuthorizeDocument = {"authorize_url": url}
        print(json_text(document), flush=True)
    else:
        print_flushed(
            f"Open this address in a browser where you are logged in to the blog as {account.user},"
            " and approve:",
            "",
            f"  {url}",
            "",
            "The blog then shows a password for reblogbot, once. It is not your own password.",
        )
    if not is_with_person:
        return log_in_by_password(config, account, _read_line())
    for _ in range(MAX_TRIES - 1):
        try:
            return log_in_by_password(config, account, _read_password())
        except Unauthorised as error:
            if error.slug != "token_refused":
                raise
            print_flushed(f"{error.message}.", "Please try once more.")
    return log_in_by_password(config, account, _read_password())


def _read_password() -> str:
    """A password of a person at the terminal, which is not shown."""
    try:
        return getpass.getpass("Application password: ")[:MAX_CODE]
    except EOFError as error:
        raise ReblogbotError(
            "login_unfinished", "no password was given; nothing changed"
        ) from error


class _Dialog:
    """What is said to the person, or with `--json` to the program, and read from there."""

    def __init__(self, listener: RedirectListener | None, *, as_json: bool) -> None:
        self._listener = listener
        self._as_json = as_json
        self.is_with_person = not as_json and is_interactive()

    def say(self, *lines: str) -> None:
        """Print lines for a person; nothing with `--json`."""
        if not self._as_json:
            print_flushed(*lines)

    def ask(self, pending: PendingLogin) -> tuple[PendingLogin, str]:
        """The login as the person consented to it, and the code that this brought.

        Raises ReblogbotError where none comes.
        """
        listener = self._listener
        if listener is not None:
            listener.expect(pending.is_answered_by)
            # a browser that failed may have come back all the same
            if open_browser(pending.authorize_url) or listener.has_answer:
                return pending, self._code_of_browser(pending, listener)
            self.say("No browser could be opened.")
        pending = pending.with_copied_code()
        return pending, self._copied_code(pending)

    def _show(self, pending: PendingLogin) -> None:
        if self._as_json:
            document: AuthorizeDocument = {"authorize_url": pending.authorize_url}
            print(json_text(document), flush=True)
        else:
            print_flushed("", f"  {pending.authorize_url}", "")

    def _copied_code(self, pending: PendingLogin) -> str:
        self.say("Open this address in a browser where you are logged in as the bot's account:")
        self._show(pending)
        self._prompt("Copy the code that the server shows after that. Code: ")
        line = _read_line()
        if not self.is_with_person:
            # no Enter was shown
            self.say("")
        return pending.code_in_text(line)

    def _code_of_browser(self, pending: PendingLogin, listener: RedirectListener) -> str:
        if self._as_json:
            # the result alone is the document
            address = f"reblogbot: a browser opens; if none does: {pending.authorize_url}"
            print(address, file=sys.stderr, flush=True)
        else:
            self.say("A browser opens; log in there as the bot's account. If none does, open:")
            self._show(pending)
        self.say(f"Waiting for the browser, {WAIT_SECONDS / 60:.0f} minutes at most.")
        if self.is_with_person:
            self._prompt("If it runs on another machine, paste the address that it cannot show: ")
        inputs = [listener, sys.stdin] if self.is_with_person else [listener]
        end = time.monotonic() + WAIT_SECONDS
        while True:
            readable, _, _ = select(inputs, [], [], max(0.0, end - time.monotonic()))
            if listener in readable:
                if self.is_with_person:
                    self.say("")
                return pending.code_in(listener.answer())
            if not readable:
                raise ReblogbotError(
                    "login_unfinished",
                    "the browser did not come back in time; nothing changed. Try again, or with"
                    " --no-browser",
                )
            line = sys.stdin.readline(MAX_CODE)
            if line.strip():
                return pending.code_in_text(line)
            if not line:
                # end of input: the browser may still come
                inputs = [listener]

    def _prompt(self, text: str) -> None:
        if not self._as_json:
            print(text, end="", flush=True)


def _read_line() -> str:
    """One line of standard input. Raises ReblogbotError where it has ended."""
    line = sys.stdin.readline(MAX_CODE) if sys.stdin is not None else ""
    if not line:
        raise ReblogbotError(
            "login_unfinished",
            "standard input ended before a code came; nothing changed. Run this on a terminal, or"
            " write the code into its standard input",
        )
    return line
