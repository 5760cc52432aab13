"""One entry of RSS, Atom or RDF: which of its elements become title, link, date and so on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any

from reblogbot.core.text import clean, html_to_text, one_line
from reblogbot.core.text.markup import unescape_once
from reblogbot.model import Entry
from reblogbot.sources.feed import arxiv, raw_xml, xml_repair
from reblogbot.sources.feed.entry_media import entry_media
from reblogbot.sources.feed.header import FeedHeader, count_of, language_of
from reblogbot.sources.shared import dates
from reblogbot.sources.shared.plain_text import (
    LONGEST_HTML,
    LONGEST_TEXT,
    from_escaped,
    from_html,
    from_plain,
    plain,
)
from reblogbot.sources.shared.urls import is_web_url, web_url

_MARKUP = re.compile("[<&]")
# RFC 4287 §4.2.7.2: each relation has a name and a URI.
_LINK_RELATIONS = (
    "alternate",
    "http://www.iana.org/assignments/relation/alternate",
    "related",
    "via",
)
# The title of a medium is a last resort.
_TITLES = ("title", "itunes_title", "media_name")
# Elements with the address that a counting redirector leads to.
_REDIRECT_TARGETS = ("feedburner_origlink", "pheedo_origlink")
_MAIL_ADDRESS = re.compile(r"\(?<?\S+@[^\s()<>]+>?\)?")


@dataclass
class EntryReader:
    """Reads the entries of one document, as feedparser parsed them.

    `text` is that document and `url` where it came from. With `resolves_links`, feedparser has
    resolved relative links, because bases are nested (xml:base).
    """

    header: FeedHeader
    text: str
    url: str
    zone: tzinfo
    now: datetime
    resolves_links: bool

    @cached_property
    def _relative_guids(self) -> dict[str, str]:
        return raw_xml.relative_guids(self.text, self.url) if self.resolves_links else {}

    @cached_property
    def _non_permalinks(self) -> frozenset[str]:
        return raw_xml.non_permalink_guids(self.text)

    @cached_property
    def _media_alts(self) -> dict[str, str]:
        return raw_xml.media_alts(self.text)

    @cached_property
    def _media_groups(self) -> tuple[frozenset[str], ...]:
        return raw_xml.media_groups(self.text)

    @property
    def base(self) -> str:
        return self.header.base or self.url

    def identify(
        self, raw: Mapping[str, Any], text_digest: str = "", outline_position: int | None = None
    ) -> Entry:
        """The entry that feedparser parsed as `raw`, with only the fields that identify it."""
        guid = self._guid(raw)
        link = self._link(raw, guid)
        # An entry without a link keeps the identity it has by other fields.
        target = _redirect_target(raw) if link else ""
        updated = self._date(raw, "updated")
        return Entry(
            title=self.title(raw),
            link=target or link,
            redirector=link if target and link != target else "",
            guid=guid,
            is_permalink=guid != link and is_web_url(guid) and guid not in self._non_permalinks,
            published_at=self._date(raw, "published") or updated or self._date(raw, "created"),
            updated_at=updated,
            text_digest=text_digest,
            outline_position=outline_position,
        )

    def read(self, raw: Mapping[str, Any]) -> Entry:
        """The whole entry that feedparser parsed as `raw`."""
        detail = raw.get("title_detail") or raw.get("summary_detail") or {}
        authors = _authors(raw)
        entry = replace(
            self.identify(raw),
            summary=_summary(raw),
            authors=authors,
            comments=count_of(raw.get("slash_comments") or raw.get("thr_total")),
            categories=_categories(raw),
            language=language_of(raw) or language_of(detail) or self.header.language,
            media=entry_media(
                raw,
                str(detail.get("base") or self.base),
                alts=self._media_alts,
                groups=self._media_groups,
                authors=authors,
            ),
        )
        is_paper = arxiv.is_paper(self.url, entry.guid, entry.link)
        return arxiv.unwrapped(entry) if is_paper else entry

    def title(self, raw: Mapping[str, Any]) -> str:
        """The title of an entry, or of the feed itself."""
        title = str(next(filter(None, map(raw.get, _TITLES)), ""))[:LONGEST_HTML]
        kind = raw.get("title_detail", {}).get("type", "text/plain")
        # Atom declares whether a title is HTML, RSS does not.
        of_text = from_escaped if self.header.is_atom else plain
        to_plain = of_text if kind == "text/plain" else from_html
        return one_line(to_plain(title))[:LONGEST_TEXT]

    def _guid(self, raw: Mapping[str, Any]) -> str:
        guid = str(raw.get("id") or "").strip()
        # A relative guid stays relative: resolved, it would differ between the addresses of a feed.
        return self._relative_guids.get(guid, guid)

    def _link(self, raw: Mapping[str, Any], guid: str) -> str:
        links = raw.get("links") or ()
        # Without an alternate link, feedparser puts any guid in its place.
        has_link = any(each.get("rel") == "alternate" for each in links)
        link = (str(raw.get("link") or "").strip() if has_link else "") or _other_link(links)
        # A fragment of the feed itself is not a page.
        link = "" if link.startswith("#") else link
        is_address = is_web_url(guid) or guid.startswith("/")
        if not link and is_address and guid not in self._non_permalinks:
            link = guid
        return web_url(self.base, link) or web_url(self.base, _recording(links))

    def _date(self, raw: Mapping[str, Any], key: str) -> datetime | None:
        written = raw.get(key)
        if not written:
            return None
        is_chinese = self.header.is_chinese
        return dates.parse(str(written), zone=self.zone, now=self.now, chinese=is_chinese)


def _redirect_target(raw: Mapping[str, Any]) -> str:
    """The address behind a link that counts its readers, as far as the feed names it."""
    targets = (str(raw.get(name) or "").strip() for name in _REDIRECT_TARGETS)
    return next((target for target in targets if is_web_url(target)), "")


def _other_link(links: Iterable[Mapping[str, Any]]) -> str:
    for rel in _LINK_RELATIONS:
        for link in links:
            if link.get("rel") == rel and link.get("href"):
                return str(link["href"])
    return ""


def _recording(links: Iterable[Mapping[str, Any]]) -> str:
    """The enclosure of a podcast's episode, of any type but an image; "" without one."""
    enclosures = (link for link in links if link.get("rel") == "enclosure")
    recordings = (
        str(each.get("href") or "")
        for each in enclosures
        if not str(each.get("type") or "").lower().startswith("image")
    )
    return next(recordings, "")


