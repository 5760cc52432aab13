"""The main text of a web page, and whether it may be taken; runs in the parser child (ADR 0053)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser

from reblogbot.core import ai_signals
from reblogbot.core.ai_signals import TextRules
from reblogbot.core.text import clean
from reblogbot.media.page_images import images_in, metadata_of
from reblogbot.model import Media
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.html import base_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

# The parser of HTML is linear in these, but the search for the main text is quadratic in elements
# of one parent: 5,000 links take two seconds, 16,000 take twenty.
_MAX_BYTES = 1_000_000
_MAX_ELEMENTS = 5_000
# A page without a main text leaves its menu, in which no line is longer: 60 letters, or 20 of CJK.
_MIN_PARAGRAPH = 60

# Pages hide instructions to models in elements that people do not see.
_UNSEEN = frozenset("script style template noscript svg math object iframe select textarea".split())
_HIDING_CLASSES = frozenset({"sr-only", "visually-hidden", "screen-reader-text"})
_HIDING_STYLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|(?:font-size|opacity):0(?![.\d])"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Page:
    """A page's own images, its main text or "", and what the page says about the use of it."""

    images: tuple[Media, ...]
    text: str
    rules: TextRules


def read_page(octets: bytes, content_type: str, url: str, most_images: int, most_text: int) -> Page:
    """The page at `url` with so many images, and so many characters of its text if it allows it."""
    html = decode(octets[:_MAX_BYTES], content_type=content_type)
    document = LexborHTMLParser(html)
    metadata = metadata_of(document)
    rules = ai_signals.of_metadata(metadata)
    return Page(
        images_in(metadata, base_url(document, url))[:most_images],
        main_text(html, most_text) if most_text and not rules.no_text else "",
        rules,
    )


def main_text(html: str, most: int) -> str:
    """The main text of a page, of at most `most` characters, its paragraphs apart; "" for none."""
    # few sources read pages, and these imports take a fifth of a second
    from lxml import etree  # noqa: PLC0415
    from lxml.html import HTMLParser, document_fromstring  # noqa: PLC0415
    from trafilatura import extract  # noqa: PLC0415

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        page = document_fromstring(html.replace("\0", "").encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        # nothing is in it
        return ""
    _remove_unseen(page)
    for element in reversed(list(page.iter())[_MAX_ELEMENTS:]):
        element.getparent().remove(element)
    for element in page.iter():
        # one control character, which XML cannot have, would make the whole text be left out
        element.text = _without_controls(element.text)
        element.tail = _without_controls(element.tail)
    text = extract(page, fast=True, include_comments=False) or ""
    if all(len(line.encode("utf-8", "replace")) < _MIN_PARAGRAPH for line in text.splitlines()):
        return ""
    return _cut(clean("".join(_paragraphs(text))), most)


def _remove_unseen(page: HtmlElement) -> None:
    """Empty the elements that people do not see, or that the site does not want quoted."""
    for element in list(page.iter()):
        if _is_unseen(element):
            element.clear(keep_tail=True)


def _is_unseen(element: HtmlElement) -> bool:
    attributes = element.attrib
    if element.tag in _UNSEEN or "hidden" in attributes or "data-nosnippet" in attributes:
        return True
    if attributes.get("aria-hidden", "").strip().lower() == "true":
        return True
    if element.tag == "dialog" and "open" not in attributes:
        return True
    style = "".join(attributes.get("style", "").lower().split())
    return bool(_HIDING_STYLE.search(style)) or not _HIDING_CLASSES.isdisjoint(
        attributes.get("class", "").lower().split()
    )


def _without_controls(text: str | None) -> str | None:
    return _CONTROLS.sub("", text) if text else text


def _paragraphs(text: str) -> Iterator[str]:
    """The lines of an extracted text, each a paragraph, except that a list stays together."""
    was_item = False
    for line in text.splitlines():
        is_item = line.startswith("- ")
        yield ("\n" if is_item and was_item else "\n\n") + line
        was_item = is_item


def _cut(text: str, most: int) -> str:
    """The text up to the last paragraph that fits, or up to the limit where that is too early."""
    if len(text) <= most:
        return text
    end = text.rfind("\n\n", most // 2, most)
    return text[: end if end > 0 else most].rstrip()
