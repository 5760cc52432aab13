"""Warnings about a valid config, shown by `check`; none of them keeps the program from working."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_network
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from reblogbot.config.diagnostics import Diagnostics, Keys
from reblogbot.config.hosts import hosts_in, is_loopback, is_private
from reblogbot.config.secrets import MIN_TOKEN_LENGTH, SecretMissing
from reblogbot.config.settings import (
    AccountSettings,
    AdminSettings,
    Config,
    PaceSettings,
    SourceSettings,
    StepSettings,
)
from reblogbot.config.tokens import read_step_key, read_token
from reblogbot.config.toml_positions import Position, find_positions
from reblogbot.errors import ConfigFault, Unauthorised
from reblogbot.words import Words

Warning = tuple[Keys, str]  # noqa: A001 - of a config, none of Python's
Warnings = Iterator[Warning]

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_SHORTEST_INTERVAL = timedelta(minutes=1)
_MANY_POSTS_PER_HOUR = 30
_MANY_HASHTAGS = 10
# to find the status to boost, or to upload images; to publish; and one in reserve
_CALLS_PER_POST = 3
_KINDS_WITHOUT_AUTHORS = frozenset({"json", "page"})
_MINUTES_PER_DAY = 24 * 60
_SECRET_HEADER = re.compile(r"auth|cookie|key|password|secret|session|token", re.IGNORECASE)


def find_warnings(
    config: Config,
    environ: Mapping[str, str] = os.environ,
    toml: str | None = None,
    others: Iterable[Warning] = (),
) -> list[ConfigFault]:
    """The warnings about a config, in the order of their lines, with `others` among them.

    `toml` is the config's text, if that is not in its file.
    """
    diagnostics = Diagnostics(lambda: _positions(config.path, toml))
    for keys, message in chain(_warnings(config, environ), others):
        diagnostics.add(keys, message)
    return diagnostics.sorted()


def with_lines(path: Path, faults: Iterable[ConfigFault]) -> list[ConfigFault]:
    """The faults, whose paths name tables such as `sources.chouti`, with the lines of these."""
    root = _positions(path)
    return [fault._replace(line=root.at(fault.path.split(".", 1)).line) for fault in faults]


def _positions(path: Path, toml: str | None = None) -> Position:
    """The positions of the keys; none if the file was changed or removed since it was loaded."""
    try:
        return find_positions(path.read_text(encoding="utf-8-sig") if toml is None else toml)
    except (OSError, ValueError, LookupError, RecursionError):
        return Position(0)


def _warnings(config: Config, environ: Mapping[str, str]) -> Warnings:
    yield from _file(config)
    yield from _notify(config)
    yield from _allow_private(config)
    yield from _delivery(config)
    yield from _admin(config.admin)
    for name, account in config.accounts.items():
        yield from _account(("accounts", name), account, config)
        if account.kind != "files":
            yield from _token(("accounts", name), account, environ)
    for name, source in config.sources.items():
        yield from _source(("sources", name), source, config)
    for name, step in config.steps.items():
        yield from _step(("steps", name), step, environ, config.path.parent)
    if not any(source.enabled for source in config.sources.values()):
        reason = (
            Words("every source is disabled") if config.sources else Words("there are no sources")
        )
        yield ("sources",), f"{reason}: nothing will be posted"


def _file(config: Config) -> Warnings:
    secrets = list(_secrets(config))
    if secrets and _has_mode(config.path, stat.S_IROTH):
        hint = f"run chmod 600 {config.path.name}"
        yield secrets[0], f"holds a secret, but every user can read this file; {hint}"
    if _has_mode(config.path, stat.S_IWOTH):
        yield (
            (),
            Words("every user can write this file; run chmod o-w {name}", name=config.path.name),
        )


def _secrets(config: Config) -> Iterator[Keys]:
    """The keys whose values carry a password or a token."""
    if config.notify.webhook:
        # the path of a webhook is its password
        yield "notify", "webhook"
    for name, source in config.sources.items():
        for header in source.headers:
            if _SECRET_HEADER.search(header):
                yield ("sources", name, "headers", header)
    if urlsplit(config.store.url).password:
        yield "store", "url"
    if urlsplit(config.http.proxy).password:
        yield "http", "proxy"
    for name, source in config.sources.items():
        if source.proxy and urlsplit(source.proxy).password:
            yield "sources", name, "proxy"


def _notify(config: Config) -> Warnings:
    yield from _program(("notify", "command"), config.notify.command, config.path.parent)


def _program(at: Keys, command: str, folder: Path) -> Warnings:
    program = next(iter(shlex.split(command)), "")
    # a name with a slash is relative to the config's folder, any other is searched in PATH
    path = str(folder / program) if "/" in program else program
    if program and shutil.which(path) is None:
        yield at, Words("there is no such program, or it is not executable")


def _allow_private(config: Config) -> Warnings:
    hosts = hosts_in(config)
    for index, allowed in enumerate(config.http.allow_private):
        at = ("http", "allow_private", index)
        if isinstance(allowed, str):
            if allowed not in hosts:
                yield at, Words("no source or account of this config has this host and port")
        elif any(
            allowed.version == network.version and allowed.overlaps(network)
            for network in _LOOPBACK
        ):
            yield at, Words("covers this machine: a link in any feed may then reach its services")


def _delivery(config: Config) -> Warnings:
    if config.delivery.lease < _CALLS_PER_POST * config.delivery.timeout:
        message = Words(
            "is less than {count} times timeout: with a slow server, images may be left out and"
            " boosts tried again",
            count=_CALLS_PER_POST,
        )
        yield ("delivery", "lease"), message


def _admin(admin: AdminSettings) -> Warnings:
    is_open = bool(admin.listen) and not is_loopback(f"http://{admin.listen}")
    if admin.feeds and not admin.listen:
        yield ("admin", "feeds"), Words("has no effect without listen")
    if admin.password_file is None:
        if is_open:
            message = Words("other machines can reach this address, and it asks for no password")
            yield ("admin", "listen"), message
        # the address is also that of feeds, which need no password
        for key in ("public_status",) if admin.feeds else ("url", "public_status"):
            if getattr(admin, key):
                yield ("admin", key), Words("has no effect without password_file")
        return
    yield from _password_file(admin.password_file)
    if not admin.listen:
        yield ("admin", "password_file"), Words("has no effect without listen")
    if is_open and not admin.url.startswith("https://"):
        message = Words(
            "other machines can reach this address, and passwords reach it unencrypted; put a"
            " proxy with TLS before it, and set url"
        )
        yield ("admin", "listen"), message
    if admin.url.startswith("http://") and not is_private(admin.url):
        yield (
            ("admin", "url"),
            Words("passwords and sessions are sent over the network unencrypted"),
        )


def _password_file(file: Path) -> Warnings:
    at = ("admin", "password_file")
    try:
        with file.open("rb"):
            pass
    except FileNotFoundError:
        yield (
            at,
            Words("there is no such file, so there is no page; run `reblogbot admin password`"),
        )
    except OSError as error:
        yield at, f"cannot be read, so there is no page: {error.strerror}"
    if _has_mode(file, stat.S_IRGRP | stat.S_IROTH):
        yield (
            at,
            Words(
                "other users can read the hashes of the passwords; run chmod 600 {name}",
                name=file.name,
            ),
        )
    if _has_mode(file, stat.S_IWGRP | stat.S_IWOTH):
        yield at, Words("other users can set passwords; run chmod 600 {name}", name=file.name)


def _account(at: Keys, account: AccountSettings, config: Config) -> Warnings:
    sources = config.sources.values()
    is_posted_to = any(account.name in source.to for source in sources)
    is_read = any(source.via == account.name for source in sources)
    if not (is_posted_to or is_read or config.notify.account == account.name):
        yield at, Words("no source uses this account")
    if account.server.startswith("http://") and not is_loopback(account.server):
        yield (*at, "server"), Words("the token is sent over the network unencrypted")
    if account.folder is not None and account.folder.exists() and not account.folder.is_dir():
        yield (*at, "folder"), Words("is a file, and no folder")
    if account.feed is not None and account.feed.is_dir():
        yield (*at, "feed"), Words("is a folder, and no file")
    if _is_always_quiet(account.pace):
        yield (*at, "pace", "quiet"), Words("covers the whole day: nothing will ever be posted")
    if account.pace.per_hour > _MANY_POSTS_PER_HOUR and not account.pace.gap:
        message = f"more than {_MANY_POSTS_PER_HOUR} posts an hour without a gap come in bursts"
        yield (*at, "pace"), message


def _is_always_quiet(pace: PaceSettings) -> bool:
    quiet: set[int] = set()
    for span in pace.quiet:
        start, end = (time.hour * 60 + time.minute for time in (span.start, span.end))
        minutes = range(start, end if end > start else end + _MINUTES_PER_DAY)
        quiet.update(minute % _MINUTES_PER_DAY for minute in minutes)
    return len(quiet) == _MINUTES_PER_DAY


def _token(at: Keys, account: AccountSettings, environ: Mapping[str, str]) -> Warnings:
    key = "token_env" if account.token_env else "token_file"
    try:
        token = read_token(account, environ)
        if len(token) < MIN_TOKEN_LENGTH:
            message = Words("the token is shorter than any server's; check that it is complete")
            yield (*at, key), message
    except Unauthorised as error:
        yield (*at, key), error.message.removeprefix(f"accounts.{account.name}: ")
    file = account.token_file
    if file is not None and _has_mode(file, stat.S_IRGRP | stat.S_IROTH):
        yield (
            (*at, "token_file"),
            Words("other users can read the token; run chmod 600 {name}", name=file.name),
        )


def _source(at: Keys, source: SourceSettings, config: Config) -> Warnings:
    if not source.enabled:
        yield (*at, "enabled"), Words("this source is disabled")
        return
    if not any(config.accounts[name].enabled for name in source.to):
        yield (*at, "to"), Words("every account of this source is disabled")
    if not source.cron:
        yield from _interval(at, source)
    if source.first == "all":
        yield (*at, "first"), Words("posts every entry that the source shows at its first poll")
    of_accounts = max(len(config.accounts[name].tags) for name in source.to)
    if source.hashtags + len(source.tags) + of_accounts > _MANY_HASHTAGS:
        message = f"more than {_MANY_HASHTAGS} hashtags look like spam to servers and people"
        yield (*at, "hashtags"), message
    yield from _author_filters(at, source)


def _interval(at: Keys, source: SourceSettings) -> Warnings:
    if source.every < _SHORTEST_INTERVAL:
        yield (*at, "every"), Words("polls more than once a minute; many servers block that")
    if source.filter.max_age < source.every:
        message = Words("is shorter than every: entries may become too old between two polls")
        yield (*at, "filter", "max_age"), message


def _author_filters(at: Keys, source: SourceSettings) -> Warnings:
    """Filters on authors, where the source does not name them or says little about them."""
    filters, has_accounts = source.filter, source.reads_statuses
    if filters.max_per_author and source.kind in _KINDS_WITHOUT_AUTHORS:
        yield (*at, "filter", "max_per_author"), Words("has no effect: this kind names no authors")
    elif filters.max_per_author and not has_accounts:
        yield (*at, "filter", "max_per_author"), Words("counts only entries that name an author")
    for key in ("needs_indexable", "needs_discoverable"):
        if getattr(filters, key) and not has_accounts:
            message = Words("has no effect except on links that turn out to be statuses")
            yield (*at, "filter", key), message
    if has_accounts and not filters.opt_outs:
        yield (*at, "filter", "opt_outs"), Words("boosts people who asked bots not to")


def _step(at: Keys, step: StepSettings, environ: Mapping[str, str], folder: Path) -> Warnings:
    if step.kind == "command":
        yield from _program((*at, "command"), step.command, folder)
        return
    if step.url.startswith("http://") and not is_private(step.url):
        message = (
            Words("the key and what is asked are sent over the network unencrypted")
            if step.key_file or step.key_env
            else Words("what is asked is sent over the network unencrypted")
        )
        yield (*at, "url"), message
    if not (step.key_file or step.key_env):
        return
    file = step.key_file
    at_key = (*at, "key_file" if file else "key_env")
    try:
        read_step_key(step, environ)
    except SecretMissing as error:
        yield at_key, Words("no key ({reason})", reason=error.reason)
    if file is not None and _has_mode(file, stat.S_IRGRP | stat.S_IROTH):
        message = Words("other users can read the key; run chmod 600 {name}", name=file.name)
        yield at_key, message


def _has_mode(path: Path, bits: int) -> bool:
    try:
        return bool(path.stat().st_mode & bits)
    except OSError:
        return False
