"""Feed discovery: the feeds behind a web page, those it names or those at the usual URLs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reblogbot.errors import SourceError
from reblogbot.model import Batch
from reblogbot.ports import Clock, Fetch, Offload, Response
from reblogbot.sources.feed import page_feeds
from reblogbot.sources.feed.worker import read_feed
from reblogbot.sources.shared.response_body import ResponseBody

_ACCEPT = "text/html, application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class DiscoveredFeed:
    """A feed that was read: a source of `kind` at `url` would show so many `entries`."""

    url: str
    title: str
    kind: str
    entries: int


@dataclass(slots=True)
class Discovery:
    """The feeds behind a page; `failures` are the reasons why others it names cannot be read."""

    feeds: list[DiscoveredFeed] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


class FeedFinder:
    """Discovers feeds, with one request at a time."""

    def __init__(self, fetch: Fetch, offload: Offload, clock: Clock) -> None:
        self._fetch = fetch
        self._offload = offload
        self._clock = clock

    async def discover(self, url: str) -> Discovery:
        """The feeds behind `url`, which may be a feed itself.

        The usual URLs are tried only where the page names no feed that can be read.
        Raises SourceError when the page itself cannot be fetched.
        """
        response = await self._fetch(url, accept=_ACCEPT)
        body = self._body(response)
        discovery = Discovery()
        try:
            batch = await self._offload(read_feed, body)
            discovery.feeds.append(_discovered(response, url, batch))
            return discovery
        except SourceError as error:
            if error.outcome == "refused":
                raise
        named = await self._offload(page_feeds.named_feeds, body)
        await self._add_feeds(named, discovery, are_named=True)
        if not discovery.feeds:
            usual_urls = page_feeds.usual_urls(response.url)
            await self._add_feeds(usual_urls, discovery, are_named=False)
        return discovery

    async def _add_feeds(
        self, urls: Iterable[str], discovery: Discovery, *, are_named: bool
    ) -> None:
        """Add the feeds at `urls` to the discovery.

        Where the page names the URLs (`are_named`), all its feeds are added, and an error counts
        as a failure. Of URLs that are only guessed, the first feed is added.
        """
        for url in urls:
            try:
                response = await self._fetch(url, accept=_ACCEPT)
                batch = await self._offload(read_feed, self._body(response))
            except SourceError as error:
                if are_named:
                    discovery.failures[url] = error.message
                # A site that asks for no further requests is not searched any further.
                if error.retry_at is not None:
                    return
                continue
            discovery.feeds.append(_discovered(response, url, batch))
            if not are_named:
                return

    def _body(self, response: Response) -> ResponseBody:
        content_type = response.headers.get("content-type", "")
        return ResponseBody(response.body, content_type, response.url, "", "UTC", self._clock.now())


def _discovered(response: Response, url: str, batch: Batch) -> DiscoveredFeed:
    return DiscoveredFeed(response.moved_to or url, batch.title, "feed", len(batch.entries))
