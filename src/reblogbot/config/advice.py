"""What a valid config may still regret: told by `check`, never in the way."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from reblogbot.config.faults import Findings, Keys
from reblogbot.config.hosts import hosts_in
from reblogbot.config.lines import Place, places
from reblogbot.config.settings import AccountSettings, Config, PaceSettings, SourceSettings
from reblogbot.config.tokens import SHORT_TOKEN, read_token
from reblogbot.errors import Fault, Unauthorised

Advice = Iterator[tuple[Keys, str]]

_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_HASTY = timedelta(minutes=1)
_BUSY = 30
# one to find what is boosted, or to upload images; one to publish; one to spare
_CALLS = 3
_WITHOUT_AUTHORS = frozenset({"json", "page"})
_DAY = 24 * 60
_SECRET_HEADER = re.compile(r"auth|cookie|key|password|secret|session|token", re.IGNORECASE)


def warnings(config: Config, environ: Mapping[str, str] = os.environ) -> list[Fault]:
    """Everything worth a second look, by line; none of it keeps the config from working."""
    findings = Findings(lambda: _places(config.path))
    for keys, message in _advice(config, environ):
        findings.add(keys, message)
    return sorted(findings.faults, key=lambda fault: fault.line)


def located(path: Path, found: Iterable[Fault]) -> list[Fault]:
    """What was found at tables of the file, with their lines."""
    root = _places(path)
    return [replace(fault, line=root.at(fault.path.split(".", 1)).line) for fault in found]


def _places(path: Path) -> Place:
    """Where the keys stand; without lines if the file has changed or gone since."""
    try:
        toml = path.read_text(encoding="utf-8-sig")
        tomllib.loads(toml)
        return places(toml)
    except (OSError, ValueError, RecursionError):
        return Place(0)


def _advice(config: Config, environ: Mapping[str, str]) -> Advice:
    yield from _file(config)
    yield from _notices(config)
    yield from _private(config)
    yield from _delivery(config)
    listen = config.admin.listen
    if listen and not _is_loopback(f"http://{listen}"):
        yield ("admin", "listen"), "asks for no password, and not this machine alone can reach it"
    for name, account in config.accounts.items():
        yield from _account(("accounts", name), account, config)
        yield from _token(("accounts", name), account, environ)
    for name, source in config.sources.items():
        yield from _source(("sources", name), source, config)
    if not any(source.enabled for source in config.sources.values()):
        which = "every source is disabled" if config.sources else "there are no sources"
        yield ("sources",), f"{which}: nothing will be posted"


def _file(config: Config) -> Advice:
    secrets = list(_secrets(config))
    if secrets and _others_may(config.path, stat.S_IROTH):
        yield secrets[0], f"holds a secret, but everybody may read this file; {_chmod(config.path)}"
    if _others_may(config.path, stat.S_IWOTH):
        yield (), f"everybody may write this file; chmod o-w {config.path.name}"


def _delivery(config: Config) -> Advice:
    if config.delivery.lease < _CALLS * config.delivery.timeout:
        told = (
            f"is less than {_CALLS} times timeout: images may be left out, and boosts tried again"
        )
        yield ("delivery", "lease"), f"{told}, because a slow server leaves no time for them"


def _notices(config: Config) -> Advice:
    program = next(iter(shlex.split(config.notify.command)), "")
    # with a slash in it, it is taken from the config's folder, else from PATH
    where = str(config.path.parent / program) if "/" in program else program
    if program and shutil.which(where) is None:
        yield ("notify", "command"), "no such program, or it may not be run"


def _private(config: Config) -> Advice:
    hosts = hosts_in(config)
    for number, allowed in enumerate(config.http.allow_private):
        at = ("http", "allow_private", number)
        if isinstance(allowed, str):
            if allowed not in hosts:
                yield (
                    at,
                    "no source or account of this file is at that host and port",
                )
        elif any(allowed.version == each.version and allowed.overlaps(each) for each in _LOOPBACK):
            yield at, "covers this machine: any link of a stranger may then lead to its services"


def _secrets(config: Config) -> Iterator[Keys]:
    """The keys whose values carry a password or a token."""
    urls: dict[Keys, str] = {
        ("store", "url"): config.store.url,
        ("http", "proxy"): config.http.proxy,
    }
    if config.notify.webhook:
        # whoever knows its path may write there
        yield "notify", "webhook"
    for name, source in config.sources.items():
        urls["sources", name, "proxy"] = source.proxy
        for header in source.headers:
            if _SECRET_HEADER.search(header):
                yield ("sources", name, "headers", header)
    yield from (keys for keys, url in urls.items() if urlsplit(url).password)


def _account(at: Keys, account: AccountSettings, config: Config) -> Advice:
    sources = config.sources.values()
    used = any(account.name in source.to for source in sources)
    reads = any(getattr(source.options, "via", "") == account.name for source in sources)
    if not (used or reads or config.notify.account == account.name):
        yield at, "no source names this account"
    if account.server.startswith("http://") and not _is_loopback(account.server):
        yield (*at, "server"), "the token goes over the network in the clear"
    if _is_always_quiet(account.pace):
        yield (*at, "pace", "quiet"), "covers the whole day: nothing will ever be posted"
    if account.pace.per_hour > _BUSY and not account.pace.gap:
        yield (*at, "pace"), f"more than {_BUSY} posts an hour, and no gap: they come in bursts"


def _is_always_quiet(pace: PaceSettings) -> bool:
    covered: set[int] = set()
    for span in pace.quiet:
        start, end = (at.hour * 60 + at.minute for at in (span.start, span.end))
        covered.update(minute % _DAY for minute in range(start, end if end > start else end + _DAY))
    return len(covered) == _DAY


def _token(at: Keys, account: AccountSettings, environ: Mapping[str, str]) -> Advice:
    file = account.token_file
    key = "token_env" if account.token_env else "token_file"
    try:
        token = read_token(account, environ)
        if len(token) < SHORT_TOKEN:
            yield (*at, key), "the token is shorter than any server's; see whether it is whole"
    except Unauthorised as missing:
        yield (*at, key), missing.message.removeprefix(f"accounts.{account.name}: ")
    if file is not None and _others_may(file, stat.S_IRGRP | stat.S_IROTH):
        yield (*at, "token_file"), f"others than you may read the token; {_chmod(file)}"


def _source(at: Keys, source: SourceSettings, config: Config) -> Advice:
    if not source.enabled:
        yield (*at, "enabled"), "this source is disabled"
        return
    if not any(config.accounts[name].enabled for name in source.to):
        yield (*at, "to"), "every account of this source is disabled"
    if not source.cron:
        yield from _interval(at, source)
    if source.first == "all":
        yield (*at, "first"), "posts everything the source shows when it is first seen"
    if source.hashtags + len(source.tags) > 10:
        yield (*at, "hashtags"), "more than ten hashtags look like spam to servers and people"
    yield from _authors(at, source)


def _authors(at: Keys, source: SourceSettings) -> Advice:
    """Filters on authors, where the source names none or tells little of them."""
    chosen, shows_accounts = source.filter, _shows_accounts(source)
    if chosen.max_per_author and source.kind in _WITHOUT_AUTHORS:
        yield (*at, "filter", "max_per_author"), "has no effect: this kind names no authors"
    elif chosen.max_per_author and not shows_accounts:
        yield (*at, "filter", "max_per_author"), "counts only entries that name an author"
    for key in ("needs_indexable", "needs_discoverable"):
        if getattr(chosen, key) and not shows_accounts:
            yield (*at, "filter", key), "has no effect but on links that turn out to be statuses"
    if shows_accounts and not chosen.opt_outs:
        yield (*at, "filter", "opt_outs"), "boosts people who asked bots not to"


def _shows_accounts(source: SourceSettings) -> bool:
    """Whether its entries are statuses, whose authors have accounts."""
    return bool(getattr(source.options, "via", "")) or source.kind == "actor"


def _interval(at: Keys, source: SourceSettings) -> Advice:
    if source.every < _HASTY:
        yield (*at, "every"), "asks more than once a minute; many servers block who does"
    if source.filter.max_age < source.every:
        yield (*at, "filter", "max_age"), "is shorter than every: entries may age between two polls"


def _others_may(path: Path, what: int) -> bool:
    try:
        return bool(path.stat().st_mode & what)
    except OSError:
        return False


def _chmod(path: Path) -> str:
    return f"chmod 600 {path.name}"


def _is_loopback(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
