"""Details of entries that feedparser loses, searched for in the XML text itself."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from reblogbot.core.text import html_to_text, one_line
from reblogbot.sources.shared.urls import absolute

_GUID = re.compile(
    r"<(?:[\w.-]{1,40}:)?(?:guid|id)((?:\s[^<>]{0,200})?)>\s{0,80}"
    r"(?:<!\[CDATA\[\s{0,80})?([^<\]]{1,2000})",
    re.IGNORECASE,
)
_MEDIA_CONTENT = re.compile(
    r"<media:content\s([^<>]{1,3000}[^<>/])>(.{0,5000}?)</media:content\s{0,20}>", re.DOTALL
)
_MEDIA_URL = re.compile(r"\burl\s{0,20}=\s{0,20}[\"']([^\"']{1,3000})")
# The names are those that `xml_repair` gives to media:description and media:title.
_MEDIA_TEXT = re.compile(
    r"<media:(caption|name)>\s{0,200}(?:<!\[CDATA\[)?([^<]{1,5000}?)(?:\]\]>)?</"
)


def relative_guids(text: str, url: str) -> dict[str, str]:
    """The relative guids in `text`, by the absolute URLs that they resolve to against `url`."""
    guids = (html.unescape(written.strip()) for _, written in _GUID.findall(text))
    return {joined: guid for guid in guids if (joined := absolute(url, guid)) != guid}


def non_permalink_guids(text: str) -> frozenset[str]:
    """The guids in `text` that are declared not to be permalinks (RSS 2.0, `isPermaLink`)."""
    return frozenset(
        html.unescape(written.strip())
        for attributes, written in _GUID.findall(text)
        if "false" in attributes.lower()
    )


def media_alts(text: str) -> dict[str, str]:
    """The description of each `media:content` in `text`, by its URL as it is written."""
    alts = {}
    for attributes, inside in _MEDIA_CONTENT.findall(text) if "<media:content" in text else ():
        url = _MEDIA_URL.search(attributes)
        texts = {name: one_line(html_to_text(html_)) for name, html_ in _MEDIA_TEXT.findall(inside)}
        if url and texts:
            alts[html.unescape(url[1]).strip()] = texts.get("caption") or texts.get("name", "")
    return alts


def media_groups(text: str) -> tuple[frozenset[str], ...]:
    """The URLs of the `media:content` of each `media:group` in `text`, as they are written."""
    return tuple(
        frozenset(html.unescape(url).strip() for url in _MEDIA_URL.findall(group))
        for group in _elements(text, "media:group")
    )


def _elements(text: str, name: str) -> Iterator[str]:
    """The elements of this name, in linear time."""
    at = text.find(f"<{name}")
    while at >= 0 and (end := text.find(f"</{name}", at)) >= 0:
        yield text[at:end]
        at = text.find(f"<{name}", end)
