"""The pages "Accounts": who posts, whether it can, and at which pace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from reblogbot.admin.account_actions import set_account_enabled
from reblogbot.admin.account_list import account_day, account_rows
from reblogbot.admin.notice_test import send_test_notices
from reblogbot.admin.online_check import OnlineCheck, try_account
from reblogbot.admin_page.request import NotThere, Page, PageRequest, Redirect, Reply, Route
from reblogbot.admin_page.tools import version_of
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.errors import ReblogbotError
from reblogbot.notices.messenger import ChannelTest
from reblogbot.words import Words

STATES = {
    "ok": Words("ok"),
    "no_token": Words("no token"),
    "paused": Words("paused"),
    "disabled": Words("paused by you"),
    "stalled": Words("stalled"),
}
TOKENS = {
    "works": Words("works"),
    "refused": Words("refused"),
    "missing": Words("missing"),
    "not_tried": Words("not tried"),
}
LIMITS = {
    "gap": Words("gap between two posts"),
    "hourly_limit": Words("hourly limit"),
    "daily_limit": Words("daily limit"),
    "quiet_hours": Words("quiet hours"),
}
CHANNELS = {
    "command": Words("command"),
    "webhook": Words("webhook"),
    "account": Words("direct post"),
}
LOGIN = "account login"
"""The name, in the data of a session, of a login whose result was not shown yet."""
_CHECK = "account check"


def account_path(name: str, verb: str = "") -> str:
    """The path of an account's page, or of one of its actions."""
    return f"/accounts/{quote(name, safe='')}" + (f"/{verb}" if verb else "")


def named_account(request: PageRequest) -> tuple[Config, AccountSettings]:
    """The config, and the account that the path names. Raises NotThere."""
    config = request.tools.config()
    account = config.accounts.get(request.parts["name"])
    if account is None:
        raise NotThere
    return config, account


def show_all(request: PageRequest) -> Reply:
    """All accounts; those that an admin must see to come first."""
    tools, config = request.tools, request.tools.config()
    rows = account_rows(config, tools.store, tools.now())
    values = {
        "config": config,
        "rows": sorted(rows, key=lambda row: not row.needs_attention),
        **_WORDS,
    }
    return Page("accounts.html", values)


def show(request: PageRequest) -> Reply:
    """One account: its state, its settings, and its day."""
    if request.parts["name"] == "add" and "add" not in request.tools.config().accounts:
        return Redirect("/accounts/login/new")
    config, account = named_account(request)
    now, store = request.tools.now(), request.tools.store
    # nothing else of the config says anything about this account
    narrowed = config.model_copy(update={"accounts": {account.name: account}})
    checked_name, check, checked_at = request.session.data.get(_CHECK, ("", None, None))
    is_checked = checked_name == account.name
    login = request.session.data.get(LOGIN)
    if login is not None and login.account == account.name:
        del request.session.data[LOGIN]
    else:
        login = None
    row = account_rows(narrowed, store, now)[0]
    values = {
        "account": account,
        "config": config,
        "version": request.tools.config_version(),
        "row": row,
        "day": account_day(narrowed, store, row, now),
        "sources": _sources(config, account.name),
        "check": check if is_checked else None,
        "checked_at": checked_at if is_checked else None,
        "login": login,
        **_WORDS,
    }
    return Page("account.html", values)


def _sources(config: Config, name: str) -> Sequence[str]:
    """The sources that post to the account."""
    return [source.name for source in config.sources.values() if name in source.to]


def pause(request: PageRequest) -> Reply:
    """Pause the account: nothing is sent until it is resumed."""
    message = Words("{name} is paused: what is queued for it waits.", name=request.parts["name"])
    return _set_enabled(request, message, is_enabled=False)


def resume(request: PageRequest) -> Reply:
    """Resume the account."""
    message = Words("{name} is resumed.", name=request.parts["name"])
    return _set_enabled(request, message, is_enabled=True)


def _set_enabled(request: PageRequest, message: Words, *, is_enabled: bool) -> Reply:
    _, account = named_account(request)
    path = account_path(account.name)
    try:
        change = set_account_enabled(request.tools.path, account.name, is_enabled=is_enabled)
        if version_of(change.before) != request.value("version"):
            return Redirect(path, CONFIG_CHANGED, is_error=True)
        change.save()
    except ReblogbotError as error:
        return Redirect(path, error.message, is_error=True)
    return Redirect(path, message)


def check(request: PageRequest) -> Reply:
    """Ask the account's server whether its token works, and what it may do."""
    config, account = named_account(request)
    result = try_account(config, request.tools.store, account.name)
    checked: tuple[str, OnlineCheck, datetime] = account.name, result, request.tools.now()
    request.session.data[_CHECK] = checked
    return Redirect(account_path(account.name))


def test_notices(request: PageRequest) -> Reply:
    """Send a test message to the admin through every way that the config names."""
    config = request.tools.config()
    try:
        tests = send_test_notices(config, request.tools.store)
    except ReblogbotError as error:
        return Redirect("/accounts", error.message, is_error=True)
    is_failed = any(test.error for test in tests)
    return Redirect("/accounts", _test_results(tests), is_error=is_failed)


def _test_results(tests: Sequence[ChannelTest]) -> Words:
    """One line for each channel."""
    return Words.lines(
        Words(
            "{channel}: {result}",
            channel=CHANNELS[test.channel],
            result=test.error or Words("sent"),
        )
        for test in tests
    )


CONFIG_CHANGED = Words(
    "The config was changed meanwhile, so nothing was done. Look at it, and try again."
)
_WORDS = {"states": STATES, "tokens": TOKENS, "limits": LIMITS}

ROUTES = (
    Route("GET", "/accounts", show_all),
    Route("GET", "/accounts/{name}", show),
    Route("POST", "/accounts/{name}/pause", pause),
    Route("POST", "/accounts/{name}/resume", resume),
    Route("POST", "/accounts/{name}/check", check, is_slow=True),
    Route("POST", "/notices/test", test_notices, is_slow=True),
)
