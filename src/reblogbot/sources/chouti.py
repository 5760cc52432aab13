"""The kind `chouti`: the lists of 抽屉新热榜, by whichever of its interfaces works today."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from reblogbot.config.settings import SourceSettings, Table
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.ports import Tools
from reblogbot.sources import parse_chouti
from reblogbot.sources.document import Document, host_of
from reblogbot.web.addresses import shown

log = logging.getLogger(__name__)

List = Literal["hot", "top24", "top72", "top168", "news", "scoff", "pic", "tec", "ask"]
_DOMAINS = ("chouti.com", "ichouti.cn")
_ACCEPT_JSON = "application/json, text/javascript;q=0.9, */*;q=0.1"
_ACCEPT_FEED = "application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
_ACCEPT_PAGE = "text/html, */*;q=0.1"
# whoever fails like this does not answer at its other addresses either
_UNREACHABLE = frozenset(
    {"timeout", "dns_failed", "tls_failed", "connection_failed", "proxy_failed", "address_refused"}
)


class ChoutiOptions(Table):
    """`list` is which of the site's lists is followed."""

    list: List = "hot"


@dataclass(frozen=True, slots=True)
class _Way:
    """One address at which the list may be read, and how."""

    url: str
    accept: str
    parse: Callable[..., Batch]


class ChoutiSource:
    """One list, read from its JSON; the hot list, while that fails, from the feed or the page.

    `url` replaces the host, `fallbacks` are further ones; without it both domains are tried.
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
        """All entries the list shows now. Raises the SourceError of the first way there is."""
        failures: dict[str, SourceError] = {}
        resting: set[str] = set()
        for way in self._ways():
            if host_of(way.url) in resting:
                continue
            try:
                return await self._read(way, known, next(iter(failures.values()), None))
            except SourceError as error:
                failures[way.url] = error
                if error.slug in _UNREACHABLE or error.retry_at is not None:
                    resting.add(host_of(way.url))
                log.info(
                    "way failed",
                    extra={"source": self.name, "way": shown(way.url), "slug": error.slug},
                )
        raise _all_of(failures)

    async def _read(self, way: _Way, known: Validators, first: SourceError | None) -> Batch:
        own = (self._list,)
        document = Document(self._settings, self._tools, way.accept, way.parse, own)
        if first is not None:
            return await document.read_instead(way.url, known, first)
        # where the lists are is known here; a redirect is no news for the config
        return replace(await document.read(way.url, known), moved_to="")

    def _ways(self) -> Iterator[_Way]:
        sites = self._sites()
        now = self._tools.clock.now()
        for site in sites:
            yield _Way(_json_url(site, self._list, now), _ACCEPT_JSON, parse_chouti.parse_json)
        # the feed and the front page show the hot list and no other
        if self._list == "hot":
            for site in sites:
                url = f"{_host(site, 'dig')}/feed.xml"
                yield _Way(url, _ACCEPT_FEED, parse_chouti.parse_official_feed)
            for site in sites:
                yield _Way(f"{_host(site, 'dig')}/", _ACCEPT_PAGE, parse_chouti.parse_page)

    def _sites(self) -> list[str]:
        """The origins to be tried, as scheme, host and port."""
        url = self._settings.url
        named = [url, *self._settings.fallbacks] if url else list(self._settings.fallbacks)
        standard = [] if url else [f"https://dig.{domain}" for domain in _DOMAINS]
        return list(dict.fromkeys(_origin(each) for each in (*standard, *named)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host(site: str, name: str) -> str:
    """The site's host of that name, `dig` or `m`; a host that is none of theirs serves as both."""
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


def _all_of(failures: dict[str, SourceError]) -> SourceError:
    """The first failure, and that the other ways were tried."""
    first, *others = failures.items()
    error = first[1]
    also = ", ".join(f"{shown(url)} ({other.slug})" for url, other in others)
    message = f"{error.message}; nor did these work: {also}" if also else error.message
    return SourceError(error.slug, message, outcome=error.outcome, retry_at=error.retry_at)
