"""Where the entries of a well-formed feed stand in its text, so that none is read twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple
from xml.parsers import expat

from reblogbot.model import Entry

_ENTRY_NAMES = frozenset({"item", "entry"})
_ASIDES = frozenset({"image", "textinput"})
_MOST_CHARACTERS = 10_000_000
_OVERHEAD = 200


@dataclass(frozen=True, slots=True)
class Spans:
    """The entries of one document: `places` are their byte offsets in `body`, `keys` their digests.

    A key covers the entry's own bytes and the elements it stands in; what else is around it may
    say how they are to be read too, see `KnownEntries`.
    """

    body: bytes
    places: tuple[tuple[int, int], ...]
    keys: tuple[bytes, ...]

    def without(self, known: frozenset[bytes]) -> bytes:
        """The document cut down to the entries whose keys are not `known`."""
        pieces, end = [], 0
        for (start, stop), key in zip(self.places, self.keys, strict=True):
            if key in known:
                pieces.append(self.body[end:start])
                end = stop
        return b"".join((*pieces, self.body[end:]))


def find(body: bytes, context: str) -> Spans | None:
    """The spans of the entries in `body`, UTF-8; None when in any doubt about them.

    `context` is whatever else decides how an entry is read.
    """
    # a document type may declare what a reference means
    if b"<!DOCTYPE" in body:
        return None
    scan = _Scan(body)
    try:
        scan.run()
    except (expat.ExpatError, _Doubt):
        return None
    if not scan.places:
        return None
    above = repr((context, scan.above, sorted(scan.prefixes)))
    seed = blake2b(above.encode(), digest_size=16).digest()
    keys = (blake2b(seed + body[start:end], digest_size=16).digest() for start, end in scan.places)
    return Spans(body, tuple(scan.places), tuple(keys))


class Known(NamedTuple):
    """An entry, and the head under which it was read: what the whole feed said of itself."""

    entry: Entry
    head: Hashable


class KnownEntries:
    """Entries by the keys of their spans; the ones not seen for longest are forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._characters = 0

    def among(self, keys: Iterable[bytes]) -> dict[bytes, Known]:
        """Those of `keys` that are known."""
        found = {}
        for key in keys:
            if key in self._known:
                self._known.move_to_end(key)
                found[key] = self._known[key]
        return found

    def learn(self, key: bytes, entry: Entry, head: Hashable) -> None:
        """Remembers `entry`, and forgets others where there are too many."""
        self.forget([key])
        self._known[key] = Known(entry, head)
        self._characters += _size(entry)
        while self._characters > _MOST_CHARACTERS:
            self.forget([next(iter(self._known))])

    def forget(self, keys: Iterable[bytes]) -> None:
        """Leaves these to be read once more."""
        for key in keys:
            known = self._known.pop(key, None)
            self._characters -= _size(known.entry) if known else 0


def _size(entry: Entry) -> int:
    media = (text for medium in entry.media for text in (medium.url, medium.alt))
    own = (entry.title, entry.link, entry.redirector, entry.guid, entry.summary)
    return _OVERHEAD + sum(map(len, (*own, *entry.authors, *entry.categories, *media)))


class _Doubt(Exception):
    """Thrown out of expat: this document is better read whole."""


@dataclass(slots=True)
class _Scan:
    body: bytes
    places: list[tuple[int, int]] = field(default_factory=list)
    above: tuple[Any, ...] = ()
    prefixes: set[tuple[str, str]] = field(default_factory=set)
    stack: list[Any] = field(default_factory=list)
    inside: int = 0
    start: int = 0
    parser: Any = None

    def run(self) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self.opened
        self.parser.EndElementHandler = self.closed
        self.parser.StartNamespaceDeclHandler = self.declared
        self.parser.Parse(self.body, True)  # noqa: FBT003  pyexpat takes it by position only

    def declared(self, prefix: str | None, uri: str) -> None:
        if not self.inside:
            self.prefixes.add((prefix or "", uri or ""))

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2].lower()
        if local in _ENTRY_NAMES:
            self.begin(name)
        elif self.inside:
            self.inside += 1
        else:
            # after an entry, feedparser takes a title for the feed's that it would not before
            if local == "title" and self.places and not self.is_aside():
                raise _Doubt
            self.stack.append((name, attributes))

    def is_aside(self) -> bool:
        """True within what the feed has beside its entries, with a title of its own."""
        return self.stack[-1][0].rpartition(" ")[2].lower() in _ASIDES

    def begin(self, name: str) -> None:
        above = (name, *self.stack)
        # one within another, or one here and one there: they may not all be entries
        if self.inside or (self.places and above != self.above):
            raise _Doubt
        self.above, self.inside, self.start = above, 1, self.parser.CurrentByteIndex

    def closed(self, _: str) -> None:
        if not self.inside:
            self.stack.pop()
            return
        self.inside -= 1
        if not self.inside:
            tag = self.parser.CurrentByteIndex
            if not self.body.startswith(b"</", tag):
                raise _Doubt
            self.places.append((self.start, self.body.index(b">", tag) + 1))
