"""Logging an account in and out: the steps, for the command line and for a page.

`begin` registers an app and gives the address at which a person consents; `finish` takes the code
that the server then hands out, checks the token and stores it. Between the two the caller keeps
the PendingLogin, and the lock of the account.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from shlex import quote
from urllib.parse import parse_qsl, urlsplit

from reblogbot import app
from reblogbot.admin import application_password
from reblogbot.config import scopes
from reblogbot.config.editing import EditableToml
from reblogbot.config.load import read_text
from reblogbot.config.rules import name_fault
from reblogbot.config.saving import difference
from reblogbot.config.settings import AccountSettings, Config
from reblogbot.config.starter import token_file_name
from reblogbot.config.tokens import (
    TokenRecord,
    granted_scopes,
    read_token,
    remove_token,
    token_record,
    write_token,
)
from reblogbot.config.urls import is_local
from reblogbot.errors import ConfigError, ReblogbotError, Rejected, TargetError, Unauthorised
from reblogbot.ports import Identity
from reblogbot.runtime.clock import SystemClock
from reblogbot.runtime.file_lock import file_lock
from reblogbot.targets.mastodon import oauth
from reblogbot.targets.mastodon.oauth import OUT_OF_BAND, App, IssuedToken
from reblogbot.targets.mastodon.server_client import ServerClient
from reblogbot.targets.mastodon.server_info import ServerInfo, server_info
from reblogbot.words import Words

_NEEDS_WHOLE_READ = frozenset({"takahe"})
_MAX_ANSWER = 10_000
_BY_HAND = Words("revoke it on the server, among the authorized apps in the account's settings")


@dataclass(frozen=True, slots=True)
class PendingLogin:
    """A login that waits for a person's consent at `authorize_url`."""

    account: AccountSettings
    server: ServerInfo
    app: App
    redirect_uri: str
    redirect_uris: tuple[str, ...]
    """All redirect addresses of the app."""
    choices: tuple[tuple[str, ...], ...]
    """The scopes asked for, and then those to ask for if they do not suffice."""
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def authorize_url(self) -> str:
        """Where the person consents."""
        return oauth.authorize_url(
            self.server, self.app, self.redirect_uri, self.choices[0], self.state, self.verifier
        )

    def with_copied_code(self) -> PendingLogin:
        """The same login where no browser can be redirected: the server shows the code."""
        return replace(self, redirect_uri=OUT_OF_BAND)

    def is_answered_by(self, params: Mapping[str, str]) -> bool:
        """Whether a redirect with these parameters belongs to this login."""
        return secrets.compare_digest(
            params.get("state", "").encode(errors="replace"), self.state.encode()
        )

    def code_in(self, params: Mapping[str, str]) -> str:
        """The code in the parameters of a redirect. Raises Rejected for an error or another login.

        An error about scopes is `scope_missing`.
        """
        host = urlsplit(self.server.server).netloc
        if not self.is_answered_by(params):
            raise Rejected(
                "login_state",
                Words("{host}: this answer belongs to another login; try again", host=host),
            )
        error = params.get("error", "")
        if error == "access_denied":
            raise Rejected(
                "login_denied",
                Words("{host}: the login was denied there; nothing changed", host=host),
            )
        if error == "invalid_scope":
            raise Unauthorised(
                "scope_missing", Words("{host} does not know the scopes asked for", host=host)
            )
        if error or not params.get("code"):
            words = f" ({error[:100]})" if error else ""
            raise Rejected("code_refused", f"{host} sent no code{words}; try again")
        return params["code"]

    def with_pasted(self, pasted: str) -> PendingLogin:
        """The same login, answered by the way in which a person got what he pasted.

        That is the address of a redirect, or else a code that the server showed.
        """
        is_address = "://" in pasted[:_MAX_ANSWER]
        return self if is_address else self.with_copied_code()

    def code_in_text(self, pasted: str) -> str:
        """The code in what a person copied: the code alone, or the whole address of a redirect.

        snac shows the code with `&state=…` behind it. Raises Rejected as `code_in` does.
        """
        written = pasted.strip()[:_MAX_ANSWER]
        if "://" in written:
            return self.code_in(dict(parse_qsl(urlsplit(written).query)))
        code = written.partition("&")[0].removeprefix("code=")
        if not code:
            raise Rejected("code_refused", Words("no code was given; nothing changed"))
        return code


