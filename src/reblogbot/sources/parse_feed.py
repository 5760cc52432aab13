"""One feed document to a Batch; runs in the parse worker, for documents can be made to hurt."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from reblogbot.addresses import shown
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Media
from reblogbot.sources import dates, jsonfeed, not_a_feed, xml_text
from reblogbot.sources.encoding import decode
from reblogbot.sources.urls import is_web_url, web_url
from reblogbot.text import clean, html_to_text, language_of, language_tag, one_line
from reblogbot.text.markup import unescape_once

# Longer texts are cut before they are looked at: no post is that long, and a worker's time is dear
_LONGEST_HTML = 50_000
_LONGEST_TEXT = 10_000
_HTML_TITLE = re.compile(
    r"</?(?:b|br|em|font|i|img|p|s|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]*)?/?>|<a\s+href",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\(?<?\S+@[^\s()<>]+>?\)?")
_PERIODS = {"hourly": 1, "daily": 24, "weekly": 24 * 7, "monthly": 24 * 30, "yearly": 24 * 365}


def parse(
    body: bytes, content_type: str, url: str, encoding: str, timezone: str, now: datetime
) -> Batch:
    """The Batch in `body`, a document of RSS, Atom, RDF or JSON Feed as it came from `url`.

    `encoding` is the admin's word or "", `timezone` where dates without a zone were written.
    Validators are left to whoever fetched. Raises SourceError, whatever the bytes are.
    """
    text = decode(body, content_type=content_type, wanted=encoding)
    zone = ZoneInfo(timezone)
    if jsonfeed.looks_like_json(text):
        return jsonfeed.parse(text, url, zone, now)
    not_a_feed.refuse(text, url)
    prepared = xml_text.prepare(text)
    fed = _fed(prepared, url)
    if not fed["version"] and not fed["entries"]:
        raise not_a_feed.unknown(text, url)
    return _Reading(fed, prepared, url, zone, now).batch()


def _fed(text: str, url: str) -> Mapping[str, Any]:
    """What feedparser makes of it."""
    import feedparser  # noqa: PLC0415  the main process never parses: spare it the import

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        fed: Mapping[str, Any] = feedparser.parse(
            # bytes alone would be taken for the name of a file
            io.BytesIO(text.encode()),
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
            f"{shown(url)}: the feed is too broken to be read ({what}); "
            "tell its owner, or use another url",
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
    is_atom: bool = False
    is_chinese: bool = False
    language: str = ""
    guids: xml_text.Guids = field(default_factory=xml_text.Guids)
    alts: dict[str, str] = field(default_factory=dict)

    def batch(self) -> Batch:
        feed = self.fed["feed"]
        self.is_atom = str(self.fed.get("version", "")).startswith("atom")
        self.language = _language(feed) or _language(feed.get("title_detail", {}))
        self.guids = xml_text.raw_guids(self.text, self.url)
        self.alts = xml_text.media_alts(self.text)
        title = self._title(feed)
        self.is_chinese = self._looks_chinese(title)
        return Batch(
            # plain dicts: feedparser's own answer slowly, and some keys with another's value
            entries=tuple(self._entry(dict(raw)) for raw in self.fed["entries"]),
            title=title,
            language=self.language,
            fresh_for=_fresh_for(feed),
        )

    def _looks_chinese(self, title: str) -> bool:
        if self.language:
            return self.language.lower().startswith("zh")
        said = title + "".join(str(raw.get("title", "")) for raw in self.fed["entries"][:5])
        return language_of(said) == "zh"

    def _entry(self, raw: dict[str, Any]) -> Entry:
        guid = self._guid(raw)
        updated = self._date(raw, "updated")
        detail = raw.get("title_detail") or raw.get("summary_detail") or {}
        return Entry(
            title=self._title(raw),
            link=self._link(raw, guid),
            guid=guid,
            summary=self._summary(raw),
            authors=_authors(raw, self.url),
            published_at=self._date(raw, "published") or updated or self._date(raw, "created"),
            updated_at=updated,
            comments=_count(raw.get("slash_comments") or raw.get("thr_total")),
            categories=_categories(raw),
            language=_language(raw) or _language(detail) or self.language,
            media=tuple(self._media(raw, str(detail.get("base") or self.url))),
        )

    def _title(self, raw: dict[str, Any]) -> str:
        title = str(raw.get("title") or "")[:_LONGEST_HTML]
        kind = raw.get("title_detail", {}).get("type", "text/plain")
        if kind != "text/plain" or (not self.is_atom and _HTML_TITLE.search(title)):
            title = html_to_text(title)
        elif not self.is_atom:
            # RSS does not say whether a title is HTML: a lone "<" or ">" is none, "&amp;" is
            title = unescape_once(title)
        return one_line(title)[:_LONGEST_TEXT]

    def _summary(self, raw: dict[str, Any]) -> str:
        contents = raw.get("content") or []
        for detail in (raw.get("summary_detail") or {}, *contents):
            value = str(detail.get("value") or "")[:_LONGEST_HTML]
            is_plain = detail.get("type") == "text/plain"
            text = clean(value) if is_plain else html_to_text(value)
            if text:
                return text[:_LONGEST_TEXT]
        return ""

    def _guid(self, raw: dict[str, Any]) -> str:
        guid = str(raw.get("id") or "").strip()
        # feedparser makes a bare guid absolute, and so another one at each address of a feed
        return self.guids.raw.get(guid, guid)

    def _link(self, raw: dict[str, Any], guid: str) -> str:
        link = str(raw.get("link") or "").strip() or _other_link(raw)
        if self.guids.raw.get(link) == guid and guid:
            link = ""
        if not link and guid not in self.guids.no_links and is_web_url(guid):
            link = guid
        return web_url(self.url, link)

    def _date(self, raw: dict[str, Any], key: str) -> datetime | None:
        written = raw.get(key)
        if not written:
            return None
        return dates.parse(str(written), zone=self.zone, now=self.now, chinese=self.is_chinese)

    def _media(self, raw: dict[str, Any], base: str) -> Iterable[Media]:
        seen = set()
        for url, mime in _attachments(raw):
            link = web_url(base, url)
            if link and link not in seen:
                seen.add(link)
                yield Media(url=link, mime=mime, alt=self.alts.get(url.strip(), ""))


def _other_link(raw: dict[str, Any]) -> str:
    links = [each for each in raw.get("links", ()) if each.get("href")]
    for rel in ("alternate", "related", "via"):
        for each in links:
            if each.get("rel") == rel:
                return str(each["href"])
    return ""


def _language(raw: dict[str, Any]) -> str:
    return language_tag(str(raw.get("language") or ""))


def _authors(raw: dict[str, Any], url: str) -> tuple[str, ...]:
    names: list[str] = []
    is_arxiv = "arxiv.org/" in url
    for author in raw.get("authors") or ():
        # feedparser cuts "me@site.example (Me)" in odd places
        written = raw.get("author") if author.get("email") else author.get("name")
        name = _ADDRESS.sub("", one_line(html_to_text(str(written or ""))))[:_LONGEST_TEXT]
        # arXiv packs all authors into one dc:creator; elsewhere a comma may be within a name
        names += name.split(", ") if is_arxiv else [name.strip(" ()")]
    return tuple(dict.fromkeys(name for name in names if name))


def _categories(raw: dict[str, Any]) -> tuple[str, ...]:
    terms = (
        one_line(unescape_once(str(tag.get("label") or tag.get("term") or "")))
        for tag in raw.get("tags") or ()
    )
    return tuple(dict.fromkeys(term for term in terms if term))


def _count(value: Any) -> int | None:
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _attachments(raw: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for each in raw.get("links") or ():
        if each.get("rel") == "enclosure":
            yield str(each.get("href") or ""), str(each.get("type") or "")
    for each in raw.get("media_content") or ():
        mime = str(each.get("type") or "")
        if not mime and each.get("medium") in ("image", "video", "audio"):
            mime = f"{each['medium']}/*"
        yield str(each.get("url") or ""), mime
    for each in raw.get("media_thumbnail") or ():
        yield str(each.get("url") or ""), "image/*"


def _fresh_for(feed: dict[str, Any]) -> timedelta | None:
    minutes = _count(feed.get("ttl")) or 0
    period = _PERIODS.get(str(feed.get("sy_updateperiod") or "").strip().lower(), 0)
    minutes = max(minutes, period * 60 // max(_count(feed.get("sy_updatefrequency")) or 1, 1))
    return timedelta(minutes=min(minutes, 24 * 60)) if minutes else None
