"""Logging an account in with the fediverse, and out (docs/adr/0051)."""

from __future__ import annotations

from reblogbot.admin.login import Login, account_for_login, log_out, token_file_of, token_lock
from reblogbot.admin.login_attempt import MAX_WAIT, LoginAttempt
from reblogbot.admin_page.request import Page, PageRequest, Redirect, Reload, Reply, Route
from reblogbot.admin_page.views.accounts import LOGIN, account_path, named_account
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.config.urls import read_named_server
from reblogbot.errors import ReblogbotError
from reblogbot.words import Words

CALLBACK = "/accounts/login/callback"
CONSENT = "/accounts/login/consent"
NEW = "/accounts/login/new"
MAX_CODE = 4000
"""Characters of the code that a server sends."""
_ATTEMPT = "login"
_PARAMS = ("code", "state", "error")


def add(_: PageRequest) -> Reply:
    """The form for a new account."""
    return Page("account_new.html", {"name": "", "server": "", "fault": ""})


def begin_new(request: PageRequest) -> Reply:
    """Begin the login of an account that is added to the config when it is complete."""
    name, server = request.value("name").strip()[:200], request.value("server").strip()[:500]
    config = request.tools.config()
    try:
        account = account_for_login(config, name, read_named_server(server))
        return _begin(request, account)
    except ValueError as error:
        fault: str = Words("Server: {fault}", fault=str(error))
    except ReblogbotError as error:
        fault = error.message
    values = {"name": name, "server": server, "fault": fault}
    return Page("account_new.html", values, 400)


def begin(request: PageRequest) -> Reply:
    """Begin a login of an account of the config."""
    config, account = named_account(request)
    try:
        return _begin(request, account_for_login(config, account.name))
    except ReblogbotError as error:
        return Redirect(account_path(account.name), error.message, is_error=True)


def _begin(request: PageRequest, account: AccountSettings) -> Reply:
    """Begin a login, in place of another of this session. Raises ReblogbotError."""
    _close_attempt(request)
    config = request.tools.config()
    is_forced = request.value("another") == "1"
    redirect_uri = f"{request.origin}{CALLBACK}"
    attempt = LoginAttempt.begin(config, account, redirect_uri, is_forced=is_forced)
    if isinstance(attempt, Login):
        words = Words(
            "{name} is logged in already, as {acct}. Its token works and was kept.",
            name=account.name,
            acct=attempt.acct,
        )
        return _to_account(request, attempt, words)
    # another tab may have begun one meanwhile
    _close_attempt(request)
    request.session.resources[_ATTEMPT] = attempt
    return Redirect(CONSENT)


