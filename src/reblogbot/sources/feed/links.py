"""Where a web page says its feeds are, and where feeds usually are."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.urls import absolute, web_url

_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/json",
        "application/xml",
        "text/xml",
    }
)
_PATHS = ("feed", "feed.xml", "rss", "rss.xml", "atom.xml", "index.xml", "feed.json")
_MOST = 10


def named(body: Body) -> tuple[str, ...]:
    """The feeds a page names (`<link rel=alternate>`), absolute, each once, at most ten."""
    page = LexborHTMLParser(body.text())
    based = page.css_first("base[href]")
    base = absolute(body.url, based.attrs.sget("href")) if based is not None else ""
    found: dict[str, None] = {}
    for link in page.css("link[rel][href]"):
        rels = link.attrs.sget("rel").lower().split()
        kind = link.attrs.sget("type").partition(";")[0].strip().lower()
        url = web_url(base or body.url, link.attrs.sget("href"))
        if url and ("feed" in rels or ("alternate" in rels and kind in _TYPES)):
            found[url] = None
    return tuple(found)[:_MOST]


def usual(url: str) -> Iterator[str]:
    """Where the feed of a page, or of its site, would stand if nobody said where."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if path:
        yield f"{parts.scheme}://{parts.netloc}{path}/feed"
    for name in _PATHS:
        yield f"{parts.scheme}://{parts.netloc}/{name}"
