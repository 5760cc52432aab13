"""The outline of a feed: its entries with what identifies them, read by expat alone (ADR 0039).

An outline holds values as feedparser would give them. Where it is not certain that feedparser
would, the entry, or the whole document, has no outline.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from xml.parsers import expat

from reblogbot.sources.feed.element_names import ElementNames, UncertainDocument

_ENTRIES = frozenset({"item", "entry"})
_ROOTS = frozenset({"rss", "feed", "rdf:rdf"})
# elements that change how what follows them is read
_STRUCTURE = _ENTRIES | _ROOTS | {"channel"}
# elements beside the entries that have a title and a link of their own, and what they consist of
_ASIDES = {
    "image": frozenset("title link description url href width height".split()),
    "textinput": frozenset("title link description name".split()),
}
_TEXTS = frozenset(
    "title dc:title media:title subtitle tagline itunes:subtitle rights copyright dc:rights "
    "description abstract dc:description media:description info feedburner:browserfriendly "
    "summary itunes:summary content body xhtml:body content:encoded fullitem".split()
)
"""Elements whose elements are markup."""
_MARKUP_TEXTS = frozenset({"body", "xhtml:body"})
_DIGESTED = frozenset("title description summary content content:encoded".split())
_IDENTIFYING = {
    "title": "title",
    "dc:title": "title",
    "media:title": "title",
    "guid": "id",
    "id": "id",
    "link": "link",
    "enclosure": "enclosure",
}
"""The keys under which feedparser has the values of an entry or feed, by the element's name."""
_OF_ENTRIES = _IDENTIFYING | {
    "published": "published",
    "issued": "published",
    "pubdate": "published",
    "dcterms:issued": "published",
    "updated": "updated",
    "modified": "updated",
    "lastbuilddate": "updated",
    "dc:date": "updated",
    "dcterms:modified": "updated",
    "created": "created",
    "dcterms:created": "created",
    "feedburner:origlink": "feedburner_origlink",
    "pheedo:origlink": "pheedo_origlink",
    "source": "source",
}
_OF_FEEDS = _IDENTIFYING | {
    "language": "language",
    "dc:language": "language",
    "ttl": "ttl",
    "sy:updateperiod": "sy_updateperiod",
    "sy:updatefrequency": "sy_updatefrequency",
}
# elements that feedparser knows by no handler: attributes would take the place of their text
_WITHOUT_HANDLER = frozenset(
    "feedburner_origlink pheedo_origlink ttl sy_updateperiod sy_updatefrequency".split()
)
# elements that have the name of such a key, but another meaning or form
_CONFUSING = _WITHOUT_HANDLER - {"ttl"} | {"date", "links", "title_detail"}
# what a feed without a title may have instead
_OTHER_TITLES = frozenset({"itunes:title", "media:name"})

_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html"}
_PAGES = frozenset({"html", "text/html", "xhtml", "application/xhtml+xml"})
_RSS_VERSIONS = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
_ATOM_VERSIONS = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}
# feedparser takes it for the base of links, whatever the element
_BASE = re.compile(rb"[\s:]base\s*=", re.IGNORECASE)
_WINDOWS = re.compile("[\x80-\x9f]")
_PARAMETER = re.compile(r"&([A-Za-z0-9_]+);")
_TAG = re.compile("<[^<>]*>")
_WHITE_SPACE = b" \t\r\n"
_CHUNK = 1 << 16


@dataclass(slots=True)
class EntryOutline:
    """The bytes of an entry, and `raw`, what identifies it under feedparser's names.

    `text_digest` is a digest of its texts as they are written, in hex, without tags and white
    space. `is_certain` is False where feedparser might find other values.
    """

    start: int
    end: int = 0
    raw: dict[str, Any] = field(default_factory=dict)
    text_digest: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class DocumentOutline:
    """The outline of one document: `feed` is what it says of itself under feedparser's names."""

    body: bytes
    version: str
    feed: Mapping[str, Any]
    entries: tuple[EntryOutline, ...]

    def cut_down(self, positions: Collection[int]) -> bytes:
        """The document with only the entries at these positions."""
        pieces, end = [], 0
        for position, entry in enumerate(self.entries):
            if position not in positions:
                pieces.append(self.body[end : entry.start])
                end = entry.end
        return b"".join((*pieces, self.body[end:]))


