"""Reads the page that an entry links to: one fetch for its images and its main text."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from reblogbot.core import ai_signals
from reblogbot.core.ai_signals import TextRules
from reblogbot.errors import SourceError
from reblogbot.media.failures import log_failure
from reblogbot.media.robots import FetchPage, RobotsFiles
from reblogbot.model import Entry
from reblogbot.ports import Clock, Fetch, Offload, ParserPool
from reblogbot.sources.shared.urls import is_web_url
from reblogbot.web.addresses import redacted_url

if TYPE_CHECKING:
    from reblogbot.media.page_text import Page

log = logging.getLogger(__name__)

MAX_SECONDS = 60.0
"""Seconds for one page, with the robots.txt of its site."""
MAX_TEXT = 30_000
"""The most characters of a text: about twenty pages, and more than a prompt has room for."""

_ACCEPT = "text/html, application/xhtml+xml"
_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_ARXIV_PDF = re.compile(
    r"^(https?://(?:www\.|export\.)?arxiv\.org)/pdf/([^?#]+?)(?:\.pdf)?/?(?:[?#].*)?$",
    re.IGNORECASE,
)


class PageReader:
    """Reads pages. It does not raise: a page that cannot be read is logged and left out.

    A post without its image or text is better than no post.
    """

    def __init__(self, fetch: Fetch, parsers: ParserPool, clock: Clock) -> None:
        self._fetch = fetch
        self._parsers = parsers
        self._robots = RobotsFiles(clock)

    async def read(
        self,
        entry: Entry,
        most_images: int,
        most_text: int,
        *,
        source: str,
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> Entry:
        """The entry with at most so many more images, and characters of text, of its page.

        With `most_text` its text is replaced, unless the page cannot be read now. `source` is the
        name of the source it comes from; `proxy` and `configured` (see `Fetch`) are that source's
        own.
        """
        address = page_address(entry.link)
        if address != entry.link:
            # this page stands for the linked document, whose images it does not have
            most_images = 0
        if max(most_images, most_text) < 1 or not is_web_url(address):
            return entry
        visit = _Visit(
            address,
            most_images,
            most_text,
            partial(self._fetch, proxy=proxy, configured=configured),
            self._parsers.share(source),
        )
        try:
            async with asyncio.timeout(MAX_SECONDS):
                page = await self._read(visit)
        except (SourceError, TimeoutError) as error:
            log_failure(log, "page not read", address, error)
            return entry
        entry = replace(entry, media=(*entry.media, *page.images))
        if not most_text:
            return entry
        if page.rules.no_text:
            extra = {"url": redacted_url(address), "reason": page.rules.no_text}
            log.info("text of page not taken", extra=extra)
        refusal = entry.ai_refusal or page.rules.no_ai
        return replace(entry, text=page.text, ai_refusal=refusal)

    async def _read(self, visit: _Visit) -> Page:
        """What the page has that is wanted and allowed. Raises SourceError."""
        # most sources never need the HTML parser that this imports
        from reblogbot.media.page_text import Page, read_page  # noqa: PLC0415

        rules = await self._rules(visit, visit.address)
        if rules.no_text and visit.most_images < 1:
            return Page((), "", rules)
        response = await visit.fetch(visit.address, accept=_ACCEPT)
        if response.url != visit.address:
            rules = rules.also(await self._rules(visit, response.url))
        rules = rules.also(ai_signals.of_headers(response.headers, "the page"))
        content_type = response.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() not in _TYPES:
            return Page((), "", rules)
        most_text = 0 if rules.no_text else visit.most_text
        page = await visit.offload(
            read_page, response.body, content_type, response.url, visit.most_images, most_text
        )
        return replace(page, rules=rules.also(page.rules))

    async def _rules(self, visit: _Visit, url: str) -> TextRules:
        """What the site's robots.txt says about the page; nothing where no text is wanted."""
        if not visit.most_text:
            return TextRules()
        return await self._robots.rules(url, visit.fetch, visit.offload)


@dataclass(frozen=True, slots=True)
class _Visit:
    """What is wanted of a page, and how it is fetched and parsed."""

    address: str
    most_images: int
    most_text: int
    fetch: FetchPage
    offload: Offload


def page_address(link: str) -> str:
    """The address of the page to read for a link: of a paper at arXiv its abstract, not its PDF."""
    return _ARXIV_PDF.sub(r"\1/abs/\2", link)
