"""The fields of an entry that it is matched by, and the keys computed from them."""

from __future__ import annotations

from collections.abc import Iterator

from reblogbot.core.identity.keys import key, link_key, normalised_guid, source_scoped_key
from reblogbot.core.identity.page_link import host_of_page, page_link, without_fragment
from reblogbot.core.text import one_line
from reblogbot.model import Entry
from reblogbot.model.evidence import MatchFields, SourceHabits

CONFIRMATIONS = 2
"""The number of polls after which a habit of a source is taken for confirmed."""
MIDNIGHT = "T00:00:00+00:00"
"""The end of a date that may stand for a day without a time."""


def ignores_ids(habits: SourceHabits) -> bool:
    """Whether the source reuses its ids, or changes them with every poll."""
    return habits.reused_ids >= CONFIRMATIONS or habits.id_changes >= CONFIRMATIONS


def ignores_links(habits: SourceHabits) -> bool:
    """Whether the source changes its links with every poll."""
    return habits.link_changes >= CONFIRMATIONS


def ignores_dates(habits: SourceHabits) -> bool:
    """Whether the source changes its dates with every poll."""
    return habits.date_changes >= CONFIRMATIONS


def match_fields(entry: Entry, habits: SourceHabits) -> MatchFields:
    """The entry's fields in normalised form, without those that its source's habits rule out."""
    ignored = frozenset(habits.parameters)
    page = page_link(entry.link, ignored)
    published = entry.published_at.isoformat() if entry.published_at else ""
    title, summary = one_line(entry.title), " ".join(entry.summary.split())
    # the query in the address of a recording may be a token that changes
    media = (item.url.partition("?")[0] for item in entry.media)
    words = "\n".join((title, summary, *media))
    if entry.text_digest and not ignores_dates(habits):
        # an outline has no words, so that a digest stands for them in the whole entry as well
        words = entry.text_digest
    return MatchFields(
        uri=entry.uri.strip(),
        page=page,
        link="" if ignores_links(habits) else page,
        redirector=page_link(entry.redirector, ignored),
        guid="" if ignores_ids(habits) else guid_field(entry.guid, ignored),
        is_permalink=entry.is_permalink,
        headline=title or summary,
        words=words,
        date="" if ignores_dates(habits) else published,
    )


def guid_field(guid: str, ignored: frozenset[str]) -> str:
    """The guid, as a page link where it is one; `ignored` are names in its query."""
    return page_link(guid, ignored) or normalised_guid(guid)


def own_guid(fields: MatchFields) -> str:
    """The guid, or "" where it is just the link; feeds append `#1`, `#2` to that with each edit."""
    is_link = fields.link and fields.link in (fields.guid, without_fragment(fields.guid))
    return "" if is_link else fields.guid


def guid_key(fields: MatchFields) -> bytes | None:
    """The key of the guid, None where the entry has no guid of its own."""
    guid = own_guid(fields)
    return key("guid", guid) if guid else None


def title_key(fields: MatchFields) -> bytes:
    """The key of the title with its date, or of title, words and path where there is no date."""
    return key("title", *title_with_context(fields))


def title_with_context(fields: MatchFields) -> tuple[str, ...]:
    """The title, and what is compared with it: the date, or words and path where there is none."""
    if fields.date:
        return fields.headline, fields.date
    return fields.headline, fields.words, fields.page.partition("?")[0]


def keys_by_field(fields: MatchFields) -> Iterator[tuple[str, bytes]]:
    """The keys of an entry in its source, each with its field's name, the most reliable first."""
    if fields.uri:
        yield "uri", key("uri", fields.uri)
    if fields.link or fields.redirector:
        yield "link", link_key(fields.link or fields.redirector)
    guid = guid_key(fields)
    if guid:
        yield "guid", guid
    if fields.headline and not fields.uri:
        yield "title", title_key(fields)
    if not any((fields.uri, fields.link, fields.redirector, guid, fields.headline)):
        yield "text", key("text", fields.words, fields.date, fields.page)


def entry_keys(fields: MatchFields) -> tuple[bytes, ...]:
    """The keys of an entry in its source, the most reliable first."""
    return tuple(entry_key for _, entry_key in keys_by_field(fields))


def place_keys(fields: MatchFields) -> tuple[bytes, ...]:
    """The keys of an entry on a page that several share: by its id, and by its texts and date."""
    names = (fields.guid, f"{fields.headline}\n{fields.words}\n{fields.date}")
    return tuple(key("place", fields.page, name) for name in names if name)


def published_keys(fields: MatchFields, entry: Entry, source: str) -> tuple[bytes, ...]:
    """The keys under which an account knows the entry, whatever source it comes from.

    Ids and texts alone identify an entry only within their source.
    """
    keys = [key("uri", fields.uri)] if fields.uri else []
    permalink = fields.guid if fields.is_permalink and fields.guid.startswith("https://") else ""
    links = dict.fromkeys((fields.link, fields.redirector, permalink))
    keys += [link_key(link) for link in links if link]
    if fields.page and not fields.link:
        keys.append(place_keys(fields)[0])
    has_time = fields.date and not fields.date.endswith(MIDNIGHT)
    if fields.page and fields.headline and has_time and not fields.uri:
        keys.append(key("title", host_of_page(fields.page), fields.headline, fields.date))
    return tuple(keys) or (source_scoped_key(entry, source, with_guid=bool(fields.guid)),)