def consent(request: PageRequest) -> Reply:
    """The link to the server at which a person consents, and the form for a copied code."""
    attempt = _attempt(request)
    if attempt is None:
        return Redirect("/accounts", NO_LOGIN, is_error=True)
    pending = attempt.pending
    values = {
        "account": pending.account,
        "server": pending.server,
        "scopes": pending.choices[0],
        "can_come_back": attempt.can_come_back,
        "url": pending.authorize_url,
        "url_for_code": pending.with_copied_code().authorize_url,
        "minutes": int(MAX_WAIT // 60),
    }
    return Page("account_consent.html", values)


def come_back(request: PageRequest) -> Reply:
    """The end of a login: the server has led the browser back to us.

    That request comes from another site, so it has no cookie of ours, and cannot be told from one
    without a session. It is sent once more from here.
    """
    params = {name: request.value(name)[:MAX_CODE] for name in _PARAMS if request.value(name)}
    if not request.admin:
        if request.value("again"):
            request.session.messages.append((SESSION_ENDED, True))
            return Page("login.html", {"next_path": "/accounts"}, 403)
        return Reload({**params, "again": "1"})
    attempt = _attempt(request)
    if attempt is None:
        return Redirect("/accounts", NO_LOGIN, is_error=True)
    config = request.tools.config()
    try:
        return _finished(request, attempt.finish_redirect(config, params))
    except ReblogbotError as error:
        return _failed(config, attempt, error)


def paste(request: PageRequest) -> Reply:
    """The end of a login whose code a person copied."""
    attempt = _attempt(request)
    if attempt is None:
        return Redirect("/accounts", NO_LOGIN, is_error=True)
    config = request.tools.config()
    try:
        login = attempt.finish_pasted(config, request.value("code")[:MAX_CODE])
        return _finished(request, login)
    except ReblogbotError as error:
        return _failed(config, attempt, error)


def _finished(request: PageRequest, login: Login | None) -> Reply:
    if login is None:
        return Redirect(CONSENT, WIDER_SCOPES)
    request.session.resources.pop(_ATTEMPT, None)
    words = Words("{name} is logged in as {acct}.", name=login.account, acct=login.acct)
    return _to_account(request, login, words)


def _failed(config: Config, attempt: LoginAttempt, error: ReblogbotError) -> Reply:
    """Back to where one may try again, with what failed."""
    account = attempt.pending.account.name
    begin_path = account_path(account) if account in config.accounts else NEW
    path = CONSENT if attempt.is_open else begin_path
    return Redirect(path, error.message, is_error=True)


def _to_account(request: PageRequest, login: Login, message: Words) -> Reply:
    """The page of the account, which shows the login once."""
    request.session.data[LOGIN] = login
    return Redirect(account_path(login.account), message)


def cancel(request: PageRequest) -> Reply:
    """Give up the login of this session."""
    _close_attempt(request)
    return Redirect("/accounts", Words("The login was given up; nothing changed."))


def confirm_log_out(request: PageRequest) -> Reply:
    """The question whether the account is to be logged out."""
    config, account = named_account(request)
    try:
        token_file = token_file_of(account)
    except ReblogbotError as error:
        return Redirect(account_path(account.name), error.message, is_error=True)
    values = {"account": account, "token_file": token_file, "config": config}
    return Page("account_logout.html", values)


def log_account_out(request: PageRequest) -> Reply:
    """Revoke the account's token at its server, and remove it here."""
    config, account = named_account(request)
    path = account_path(account.name)
    try:
        with token_lock(account):
            refusal = log_out(config, account)
    except ReblogbotError as error:
        return Redirect(path, error.message, is_error=True)
    if refusal:
        words = Words(
            "The token of {name} is removed here, but may still be valid: {refusal}",
            name=account.name,
            refusal=refusal,
        )
        return Redirect(path, words, is_error=True)
    words = Words("{name} is logged out: its token is revoked and removed.", name=account.name)
    return Redirect(path, words)


def _attempt(request: PageRequest) -> LoginAttempt | None:
    """The login that waits in this session."""
    attempt = request.session.resources.get(_ATTEMPT)
    return attempt if isinstance(attempt, LoginAttempt) and attempt.is_open else None


def _close_attempt(request: PageRequest) -> None:
    attempt = request.session.resources.pop(_ATTEMPT, None)
    if attempt is not None:
        attempt.close()


NO_LOGIN = Words(
    "No login waits for this answer: it is complete, or it was given up. Begin it again if needed."
)
SESSION_ENDED = Words(
    "The session on this page has ended meanwhile, so the account was not logged in. Log in here,"
    " and begin again."
)
WIDER_SCOPES = Words("The server wants wider scopes. Please consent once more.")

ROUTES = (
    Route("GET", NEW, add),
    Route("POST", NEW, begin_new, is_slow=True),
    Route("POST", "/accounts/{name}/login", begin, is_slow=True),
    Route("GET", CONSENT, consent),
    Route("GET", CALLBACK, come_back, is_public=True, is_slow=True),
    Route("POST", "/accounts/login/code", paste, is_slow=True),
    Route("POST", "/accounts/login/cancel", cancel),
    Route("GET", "/accounts/{name}/logout", confirm_log_out),
    Route("POST", "/accounts/{name}/logout", log_account_out, is_slow=True),
)
