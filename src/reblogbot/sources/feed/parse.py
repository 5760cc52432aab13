"""One feed document to a Batch; runs in the parse worker, for documents can be made to hurt."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from reblogbot.core.text import clean, html_to_text, language_of, language_tag, one_line
from reblogbot.core.text.markup import unescape_once
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Validators
from reblogbot.sources.feed import arxiv, json_feed, not_a_feed, sax, skipped_hours, spans, xml_text
from reblogbot.sources.feed.entry_media import entry_media
from reblogbot.sources.shared import dates
from reblogbot.sources.shared.body import Body
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.plain_text import (
    LONGEST_HTML,
    LONGEST_TEXT,
    from_escaped,
    from_html,
    from_plain,
    plain,
)
from reblogbot.sources.shared.urls import is_web_url, web_url

CUT_OFF = Validators(cursor="cut off")
"""Marks the Batch of half a document: nothing of it may stand for the whole next time."""

_MARKUP = re.compile("[<&]")
_TAG = re.compile(r"<[^<>]*>")
_SAMPLE = 10_000
# RFC 4287 §4.2.7.2: each has a name and a URI
_LINKS = ("alternate", "http://www.iana.org/assignments/relation/alternate", "related", "via")
# a caption's only where there is no other
_TITLES = ("title", "itunes_title", "media_name")
_ORIGINALS = ("feedburner_origlink", "pheedo_origlink")
_ADDRESS = re.compile(r"\(?<?\S+@[^\s()<>]+>?\)?")
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}
_LONGEST_TTL = 366 * 24 * 60

# what this worker has read, for as long as it lives
_KNOWN = spans.KnownEntries()


def parse(
    body: bytes,
    content_type: str,
    url: str,
    encoding: str,
    timezone: str,
    now: datetime,
    known: spans.KnownEntries = _KNOWN,
) -> Batch:
    """The Batch in `body`, a document of RSS, Atom, RDF or JSON Feed as it came from `url`.

    `encoding` is the admin's word or "", `timezone` where dates without a zone were written.
    Entries among `known` are not read once more; the rest becomes known.
    Validators are left to whoever fetched, but for CUT_OFF where the end is missing. Raises
    SourceError, whatever the bytes are.
    """
    text = decode(body, content_type=content_type, wanted=encoding)
    if json_feed.looks_like_json(text):
        return json_feed.parse(text, url, ZoneInfo(timezone), now)
    not_a_feed.refuse(text, url)
    prepared, is_whole = xml_text.prepare(text)
    batch = _read(_Document(prepared, text, url, timezone, now), known)
    return batch if is_whole else replace(batch, validators=CUT_OFF)


def parse_body(body: Body) -> Batch:
    """The same, of a body as sources hand it over."""
    return parse(*body)


def _read(document: _Document, known: spans.KnownEntries) -> Batch:
    """The Batch, for which only those entries are read that were not read before."""
    body = document.text.encode()
    found = spans.find(body, document.context())
    if found is None:
        return document.recognised(document.reading(body)).batch()
    old = known.among(found.keys)
    missing = [key for key in found.keys if key not in old]
    reading = document.reading(found.without(frozenset(old)))
    if reading is None or not reading.agrees(len(missing), old.values()):
        if not old:
            return document.recognised(reading).batch()
        known.forget(old)
        return _read(document, known)
    batch = reading.batch()
    for key, entry in zip(missing, batch.entries, strict=True):
        # a date in the future was taken for now, which it is only now
        if document.now not in (entry.published_at, entry.updated_at):
            known.learn(key, entry, reading.head)
    fresh = iter(batch.entries)
    entries = tuple(old[key].entry if key in old else next(fresh) for key in found.keys)
    return replace(batch, entries=entries)


@dataclass(frozen=True, slots=True)
class _Document:
    """A prepared document, `original` as it came, and all that decides how it is read."""

    text: str
    original: str
    url: str
    timezone: str
    now: datetime

    def context(self) -> str:
        """What decides how each entry is read, wherever it stands."""
        return repr((self.url, self.timezone, self.has_bases()))

    def has_bases(self) -> bool:
        return "xml:base" in self.text

    def is_chinese(self) -> bool:
        """True when CST must be China's here, for a feed that does not name its language."""
        return "CST" in self.text and language_of(_TAG.sub(" ", self.text[:_SAMPLE])) == "zh"

    def recognised(self, reading: _Reading | None) -> _Reading:
        """The reading of the whole document. Raises SourceError when that is no feed."""
        if reading is None:
            raise not_a_feed.unknown(self.original, self.url)
        return reading

    def reading(self, body: bytes) -> _Reading | None:
        """The reading of `body`, which is all of the document or a part; None for no feed."""
        # resolving costs feedparser half its time: only where bases are nested, else we do it
        has_bases = self.has_bases()
        fed = _fed(body, self.url if has_bases else "")
        if not fed["version"] and not fed["entries"]:
            return None
        text = body.decode()
        return _Reading(
            fed=fed,
            text=text,
            url=self.url,
            zone=ZoneInfo(self.timezone),
            now=self.now,
            # feedparser has resolved links where bases are nested
            head=_head(fed, "" if has_bases else self.url, looks_chinese=self.is_chinese()),
            guids=xml_text.relative_guids(text, self.url) if has_bases else {},
            alts=xml_text.media_alts(text),
            groups=xml_text.media_groups(text),
        )


