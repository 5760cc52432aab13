"""New sources from feeds that another program lists: names, tables, and what is left out.

`plan_import` decides, and changes nothing; `imported_text` is the config with the new sources.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config.editing import EditableToml
from reblogbot.config.rules import name_fault
from reblogbot.config.settings import Config
from reblogbot.config.urls import read_http_url, without_user
from reblogbot.config.values import read_hashtag
from reblogbot.core.identity import canonical_link
from reblogbot.core.text import one_line
from reblogbot.core.text.hashtags import hashtags
from reblogbot.errors import ConfigError, SourceError, unknown_name_message
from reblogbot.ports import Offload, ProgressCallback, no_progress
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources.feed import opml
from reblogbot.sources.shared.response_body import ResponseBody

MAX_TAGS = 10
_MAX_NAME = 100
_MAX_NUMBERED = 90
"""Characters of a name that a number follows."""
_MAX_URL = 4096
_FEED_SCHEMES = ("feed://", "feed:")


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """A feed that another program lists. `keys` are further keys of the source's table."""

    title: str
    url: str
    tags: tuple[str, ...] = ()
    keys: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source to be added: its name, its address, and its table in the config."""

    name: str
    url: str
    table: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OmittedFeed:
    """A feed that is not added. `source` is the name of the source that has its address already."""

    title: str
    url: str
    source: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import adds.

    `existing` are in the config already, `doubles` are listed twice, `refused` cannot be feeds.
    """

    added: tuple[NewSource, ...] = ()
    existing: tuple[OmittedFeed, ...] = ()
    doubles: tuple[OmittedFeed, ...] = ()
    refused: tuple[OmittedFeed, ...] = ()


async def feeds_of_opml(
    offload: Offload, body: ResponseBody, *, with_tags: bool
) -> list[ListedFeed]:
    """The outlines of an OPML document, read in the parser child. Raises SourceError.

    `with_tags` makes hashtags of their folders and categories.
    """
    outlines = (await offload(opml.read_opml, body)).outlines
    return [
        ListedFeed(each.title, each.url, folder_tags(each.folders) if with_tags else ())
        for each in outlines
    ]


async def read_opml(name: str, content: bytes, *, with_tags: bool) -> list[ListedFeed]:
    """The feeds of an OPML file, read in a parser child of its own. Raises ConfigError."""
    body = ResponseBody(content, "", "", "", "UTC", datetime.now(UTC))
    async with ParserProcessPool() as workers:
        try:
            return await feeds_of_opml(workers, body, with_tags=with_tags)
        except SourceError as error:
            raise ConfigError(error.slug, f"{name}: {error.message}") from error


def folder_tags(folders: Iterable[str]) -> tuple[str, ...]:
    """The names of folders as hashtags without #, as far as they make valid ones."""
    words = (tag.removeprefix("#") for tag in hashtags(folders, MAX_TAGS, ()))
    return tuple(word for word in words if _is_hashtag(word))


def target_accounts(config: Config, toml: str, names: Sequence[str]) -> list[str]:
    """The accounts for `to` of the new sources; [] where [defaults] has them.

    Without `names` that is the only account of the config. Raises ConfigError.
    """
    for name in names:
        if name not in config.accounts:
            message = f"{config.path}: {unknown_name_message('account', name, config.accounts)}"
            raise ConfigError("account_unknown", message)
    if names or tomllib.loads(toml).get("defaults", {}).get("to"):
        return list(dict.fromkeys(names))
    if len(config.accounts) != 1:
        choice = ", ".join(config.accounts)
        hint = f"name one with --to: {choice}" if choice else "add one with `reblogbot login NAME`"
        raise ConfigError("usage", f"it is not clear which account shall post: {hint}")
    return list(config.accounts)


def plan_import(
    config: Config,
    feeds: Sequence[ListedFeed],
    to: Sequence[str],
    *,
    is_paused: bool = False,
    on_progress: ProgressCallback = no_progress,
) -> ImportPlan:
    """Which of the feeds become sources, under which names, and why others do not.

    A feed is known by its address in the form in which two spellings are equal. Names come from
    the titles, and are the same for the same list and config.
    """
    known = dict(_known_addresses(config))
    names = SourceNames(config.sources)
    added: list[NewSource] = []
    existing, doubles, refused = [], [], []
    new_addresses: dict[str, str] = {}
    for number, feed in enumerate(feeds):
        if number % 500 == 0:
            on_progress("feeds", number, len(feeds))
        url = _web_address(feed.url)
        reason = _url_fault(url)
        if reason:
            refused.append(OmittedFeed(feed.title, without_user(feed.url), reason=reason))
            continue
        address = canonical_link(url) or url
        if address in known:
            existing.append(OmittedFeed(feed.title, url, known[address]))
        elif address in new_addresses:
            doubles.append(OmittedFeed(feed.title, url, new_addresses[address]))
        else:
            name = names.take(feed.title, url)
            new_addresses[address] = name
            added.append(NewSource(name, url, _table(feed, url, to, is_paused=is_paused)))
    return ImportPlan(tuple(added), tuple(existing), tuple(doubles), tuple(refused))


def imported_text(toml: str, sources: Iterable[NewSource]) -> str:
    """The config's text with the tables of these sources added."""
    document = EditableToml(toml)
    document.add_tables({("sources", source.name): source.table for source in sources})
    return document.text


class SourceNames:
    """Names for new sources: valid, and each given once."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {*taken}
        self._numbers: dict[str, int] = {}

    def take(self, title: str, url: str) -> str:
        """A free name made of the title, or of the URL's host where the title makes none."""
        name = _name_of(title) or _name_of(urlsplit(url).hostname or "") or "feed"
        candidate = name
        number = self._numbers.get(name, 1)
        while candidate in self._taken:
            number += 1
            candidate = f"{name[:_MAX_NUMBERED].rstrip()} {number}"
        self._numbers[name] = number
        self._taken.add(candidate)
        return candidate


def _name_of(text: str) -> str:
    line = "".join(char for char in one_line(text) if char.isprintable())
    name = line[:_MAX_NAME].lstrip("-").strip()
    return "" if name_fault(name) else name


def _known_addresses(config: Config) -> Iterator[tuple[str, str]]:
    """The addresses of the config's feeds, each with the name of its source."""
    for source in config.sources.values():
        if source.kind == "feed":
            for url in (*source.fallbacks, source.url):
                yield canonical_link(url) or url, source.name


def _web_address(url: str) -> str:
    """The URL with http in place of the scheme `feed:`, by which browsers once opened feeds."""
    for scheme in _FEED_SCHEMES:
        if url[: len(scheme)].lower() == scheme:
            rest = url[len(scheme) :]
            return rest if "://" in rest else f"http://{rest.lstrip('/')}"
    return url


def _url_fault(url: str) -> str:
    """Why this cannot be the address of a feed, or ""."""
    if not url:
        return "it names no feed (no xmlUrl)"
    if len(url) > _MAX_URL:
        return f"its URL is longer than {_MAX_URL} characters"
    try:
        read_http_url(url)
    except ValueError as error:
        return str(error)
    return ""


def _table(feed: ListedFeed, url: str, to: Sequence[str], *, is_paused: bool) -> dict[str, Any]:
    table: dict[str, Any] = {"kind": "feed", "url": url}
    if to:
        table["to"] = list(to)
    if is_paused:
        table["enabled"] = False
    if feed.tags:
        table["tags"] = list(feed.tags)
    return {**table, **feed.keys}


def _is_hashtag(word: str) -> bool:
    try:
        read_hashtag(word)
    except ValueError:
        return False
    return True
