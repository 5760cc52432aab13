"""New sources: what an address is, the table it becomes, and its newest entries as posts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reblogbot import app
from reblogbot.admin.source_actions import ConfigChange
from reblogbot.admin.source_import import (
    ListedFeed,
    NewSource,
    SourceNames,
    feeds_of_opml,
    imported_text,
    plan_import,
)
from reblogbot.config.editing import Keys
from reblogbot.config.hosts import host_port
from reblogbot.config.lookalikes import hint_for_value
from reblogbot.config.rules import name_fault
from reblogbot.config.settings import Config
from reblogbot.config.urls import read_http_url
from reblogbot.engine.preview import Preview, preview_again
from reblogbot.errors import ConfigError, ReblogbotError, unknown_name_message
from reblogbot.ports import Response
from reblogbot.sources import registry
from reblogbot.sources.feed.discovery import FeedFinder
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.web.addresses import redacted_url

_ACCT = re.compile(r"@[^@\s/]+@[^@\s/]+")
_TAG = re.compile(r"#[^\s#]+")
_CHOUTI_HOST = re.compile(r"(?:.+\.)?(?:chouti\.com|ichouti\.cn)")
_CHOUTI_LIST = re.compile(r"/(?:top/(24|72|168)hr|(?:zone/)?(news|scoff|pic|tec|ask))/?")
_OPML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<opml\b", re.DOTALL)
_KEY_OF_KIND = {
    "account": "acct",
    "actor": "acct",
    "hashtag": "tag",
    "list": "list",
    "trends": "trends",
}
"""The key that takes the address, for kinds where that is not `url`."""
_OF_ACCOUNT = frozenset({"home", "mentions", "bookmarks", "favourites"})
"""Kinds whose address is the account that reads."""
_SHOWN_POSTS = 3
_READS_BY_ACCOUNT = _OF_ACCOUNT | {"account", "hashtag", "list", "trends"}


@dataclass(frozen=True, slots=True)
class SourceCandidate:
    """What an address can be read as: a kind of source, and the keys that it needs for that."""

    kind: str
    title: str
    keys: Mapping[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The URL that it reads, "" if the kind has none."""
        return str(self.keys.get("url", ""))


@dataclass(frozen=True, slots=True)
class AddressContent:
    """What is at an address: sources to choose from, or the feeds of an OPML document."""

    sources: Sequence[SourceCandidate] = ()
    feeds: Sequence[ListedFeed] = ()


def of_kind(kind: str, address: str, via: str) -> SourceCandidate:
    """The source of this kind at an address. Raises ConfigError for an unknown kind.

    `via` is the account that reads, for kinds that need one.
    """
    if kind not in registry.kinds():
        message = unknown_name_message("kind", kind, registry.kinds())
        raise ConfigError("kind_unknown", f"--kind: {message}")
    keys: dict[str, Any] = {"via": via} if kind in _READS_BY_ACCOUNT else {}
    if kind in _OF_ACCOUNT:
        return SourceCandidate(kind, f"{kind} of {address}", {"via": address})
    if kind == "actor" and "://" in address:
        return SourceCandidate(kind, "", {"url": address})
    if kind in _KEY_OF_KIND:
        written = address.removeprefix("#") if kind == "hashtag" else address
        return SourceCandidate(
            kind, written.removeprefix("@"), {_KEY_OF_KIND[kind]: written, **keys}
        )
    if kind == "chouti" and _is_chouti(address):
        return _chouti(address)
    return SourceCandidate(kind, "", {"url": _with_scheme(address)})


def by_its_form(address: str, via: str) -> SourceCandidate | None:
    """The source that the form of an address tells; None if it must be fetched."""
    if _ACCT.fullmatch(address):
        return of_kind("account", address, via)
    if _TAG.fullmatch(address):
        return of_kind("hashtag", address, via)
    if _is_chouti(address) and not urlsplit(_with_scheme(address)).path.endswith(".xml"):
        return _chouti(address)
    return None


