"""The images that a web page names for itself: Open Graph and Twitter cards."""

from __future__ import annotations

from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import one_line
from reblogbot.model import Media
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.html import base_url
from reblogbot.sources.shared.urls import web_url

# Images are named in the head, and heads end long before this.
_MAX_BYTES = 1_000_000
_MAX_ALT = 5_000
# The property that names an image and the one that describes it. The first that is used counts.
_PROPERTIES = (
    ("og:image", "og:image:alt"),
    ("og:image:url", "og:image:alt"),
    ("og:image:secure_url", "og:image:alt"),
    ("twitter:image", "twitter:image:alt"),
    ("twitter:image:src", "twitter:image:alt"),
)


def page_images(octets: bytes, content_type: str, url: str, wanted: int) -> tuple[Media, ...]:
    """At most `wanted` images that the page at `url` names. Runs in the parser child."""
    page = LexborHTMLParser(decode(octets[:_MAX_BYTES], content_type=content_type))
    base = base_url(page, url)
    metadata = [(_property(meta), meta.attrs.sget("content")) for meta in page.css("meta[content]")]
    for image_property, alt_property in _PROPERTIES:
        images = _images(metadata, image_property, alt_property, base)
        if images:
            return images[:wanted]
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
