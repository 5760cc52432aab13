"""The links in the HTML that servers return for posts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from reblogbot.core.text.markup import read_by, unescape_once

_BARE_LINK = re.compile(r"https?://[^\s<>\"]+")
# classes and rels by which servers mark the links that they make of a text's own words
_MENTION_OR_HASHTAG = frozenset({"mention", "hashtag", "tag"})


def links_in(content: str) -> tuple[str, ...]:
    """Every link in a post's HTML, also bare ones, but no mentions and no hashtags."""
    anchors = _Anchors()
    read_by(anchors, content)
    bare = _BARE_LINK.findall(" ".join(anchors.text_outside))
    return tuple(dict.fromkeys((*anchors.links, *bare)))


class _Anchors(HTMLParser):
    """Collects the targets of anchors, and the text outside of them."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.text_outside: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            return
        self._is_inside = True
        attributes = dict(attrs)
        marks = {*(attributes.get("class") or "").split(), *(attributes.get("rel") or "").split()}
        if attributes.get("href") and not marks & _MENTION_OR_HASHTAG:
            self.links.append(unescape_once(str(attributes["href"])))

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "a"

    def handle_data(self, data: str) -> None:
        if not self._is_inside:
            self.text_outside.append(unescape_once(data))