async def fetch_content(address: str, config: Config) -> AddressContent:
    """What is at a web address: a feed, the feeds of a site, or an OPML document.

    Raises ReblogbotError if it cannot be fetched, or has no feed.
    """
    address_url = web_address(address)
    async with app.edges(config) as edges:
        # the admin named this address, so it may be in a private network, like one in the config
        fetch = partial(edges.fetcher, configured={host_port(address_url)})
        response = await fetch(address_url)

        async def fetch_others(url: str, **options: Any) -> Response:
            return response if url == address_url else await fetch(url, **options)

        if _OPML.match(response.body[:10_000]):
            now = edges.clock.now()
            content_type = response.headers.get("content-type", "")
            body = ResponseBody(response.body, content_type, response.url, "", "UTC", now)
            return AddressContent(feeds=await feeds_of_opml(edges.workers, body, with_tags=False))
        finder = FeedFinder(fetch_others, edges.workers, edges.clock)
        discovery = await finder.discover(address_url)
    if not discovery.feeds:
        failures = "".join(f"; {failed}: {error}" for failed, error in discovery.failures.items())
        message = (
            f"{redacted_url(address_url)}: no feed found{failures}; --kind page or json may read it"
        )
        raise ReblogbotError("no_feed_found", message)
    return AddressContent(
        [SourceCandidate(feed.kind, feed.title, {"url": feed.url}) for feed in discovery.feeds]
    )


def new_source(
    config: Config,
    candidate: SourceCandidate,
    to: Sequence[str],
    values: Mapping[Keys, Any],
    name: str = "",
) -> NewSource:
    """The table of a new source, and its name: the given one, or a free one made of its title.

    Raises ConfigError if the name is taken or not valid, or a source reads the same address.
    """
    if name:
        _check_name(config, name)
    if candidate.kind == "feed":
        _check_feed(config, candidate, to)
    table: dict[str, Any] = {"kind": candidate.kind, **candidate.keys}
    if to:
        table["to"] = list(to)
    for keys, value in values.items():
        _set(table, keys, value)
    name = name or SourceNames(config.sources).take(candidate.title, candidate.url)
    return NewSource(name, str(table.get("url", "")), table)


def _check_name(config: Config, name: str) -> None:
    fault = name_fault(name)
    if fault:
        raise ConfigError("usage", f"--name: {fault}")
    if name in config.sources:
        message = f'{config.path}: there is a source "{name}" already; choose another --name'
        raise ConfigError("source_exists", message)


def _check_feed(config: Config, candidate: SourceCandidate, to: Sequence[str]) -> None:
    """Raise ConfigError if this is no address of a feed, or another source has it."""
    plan = plan_import(config, [ListedFeed(candidate.title, candidate.url)], to)
    for omitted in plan.existing:
        message = f'{config.path}: the source "{omitted.source}" reads this address already'
        raise ConfigError("source_exists", message)
    for refused in plan.refused:
        raise ConfigError("usage", f"{redacted_url(candidate.url)}: {refused.reason}")


def _set(table: dict[str, Any], keys: Keys, value: Any) -> None:
    *above, last = keys
    for key in above:
        table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ConfigError("usage", f"{'.'.join(keys)}: {key} is no table")
    table[last] = value


def add_sources(path: Path, toml: str, sources: Sequence[NewSource]) -> ConfigChange:
    """The change that adds these sources to the config, whose text is `toml`."""
    return ConfigChange(path, toml, imported_text(toml, sources))


async def preview_newest(config: Config, name: str) -> Preview:
    """The newest entries that the source shows now as posts of one account; nothing is written."""
    store = app.open_to_read(config)
    try:
        async with app.running(config, store) as runtime:
            planned = await preview_again(runtime.engine, [name])
    finally:
        store.close()
    account = planned.posts[0].account if planned.posts else ""
    planned.posts = [each for each in planned.posts if each.account == account][:_SHOWN_POSTS]
    return planned


def default_reader(config: Config, toml: str, to: Sequence[str]) -> str:
    """The account that reads for a source which posts to these accounts, or to the default ones."""
    targets = to or tomllib.loads(toml).get("defaults", {}).get("to") or list(config.accounts)
    return str(targets[0]) if targets else ""


def web_address(address: str) -> str:
    """The web address that a person wrote, as a URL. Raises ConfigError if it is none."""
    try:
        return read_http_url(_with_scheme(address))
    except ValueError as error:
        raise ConfigError("usage", f"URL: {error}{hint_for_value(address)}") from None


def _with_scheme(address: str) -> str:
    """The address as a URL, which may not be valid."""
    return address if "://" in address else f"https://{address}"


def _is_chouti(address: str) -> bool:
    try:
        host = urlsplit(_with_scheme(address)).hostname or ""
    except ValueError:
        return False
    return _CHOUTI_HOST.fullmatch(host) is not None


def _chouti(address: str) -> SourceCandidate:
    match = _CHOUTI_LIST.fullmatch(urlsplit(_with_scheme(address)).path)
    if match is None:
        return SourceCandidate("chouti", "chouti")
    name = f"top{match[1]}" if match[1] else match[2]
    return SourceCandidate("chouti", f"chouti {name}", {"list": name})
