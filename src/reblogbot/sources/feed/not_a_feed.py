"""Errors for documents that are not feeds; their messages tell an admin what came instead."""

from __future__ import annotations

import html
import re

from reblogbot.errors import SourceError
from reblogbot.sources.shared.messages import empty_body, excerpt
from reblogbot.sources.shared.urls import absolute
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

_HEAD = 100_000
_COMMENTS = r"(?:\s|<!--.{0,5000}?-->|<\?.{0,2000}?\?>){0,50}+"
_HTML = re.compile(
    rf"{_COMMENTS}<(?:(?:html|head|body|title)\b|"
    # Some feeds have the document type of HTML.
    rf"!doctype\s+html\b[^>]{{0,500}}>{_COMMENTS}(?!<(?:[\w.-]{{1,40}}:)?(?:rss|feed|rdf)\b))",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{1,500})", re.IGNORECASE)
_LINK = re.compile(r"<link\s[^>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:rss|atom|rdf|feed)\+(?:xml|json)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")


def refuse_other_documents(text: str, url: str) -> None:
    """Raise SourceError when `text`, from `url`, is empty, a web page or binary data."""
    head = text[:_HEAD]
    if not head.strip():
        raise empty_body(url)
    if len(_CONTROL.findall(head[:2000])) * 10 > len(head[:2000]):
        raise SourceError(
            "not_a_feed",
            Words(
                "{where}: the answer is binary data, not text; correct the url, or set the "
                "source's encoding",
                where=redacted_url(url),
            ),
        )
    if _HTML.match(head):
        raise SourceError("not_a_feed", _page_message(head, url))


def unknown_format_error(text: str, url: str) -> SourceError:
    """The error for a text that has the format of no feed."""
    return SourceError(
        "not_a_feed",
        Words(
            '{where}: neither RSS, Atom, RDF nor JSON Feed, it begins "{text}"; correct the url',
            where=redacted_url(url),
            text=excerpt(text),
        ),
    )


def truncated_feed_error() -> SourceError:
    """The error for a feed that ends before its first entry is complete."""
    return SourceError(
        "feed_truncated",
        Words("the feed was cut off before its first entry was complete; it is tried again later"),
    )


def _page_message(head: str, url: str) -> Words:
    title, where, reason = _TITLE.search(head), redacted_url(url), _hint(head, url)
    if title is None:
        return Words(
            "{where}: this looks like an HTML page, not like a feed; {reason}",
            where=where,
            reason=reason,
        )
    return Words(
        '{where}: this looks like an HTML page ("{title}"), not like a feed; {reason}',
        where=where,
        title=excerpt(html.unescape(title[1])),
        reason=reason,
    )


def _hint(head: str, url: str) -> str:
    for element in _LINK.findall(head):
        attributes = {
            name.lower(): "".join(values) for name, *values in _ATTRIBUTE.findall(element)
        }
        if "alternate" in attributes.get("rel", "").lower() and _FEED_TYPE.match(
            attributes.get("type", "")
        ):
            target = absolute(url, html.unescape(attributes.get("href", "")))
            link = "".join(c for c in target if c.isprintable())[:300]
            return Words("it names this feed: {link}", link=link)
    return Words("look at it in a browser: it may want a login, or keep bots out")
