"""The pictures a web page shows of itself where it is linked (Open Graph, Twitter cards)."""

from __future__ import annotations

from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import one_line
from reblogbot.model import Media
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.urls import absolute, web_url

# the names stand in a page's head, and heads end long before this
_LONGEST = 1_000_000
_LONGEST_ALT = 5_000
# what names a picture, and what describes it; the first that names any counts
_NAMES = (
    ("og:image", "og:image:alt"),
    ("og:image:url", "og:image:alt"),
    ("og:image:secure_url", "og:image:alt"),
    ("twitter:image", "twitter:image:alt"),
    ("twitter:image:src", "twitter:image:alt"),
)


def pictures(octets: bytes, content_type: str, url: str, wanted: int) -> tuple[Media, ...]:
    """At most `wanted` pictures that the page at `url` names; runs in the parse worker."""
    page = LexborHTMLParser(decode(octets[:_LONGEST], content_type=content_type))
    base = page.css_first("base[href]")
    root = absolute(url, base.attrs.sget("href")) or url if base is not None else url
    told = [(_name(meta), meta.attrs.sget("content")) for meta in page.css("meta[content]")]
    for name, alt in _NAMES:
        found = _named(told, name, alt, root)
        if found:
            return found[:wanted]
    return ()


def _name(meta: LexborNode) -> str:
    """What a meta element tells: og: names stand in `property`, often in `name` all the same."""
    return (meta.attrs.sget("property") or meta.attrs.sget("name")).strip().lower()


def _named(told: list[tuple[str, str]], wanted: str, alt: str, base: str) -> tuple[Media, ...]:
    """The pictures of one name, each once; a description belongs to the picture before it."""
    found: dict[str, str] = {}
    last = ""
    for name, content in told:
        if name == wanted:
            last = web_url(base, content)
            if last and not _is_drawing(last):
                found.setdefault(last, "")
        elif name == alt and last in found:
            found[last] = found[last] or one_line(content[:_LONGEST_ALT])
    return tuple(Media(link, "image/*", words) for link, words in found.items())


def _is_drawing(link: str) -> bool:
    return urlsplit(link).path.lower().endswith((".svg", ".svgz"))
