"""Elements of parsed HTML pages that several kinds of source read."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from reblogbot.sources.shared.urls import absolute


def base_url(page: LexborHTMLParser, url: str) -> str:
    """The URL that relative links of a page from `url` are resolved against (HTML, `base`)."""
    base = page.css_first("base[href]")
    return (absolute(url, base.attrs.sget("href")) if base is not None else "") or url
