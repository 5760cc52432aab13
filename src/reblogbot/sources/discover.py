"""The feeds behind a web page: those it names, else those at the usual places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reblogbot.errors import SourceError
from reblogbot.model import Batch
from reblogbot.ports import Clock, Fetch, Offload, Response
from reblogbot.sources.feed import links as feed_links
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.shared.body import Body

_ACCEPT = "text/html, application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that can be read now: a source of `kind` at `url` would show so many entries."""

    url: str
    title: str
    kind: str
    entries: int


@dataclass(slots=True)
class Discovery:
    """What is behind a page; `failures` are feeds it names that cannot be read, with reasons."""

    feeds: list[Found] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


class Explorer:
    """Looks for feeds, one request at a time."""

    def __init__(self, fetch: Fetch, offload: Offload, clock: Clock) -> None:
        self._fetch = fetch
        self._offload = offload
        self._clock = clock

    async def discover(self, url: str) -> Discovery:
        """The feeds behind `url`, which may be one itself.

        The usual places are tried only where the page names no feed that can be read.
        Raises SourceError when the page itself cannot be fetched.
        """
        answer = await self._fetch(url, accept=_ACCEPT)
        body = self._body(answer)
        found = Discovery()
        try:
            batch = await self._offload(parse_feed.parse_body, body)
            found.feeds.append(_found(answer, url, batch))
            return found
        except SourceError as error:
            if error.outcome == "refused":
                raise
        await self._try(await self._offload(feed_links.named, body), found, tell=True)
        if not found.feeds:
            await self._try(feed_links.usual(answer.url), found, tell=False)
        return found

    async def _try(self, urls: Iterable[str], found: Discovery, *, tell: bool) -> None:
        for url in urls:
            try:
                answer = await self._fetch(url, accept=_ACCEPT)
                batch = await self._offload(parse_feed.parse_body, self._body(answer))
            except SourceError as error:
                if tell:
                    found.failures[url] = error.message
                # a site that wants to be left alone is not searched any further
                if error.retry_at is not None:
                    return
                continue
            found.feeds.append(_found(answer, url, batch))
            if not tell:
                return

    def _body(self, answer: Response) -> Body:
        kind = answer.headers.get("content-type", "")
        return Body(answer.body, kind, answer.url, "", "UTC", self._clock.now())


def _found(answer: Response, url: str, batch: Batch) -> Found:
    return Found(answer.moved_to or url, batch.title, "feed", len(batch.entries))
