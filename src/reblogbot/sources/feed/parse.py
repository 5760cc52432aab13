"""A feed document, of RSS, Atom, RDF or JSON Feed, to a Batch; runs in the parser child.

What becomes of one entry is decided in `entry`; what the feed says of itself in `header`. A
document is read whole by feedparser, or in outline by expat. Of the outlined entries, those that
are asked for are read by feedparser from the document cut down to them (ADR 0039).
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from reblogbot.core.text import language_of, one_line
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Validators
from reblogbot.sources.feed import json_feed, not_a_feed, skipped_hours, xml_repair
from reblogbot.sources.feed.entry import EntryReader
from reblogbot.sources.feed.header import fresh_for, read_header
from reblogbot.sources.feed.outline import DocumentOutline, read_outline
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.words import Words

INCOMPLETE = Validators(cursor="cut off")
"""Marks the Batch of a document that was cut off: the next poll must fetch it again."""

_TAG = re.compile(r"<[^<>]*>")
_LANGUAGE_SAMPLE = 10_000
# Where a document has elements of these names, feedparser gives their text in place of its values.
_KINDS: Mapping[str, type] = {
    **dict.fromkeys(["links", "authors", "tags", "content"], list),
    **dict.fromkeys(["media_content", "media_thumbnail"], list),
    **dict.fromkeys(["title_detail", "summary_detail"], dict),
}
# without one of these, feedparser does not take a title of RSS for HTML
_MAY_BE_HTML = re.compile(r"</\w|&[#\w]")
_identity = attrgetter(
    "title", "link", "redirector", "guid", "is_permalink", "published_at", "updated_at"
)


def parse_body(body: ResponseBody) -> Batch:
    """The Batch in the body of a feed, all entries whole.

    It has no validators, except INCOMPLETE when the document was cut off. Raises SourceError and
    nothing else.
    """
    document = load_document(body)
    return document.whole_batch() if document else _json_batch(body)


def outline_body(body: ResponseBody) -> Batch:
    """The same Batch, in outline the entries that have a certain one. Raises SourceError."""
    document = load_document(body)
    return document.outline_batch() if document else _json_batch(body)


def read_entries(body: ResponseBody, positions: Sequence[int]) -> tuple[Entry, ...]:
    """The whole entries of the outlines at these positions. Raises SourceError."""
    document = load_document(body)
    if document is None:
        return tuple(_json_batch(body).entries[position] for position in positions)
    return document.read(positions)


@lru_cache(maxsize=1)
def load_document(body: ResponseBody) -> _Document | None:
    """The document in a body, None for JSON. Raises SourceError when it is no feed.

    The last document is kept: its entries are asked for right after its outline.
    """
    text = body.text()
    if json_feed.looks_like_json(text):
        return None
    not_a_feed.refuse_other_documents(text, body.url)
    repaired, is_complete = xml_repair.repair(text)
    return _Document(repaired, text, body, is_complete)


def _json_batch(body: ResponseBody) -> Batch:
    return json_feed.parse(body.text(), body.url, body.zone(), body.now)


@dataclass(frozen=True)
class _Document:
    """A repaired document, its `original` text, and the body, which tells how it is read."""

    text: str
    original: str
    body: ResponseBody
    is_complete: bool

    def whole_batch(self) -> Batch:
        """The Batch with all entries whole."""
        parsed = self.parse(self.text.encode())
        if parsed is None:
            raise not_a_feed.unknown_format_error(self.original, self.body.url)
        entries = dict(enumerate(parsed.entries()))
        if self.outlines and len(self.outlines.document.entries) == len(entries):
            ambiguous = _ambiguous(entries)
            for position, outline in self.outlines.certain_entries().items():
                digest = "" if position in ambiguous else outline.text_digest
                entries[position] = replace(entries[position], text_digest=digest)
        batch = self.batch(parsed.reader, parsed.result["feed"], entries)
        return batch if self.is_complete else replace(batch, validators=INCOMPLETE)

    def outline_batch(self) -> Batch:
        """The Batch with outlines of the entries that have a certain one."""
        outlines = self.outlines
        if outlines is None:
            return self.whole_batch()
        entries = outlines.certain_entries()
        whole = self.part(set(range(len(outlines.document.entries))) - entries.keys())
        if whole is None:
            return self.whole_batch()
        more = self.part(_ambiguous(entries | whole) - whole.keys())
        if more is None:
            return self.whole_batch()
        return self.batch(outlines.reader, outlines.document.feed, entries | whole | more)

    def read(self, positions: Sequence[int]) -> tuple[Entry, ...]:
        """The whole entries of the outlines at these positions."""
        outlines = self.outlines
        part = self.part(set(positions)) if outlines else None
        if outlines is None or part is None or not outlines.agree(part):
            entries = self.whole_batch().entries
            return tuple(entries[position] for position in positions)
        digests = [outlines.document.entries[position].text_digest for position in positions]
        return tuple(
            replace(part[position], text_digest=digest)
            for position, digest in zip(positions, digests, strict=True)
        )

    def part(self, positions: set[int]) -> dict[int, Entry] | None:
        """The whole entries by their positions, read from the document cut down to them.

        None where the document means something else without the other entries.
        """
        if self.outlines is None or not positions:
            return {}
        parsed = self.parse(self.outlines.document.cut_down(positions))
        if parsed is None or parsed.reader.header != self.outlines.reader.header:
            return None
        # this reader has searched the text of the document already
        entries = replace(parsed, reader=self.outlines.reader).entries()
        if len(entries) != len(positions):
            return None
        return dict(zip(sorted(positions), entries, strict=True))

    @cached_property
    def outlines(self) -> _Outlines | None:
        """The outlines of the entries; None where the document has to be read as a whole."""
        if self.has_nested_bases or not self.is_complete:
            return None
        document = read_outline(self.text.encode())
        if document is None:
            return None
        reader = self.reader({"feed": document.feed, "version": document.version})
        outlines = _Outlines(document, reader)
        return outlines if outlines.has_certain_title(document.feed) else None

    def parse(self, octets: bytes) -> _Parsed | None:
        """The document, or a part of it, parsed; None when it is not a feed."""
        # Resolving links takes half of feedparser's time, so it does that only for nested bases.
        parsed = _feedparser(octets, self.body.url if self.has_nested_bases else "")
        if not parsed["version"] and not parsed["entries"]:
            return None
        return _Parsed(parsed, self.reader(parsed))

    def reader(self, parsed: Mapping[str, Any]) -> EntryReader:
        """The reader of entries under what `parsed` says of the feed."""
        has_bases = self.has_nested_bases
        url = "" if has_bases else self.body.url
        return EntryReader(
            header=read_header(parsed, url, looks_chinese=self.looks_chinese()),
            text=self.text,
            url=self.body.url,
            zone=self.body.zone(),
            now=self.body.now,
            resolves_links=has_bases,
        )

    def batch(
        self, reader: EntryReader, feed: Mapping[str, Any], entries: Mapping[int, Entry]
    ) -> Batch:
        return Batch(
            entries=tuple(entry for _, entry in sorted(entries.items())),
            title=reader.title(feed),
            language=reader.header.language,
            fresh_for=fresh_for(feed),
            skipped_hours=skipped_hours.of_week(self.text),
        )

    @cached_property
    def has_nested_bases(self) -> bool:
        return "xml:base" in self.text

    def looks_chinese(self) -> bool:
        """True when the zone name CST must mean China's, in a feed that declares no language."""
        sample = self.text[:_LANGUAGE_SAMPLE]
        return "CST" in self.text and language_of(_TAG.sub(" ", sample)) == "zh"


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What feedparser returned for a document, or for a part of one."""

    result: Mapping[str, Any]
    reader: EntryReader

    def entries(self) -> list[Entry]:
        # feedparser's own dicts are slow, and answer some keys with the value of another.
        return [self.reader.read(dict(raw)) for raw in self.result["entries"]]


@dataclass(frozen=True)
class _Outlines:
    """The outline of a document, and the reader of its entries."""

    document: DocumentOutline
    reader: EntryReader

    def certain_entries(self) -> dict[int, Entry]:
        """The entries in outline by their positions, those that are certain."""
        entries = (
            (position, self.entry(position)) for position in range(len(self.document.entries))
        )
        return {position: entry for position, entry in entries if entry is not None}

    def agree(self, part: Mapping[int, Entry]) -> bool:
        """Whether whole entries have the values of their outlines."""
        return all(
            outline is not None and _identity(outline) == _identity(whole)
            for position, whole in part.items()
            for outline in (self.entry(position),)
        )

    def entry(self, position: int) -> Entry | None:
        """The entry at this position in outline; None where that is not certain.

        A date in the future is not, because it is read as the present time.
        """
        outline = self.document.entries[position]
        if not outline.is_certain or not self.has_certain_title(outline.raw):
            return None
        entry = self.reader.identify(outline.raw, outline.text_digest, position)
        is_whole = all((entry.title, entry.link, entry.guid, entry.published_at))
        if not is_whole or self.reader.now in (entry.published_at, entry.updated_at):
            return None
        return entry

    def has_certain_title(self, raw: Mapping[str, Any]) -> bool:
        """Whether a title is the same when feedparser takes it for HTML."""
        if self.reader.header.is_atom or not _MAY_BE_HTML.search(raw.get("title", "")):
            return True
        as_html = {**raw, "title_detail": {"type": "text/html"}}
        return self.reader.title(raw) == self.reader.title(as_html)


def _ambiguous(entries: Mapping[int, Entry]) -> set[int]:
    """The positions of entries that have the id, or headline and date, of another.

    Only their whole texts tell such entries apart.
    """
    values = {
        position: [
            ("id", entry.guid),
            (entry.title or " ".join(entry.summary.split()), entry.published_at),
        ]
        for position, entry in entries.items()
    }
    counts = Counter(value for pair in values.values() for value in pair)
    return {position for position, pair in values.items() if any(counts[v] > 1 for v in pair)}


def _feedparser(body: bytes, base: str) -> Mapping[str, Any]:
    """The result of feedparser; without a `base`, relative links stay relative."""
    # most polls read no entry whole: spare them the import, half of what a fresh process costs
    import feedparser.api  # noqa: PLC0415

    from reblogbot.sources.feed import expat_driver  # noqa: PLC0415  imports http.client and ssl

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
            Words(
                "the feed is too broken to be read ({reason}); tell its owner, or use another url",
                reason=reason,
            ),
        ) from error
    for holder in (result["feed"], *result["entries"]):
        for key, kind in _KINDS.items():
            if not isinstance(dict.get(holder, key, kind()), kind):
                del holder[key]
    return result
