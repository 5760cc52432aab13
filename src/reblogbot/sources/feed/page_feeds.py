"""The feeds of a web page: those it names (feed autodiscovery), and where feeds usually are."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from reblogbot.sources.shared.html import base_url
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import web_url

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
_USUAL_PATHS = ("feed", "feed.xml", "rss", "rss.xml", "atom.xml", "index.xml", "feed.json")
_MAX_FEEDS = 10


def named_feeds(body: ResponseBody) -> tuple[str, ...]:
    """The absolute URLs of the feeds that a page names by `<link rel=alternate>`, at most ten."""
    page = LexborHTMLParser(body.text())
    base = base_url(page, body.url)
    feeds: dict[str, None] = {}
    for link in page.css("link[rel][href]"):
        rels = link.attrs.sget("rel").lower().split()
        kind = link.attrs.sget("type").partition(";")[0].strip().lower()
        url = web_url(base, link.attrs.sget("href"))
        if url and ("feed" in rels or ("alternate" in rels and kind in _TYPES)):
            feeds[url] = None
    return tuple(feeds)[:_MAX_FEEDS]


def usual_urls(url: str) -> Iterator[str]:
    """The URLs at which the feed of a page, or of its site, usually is."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    if path:
        yield f"{parts.scheme}://{parts.netloc}{path}/feed"
    for name in _USUAL_PATHS:
        yield f"{parts.scheme}://{parts.netloc}/{name}"
