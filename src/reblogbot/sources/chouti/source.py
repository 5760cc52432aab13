"""The kind `chouti`: the lists of 抽屉新热榜, by the first of its interfaces that works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.model import Batch, Validators
from reblogbot.ports import Tools
from reblogbot.sources.chouti import parse
from reblogbot.sources.shared.document import Document
from reblogbot.sources.shared.fallbacks import read_first
from reblogbot.words import Words

List = Literal["hot", "top24", "top72", "top168", "news", "scoff", "pic", "tec", "ask"]
_DOMAINS = ("chouti.com", "ichouti.cn")
_ACCEPT_JSON = "application/json, text/javascript;q=0.9, */*;q=0.1"
_ACCEPT_FEED = "application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_ACCEPT_PAGE = "text/html, */*;q=0.1"


class ChoutiOptions(Table):
    list: List = Field(
        "hot",
        description=Words("The list of the site: hot, the best of so many hours, or a zone."),
        examples=['"top24"'],
    )


class ChoutiSource:
    """One list, read from its JSON; the hot list, while that fails, from the feed or the page.

    `url` replaces the site's own hosts, `fallbacks` are further hosts.
    """

    Options = ChoutiOptions
    needs = ()

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        self._settings = settings
        self._tools = tools
        options = settings.options
        self._list: List = options.list if isinstance(options, ChoutiOptions) else "hot"

    async def poll(self, known: Validators) -> Batch:
        """All entries the list shows now. Raises the SourceError of the first address."""
        # The config has no URL of the list that a redirect could correct.
        reading = await read_first(list(self._candidates()), known, self._tools.clock.now())
        return replace(reading.batch, moved_to="")

    def _candidates(self) -> Iterator[tuple[str, Document]]:
        sites = self._sites()
        now = self._tools.clock.now()
        as_json = self._document(_ACCEPT_JSON, parse.parse_json)
        for site in sites:
            yield _json_url(site, self._list, now), as_json
        # The feed and the front page show the hot list alone.
        if self._list == "hot":
            as_feed = self._document(_ACCEPT_FEED, parse.parse_official_feed)
            for site in sites:
                yield f"{_host(site, 'dig')}/feed.xml", as_feed
            as_page = self._document(_ACCEPT_PAGE, parse.parse_page)
            for site in sites:
                yield f"{_host(site, 'dig')}/", as_page

    def _document(self, accept: str, parse_body: Callable[..., Batch]) -> Document:
        return Document(self._settings, self._tools, accept, parse_body, (self._list,))

    def _sites(self) -> list[str]:
        """The origins to try, in their order."""
        url = self._settings.url
        configured = [url, *self._settings.fallbacks] if url else list(self._settings.fallbacks)
        standard = [] if url else [f"https://dig.{domain}" for domain in _DOMAINS]
        return list(dict.fromkeys(_origin(each) for each in (*standard, *configured)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(site: str, name: str) -> str:
    """The origin of the site's host `dig` or `m`; a host of another domain serves as both."""
    parts = urlsplit(site)
    domain = (parts.hostname or "").partition(".")[2]
    return f"{parts.scheme}://{name}.{domain}" if domain in _DOMAINS else site


def _json_url(site: str, name: str, now: datetime) -> str:
    if name == "hot":
        micros = int(now.timestamp() * 1000) * 1000
        return f"{_host(site, 'dig')}/link/hot?afterTime={micros}&_={micros // 1000}"
    if name.startswith("top"):
        return f"{_host(site, 'dig')}/top/{name.removeprefix('top')}hr"
    return f"{_host(site, 'm')}/api/m/zone/{name}?afterTime=0"