@dataclass(frozen=True, slots=True)
class Login:
    """The account on the server that a token belongs to, and where the token is stored."""

    account: str
    acct: str
    """`@name@host`."""
    server: ServerInfo
    is_bot: bool
    scopes: tuple[str, ...]
    token_file: Path
    warnings: tuple[str, ...] = ()


def check_account_name(name: str) -> None:
    """Raise ConfigError where no account can have this name."""
    fault = name_fault(name)
    if fault:
        raise ConfigError("usage", f"the name of the account: {fault}")


def account_for_login(config: Config, name: str, server: str = "") -> AccountSettings:
    """The account as the config has it or, for one that is not there, as it will be added.

    Raises ConfigError where no account can have that name, it is on another server, or its token
    is not kept in a file.
    """
    check_account_name(name)
    account = config.accounts.get(name)
    if account is None:
        return AccountSettings(
            name=name,
            server=server,
            token_file=_free_token_file(config, name),
            allow_http=is_local(server),
        )
    if account.has_titles:
        raise ConfigError("usage", _no_consent_message(account))
    if server and server != account.server:
        raise ConfigError(
            "usage",
            Words(
                "accounts.{name} is on {server}, not on {other}; name another account, or "
                "change its server in the config first",
                name=name,
                server=account.server,
                other=server,
            ),
        )
    token_file_of(account)
    return account


def _no_consent_message(account: AccountSettings) -> str:
    """The reason why this account has no login with consent in a browser."""
    name = account.name
    if account.kind == "files":
        return Words("accounts.{name} is a folder, which needs no login", name=name)
    return Words(
        "accounts.{name} is a blog, whose application password is asked for on a terminal: run "
        "`reblogbot login {command}` there",
        name=name,
        command=quote(name),
    )


def _free_token_file(config: Config, name: str) -> Path:
    """A token file for a new account, of that name as far as no other account has it.

    Different names may make the same one: `a b` and `a_b`.
    """
    taken = {account.token_file for account in config.accounts.values()}
    folder = config.path.parent
    file = folder / token_file_name(name)
    number = 1
    while file in taken:
        number += 1
        file = folder / token_file_name(f"{name}_{number}")
    return file


def token_file_of(account: AccountSettings) -> Path:
    """The file that holds the account's token. Raises ConfigError where it is kept elsewhere."""
    if account.token_file is not None:
        return account.token_file
    if account.kind == "files":
        raise ConfigError("usage", _no_consent_message(account))
    name = account.name
    place = "a systemd credential"
    instead = ""
    if account.token_env:
        place, instead = f"the environment variable {account.token_env}", " in place of token_env"
    raise ConfigError(
        "token_elsewhere",
        f"accounts.{name}: its token comes from {place}, which this command cannot change; write"
        f' token_file = "{token_file_name(name)}" into [accounts.{name}]{instead}, then try again',
    )


@contextmanager
def token_lock(account: AccountSettings) -> Iterator[None]:
    """Keep other logins of the account out within this block.

    Raises ReblogbotError where one is under way, or no file can be made beside the token's.
    """
    file = token_file_of(account)
    if file.is_dir():
        raise ReblogbotError(
            "token_unwritable",
            Words("{file}: is a folder; remove it, or change token_file", file=file),
        )
    with ExitStack() as stack:
        try:
            stack.enter_context(file_lock(file.with_name(f".{file.name}.lock")))
        except BlockingIOError as error:
            message = Words(
                "accounts.{name}: another login or logout is under way; wait for its end",
                name=account.name,
            )
            raise ReblogbotError("login_busy", message) from error
        except OSError as error:
            raise _unwritable(file, error) from error
        yield


