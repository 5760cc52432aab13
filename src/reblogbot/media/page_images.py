"""The images that a web page names for itself: Open Graph and Twitter cards."""

from __future__ import annotations

from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import one_line
from reblogbot.model import Media
from reblogbot.sources.shared.urls import web_url

_MAX_ALT = 5_000
# The property that names an image and the one that describes it. The first that is used counts.
_PROPERTIES = (
    ("og:image", "og:image:alt"),
    ("og:image:url", "og:image:alt"),
    ("og:image:secure_url", "og:image:alt"),
    ("twitter:image", "twitter:image:alt"),
    ("twitter:image:src", "twitter:image:alt"),
)


def metadata_of(page: LexborHTMLParser) -> list[tuple[str, str]]:
    """The properties, in lower case, and contents of a page's `meta` elements."""
    return [(_property(meta), meta.attrs.sget("content")) for meta in page.css("meta[content]")]


def images_in(metadata: list[tuple[str, str]], base: str) -> tuple[Media, ...]:
    """The images that a page with this metadata names; relative addresses start at `base`."""
    for image_property, alt_property in _PROPERTIES:
        images = _images(metadata, image_property, alt_property, base)
        if images:
            return images
    return ()


def _property(meta: LexborNode) -> str:
    """The property of a meta element. Many pages write og: properties in `name`."""
    return (meta.attrs.sget("property") or meta.attrs.sget("name")).strip().lower()


def _images(
    metadata: list[tuple[str, str]], image_property: str, alt_property: str, base: str
) -> tuple[Media, ...]:
    """The images of one property, each once. A description belongs to the image before it."""
    alts: dict[str, str] = {}
    image = ""
    for name, content in metadata:
        if name == image_property:
            image = web_url(base, content)
            if image and not _is_svg(image):
                alts.setdefault(image, "")
        elif name == alt_property and image in alts:
            alts[image] = alts[image] or one_line(content[:_MAX_ALT])
    return tuple(Media(image, "image/*", alt) for image, alt in alts.items())


def _is_svg(url: str) -> bool:
    return urlsplit(url).path.lower().endswith((".svg", ".svgz"))