def read_outline(body: bytes) -> DocumentOutline | None:
    """The outline of `body`, a repaired document; None where it is not certain as a whole."""
    # A document type can declare entities, and thereby change what an entry says.
    if b"<!DOCTYPE" in body or (b"base" in body.lower() and _BASE.search(body)):
        return None
    scan = _Scan(body)
    try:
        scan.run()
    except (expat.ExpatError, UncertainDocument):
        return None
    if not scan.entries or (scan.has_other_title and not scan.feed.get("title")):
        return None
    return DocumentOutline(body, scan.version, scan.feed, tuple(scan.entries))


@dataclass(slots=True)
class _Scan:
    """One run of expat over a document.

    The depth of an element counts the open elements, itself included; a depth of 0 stands for no
    such element.
    """

    body: bytes
    version: str = ""
    feed: dict[str, Any] = field(default_factory=dict)
    entries: list[EntryOutline] = field(default_factory=list)
    names: ElementNames = field(default_factory=ElementNames)
    parser: Any = None
    around: list[str] = field(default_factory=list)
    """The names of the open elements outside of entries."""
    has_channel: bool = False
    has_other_title: bool = False
    languages: list[str] = field(default_factory=list)
    """The languages of those elements, inherited."""
    parent: int = 0
    """The depth of the element that has the entries."""
    depth: int = 0
    entry_depth: int = 0
    aside_depth: int = 0
    text_depth: int = 0
    is_markup: bool = False
    """Whether the open text is declared to have elements."""
    field_depth: int = 0
    key: str = ""
    """The key of the open field."""
    is_digested: bool = False
    chunks: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    """What the digest of the entry's texts is made of."""

    def run(self) -> None:
        """Read the document. Raises UncertainDocument or ExpatError."""
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.buffer_size = _CHUNK
        self.parser.StartElementHandler = self.on_start
        self.parser.EndElementHandler = self.on_end
        self.parser.StartNamespaceDeclHandler = self.on_namespace
        self.parser.Parse(self.body, True)  # noqa: FBT003  pyexpat takes it by position only

    def on_namespace(self, prefix: str | None, namespace: str | None) -> None:
        if namespace:
            self.names.declare(prefix, namespace)
            self.version = self.version or _version_by_namespace(prefix, namespace)

    def on_start(self, expanded: str, attributes: dict[str, str]) -> None:
        name = self.names.name(expanded)
        attributes = self.names.attributes(attributes) if attributes else attributes
        self.depth += 1
        if self.text_depth:
            # feedparser loses count of what is open where escaped text has elements, or where
            # markup has the end of an element that it takes for one of the feed
            if not self.is_markup or name in _TEXTS:
                raise UncertainDocument
        elif name in _TEXTS:
            self.text_depth = self.depth
            self.is_markup = _is_markup(name, attributes)
        if self.entry_depth:
            self.start_in_entry(name, attributes)
        elif name in _ENTRIES:
            self.start_entry(attributes)
        else:
            self.start_around(name, attributes)

    def on_end(self, _: str) -> None:
        if self.field_depth == self.depth:
            self.end_field()
        if self.text_depth == self.depth:
            self.end_text()
        if self.aside_depth == self.depth:
            self.aside_depth = 0
        if self.entry_depth == self.depth:
            self.end_entry()
        elif not self.entry_depth:
            self.around.pop()
            self.languages.pop()
            if self.depth == self.parent:
                # entries elsewhere may be those of another feed
                self.parent = -1
        self.depth -= 1

    # around the entries

    def start_around(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.field_depth:
            raise UncertainDocument
        if self.depth == 1:
            self.start_root(name, attributes)
        elif name in _STRUCTURE:
            self.start_channel(name, attributes)
        self.inherit_language(name, attributes)
        if self.aside_depth:
            self.start_in_aside(name)
        elif name in _ASIDES:
            self.aside_depth = self.depth
        else:
            self.start_in_feed(name, attributes)
        self.around.append(name)

    def start_root(self, name: str, attributes: Mapping[str, str]) -> None:
        if name not in _ROOTS:
            raise UncertainDocument
        version = attributes.get("version", "")
        if name == "rss" and not self.version.startswith("rss"):
            self.version = _RSS_VERSIONS.get(version, "rss20" if version[:2] == "2." else "rss")
        elif name == "feed":
            self.version = self.version or _ATOM_VERSIONS.get(version, "atom")
        if not self.version:
            raise UncertainDocument

    def start_channel(self, name: str, attributes: Mapping[str, str]) -> None:
        # a second channel, or anything else that belongs at the root
        if name != "channel" or self.depth != 2 or self.has_channel or _is_of_cdf(attributes):
            raise UncertainDocument
        self.has_channel = True

    def start_in_aside(self, name: str) -> None:
        aside = self.around[self.aside_depth - 1]
        # feedparser takes the aside for ended at any other element
        if ":" not in name and name not in _ASIDES[aside]:
            raise UncertainDocument

    def start_in_feed(self, name: str, attributes: Mapping[str, str]) -> None:
        if name in _OF_FEEDS:
            # behind an entry it might be another value if there were no entry before it
            if self.entries or self.around[-1] not in ("feed", "channel"):
                raise UncertainDocument
            self.start_field(_OF_FEEDS[name], self.feed, attributes)
        elif name in _CONFUSING:
            raise UncertainDocument
        elif name in _OTHER_TITLES:
            self.has_other_title = True

    def inherit_language(self, name: str, attributes: Mapping[str, str]) -> None:
        language = attributes.get("xml:lang", attributes.get("lang"))
        if language is None:
            language = self.languages[-1] if self.languages else ""
        elif language and name in ("rss", "feed"):
            self.feed["language"] = language.replace("_", "-")
        self.languages.append(language)

    # an entry

    def start_entry(self, attributes: Mapping[str, str]) -> None:
        parent = self.parent or len(self.around)
        is_of_feed = bool(self.around) and self.around[-1] in _STRUCTURE
        if parent != len(self.around) or not is_of_feed or self.text_depth:
            raise UncertainDocument
        self.parent, self.entry_depth = parent, self.depth
        entry = EntryOutline(self.parser.CurrentByteIndex)
        if attributes.get("rdf:about"):
            entry.raw["id"] = attributes["rdf:about"]
        entry.is_certain = not _is_of_cdf(attributes)
        self.entries.append(entry)

    def start_in_entry(self, name: str, attributes: Mapping[str, str]) -> None:
        entry = self.entries[-1]
        if name in _STRUCTURE or name == "textinput":
            raise UncertainDocument
        if name == "media:content" and not self.text_depth:
            self.texts.append(_without_query(attributes.get("url", "")))
        if self.aside_depth:
            return
        if self.depth > self.entry_depth + 1:
            if name in _OF_ENTRIES or name in _CONFUSING or self.field_depth:
                entry.is_certain = False
        elif name in _CONFUSING:
            entry.is_certain = False
        elif name == "source":
            self.aside_depth = self.depth
        else:
            if name in _OF_ENTRIES:
                self.start_field(_OF_ENTRIES[name], entry.raw, attributes)
            if name in _DIGESTED:
                self.is_digested = True
                self.parser.CharacterDataHandler = self.chunks.append

    def end_entry(self) -> None:
        end = self.parser.CurrentByteIndex
        if not self.body.startswith(b"</", end):
            raise UncertainDocument
        entry = self.entries[-1]
        entry.end = self.body.index(b">", end) + 1
        # removing bytes is several times quicker than joining words by single spaces
        digested = "\0".join(self.texts).encode().translate(None, _WHITE_SPACE)
        entry.text_digest = blake2b(digested, digest_size=16).hexdigest()
        self.texts.clear()
        self.entry_depth = 0

    # a field of the entry or of the feed

    def start_field(self, key: str, raw: dict[str, Any], attributes: Mapping[str, str]) -> None:
        is_repeated = key in raw and key not in ("link", "enclosure", "language")
        has_attributes = key in _WITHOUT_HANDLER and attributes
        if is_repeated or has_attributes:
            self.doubt()
        if key == "title":
            kind = attributes.get("type", "text/plain").lower()
            kind = _TYPES.get(kind, kind)
            if "mode" in attributes or kind not in _TYPES.values():
                self.doubt()
            language = self.languages[-1].replace("_", "-")
            raw["title_detail"] = {"type": kind, "language": language}
        elif key == "id":
            raw["guidislink"] = attributes.get("ispermalink", "true") == "true"
        elif key in ("link", "enclosure"):
            self.add_link(key, raw, attributes)
            if key == "enclosure" or "href" in raw["links"][-1]:
                return
        self.key, self.field_depth = key, self.depth
        self.parser.CharacterDataHandler = self.chunks.append

    def add_link(self, key: str, raw: dict[str, Any], attributes: Mapping[str, str]) -> None:
        """Add the link that feedparser makes of the attributes of a `link` or `enclosure`."""
        rel = key if key == "enclosure" else attributes.get("rel", "alternate").lower()
        default = "application/atom+xml" if rel == "self" else "text/html"
        link = {"rel": rel}
        if key == "link" or "type" in attributes:
            link["type"] = attributes.get("type", default).lower()
        addresses = [attributes[name] for name in ("url", "uri", "href") if name in attributes]
        if len(addresses) > 1 or "" in addresses or ":///" in "".join(addresses):
            self.doubt()
        if addresses:
            link["href"] = addresses[0]
            if rel == "enclosure":
                self.texts.append(_without_query(addresses[0]))
            elif rel == "alternate" and link["type"] in _PAGES:
                raw["link"] = addresses[0]
        raw.setdefault("links", []).append(link)

    def end_field(self) -> None:
        raw = self.entries[-1].raw if self.entry_depth else self.feed
        text = "".join(self.chunks).strip()
        if not text.isascii() and _would_be_mended(text):
            self.doubt()
        if self.key == "link":
            if ":///" in text:
                self.doubt()
            text = text.replace("&amp;", "&") if self.entry_depth else text
            text = _PARAMETER.sub(r"&\1", text)
            if text:
                raw["links"][-1]["href"] = text
        elif self.key == "id" and raw["guidislink"]:
            if ":///" in text:
                self.doubt()
            raw.setdefault("link", text)
        raw[self.key] = text
        self.field_depth = 0
        self.listen_no_more()

    def end_text(self) -> None:
        self.text_depth = 0
        if self.is_digested:
            self.texts.append(_TAG.sub("", "".join(self.chunks)))
            self.is_digested = False
            self.listen_no_more()

    def listen_no_more(self) -> None:
        if not self.is_digested:
            self.chunks.clear()
            self.parser.CharacterDataHandler = None

    def doubt(self) -> None:
        """Note that feedparser might find another value: of the entry, or of the document."""
        if not self.entry_depth:
            raise UncertainDocument
        self.entries[-1].is_certain = False


def _version_by_namespace(prefix: str | None, namespace: str) -> str:
    """The version that feedparser reads from a declaration of a namespace, or ""."""
    namespace = namespace.lower()
    if prefix is None and namespace == "http://my.netscape.com/rdf/simple/0.9/":
        return "rss090"
    names = {"http://purl.org/rss/1.0/": "rss10", "http://www.w3.org/2005/atom": "atom10"}
    return names.get(namespace, "")


def _is_markup(name: str, attributes: Mapping[str, str]) -> bool:
    """Whether feedparser expects elements in a text."""
    kind = attributes.get("type", "xhtml" if name in _MARKUP_TEXTS else "text").lower()
    return kind == "xhtml" or kind.endswith("xml")


def _is_of_cdf(attributes: Mapping[str, str]) -> bool:
    """Whether feedparser takes attributes of a channel or an item for a date or a link."""
    return "href" in attributes or "lastmod" in attributes


def _without_query(url: str) -> str:
    return url.partition("?")[0]


def _would_be_mended(text: str) -> bool:
    """Whether feedparser takes the text for UTF-8 or Windows-1252 that was read as Latin 1."""
    if _WINDOWS.search(text):
        return True
    try:
        text.encode("iso-8859-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return False
    return True