def find_server(config: Config, server: str) -> ServerInfo:
    """What the server is. Raises ReblogbotError where no login is possible there."""
    return server_info(_client(config, server))


def present_login(config: Config, account: AccountSettings, server: ServerInfo) -> Login | None:
    """The account's present token, if it works and suffices for the config; else None.

    Another server's token is not shown to this one. Raises TargetError where the server does not
    say whether it works.
    """
    try:
        token = read_token(account, os.environ)
        if token_record(account, token, os.environ).server not in ("", account.server):
            return None
        identity = oauth.owner(_client(config, account.server), token)
    except Unauthorised:
        return None
    granted = granted_scopes(account, token, os.environ)
    if scopes.lacking_scopes_message(config, account.name, granted):
        return None
    return _login(account, server, identity, granted)


def kept_login(config: Config, account: AccountSettings, server: ServerInfo) -> Login | None:
    """The present login as `present_login`; an account that is not in the config is added to it."""
    login = present_login(config, account, server)
    if login is not None and account.name not in config.accounts:
        add_to_config(config, account)
    return login


def identify(
    config: Config, account: AccountSettings, token: str, record: TokenRecord
) -> TokenRecord:
    """The record of a token with what its server says now. Raises TargetError if it is refused."""
    if account.kind == "wordpress":
        return application_password.owner(config, account, token)
    client = _client(config, account.server)
    identity = oauth.owner(client, token)
    software = record.software or server_info(client).software
    return replace(record, acct=_acct(account, identity), software=software)


def begin(
    config: Config,
    account: AccountSettings,
    server: ServerInfo,
    redirect_uris: Sequence[str],
    choices: Sequence[tuple[str, ...]] = (),
) -> PendingLogin:
    """A new app, and a login through it that is answered at the first of the redirect addresses.

    `choices` are the scopes to ask for, by default all that suffice for the config. Raises
    TargetError where the server registers no app.
    """
    client = _client(config, account.server)
    choices = choices or _scope_choices(config, account.name, server)
    try:
        registered = oauth.register(client, server, redirect_uris, choices[0])
    except Rejected:
        if len(choices) == 1:
            raise
        return begin(config, account, server, redirect_uris, choices[1:])
    return PendingLogin(
        account=account,
        server=server,
        app=registered,
        redirect_uri=redirect_uris[0],
        redirect_uris=tuple(redirect_uris),
        choices=tuple(choices),
        state=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
    )


def begin_wider(config: Config, pending: PendingLogin) -> PendingLogin | None:
    """The login once more, with the next of the scopes to ask for; None where there are no more."""
    if len(pending.choices) == 1:
        return None
    account, server = pending.account, pending.server
    return begin(config, account, server, pending.redirect_uris, pending.choices[1:])


def _scope_choices(config: Config, name: str, server: ServerInfo) -> Sequence[tuple[str, ...]]:
    """The scopes to ask for, without those that the server is known not to have."""
    choices = scopes.scope_choices(config, name)
    if server.software in _NEEDS_WHOLE_READ:
        return choices[1:]
    supported = server.oauth.get("scopes_supported")
    if not isinstance(supported, list) or not supported:
        return choices
    names = set(map(str, supported))
    return [choice for choice in choices if names.issuperset(choice)] or choices[-1:]


def finish(config: Config, pending: PendingLogin, code: str, *, adds_account: bool = True) -> Login:
    """The login that a code completes: its token is verified, then stored.

    An account that is not in the config is added to it, unless the caller does that. Raises
    ReblogbotError and leaves everything as it was; Unauthorised `scope_missing` says that a person
    must consent again, to the next of `pending.choices`.
    """
    client = _client(config, pending.account.server)
    issued = oauth.exchange(
        client,
        pending.server,
        pending.app,
        code,
        redirect_uri=pending.redirect_uri,
        verifier=pending.verifier,
        scopes=pending.choices[0],
    )
    try:
        return _store(config, pending, issued, client, adds_account=adds_account)
    except BaseException:
        with suppress(TargetError):
            oauth.revoke(client, pending.server, pending.app, issued.value)
        raise


