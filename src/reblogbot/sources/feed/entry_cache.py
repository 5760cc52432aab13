"""A cache of the entries that a parser child has read, so that none is parsed twice."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from typing import NamedTuple

from reblogbot.model import Entry

_MAX_CHARACTERS = 10_000_000
# What an entry costs beside its texts, counted as characters.
_OVERHEAD = 200


class CachedEntry(NamedTuple):
    """An entry, and the header of the feed it was read under, which decides how it is read."""

    entry: Entry
    header: Hashable


class EntryCache:
    """Entries by digest (`entry_spans`); the least recently used ones are dropped first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[bytes, CachedEntry] = OrderedDict()
        self._characters = 0

    def lookup(self, digests: Iterable[bytes]) -> dict[bytes, CachedEntry]:
        """The cached entries of these digests, as far as there are any."""
        cached = {}
        for digest in digests:
            if digest in self._entries:
                self._entries.move_to_end(digest)
                cached[digest] = self._entries[digest]
        return cached

    def add(self, digest: bytes, entry: Entry, header: Hashable) -> None:
        """Add `entry`, and drop old ones when there are too many."""
        self.drop([digest])
        self._entries[digest] = CachedEntry(entry, header)
        self._characters += _size(entry)
        while self._characters > _MAX_CHARACTERS:
            self.drop([next(iter(self._entries))])

    def drop(self, digests: Iterable[bytes]) -> None:
        """Drop these entries: they are read again when they are met."""
        for digest in digests:
            cached = self._entries.pop(digest, None)
            self._characters -= _size(cached.entry) if cached else 0


def _size(entry: Entry) -> int:
    media = (text for medium in entry.media for text in (medium.url, medium.alt))
    texts = (entry.title, entry.link, entry.redirector, entry.guid, entry.summary)
    return _OVERHEAD + sum(map(len, (*texts, *entry.authors, *entry.categories, *media)))
