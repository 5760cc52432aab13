"""Keys: short digests by which entries, links and edits are looked up in the store."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

import regex

from reblogbot.core.identity.links import canonical_link
from reblogbot.core.text import one_line
from reblogbot.model import Entry

KEY_BYTES = 16


def key(kind: str, *values: str) -> bytes:
    """The key, 16 bytes, of a field of this kind with these values."""
    digest = blake2b(digest_size=KEY_BYTES, person=kind.encode())
    for value in values:
        octets = value.encode("utf-8", "surrogatepass")
        # with its length before each value, ("ab", "c") and ("a", "bc") have different keys
        digest.update(len(octets).to_bytes(8) + octets)
    return digest.digest()


# most entries are in many batches, and each of their keys is computed several times
@lru_cache(maxsize=8192)
def link_key(link: str) -> bytes:
    """The key of a link."""
    return key("link", link)


def edit_key(delivery_id: int, number: int) -> bytes:
    """The key of a delivery's nth edit, by which each edit is queued once."""
    return key("edit", str(delivery_id), str(number))


def follow_up_key(identity: bytes) -> bytes:
    """The key of the reply that follows the post of this identity, by which it is queued once."""
    return key("follow-up", identity.hex())


def part_key(identity: bytes) -> bytes:
    """The key of the part of a thread that follows the part of this identity."""
    return key("part", identity.hex())


def author_key(address: str, name: str, source: str) -> str:
    """The text that posts of an author are counted by: the address, else the name in its source."""
    return address or (f"{one_line(name).casefold()} of {source}" if name else "")


def author_of(entry: Entry, source: str) -> str:
    """The `author_key` of an entry of that source, by the first of its authors."""
    address = entry.author.address if entry.author else ""
    return author_key(address, entry.authors[0] if entry.authors else "", source)


_ARXIV_GUID = regex.compile(r"oai:arxiv\.org:(.+?)(?:v\d+)?", regex.IGNORECASE)


def normalised_guid(guid: str) -> str:
    """The id; one of arXiv's without the version, since all versions are the same paper."""
    guid = guid.strip()
    arxiv = _ARXIV_GUID.fullmatch(guid)
    return f"oai:arXiv.org:{arxiv[1]}" if arxiv else guid


def source_scoped_key(entry: Entry, source: str, *, with_guid: bool = True) -> bytes:
    """A key that is valid only within the source of that name: of the id, else of the text."""
    guid = normalised_guid(entry.guid) if with_guid else ""
    return key("guid", source, guid) if guid else _text_key(entry, source)


# Stores of 0.1.0 have keys that were computed otherwise. They stay valid, so the functions below
# must never change.


def legacy_keys_by_field(entry: Entry) -> Iterator[tuple[str, bytes]]:
    """The keys of an entry in its source as 0.1.0 computed them, each with its field's name."""
    for link in dict.fromkeys(map(canonical_link, (entry.link, entry.redirector))):
        if link:
            yield "link", link_key(link)
    guid = normalised_guid(entry.guid)
    if guid:
        yield "guid", key("guid", guid)
    elif not entry.uri:
        yield "text", _text_key(entry)


def legacy_keys(entry: Entry) -> tuple[bytes, ...]:
    """The keys of an entry in its source as 0.1.0 computed them."""
    return tuple(legacy_key for _, legacy_key in legacy_keys_by_field(entry))


def legacy_published_keys_by_field(entry: Entry, source: str) -> Iterator[tuple[str, bytes]]:
    """The keys of a published entry as 0.1.0 computed them, each with its field's name."""
    for field, legacy_key in legacy_keys_by_field(entry):
        if field == "link":
            yield field, legacy_key
    yield "guid" if normalised_guid(entry.guid) else "text", source_scoped_key(entry, source)


def _text_key(entry: Entry, *scope: str) -> bytes:
    published = entry.published_at.isoformat() if entry.published_at else ""
    return key("text", *scope, one_line(entry.title), one_line(entry.summary), published)
