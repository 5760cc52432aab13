"""Feeds of what was posted, as Atom (RFC 4287) and as JSON Feed 1.1."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5
from xml.etree import ElementTree as ET

import regex

MOST_ENTRIES = 50
"""How many of the newest posts a feed has."""
ATOM_TYPE = "application/atom+xml"
JSON_FEED_TYPE = "application/feed+json"
_ATOM = "http://www.w3.org/2005/Atom"
_NAMESPACE = UUID("6f0b1f0a-6f5c-5d0e-9a51-3a3f4d9d3c0e")
# XML 1.0 §2.2 forbids these, and UTF-8 has no half surrogate pairs
_NOT_IN_XML = regex.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """A post. `id` is a URI that never changes; `html` is its text as HTML, written by us.

    `url` is the post's own page, `via` what it is about; each is "" where there is none. `author`
    is the account that posted it.
    """

    id: str
    title: str
    html: str
    published: datetime
    updated: datetime
    url: str = ""
    via: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class OutgoingFeed:
    """A feed, newest entry first. `url` is its own address and `page` a page of it, or "".

    `updated` is for a feed without entries; otherwise the newest change of an entry counts.
    """

    id: str
    title: str
    updated: datetime
    entries: Sequence[FeedEntry] = ()
    url: str = ""
    page: str = ""
    author: str = "reblogbot"

    @property
    def updated_at(self) -> datetime:
        """When anything in it changed last."""
        return max((entry.updated for entry in self.entries), default=self.updated)


def urn(*names: str) -> str:
    """The URI that stands for these names, always the same."""
    return uuid5(_NAMESPACE, json.dumps(names)).urn


def atom(feed: OutgoingFeed) -> bytes:
    """The feed as an Atom document."""
    root = ET.Element("feed", xmlns=_ATOM)
    _add(root, "id", feed.id)
    _add(root, "title", feed.title)
    _add(root, "updated", _instant(feed.updated_at))
    _add_author(root, feed.author)
    _add_link(root, "self", feed.url, ATOM_TYPE)
    _add_link(root, "alternate", feed.page)
    _add(root, "generator", "reblogbot")
    for entry in feed.entries:
        _add_entry(ET.SubElement(root, "entry"), entry)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def json_feed(feed: OutgoingFeed) -> bytes:
    """The feed as a JSON Feed document."""
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _clean(feed.title),
        "home_page_url": feed.page,
        "feed_url": feed.url,
        "authors": _json_authors(feed.author),
        "items": [_without_empty(_item(entry)) for entry in feed.entries],
    }
    kept = {"items": document["items"], **_without_empty(document)}
    return json.dumps(kept, ensure_ascii=False, indent=1).encode(errors="replace") + b"\n"


# Atom


def _add_entry(element: ET.Element, entry: FeedEntry) -> None:
    if entry.language:
        element.set("xml:lang", _clean(entry.language))
    _add(element, "id", entry.id)
    _add(element, "title", entry.title)
    _add(element, "published", _instant(entry.published))
    _add(element, "updated", _instant(entry.updated))
    _add_author(element, entry.author)
    _add_link(element, "alternate", entry.url)
    _add_link(element, "via", entry.via)
    for tag in _terms(entry.tags):
        ET.SubElement(element, "category", term=tag)
    _add(element, "content", entry.html).set("type", "html")


def _add(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = _clean(text)
    return element


def _add_author(parent: ET.Element, name: str) -> None:
    if _clean(name):
        _add(ET.SubElement(parent, "author"), "name", name)


def _add_link(parent: ET.Element, relation: str, url: str, type_: str = "") -> None:
    if url:
        link = ET.SubElement(parent, "link", rel=relation, href=_clean(url))
        if type_:
            link.set("type", type_)


# JSON Feed


def _item(entry: FeedEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.via,
        "title": _clean(entry.title),
        # needed, although it may be empty
        "content_html": _clean(entry.html) or " ",
        "date_published": _instant(entry.published),
        "date_modified": _instant(entry.updated),
        "authors": _json_authors(entry.author),
        "tags": list(_terms(entry.tags)),
        "language": _clean(entry.language),
    }


def _json_authors(name: str) -> list[dict[str, str]]:
    cleaned = _clean(name)
    return [{"name": cleaned}] if cleaned else []


def _without_empty(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if value not in ("", [])}


# both


def _terms(tags: Sequence[str]) -> Iterator[str]:
    """The tags that have a text, each once."""
    yield from dict.fromkeys(term for tag in tags if (term := _clean(tag).strip()))


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _instant(at: datetime) -> str:
    """RFC 3339, in UTC and whole seconds."""
    return f"{at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"