class _Head(NamedTuple):
    """What a feed says of itself that decides how its entries are read."""

    version: str
    language: str
    is_chinese: bool
    home: str
    """The address that relative links are meant from."""

    @property
    def is_atom(self) -> bool:
        return self.version.startswith("atom")


def _head(fed: Mapping[str, Any], url: str, *, looks_chinese: bool) -> _Head:
    feed = fed["feed"]
    language = _language(feed) or _language(feed.get("title_detail", {}))
    says_chinese = language.lower().startswith("zh")
    is_chinese = says_chinese if language else looks_chinese
    return _Head(str(fed.get("version", "")), language, is_chinese, _home(feed, url))


def _home(feed: Mapping[str, Any], url: str) -> str:
    """The address that relative links are meant from, in a document from `url` without xml:base.

    The document itself (RFC 4287 §2; RSS says nothing of it), unless another host serves it than
    that of the site it is about: then the site.
    """
    home = web_url(url, str(feed.get("link") or ""))
    return home if home and urlsplit(home).hostname != urlsplit(url).hostname else url


def _fed(body: bytes, base: str) -> Mapping[str, Any]:
    """What feedparser makes of it; without a `base`, relative links stay relative."""
    import feedparser.api  # noqa: PLC0415  the main process never parses: spare it the import

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    try:
        with sax.preferred(feedparser.api.PREFERRED_XML_PARSERS):
            fed: Mapping[str, Any] = feedparser.parse(
                # bytes alone would be taken for the name of a file
                io.BytesIO(body),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except MemoryError:
        raise
    except Exception as error:
        what = one_line(f"{type(error).__name__}: {error}")[:120]
        raise SourceError(
            "feed_unreadable",
            f"the feed is too broken to be read ({what}); tell its owner, or use another url",
        ) from error
    return fed


@dataclass(slots=True)
class _Reading:
    """One document while its entries are read."""

    fed: Mapping[str, Any]
    text: str
    url: str
    zone: tzinfo
    now: datetime
    head: _Head
    guids: dict[str, str]
    alts: dict[str, str]
    groups: tuple[frozenset[str], ...]
    no_links: frozenset[str] | None = None

    def agrees(self, entries: int, old: Iterable[spans.Known]) -> bool:
        """True when it shows so many entries, under the head that the old ones were read under."""
        return len(self.fed["entries"]) == entries and all(one.head == self.head for one in old)

    @property
    def base(self) -> str:
        return self.head.home or self.url

    def batch(self) -> Batch:
        feed = self.fed["feed"]
        return Batch(
            # plain dicts: feedparser's own answer slowly, and some keys with another's value
            entries=tuple(self._entry(dict(raw)) for raw in self.fed["entries"]),
            title=self._title(feed),
            language=self.head.language,
            fresh_for=_fresh_for(feed),
            skipped_hours=skipped_hours.of_week(self.text),
        )

    def _entry(self, raw: dict[str, Any]) -> Entry:
        guid = self._guid(raw)
        updated = self._date(raw, "updated")
        detail = raw.get("title_detail") or raw.get("summary_detail") or {}
        shown = self._link(raw, guid)
        # without a link, the entry is known by other things, and stays so
        original = _original(raw) if shown else ""
        authors = _authors(raw)
        entry = Entry(
            title=self._title(raw),
            link=original or shown,
            redirector=shown if original and shown != original else "",
            guid=guid,
            is_permalink=guid != shown and is_web_url(guid) and not self._is_no_link(guid),
            summary=self._summary(raw),
            authors=authors,
            published_at=self._date(raw, "published") or updated or self._date(raw, "created"),
            updated_at=updated,
            comments=_count(raw.get("slash_comments") or raw.get("thr_total")),
            categories=_categories(raw),
            language=_language(raw) or _language(detail) or self.head.language,
            media=entry_media(
                raw,
                str(detail.get("base") or self.base),
                alts=self.alts,
                groups=self.groups,
                authors=authors,
            ),
        )
        is_paper = arxiv.is_paper(self.url, guid, entry.link)
        return arxiv.unwrapped(entry) if is_paper else entry

    def _title(self, raw: dict[str, Any]) -> str:
        title = str(next(filter(None, map(raw.get, _TITLES)), ""))[:LONGEST_HTML]
        kind = raw.get("title_detail", {}).get("type", "text/plain")
        # RSS does not say whether a title is HTML
        of_text = from_escaped if self.head.is_atom else plain
        read = of_text if kind == "text/plain" else from_html
        return one_line(read(title))[:LONGEST_TEXT]

    def _summary(self, raw: dict[str, Any]) -> str:
        for detail in _texts(raw):
            value = str(detail.get("value") or "")[:LONGEST_HTML]
            is_plain = detail.get("type") == "text/plain"
            text = clean(from_plain(value)) if is_plain else from_html(value)
            if text:
                return text[:LONGEST_TEXT]
        return ""

    def _guid(self, raw: dict[str, Any]) -> str:
        guid = str(raw.get("id") or "").strip()
        # made absolute, a bare guid would be another one at each address of a feed
        return self.guids.get(guid, guid)

    def _link(self, raw: dict[str, Any], guid: str) -> str:
        links = raw.get("links") or ()
        # without such a link, feedparser passes any guid off as one
        is_given = any(each.get("rel") == "alternate" for each in links)
        link = (str(raw.get("link") or "").strip() if is_given else "") or _other_link(links)
        # a place within the feed is no page
        link = "" if link.startswith("#") else link
        is_permalink = is_web_url(guid) or guid.startswith("/")
        if not link and is_permalink and not self._is_no_link(guid):
            link = guid
        return web_url(self.base, link) or web_url(self.base, _recording(links))

    def _is_no_link(self, guid: str) -> bool:
        if self.no_links is None:
            self.no_links = xml_text.no_permalinks(self.text)
        return guid in self.no_links

    def _date(self, raw: dict[str, Any], key: str) -> datetime | None:
        written = raw.get(key)
        if not written:
            return None
        return dates.parse(str(written), zone=self.zone, now=self.now, chinese=self.head.is_chinese)


def _original(raw: dict[str, Any]) -> str:
    """Where the link of an entry leads that counts its readers, as far as the feed tells."""
    told = (str(raw.get(name) or "").strip() for name in _ORIGINALS)
    return next((link for link in told if is_web_url(link)), "")


def _other_link(links: Iterable[dict[str, Any]]) -> str:
    for rel in _LINKS:
        for each in links:
            if each.get("rel") == rel and each.get("href"):
                return str(each["href"])
    return ""


def _texts(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The entry's own texts, the shortest first; a caption or a directory's word only alone."""
    yield raw.get("summary_detail") or {}
    yield from raw.get("content") or ()
    for name in xml_text.ASIDES:
        yield {"value": raw.get(name)}


def _recording(links: Iterable[dict[str, Any]]) -> str:
    """Where a podcast's episode without a page of its own can be heard, whatever type it names."""
    enclosures = (each for each in links if each.get("rel") == "enclosure")
    return next((str(each.get("href") or "") for each in enclosures if not _is_image(each)), "")


def _is_image(enclosure: Mapping[str, Any]) -> bool:
    return str(enclosure.get("type") or "").lower().startswith("image")


def _language(raw: dict[str, Any]) -> str:
    return language_tag(str(raw.get("language") or ""))


def _authors(raw: dict[str, Any]) -> tuple[str, ...]:
    names: list[str] = []
    for author in raw.get("authors") or ():
        # feedparser cuts "me@site.example (Me)" in odd places
        written = raw.get("author") if author.get("email") else author.get("name")
        text = str(written or "")[:LONGEST_TEXT]
        name = _ADDRESS.sub("", one_line(html_to_text(text) if _MARKUP.search(text) else text))
        names.append(name.strip(" ()"))
    return tuple(dict.fromkeys(name for name in names if name))


def _categories(raw: dict[str, Any]) -> tuple[str, ...]:
    terms = (one_line(unescape_once(term)) for tag in raw.get("tags") or () for term in _terms(tag))
    return tuple(dict.fromkeys(term for term in terms if term))


def _terms(tag: Mapping[str, Any]) -> list[str]:
    written = str(tag.get("label") or tag.get("term") or "")
    # Flickr lists its tags in one media:category, apart by spaces
    is_list = str(tag.get("scheme") or "").endswith(":tags")
    return written.split() if is_list else [written]


def _count(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _fresh_for(feed: dict[str, Any]) -> timedelta | None:
    minutes = _count(feed.get("ttl")) or 0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    minutes = max(minutes, period * 60 // max(_count(feed.get("sy_updatefrequency")) or 1, 1))
    return timedelta(minutes=min(minutes, _LONGEST_TTL)) if minutes else None