def _summary(raw: Mapping[str, Any]) -> str:
    for detail in _texts(raw):
        value = str(detail.get("value") or "")[:LONGEST_HTML]
        is_plain = detail.get("type") == "text/plain"
        text = clean(from_plain(value)) if is_plain else from_html(value)
        if text:
            return text[:LONGEST_TEXT]
    return ""


def _texts(raw: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The texts of an entry: summary, content, and as a last resort those of its media."""
    yield raw.get("summary_detail") or {}
    yield from raw.get("content") or ()
    for name in xml_repair.SECONDARY_TEXTS:
        yield {"value": raw.get(name)}


def _authors(raw: Mapping[str, Any]) -> tuple[str, ...]:
    names: list[str] = []
    for author in raw.get("authors") or ():
        # feedparser splits "me@site.example (Me)" in the wrong places.
        written = raw.get("author") if author.get("email") else author.get("name")
        text = str(written or "")[:LONGEST_TEXT]
        line = one_line(html_to_text(text) if _MARKUP.search(text) else text)
        names.append(_MAIL_ADDRESS.sub("", line).strip(" ()"))
    return tuple(dict.fromkeys(name for name in names if name))


def _categories(raw: Mapping[str, Any]) -> tuple[str, ...]:
    terms = (one_line(unescape_once(term)) for tag in raw.get("tags") or () for term in _terms(tag))
    return tuple(dict.fromkeys(term for term in terms if term))


def _terms(tag: Mapping[str, Any]) -> list[str]:
    written = str(tag.get("label") or tag.get("term") or "")
    # Flickr lists its tags in one media:category, separated by spaces.
    is_list = str(tag.get("scheme") or "").endswith(":tags")
    return written.split() if is_list else [written]
