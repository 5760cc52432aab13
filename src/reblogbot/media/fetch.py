"""Images on their way from a source's web to a post: found, fetched, checked and fitted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from reblogbot.errors import SourceError
from reblogbot.media import convert as fitting
from reblogbot.model import Entry, Image, Limits, Media
from reblogbot.ports import Fetch, ParserPool
from reblogbot.sources.shared.urls import is_web_url
from reblogbot.web.addresses import shown

log = logging.getLogger(__name__)

MOST = 16
"""No post gets more images, whatever its source and its server say."""
PATIENCE = 60.0
"""Seconds for all images of one post, or for all pages of one poll: they are looked at together."""

_PAGES = "text/html, application/xhtml+xml"
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class ImageFetcher:
    """Finds and fetches images through the guarded client; whatever fails is left out and logged.

    Neither method raises: no image is worth a post.
    """

    def __init__(self, fetch: Fetch, parsers: ParserPool) -> None:
        self._fetch = fetch
        self._parsers = parsers

    async def fetched(
        self,
        media: Sequence[Media],
        limits: Limits,
        *,
        source: str,
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> tuple[tuple[Image, ...], tuple[str, ...]]:
        """These images as the server with `limits` takes them, and why others are left out.

        In order, described by their alt. `source` names the source they come from; `proxy` and
        `configured` (see `Fetch`) are its own.
        """
        fetch = partial(self._fetch, proxy=proxy, configured=configured)
        wanted = media[: min(limits.media, MOST)]
        made = await asyncio.gather(*(self._fetched(fetch, one, limits, source) for one in wanted))
        images = tuple(one for one in made if isinstance(one, Image))
        return images, tuple(one for one in made if isinstance(one, str))

    async def add_page_images(
        self,
        entry: Entry,
        wanted: int,
        *,
        source: str,
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> Entry:
        """The entry with at most `wanted` images that the page it links to shows of itself."""
        fetch = partial(self._fetch, proxy=proxy, configured=configured)
        if wanted < 1 or not is_web_url(entry.link):
            return entry
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._named(fetch, entry.link, min(wanted, MOST), source)
        except (SourceError, TimeoutError) as error:
            _left_out("page not looked at", entry.link, error)
            return entry
        return replace(entry, media=(*entry.media, *found))

    async def _fetched(
        self, fetch: Fetch, media: Media, limits: Limits, source: str
    ) -> Image | str:
        """The image, or why there is none."""
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await fetch(media.url, accept="image/*")
                content, mime = await self._parsers.share(source)(
                    fitting.convert, answer.body, limits.image_bytes, limits.image_pixels
                )
        except (SourceError, TimeoutError) as error:
            return _left_out("image left out", media.url, error)
        return Image(content or answer.body, mime, media.alt)

    async def _named(self, fetch: Fetch, link: str, wanted: int, source: str) -> tuple[Media, ...]:
        answer = await fetch(link, accept=_PAGES)
        content_type = answer.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() not in _PAGE_TYPES:
            return ()
        # few look at pages, and reading them takes a library
        from reblogbot.sources.scrape import page_images  # noqa: PLC0415

        return await self._parsers.share(source)(
            page_images.pictures, answer.body, content_type, answer.url, wanted
        )


def _left_out(event: str, url: str, error: SourceError | TimeoutError) -> str:
    """Log what was left out; its address and why, in words."""
    slug = error.slug if isinstance(error, SourceError) else "timeout"
    told = error.message if isinstance(error, SourceError) else "took too long"
    log.warning(event, extra={"slug": slug, "url": shown(url), "error": told})
    return f"{shown(url)}: {told}"