def _store(
    config: Config,
    pending: PendingLogin,
    issued: IssuedToken,
    client: ServerClient,
    *,
    adds_account: bool,
) -> Login:
    """The login of a fresh token, after it was verified and written."""
    account, server, file = pending.account, pending.server, token_file_of(pending.account)
    login = _login(account, server, oauth.owner(client, issued.value), issued.scopes)
    earlier = _stored_token(account)
    record = TokenRecord(
        scopes=issued.scopes,
        acct=login.acct,
        server=account.server,
        software=server.software,
        client_id=pending.app.client_id,
        client_secret=pending.app.client_secret,
    )
    try:
        write_token(file, issued.value, record)
    except OSError as error:
        raise _unwritable(file, error) from error
    if adds_account and account.name not in config.accounts:
        try:
            add_to_config(config, account)
        except BaseException:
            remove_token(file)
            raise
    warnings = [scopes.lacking_scopes_message(config, account.name, issued.scopes)]
    if earlier and earlier.token != issued.value:
        warnings += _earlier_warnings(client, server, earlier, login)
    return replace(login, warnings=tuple(filter(None, warnings)))


def present_login_by_password(config: Config, account: AccountSettings) -> Login | None:
    """The present login of a blog's user, None where its password is missing or refused.

    Raises TargetError where the blog does not say whether it works.
    """
    try:
        password = read_token(account, os.environ)
        return _login_by_password(account, application_password.owner(config, account, password))
    except Unauthorised:
        return None


def log_in_by_password(config: Config, account: AccountSettings, written: str) -> Login:
    """The login of a blog's user by an application password, which is verified, then stored.

    An earlier password is revoked. Raises ReblogbotError and leaves everything as it was.
    """
    password = "".join(written.split())
    if not re.fullmatch(r"[!-~]{1,200}", password):
        raise Unauthorised(
            "token_refused",
            Words("accounts.{name}: this is no application password", name=account.name),
        )
    record = application_password.owner(config, account, password)
    file, earlier = token_file_of(account), _stored_token(account)
    try:
        write_token(file, password, record)
    except OSError as error:
        raise _unwritable(file, error) from error
    warnings = []
    if earlier and earlier.token != password:
        refusal = application_password.revoke(config, account, earlier.token, earlier.record)
        if refusal:
            warnings.append(
                Words("the earlier password may still be valid: {refusal}", refusal=refusal)
            )
    return replace(_login_by_password(account, record), warnings=tuple(warnings))


def _login_by_password(account: AccountSettings, record: TokenRecord) -> Login:
    software = application_password.SOFTWARE
    return Login(
        account=account.name,
        acct=record.acct,
        server=ServerInfo(account.server, software, version="", title=""),
        is_bot=False,
        scopes=(),
        token_file=token_file_of(account),
    )


def add_to_config(config: Config, account: AccountSettings) -> None:
    """Add a table for the account to the config file, which is created if there is none."""
    before, after = _texts_with_account(config, account)
    if before:
        app.save_config(config.path, before, after)
    else:
        app.create_config(config.path, after)


def _texts_with_account(config: Config, account: AccountSettings) -> tuple[str, str]:
    """The text of the config file as it is, and with a table for the account."""
    before = read_text(config.path) if config.path.exists() else ""
    table: dict[str, str | bool] = {"server": account.server}
    if account.allow_http:
        table["allow_http"] = True
    table["token_file"] = token_file_of(account).name
    toml = EditableToml(before)
    toml.add_table(("accounts", account.name), table)
    return before, toml.text


@dataclass(frozen=True, slots=True)
class LoginPlan:
    """What a login would do: which scopes it asks for first, and how it changes the config."""

    account: AccountSettings
    server: ServerInfo
    scopes: tuple[str, ...]
    difference: str
    """A unified difference, "" where the account is in the config."""


