"""The byte offsets of the entries in a feed, so that known entries can be cut out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from xml.parsers import expat

_ENTRY_NAMES = frozenset({"item", "entry"})
# Elements beside the entries that have a title of their own.
_TITLED_ASIDES = frozenset({"image", "textinput"})


@dataclass(frozen=True, slots=True)
class EntrySpans:
    """The entries of one document: their byte `offsets` in `body`, and a digest of each.

    A digest covers the bytes of the entry and the elements around it. Other parts of the document
    can still change how an entry is read: see `entry_cache`.
    """

    body: bytes
    offsets: tuple[tuple[int, int], ...]
    digests: tuple[bytes, ...]

    def without(self, known_digests: frozenset[bytes]) -> bytes:
        """The document without the entries whose digests are in `known_digests`."""
        pieces, end = [], 0
        for (start, stop), digest in zip(self.offsets, self.digests, strict=True):
            if digest in known_digests:
                pieces.append(self.body[end:start])
                end = stop
        return b"".join((*pieces, self.body[end:]))


def find_entry_spans(body: bytes, context: str) -> EntrySpans | None:
    """The spans of the entries in `body`, which is UTF-8; None when they are not certain.

    `context` is everything else that decides how an entry is read; it goes into the digests.
    """
    # A document type can declare entities, and thereby change what an entry says.
    if b"<!DOCTYPE" in body:
        return None
    scan = _Scan(body)
    try:
        scan.run()
    except (expat.ExpatError, _UncertainSpans):
        return None
    if not scan.offsets:
        return None
    ancestors = repr((context, scan.ancestors, sorted(scan.prefixes)))
    seed = blake2b(ancestors.encode(), digest_size=16).digest()
    digests = (
        blake2b(seed + body[start:end], digest_size=16).digest() for start, end in scan.offsets
    )
    return EntrySpans(body, tuple(scan.offsets), tuple(digests))


class _UncertainSpans(Exception):
    """Raised through expat: this document must be read as a whole."""


@dataclass(slots=True)
class _Scan:
    """One run of expat over a document."""

    body: bytes
    offsets: list[tuple[int, int]] = field(default_factory=list)
    ancestors: tuple[Any, ...] = ()
    """The name of the entries and the elements around them."""
    prefixes: set[tuple[str, str]] = field(default_factory=set)
    open_elements: list[Any] = field(default_factory=list)
    depth: int = 0
    """How many elements are open from the entry inwards, 0 outside of entries."""
    start: int = 0
    parser: Any = None

    def run(self) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self.on_start
        self.parser.EndElementHandler = self.on_end
        self.parser.StartNamespaceDeclHandler = self.on_namespace
        self.parser.Parse(self.body, True)  # noqa: FBT003  pyexpat takes it by position only

    def on_namespace(self, prefix: str | None, uri: str) -> None:
        if not self.depth:
            self.prefixes.add((prefix or "", uri or ""))

    def on_start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local in _ENTRY_NAMES:
            self.begin_entry(name)
        elif self.depth:
            self.depth += 1
        else:
            # feedparser takes a title behind an entry for the feed's, but not if there is no
            # entry before it: cutting out entries would change the feed's title.
            is_aside = bool(self.open_elements) and (
                _local(self.open_elements[-1][0]) in _TITLED_ASIDES
            )
            if local == "title" and self.offsets and not is_aside:
                raise _UncertainSpans
            self.open_elements.append((name, attributes))

    def begin_entry(self, name: str) -> None:
        ancestors = (name, *self.open_elements)
        # Nested entries, or entries in different places: not all of them may be the feed's.
        if self.depth or (self.offsets and ancestors != self.ancestors):
            raise _UncertainSpans
        self.ancestors, self.depth, self.start = ancestors, 1, self.parser.CurrentByteIndex

    def on_end(self, _: str) -> None:
        if not self.depth:
            self.open_elements.pop()
            return
        self.depth -= 1
        if not self.depth:
            tag = self.parser.CurrentByteIndex
            if not self.body.startswith(b"</", tag):
                raise _UncertainSpans
            self.offsets.append((self.start, self.body.index(b">", tag) + 1))


def _local(name: str) -> str:
    """The local name of an element that expat names with its namespace, in lower case."""
    return name.rpartition(" ")[2].lower()
