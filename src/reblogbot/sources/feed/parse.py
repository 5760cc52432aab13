"""A feed document, of RSS, Atom, RDF or JSON Feed, to a Batch; runs in the parser child.

What becomes of one entry is decided in `entry`; what the feed says of itself in `header`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reblogbot.core.text import language_of, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.sources.feed import expat_driver, json_feed, not_a_feed, skipped_hours, xml_repair
from reblogbot.sources.feed.entry import EntryReader
from reblogbot.sources.feed.entry_cache import CachedEntry, EntryCache
from reblogbot.sources.feed.entry_spans import find_entry_spans
from reblogbot.sources.feed.header import fresh_for, read_header
from reblogbot.sources.shared.encoding import decode
from reblogbot.sources.shared.response_body import ResponseBody

INCOMPLETE = Validators(cursor="cut off")
"""Marks the Batch of a document that was cut off: the next poll must fetch it again."""

_TAG = re.compile(r"<[^<>]*>")
_LANGUAGE_SAMPLE = 10_000
# The entries that this worker process has read.
_CACHE = EntryCache()


def parse(
    body: bytes,
    content_type: str,
    url: str,
    encoding: str,
    timezone: str,
    now: datetime,
    cache: EntryCache = _CACHE,
) -> Batch:
    """The Batch in `body`, a feed document that came from `url`.

    `encoding` is the configured one or "", `timezone` the zone of dates without one. Entries in
    the `cache` are not parsed again. The Batch has no validators, except INCOMPLETE when the
    document was cut off. Raises SourceError and nothing else.
    """
    text = decode(body, content_type=content_type, configured=encoding)
    if json_feed.looks_like_json(text):
        return json_feed.parse(text, url, ZoneInfo(timezone), now)
    not_a_feed.refuse_other_documents(text, url)
    repaired, is_complete = xml_repair.repair(text)
    batch = _read(_Document(repaired, text, url, timezone, now), cache)
    return batch if is_complete else replace(batch, validators=INCOMPLETE)


def parse_body(body: ResponseBody) -> Batch:
    """The same for the body of a response."""
    return parse(*body)


def _read(document: _Document, cache: EntryCache) -> Batch:
    """The Batch of a document; only entries that are not in the cache are parsed."""
    body = document.text.encode()
    spans = find_entry_spans(body, document.context())
    if spans is None:
        return document.required(document.parse(body)).batch()
    cached = cache.lookup(spans.digests)
    new = [digest for digest in spans.digests if digest not in cached]
    parsed = document.parse(spans.without(frozenset(cached)))
    if parsed is None or not parsed.fits(len(new), cached.values()):
        if not cached:
            return document.required(parsed).batch()
        cache.drop(cached)
        return _read(document, cache)
    batch = parsed.batch()
    for digest, entry in zip(new, batch.entries, strict=True):
        # A date in the future is read as the present time, which changes with each poll.
        if document.now not in (entry.published_at, entry.updated_at):
            cache.add(digest, entry, parsed.reader.header)
    new_entries = iter(batch.entries)
    entries = tuple(
        cached[digest].entry if digest in cached else next(new_entries) for digest in spans.digests
    )
    return replace(batch, entries=entries)


@dataclass(frozen=True, slots=True)
class _Document:
    """A repaired document, its `original` text, and everything that decides how it is read."""

    text: str
    original: str
    url: str
    timezone: str
    now: datetime

    def context(self) -> str:
        """Everything outside of an entry and its ancestors that decides how it is read."""
        return repr((self.url, self.timezone, self.has_nested_bases()))

    def has_nested_bases(self) -> bool:
        return "xml:base" in self.text

    def looks_chinese(self) -> bool:
        """True when the zone name CST must mean China's, in a feed that declares no language."""
        sample = self.text[:_LANGUAGE_SAMPLE]
        return "CST" in self.text and language_of(_TAG.sub(" ", sample)) == "zh"

    def required(self, parsed: _Parsed | None) -> _Parsed:
        """`parsed`, when there is one. Raises SourceError when the document is not a feed."""
        if parsed is None:
            raise not_a_feed.unknown_format_error(self.original, self.url)
        return parsed

    def parse(self, body: bytes) -> _Parsed | None:
        """The document, or a part of it, parsed; None when it is not a feed."""
        # Resolving links takes half of feedparser's time, so it does that only for nested bases.
        has_bases = self.has_nested_bases()
        parsed = _feedparser(body, self.url if has_bases else "")
        if not parsed["version"] and not parsed["entries"]:
            return None
        url = "" if has_bases else self.url
        reader = EntryReader(
            header=read_header(parsed, url, looks_chinese=self.looks_chinese()),
            text=body.decode(),
            url=self.url,
            zone=ZoneInfo(self.timezone),
            now=self.now,
            resolves_links=has_bases,
        )
        return _Parsed(parsed, reader)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What feedparser returned for a document, or for a part of one."""

    result: Mapping[str, Any]
    reader: EntryReader

    def fits(self, count: int, cached: Iterable[CachedEntry]) -> bool:
        """True when it has `count` entries, and the header that the cached ones were read under."""
        header = self.reader.header
        return len(self.result["entries"]) == count and all(
            entry.header == header for entry in cached
        )

    def batch(self) -> Batch:
        feed = self.result["feed"]
        return Batch(
            # feedparser's own dicts are slow, and answer some keys with the value of another.
            entries=tuple(self.reader.read(dict(raw)) for raw in self.result["entries"]),
            title=self.reader.title(feed),
            language=self.reader.header.language,
            fresh_for=fresh_for(feed),
            skipped_hours=skipped_hours.of_week(self.reader.text),
        )


def _feedparser(body: bytes, base: str) -> Mapping[str, Any]:
    """The result of feedparser; without a `base`, relative links stay relative."""
    import feedparser.api  # noqa: PLC0415  the main process never parses: spare it the import

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": base}
    try:
        with expat_driver.preferred(feedparser.api.PREFERRED_XML_PARSERS):
            result: Mapping[str, Any] = feedparser.parse(
                # feedparser takes plain bytes for the name of a file.
                io.BytesIO(body),
                response_headers=headers,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
    except MemoryError:
        raise
    except Exception as error:
        reason = one_line(f"{type(error).__name__}: {error}")[:120]
        raise SourceError(
            "feed_unreadable",
            f"the feed is too broken to be read ({reason}); tell its owner, or use another url",
        ) from error
    return result