def plan_login(config: Config, account: AccountSettings) -> LoginPlan:
    """What a login would do. Raises ReblogbotError where no login is possible."""
    server = find_server(config, account.server)
    changes = ""
    if account.name not in config.accounts:
        before, after = _texts_with_account(config, account)
        app.load_config(config.path, after)
        changes = difference(config.path, before, after)
    return LoginPlan(account, server, _scope_choices(config, account.name, server)[0], changes)


@dataclass(frozen=True, slots=True)
class _StoredToken:
    """A token file's token, with its record."""

    token: str = field(repr=False)
    record: TokenRecord


def _stored_token(account: AccountSettings) -> _StoredToken | None:
    """What the account's token file holds; None where it holds no token."""
    if not token_file_of(account).is_file():
        return None
    try:
        token = read_token(account, {})
    except Unauthorised:
        return None
    return _StoredToken(token, token_record(account, token, {}))


def _earlier_warnings(
    client: ServerClient, server: ServerInfo, earlier: _StoredToken, login: Login
) -> list[str]:
    """What to know of the token that was replaced, after it was revoked."""
    warnings: list[str] = []
    if earlier.record.acct not in ("", login.acct):
        warnings.append(Words("until now the account was {acct}", acct=earlier.record.acct))
    refusal = _revoke(client, server, earlier)
    if refusal:
        warnings.append(Words("the earlier token may still be valid: {refusal}", refusal=refusal))
    return warnings


def log_out(config: Config, account: AccountSettings) -> str:
    """Revoke the account's token and remove its file: why the server did not revoke it, or "".

    Raises ReblogbotError where there is no token, or its file cannot be removed.
    """
    file = token_file_of(account)
    stored = _stored_token(account)
    if stored is None and not file.is_symlink() and not file.exists():
        message = Words(
            "accounts.{name}: there is no token to revoke ({file}: no such file)",
            name=account.name,
            file=file,
        )
        raise ReblogbotError("token_missing", message)
    refusal: str = Words("the file held no token")
    if stored is not None and account.kind == "wordpress":
        refusal = application_password.revoke(config, account, stored.token, stored.record)
    elif stored is not None:
        try:
            server = find_server(config, account.server)
            refusal = _revoke(_client(config, account.server), server, stored)
        except ReblogbotError as error:
            refusal = Words("{message}; {reason}", message=error.message, reason=_BY_HAND)
    try:
        remove_token(file)
    except OSError as error:
        raise _unwritable(file, error) from error
    return refusal


def _revoke(client: ServerClient, server: ServerInfo, stored: _StoredToken) -> str:
    """Revoke a token: "", or why it is not revoked and what to do."""
    record = stored.record
    if record.server not in ("", client.server):
        return Words(
            "it belongs to {server}, not to {other}; {advice}",
            server=record.server,
            other=client.server,
            advice=_BY_HAND,
        )
    if not record.client_id:
        return Words(
            "it was not made by `login`, so only the account can revoke it; {advice}",
            advice=_BY_HAND,
        )
    try:
        oauth.revoke(client, server, App(record.client_id, record.client_secret), stored.token)
    except TargetError as error:
        return Words("{message}; {reason}", message=error.message, reason=_BY_HAND)
    return ""


def _client(config: Config, server: str) -> ServerClient:
    return ServerClient(
        server,
        seconds=config.delivery.timeout.total_seconds(),
        user_agent=app.user_agent(config),
        clock=SystemClock(),
    )


def _login(
    account: AccountSettings, server: ServerInfo, identity: Identity, granted: tuple[str, ...]
) -> Login:
    return Login(
        account=account.name,
        acct=_acct(account, identity),
        server=server,
        is_bot=identity.is_bot,
        scopes=granted,
        token_file=token_file_of(account),
    )


def _acct(account: AccountSettings, identity: Identity) -> str:
    """`@name@host`."""
    return f"@{identity.address or f'{identity.acct}@{urlsplit(account.server).netloc}'}"


def _unwritable(file: Path, error: OSError) -> ReblogbotError:
    reason = error.strerror or str(error)
    return ReblogbotError(
        "token_unwritable", Words("{file}: cannot be written: {reason}", file=file, reason=reason)
    )
