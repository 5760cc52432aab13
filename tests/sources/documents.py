"""Helpers that write feeds and parse them."""

from datetime import UTC, datetime

from reblogbot.sources.feed.parse import parse_body
from reblogbot.sources.shared.response_body import ResponseBody

NOW = datetime(2026, 12, 1, tzinfo=UTC)
URL = "https://site.example/blog/feed.xml"
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
)


def rss(items="", channel="<title>Site</title><link>https://site.example/</link>"):
    return f'<?xml version="1.0"?><rss version="2.0" {NAMESPACES}><channel>{channel}{items}</channel></rss>'


def atom(entries="", head="<title>Site</title><id>urn:site</id>", attributes=""):
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{head}{entries}</feed>'


def body_of(document, content_type="", url=URL, encoding="", timezone="UTC", now=NOW):
    """The body of a response with this document."""
    octets = document if isinstance(document, bytes) else document.encode()
    return ResponseBody(octets, content_type, url, encoding, timezone, now)


def batch_of(document, **more):
    """The Batch of a document, all entries whole."""
    return parse_body(body_of(document, **more))


def only(document, **more):
    """The only entry of the document."""
    (entry,) = batch_of(document, **more).entries
    return entry


def item(inside):
    """The entry of an RSS 2.0 item."""
    return only(rss(f"<item>{inside}</item>"))
