"""The traits by which an entry is recognised, their keys, and the evidence beside a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import NamedTuple

from reblogbot.core import identity
from reblogbot.core.page_link import host_of_page, page_link, without_place
from reblogbot.core.text import one_line
from reblogbot.model import Entry
from reblogbot.model.evidence import Habits, Traits

# a habit counts once it has been seen so often
CONFIRMED = 2
_DIGEST = 4
NONE = bytes(_DIGEST)
"""The digest of a trait that is absent or tells nothing."""
MIDNIGHT = "T00:00:00+00:00"


class Evidence(NamedTuple):
    """Digests of an entry's traits, 4 bytes each, zero for what is absent or tells nothing."""

    id: bytes
    link: bytes
    title: bytes
    date: bytes
    words: bytes

    @classmethod
    def unpack(cls, packed: bytes) -> Evidence:
        """The evidence in its stored form of 20 bytes; missing bytes are absent traits."""
        full = packed.ljust(_DIGEST * 5, b"\0")
        return cls(*(full[start : start + _DIGEST] for start in range(0, _DIGEST * 5, _DIGEST)))

    def pack(self) -> bytes:
        """The stored form."""
        return b"".join(self)


def traits_of(entry: Entry, habits: Habits) -> Traits:
    ignored = frozenset(habits.parameters)
    page = page_link(entry.link, ignored)
    published = entry.published_at.isoformat() if entry.published_at else ""
    title, summary = one_line(entry.title), " ".join(entry.summary.split())
    # the query of a recording's address may be a token
    media = (item.url.partition("?")[0] for item in entry.media)
    return Traits(
        uri=entry.uri.strip(),
        page=page,
        link="" if habits.link_changes >= CONFIRMED else page,
        redirector=page_link(entry.redirector, ignored),
        guid="" if ignores_ids(habits) else _guid(entry.guid, ignored),
        is_permalink=entry.is_permalink,
        headline=title or summary,
        words="\n".join((title, summary, *media)),
        date="" if habits.date_changes >= CONFIRMED else published,
    )


def _guid(guid: str, ignored: frozenset[str]) -> str:
    return page_link(guid, ignored) or identity.normal_guid(guid)


def ignores_ids(habits: Habits) -> bool:
    return habits.reused_ids >= CONFIRMED or habits.id_changes >= CONFIRMED


def own_id(traits: Traits) -> str:
    """The id, unless it is just the link; feeds add `#1`, `#2` to that with each edit."""
    is_link = traits.link and traits.link in (traits.guid, without_place(traits.guid))
    return "" if is_link else traits.guid


def guid_key(traits: Traits) -> bytes | None:
    name = own_id(traits)
    return identity.key("guid", name) if name else None


def keys_by_trait(traits: Traits) -> Iterator[tuple[str, bytes]]:
    """The keys of an entry by the trait that each stands for, the most telling first."""
    if traits.uri:
        yield "uri", identity.key("uri", traits.uri)
    if traits.link or traits.redirector:
        yield "link", identity.link_key(traits.link or traits.redirector)
    guid = guid_key(traits)
    if guid:
        yield "guid", guid
    if traits.headline and not traits.uri:
        yield "title", title_key(traits)
    if not any((traits.uri, traits.link, traits.redirector, guid, traits.headline)):
        yield "text", identity.key("text", traits.words, traits.date, traits.page)


def title_key(traits: Traits) -> bytes:
    if traits.date:
        return identity.key("title", traits.headline, traits.date)
    path = traits.page.partition("?")[0]
    return identity.key("title", traits.headline, traits.words, path)


def keys_of(traits: Traits) -> tuple[bytes, ...]:
    return tuple(key for _, key in keys_by_trait(traits))


def published_keys(traits: Traits, entry: Entry, source: str) -> tuple[bytes, ...]:
    """The keys under which an account knows the entry, whatever source it comes from.

    Ids and texts alone mean something only within their source.
    """
    keys = [identity.key("uri", traits.uri)] if traits.uri else []
    permalink = traits.guid if traits.is_permalink and traits.guid.startswith("https://") else ""
    links = dict.fromkeys((traits.link, traits.redirector, permalink))
    keys += [identity.link_key(link) for link in links if link]
    if traits.page and not traits.link:
        name = traits.guid or f"{traits.headline}\n{traits.words}\n{traits.date}"
        keys.append(identity.key("place", traits.page, name))
    is_timed = traits.date and not traits.date.endswith(MIDNIGHT)
    if traits.page and traits.headline and is_timed and not traits.uri:
        host = host_of_page(traits.page)
        keys.append(identity.key("title", host, traits.headline, traits.date))
    return tuple(keys) or identity.keys_within(entry, source, with_guid=bool(traits.guid))


def evidence_of(traits: Traits, entry: Entry, habits: Habits, common: Mapping[str, int]) -> bytes:
    # also where ids are not relied on: they may be stable again
    guid = traits.guid or _guid(entry.guid, frozenset(habits.parameters))
    is_link = traits.page in (guid, without_place(guid)) and (traits.link or guid == traits.page)
    is_telling_date = common[traits.date] == 1 and not traits.date.endswith(MIDNIGHT)
    return Evidence(
        id=_digest("" if is_link else guid),
        link=_digest(traits.link or (traits.page if habits.link_changes >= CONFIRMED else "")),
        title=_digest(traits.headline if common[traits.headline] == 1 else ""),
        date=_digest(traits.date if is_telling_date else ""),
        words=_digest(traits.words),
    ).pack()


def _digest(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogatepass")
    return blake2b(octets, digest_size=_DIGEST).digest() if text else NONE
