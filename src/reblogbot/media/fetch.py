"""Fetches the images of a post through the guarded client."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from functools import partial

from reblogbot.errors import SourceError
from reblogbot.media.convert import convert
from reblogbot.media.failures import log_failure
from reblogbot.model import Image, Media, ServerLimits
from reblogbot.ports import Fetch, ParserPool

log = logging.getLogger(__name__)

MAX_IMAGES = 16
"""The most images of one post, whatever its source and its server allow."""
MAX_SECONDS = 60.0
"""Seconds for all images of one post, which are fetched at the same time."""


class ImageFetcher:
    """Fetches images. It does not raise: a failed image is logged and left out.

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
            return log_failure(log, "image left out", media.url, error)
        return Image(converted or response.body, mime, media.alt)
