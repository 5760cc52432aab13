"""`login` and `logout`: get an account a token, and give it back."""

from __future__ import annotations

import argparse
from pathlib import Path

from reblogbot import app
from reblogbot.admin.documents.accounts import (
    LoginPlanDocument,
    LogoutDocument,
    login_json,
    login_plan_json,
)
from reblogbot.admin.login import (
    Login,
    LoginPlan,
    account_for_login,
    check_account_name,
    find_server,
    kept_login,
    log_out,
    plan_login,
    present_login_by_password,
    token_file_of,
    token_lock,
)
from reblogbot.cli.login_dialog import log_in, log_in_to_blog
from reblogbot.cli.output import json_text, print_json, print_lines, print_wrapped
from reblogbot.cli.questions import ask, is_interactive
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.config.urls import read_named_server
from reblogbot.errors import ConfigError, Exit, unknown_name_message


def run_login(options: argparse.Namespace) -> int:
    """Get a token for an account."""
    config = _config(options)
    account = config.accounts.get(options.account)
    if account is not None and account.kind == "wordpress":
        return _run_blog_login(config, account, options)
    account = _account(config, options)
    if options.dry_run:
        _print_plan(plan_login(config, account), as_json=options.json)
        return Exit.OK
    with token_lock(account):
        server = find_server(config, account.server)
        login = None if options.force else kept_login(config, account, server)
        is_kept = login is not None
        if login is None:
            login = log_in(
                config,
                account,
                server,
                uses_browser=not options.no_browser,
                as_json=options.json,
            )
    if options.json:
        print(json_text(login_json(login, kept=is_kept)))
    else:
        print_login(login, is_kept=is_kept)
    return Exit.OK


def _run_blog_login(config: Config, account: AccountSettings, options: argparse.Namespace) -> int:
    """Get an application password for the user of a blog."""
    if options.server and options.server.rstrip("/") != account.server:
        raise ConfigError(
            "usage", f"accounts.{account.name} is on {account.server}; leave out --server"
        )
    if options.dry_run:
        _print_blog_plan(account, as_json=options.json)
        return Exit.OK
    with token_lock(account):
        login = None if options.force else present_login_by_password(config, account)
        is_kept = login is not None
        if login is None:
            login = log_in_to_blog(config, account, as_json=options.json)
    if options.json:
        print(json_text(login_json(login, kept=is_kept)))
        return Exit.OK
    verb = "is logged in already, as" if is_kept else "is logged in as"
    print_lines(f"accounts.{login.account} {verb} {login.acct}", f"  token   {login.token_file}")
    for warning in login.warnings:
        print_wrapped(f"warning: {warning}")
    if is_kept:
        print_lines("Its password works and was kept; `--force` asks for another.")
    return Exit.OK


def _print_blog_plan(account: AccountSettings, *, as_json: bool) -> None:
    if as_json:
        document: LoginPlanDocument = {
            "account": account.name,
            "server": account.server,
            "software": account.kind,
            "scopes": [],
            "token_file": str(token_file_of(account)),
            "difference": "",
        }
        print_json(document)
        return
    print_lines(
        f"would ask for an application password of {account.user} at {account.server}",
        f"would write {token_file_of(account)}",
    )


def _print_plan(plan: LoginPlan, *, as_json: bool) -> None:
    if as_json:
        print_json(login_plan_json(plan))
        return
    print_lines(
        plan.server.description,
        f"would ask for {' '.join(plan.scopes)}",
        f"would write {plan.account.token_file}",
        *plan.difference.splitlines(),
    )


def print_login(login: Login, *, is_kept: bool = False) -> None:
    """Print the account that the token belongs to, and what it may do."""
    verb = "is logged in already, as" if is_kept else "is logged in as"
    bot = "yes" if login.is_bot else "not marked as one; set the flag in the account's profile"
    server = f"{login.server.server}, {login.server.software} {login.server.version}".rstrip(", ")
    print_lines(
        f"accounts.{login.account} {verb} {login.acct}",
        f"  server  {server}",
        f"  bot     {bot}",
        f"  may     {' '.join(login.scopes) or 'what the server did not tell'}",
        f"  token   {login.token_file}",
    )
    for warning in login.warnings:
        print_wrapped(f"warning: {warning}")
    if is_kept:
        print_lines("Its token works and was kept; `--force` gets another.")


def _config(options: argparse.Namespace) -> Config:
    """The config; one of defaults where there is none yet and a server is named for the account."""
    if options.server and not options.config.exists():
        _check_place(options.config)
        return Config(path=options.config.absolute())
    return app.load_config(options.config)


def _check_place(path: Path) -> None:
    """Raise ConfigError where no config can be made at the path, before anybody consents."""
    if path.is_symlink():
        raise ConfigError("config_missing", f"{path}: leads to no file; remove the link first")
    if not path.parent.is_dir():
        raise ConfigError("config_missing", f"{path.parent}: no such folder; make it first")


def _account(config: Config, options: argparse.Namespace) -> AccountSettings:
    """The account to log in. Raises ConfigError."""
    name = options.account
    check_account_name(name)
    server = ""
    if options.server:
        server = _read_server(options.server)
    elif name not in config.accounts:
        unknown = unknown_name_message("account", name, config.accounts)
        unknown = unknown if unknown.endswith("?") else f"{unknown}."
        if options.json or not is_interactive():
            message = f"{unknown} To add it to the config, name its server with --server"
            raise ConfigError("account_unknown", message)
        print_lines(unknown, "To add it to the config, name its server; Ctrl-C ends.")
        try:
            server = ask("Server, such as mastodon.social", read_named_server)
        except EOFError as error:
            message = f"{unknown} No server was named, so nothing was changed"
            raise ConfigError("account_unknown", message) from error
    return account_for_login(config, name, server)


def _read_server(written: str) -> str:
    try:
        return read_named_server(written)
    except ValueError as error:
        raise ConfigError("usage", f"--server: {error}") from error


def run_logout(options: argparse.Namespace) -> int:
    """Revoke an account's token and remove its file."""
    config = app.load_config(options.config)
    if options.account not in config.accounts:
        message = unknown_name_message("account", options.account, config.accounts)
        raise ConfigError("account_unknown", message)
    account = config.accounts[options.account]
    file = token_file_of(account)
    if options.dry_run:
        reason = f"nothing was done: the token would be revoked, and {file} removed"
    else:
        with token_lock(account):
            reason = log_out(config, account)
    if options.json:
        document: LogoutDocument = {
            "account": account.name,
            "server": account.server,
            "token_file": str(file),
            "revoked": not reason,
            "reason": reason,
        }
        print_json(document)
    elif options.dry_run:
        print_lines(f"accounts.{account.name}: {reason}")
    elif reason:
        print_lines(
            f"accounts.{account.name}: {file} is removed, but the token may still be valid:"
        )
        print_wrapped(reason, 2)
    else:
        print_lines(f"accounts.{account.name}: the token is revoked, and {file} is removed")
    return Exit.FAILED if reason and not options.dry_run else Exit.OK
