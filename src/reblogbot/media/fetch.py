"""Fetches the images of a post, and the pages that name images, through the guarded client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial

from reblogbot.errors import SourceError
from reblogbot.media.convert import convert
from reblogbot.model import Entry, Image, Media, ServerLimits
from reblogbot.ports import Fetch, ParserPool
from reblogbot.sources.shared.urls import is_web_url
from reblogbot.web.addresses import redacted_url

log = logging.getLogger(__name__)

MAX_IMAGES = 16
"""The most images of one post, whatever its source and its server allow."""
MAX_SECONDS = 60.0
"""Seconds for all images of one post, or for one page. Images are fetched at the same time."""

_ACCEPT_PAGES = "text/html, application/xhtml+xml"
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class ImageFetcher:
    """Finds and fetches images. Neither method raises: a failed image is logged and left out.

    A post without its image is better than no post.
    """

    def __init__(self, fetch: Fetch, parsers: ParserPool) -> None:
        self._fetch = fetch
        self._parsers = parsers

    async def fetch_images(
        self,
        media: Sequence[Media],
        limits: ServerLimits,
        *,
        source: str,
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> tuple[tuple[Image, ...], tuple[str, ...]]:
        """The images as a server with `limits` accepts them, and why others are left out.

        The order is that of `media`, whose alt texts are kept. `source` is the name of the source
        they come from; `proxy` and `configured` (see `Fetch`) are that source's own.
        """
        fetch = partial(self._fetch, proxy=proxy, configured=configured)
        wanted = media[: min(limits.media, MAX_IMAGES)]
        results = await asyncio.gather(
            *(self._image(fetch, image, limits, source) for image in wanted)
        )
        images = tuple(result for result in results if isinstance(result, Image))
        return images, tuple(result for result in results if isinstance(result, str))

    async def add_page_images(
        self,
        entry: Entry,
        wanted: int,
        *,
        source: str,
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> Entry:
        """The entry with at most `wanted` more images, which the page it links to names."""
        fetch = partial(self._fetch, proxy=proxy, configured=configured)
        if wanted < 1 or not is_web_url(entry.link):
            return entry
        try:
            async with asyncio.timeout(MAX_SECONDS):
                images = await self._page_images(fetch, entry.link, min(wanted, MAX_IMAGES), source)
        except (SourceError, TimeoutError) as error:
            _log_failure("page not looked at", entry.link, error)
            return entry
        return replace(entry, media=(*entry.media, *images))

    async def _image(
        self, fetch: Fetch, media: Media, limits: ServerLimits, source: str
    ) -> Image | str:
        """The image, or the reason why it is left out."""
        try:
            async with asyncio.timeout(MAX_SECONDS):
                response = await fetch(media.url, accept="image/*")
                converted, mime = await self._parsers.share(source)(
                    convert, response.body, limits.image_bytes, limits.image_pixels
                )
        except (SourceError, TimeoutError) as error:
            return _log_failure("image left out", media.url, error)
        return Image(converted or response.body, mime, media.alt)

    async def _page_images(
        self, fetch: Fetch, link: str, wanted: int, source: str
    ) -> tuple[Media, ...]:
        response = await fetch(link, accept=_ACCEPT_PAGES)
        content_type = response.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() not in _PAGE_TYPES:
            return ()
        # most sources never need the HTML parser that this imports
        from reblogbot.media.page_images import page_images  # noqa: PLC0415

        return await self._parsers.share(source)(
            page_images, response.body, content_type, response.url, wanted
        )


def _log_failure(event: str, url: str, error: SourceError | TimeoutError) -> str:
    """Log a failed image or page; return its address and the reason, for the admin."""
    slug, reason = "timeout", "took too long"
    if isinstance(error, SourceError):
        slug, reason = error.slug, error.message
    log.warning(event, extra={"slug": slug, "url": redacted_url(url), "error": reason})
    return f"{redacted_url(url)}: {reason}"
