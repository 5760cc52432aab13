"""A web page to a Batch, by configured CSS selectors; runs in the parser child."""

from __future__ import annotations

from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reblogbot.core.text import clean, html_to_text, language_tag, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Media
from reblogbot.sources.scrape import selectors
from reblogbot.sources.shared.html import base_url
from reblogbot.sources.shared.messages import empty_body, excerpt
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.sources.shared.urls import web_url
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

_MAX_ITEMS = 2000
_LONGEST_HTML = 50_000
_LONGEST_TEXT = 5_000
# Pages that load their images lazily have the address in one of the latter.
_IMAGE_ATTRIBUTES = ("src", "data-src", "data-original", "data-lazy-src")


def parse(body: ResponseBody, select: Mapping[str, str]) -> Batch:
    """The Batch of the elements that `select["item"]` matches.

    Those with neither title nor summary are skipped. Raises SourceError, and nothing else, when
    none matches or none has a title or summary.
    """
    text = body.text()
    if not text.strip():
        raise empty_body(body.url)
    page = LexborHTMLParser(text)
    items = page.css(select["item"])[:_MAX_ITEMS]
    title = one_line(_text(page.css_first("title")))
    if not items:
        name = title or excerpt(text)
        raise SourceError(
            "select_empty",
            Words(
                '{where}: select.item = "{select}" finds nothing on this page ("{name}"); the '
                "page has changed, or wants a login or headers",
                where=redacted_url(body.url),
                select=select["item"],
                name=name[:60],
            ),
        )
    base = base_url(page, body.url)
    entries = tuple(entry for item in items if (entry := _entry(item, select, base)))
    if not entries:
        raise SourceError(
            "select_empty",
            Words(
                "{where}: none of the {count} elements of select.item has a title or summary; "
                "correct select.title",
                where=redacted_url(body.url),
                count=len(items),
            ),
        )
    return Batch(entries=entries, title=title, language=_language(page))


def _entry(item: LexborNode, select: Mapping[str, str], base: str) -> Entry | None:
    link = _first(item, selectors.split(select["link"])[0] if select["link"] else "a[href]")
    title = _part(item, select["title"]) if select["title"] else _text(link or item)
    summary = _part(item, select["summary"]) if select["summary"] else ""
    if not title and not summary:
        return None
    href = selectors.split(select["link"])[1] or "href"
    return Entry(
        title=one_line(title)[:_LONGEST_TEXT],
        link=web_url(base, link.attrs.sget(href) if link else ""),
        summary=summary[:_LONGEST_TEXT],
        media=_media(item, select["image"], base),
    )


def _part(item: LexborNode, written: str) -> str:
    """The text of the element that matches `selector@attribute`, or its attribute."""
    selector, attribute = selectors.split(written)
    node = _first(item, selector)
    if node is None:
        return ""
    return clean(node.attrs.sget(attribute)) if attribute else _text(node)


def _first(item: LexborNode, selector: str) -> LexborNode | None:
    """The first element in the item that matches; the item itself for an empty selector."""
    return item.css_first(selector) if selector else item


def _text(node: LexborNode | None) -> str:
    return html_to_text((node.inner_html or "")[:_LONGEST_HTML]) if node is not None else ""


def _media(item: LexborNode, written: str, base: str) -> tuple[Media, ...]:
    selector, attribute = selectors.split(written)
    node = _first(item, selector) if written else None
    if node is None:
        return ()
    for name in (attribute,) if attribute else _IMAGE_ATTRIBUTES:
        url = web_url(base, node.attrs.sget(name))
        if url:
            return (Media(url, "image/*", one_line(node.attrs.sget("alt"))),)
    return ()


def _language(page: LexborHTMLParser) -> str:
    root = page.css_first("html")
    return language_tag(root.attrs.sget("lang")) if root is not None else ""
