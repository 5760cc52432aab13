"""One web page to a Batch, by the admin's selectors; runs in the parse worker."""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import clean, html_to_text, language_tag, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Media
from reblogbot.sources.scrape import selectors
from reblogbot.sources.shared import json_text
from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.urls import absolute, web_url
from reblogbot.web.addresses import shown

_MOST = 2000
_LONGEST_HTML = 50_000
_LONGEST_TEXT = 5_000
# where a page that loads its images late keeps their address
_IMAGE_ATTRIBUTES = ("src", "data-src", "data-original", "data-lazy-src")


def parse(body: Body, select: Mapping[str, str]) -> Batch:
    """The Batch of the elements that `select["item"]` finds.

    Those with neither title nor summary are passed over. Raises SourceError, whatever the
    bytes are: where it finds none, and where none of them has any of the parts.
    """
    text = body.text()
    if not text.strip():
        raise SourceError(
            "empty_body", f"{shown(body.url)}: the answer is empty; it is asked again later"
        )
    page = LexborHTMLParser(text)
    items = page.css(select["item"])[:_MOST]
    title = one_line(_text(page.css_first("title")))
    if not items:
        named = title or json_text.start(text)
        raise SourceError(
            "select_empty",
            f'{shown(body.url)}: select.item = "{select["item"]}" finds nothing on this page '
            f'("{named[:60]}"); the page has changed, or wants a login or headers',
        )
    base = _base(page, body.url)
    entries = tuple(entry for item in items if (entry := _entry(item, select, base)))
    if not entries:
        raise SourceError(
            "select_empty",
            f"{shown(body.url)}: none of the {len(items)} elements of select.item has a title "
            "or summary; correct select.title",
        )
    return Batch(entries=entries, title=title, language=_language(page))


def _entry(item: LexborNode, select: Mapping[str, str], base: str) -> Entry | None:
    linked = _first(item, selectors.split(select["link"])[0] if select["link"] else "a[href]")
    title = _part(item, select["title"]) if select["title"] else _text(linked or item)
    summary = _part(item, select["summary"]) if select["summary"] else ""
    if not title and not summary:
        return None
    href = selectors.split(select["link"])[1] or "href"
    return Entry(
        title=one_line(title)[:_LONGEST_TEXT],
        link=web_url(base, linked.attrs.sget(href) if linked else ""),
        summary=summary[:_LONGEST_TEXT],
        media=_media(item, select["image"], base),
    )


def _part(item: LexborNode, written: str) -> str:
    """The text, or the attribute, that `selector@attribute` names."""
    selector, attribute = selectors.split(written)
    node = _first(item, selector)
    if node is None:
        return ""
    return clean(node.attrs.sget(attribute)) if attribute else _text(node)


def _first(item: LexborNode, selector: str) -> LexborNode | None:
    """The first element in the item, or the item itself, that a selector finds."""
    return item.css_first(selector) if selector else item


def _text(node: LexborNode | None) -> str:
    return html_to_text((node.inner_html or "")[:_LONGEST_HTML]) if node is not None else ""


def _media(item: LexborNode, written: str, base: str) -> tuple[Media, ...]:
    selector, attribute = selectors.split(written)
    node = _first(item, selector) if written else None
    if node is None:
        return ()
    for name in (attribute,) if attribute else _IMAGE_ATTRIBUTES:
        link = web_url(base, node.attrs.sget(name))
        if link:
            return (Media(link, "image/*", one_line(node.attrs.sget("alt"))),)
    return ()


def _base(page: LexborHTMLParser, url: str) -> str:
    base = page.css_first("base[href]")
    return absolute(url, base.attrs.sget("href")) or url if base is not None else url


def _language(page: LexborHTMLParser) -> str:
    root = page.css_first("html")
    return language_tag(root.attrs.sget("lang")) if root is not None else ""
