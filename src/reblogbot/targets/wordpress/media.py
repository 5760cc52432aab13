"""The images of a post in the blog's media library, by the names that they have there."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from reblogbot.core.mastodon_json import text
from reblogbot.errors import RateLimited, TargetError, Unreachable
from reblogbot.model import Image
from reblogbot.runtime.clock import uptime
from reblogbot.targets.wordpress.content import UploadedImage
from reblogbot.targets.wordpress.responses import number
from reblogbot.targets.wordpress.site import Site
from reblogbot.targets.wordpress.slugs import image_slug

log = logging.getLogger(__name__)

MAX_IMAGES = 4
# not SVG, which is a program
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def upload(
    site: Site, identity: bytes, images: Sequence[Image], max_alt: int, seconds: float
) -> list[UploadedImage]:
    """The images that the blog accepted, all within `seconds`; what is there is not sent again.

    Any other image is left out and logged. Raises Unreachable and RateLimited: then no part of
    the post exists, and the images can come with the next attempt.
    """
    if not images:
        return []
    deadline = uptime() + seconds
    present = {image["slug"]: image for image in images_of(site, identity)}
    uploaded = []
    for index, image in enumerate(images):
        slug, alt = image_slug(identity, index + 1), image.alt[:max_alt]
        try:
            entity = present.get(slug) or _upload(site, slug, image, alt, deadline - uptime())
        except (Unreachable, RateLimited):
            raise
        except TargetError as error:
            log.warning("image left out", extra={"slug": error.slug, "error": error.message})
            continue
        if entity:
            uploaded.append(UploadedImage(number(entity, "id"), text(entity, "source_url"), alt))
    return uploaded


def images_of(site: Site, identity: bytes) -> list[Mapping[str, Any]]:
    """The images of this delivery that are in the library."""
    slugs = [image_slug(identity, number) for number in range(1, MAX_IMAGES + 1)]
    images = site.get(
        "media", "looking for images", slug=",".join(slugs), _fields="id,slug,source_url"
    )
    listed = images if isinstance(images, list) else []
    return [image for image in listed if number(image, "id") and text(image, "slug") in slugs]


def _upload(
    site: Site, slug: str, image: Image, alt: str, seconds: float
) -> Mapping[str, Any] | None:
    """What the blog says of the new image; None for a kind of image that is not sent."""
    ending = _ENDINGS.get(image.mime)
    if ending is None or seconds <= 0:
        log.warning("image left out", extra={"mime": image.mime, "seconds_left": seconds})
        return None
    return site.create(
        "media",
        "uploading an image",
        body={"slug": slug, "title": slug, "alt_text": alt},
        files={"file": (f"{slug}.{ending}", image.content, image.mime)},
        seconds=min(seconds, site.seconds),
    )
