"""The preview images that a web page names for links to it (Open Graph, Twitter cards)."""

from __future__ import annotations

from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import one_line
from reblogbot.model import Media
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.html import base_url
from reblogbot.sources.shared.urls import web_url

# Bytes; the head of a page, which has the names, ends long before.
_LONGEST = 1_000_000
_LONGEST_ALT = 5_000
# The properties of an image and of its description; the first that the page has is used.
_PROPERTIES = (
    ("og:image", "og:image:alt"),
    ("og:image:url", "og:image:alt"),
    ("og:image:secure_url", "og:image:alt"),
    ("twitter:image", "twitter:image:alt"),
    ("twitter:image:src", "twitter:image:alt"),
)


def pictures(octets: bytes, content_type: str, url: str, wanted: int) -> tuple[Media, ...]:
    """At most `wanted` images that the page at `url` names; runs in the parser child."""
    page = LexborHTMLParser(decode(octets[:_LONGEST], content_type=content_type))
    base = base_url(page, url)
    metas = [(_property(meta), meta.attrs.sget("content")) for meta in page.css("meta[content]")]
    for name, alt_name in _PROPERTIES:
        images = _images(metas, name, alt_name, base)
        if images:
            return images[:wanted]
    return ()


def _property(meta: LexborNode) -> str:
    """The property of a meta element: Open Graph uses `property`, many pages use `name`."""
    return (meta.attrs.sget("property") or meta.attrs.sget("name")).strip().lower()


def _images(metas: list[tuple[str, str]], name: str, alt_name: str, base: str) -> tuple[Media, ...]:
    """The images of one property, each once; a description belongs to the image before it."""
    alts: dict[str, str] = {}
    last = ""
    for property_, content in metas:
        if property_ == name:
            last = web_url(base, content)
            if last and not _is_vector(last):
                alts.setdefault(last, "")
        elif property_ == alt_name and last in alts:
            alts[last] = alts[last] or one_line(content[:_LONGEST_ALT])
    return tuple(Media(link, "image/*", alt) for link, alt in alts.items())


def _is_vector(link: str) -> bool:
    return urlsplit(link).path.lower().endswith((".svg", ".svgz"))
