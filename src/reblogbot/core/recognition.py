"""Which entries of a batch are the same, and which of them the source has shown before; pure.

No single field identifies an entry (ADR 0025). Each key is computed from one field: the URI, the
link, the id, or the title with its date. Beside each key the store keeps *evidence*, digests of
the other fields, and a key that is seen again counts only where the evidence agrees.

`candidates` looks at one batch alone, `recognise` compares it with the history of its source.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reblogbot.core import bounds, identity
from reblogbot.core.habits import learn_from_batch
from reblogbot.core.identity import evidence
from reblogbot.core.identity.evidence import SHARED, Evidence
from reblogbot.core.identity.keys import legacy_keys_by_field, legacy_published_keys_by_field
from reblogbot.core.identity.match_fields import (
    MIDNIGHT,
    entry_keys,
    guid_key,
    ignores_links,
    keys_by_field,
    match_fields,
    own_guid,
    place_keys,
    published_keys,
    title_with_context,
)
from reblogbot.core.identity.page_link import page_link, without_fragment
from reblogbot.model import Batch, Candidate, Entry
from reblogbot.model.evidence import MatchFields, SourceHabits
from reblogbot.model.history import SourceHistory


@dataclass(frozen=True, slots=True)
class Recognised:
    """A batch compared with its source's history: `found` are all its entries, oldest first.

    `new` are those the source has not shown before, `sightings` the evidence to be stored by key.
    """

    candidates: tuple[Candidate, ...]
    new: tuple[Candidate, ...]
    sightings: Mapping[bytes, bytes]
    habits: SourceHabits


def candidates(
    source: str, batch: Batch, habits: SourceHabits | None = None
) -> tuple[Candidate, ...]:
    """The batch's entries with their keys, oldest first, without repetitions."""
    habits = habits or SourceHabits()
    entries = oldest_first(batch.entries)
    all_fields = _identifying([match_fields(entry, habits) for entry in entries])
    counts = Counter(
        value for fields in dict.fromkeys(all_fields) for value in (fields.headline, fields.date)
    )
    keys_so_far: set[bytes] = set()
    distinct = []
    for entry, fields in zip(entries, all_fields, strict=True):
        keys = entry_keys(fields)
        if keys_so_far.isdisjoint(keys):
            packed = evidence.evidence_of(fields, entry, habits, counts).pack()
            distinct.append(_candidate(source, entry, fields, keys, packed))
        keys_so_far.update(keys)
    return tuple(distinct)


def recognise(source: str, batch: Sequence[Candidate], history: SourceHistory) -> Recognised:
    """Which of the candidates are new, and what the batch shows of its source's habits."""
    judgements = [_judge(source, candidate, history) for candidate in batch]
    sightings: dict[bytes, bytes] = {}
    for judgement in judgements:
        sightings |= judgement.sightings
    # a page that one entry proves to be shared is shared for every entry of the batch
    shared = [
        key
        for judgement in judgements
        for key, stored in judgement.sightings.items()
        if stored == SHARED
    ]
    return Recognised(
        candidates=tuple(judgement.candidate for judgement in judgements),
        new=tuple(judgement.candidate for judgement in judgements if not judgement.is_known),
        sightings=sightings | dict.fromkeys(shared, SHARED),
        habits=learn_from_batch(
            history.habits,
            [judgement.candidate for judgement in judgements],
            [(each.former, each.candidate) for each in judgements if each.former is not None],
            sum(judgement.has_reused_id for judgement in judgements),
        ),
    )


def with_entries(recognised: Recognised, entries: Mapping[int, Entry]) -> Recognised | None:
    """The same with whole entries, by position, in place of their outlines.

    None where the outline of one is not the entry's own: then the keys may not be either.
    """
    candidates = list(recognised.candidates)
    for position, entry in entries.items():
        outline = candidates[position].entry
        if outline.outline_position is None or entry.outline(outline.outline_position) != outline:
            return None
        candidates[position] = replace(candidates[position], entry=entry)
    replaced = {
        id(before): after for before, after in zip(recognised.candidates, candidates, strict=True)
    }
    return replace(
        recognised,
        candidates=tuple(candidates),
        new=tuple(replaced[id(candidate)] for candidate in recognised.new),
    )


def lookup_keys(written: str) -> tuple[bytes, ...]:
    """All keys that an admin may mean by a link, an id or a URI."""
    page = page_link(written)
    keys = [identity.link_key(page), identity.key("guid", page)] if page else []
    keys += [identity.key("guid", written), identity.key("uri", written)]
    for entry in (Entry(link=written), Entry(guid=written)):
        keys += identity.legacy_keys(entry)
    return tuple(dict.fromkeys(keys))


def keys_of_written(written: str) -> list[bytes]:
    """As `lookup_keys`; a link may lack its scheme."""
    links = [written] if "://" in written else [written, f"https://{written}"]
    return sorted({key for link in links for key in lookup_keys(link)})


def oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries by date; one without a date stays beside its neighbour."""
    return [entries[index] for index in bounds.age_order(entries)]


def _candidate(
    source: str, entry: Entry, fields: MatchFields, keys: tuple[bytes, ...], packed: bytes
) -> Candidate:
    # The history may show that the link is shared, or that the id is reused, which changes the
    # keys: all keys that the entry may come to have are looked up.
    lookups = [*keys, *identity.legacy_keys(entry)]
    if fields.redirector:
        lookups.append(identity.link_key(fields.redirector))
    if fields.guid:
        lookups.append(identity.key("guid", fields.guid))
    published = published_keys(fields, entry, source)
    published_lookups = [*place_keys(fields), *published] if fields.link else [*published]
    published_lookups += [key for _, key in legacy_published_keys_by_field(entry, source)]
    return Candidate(
        entry=entry,
        keys=keys,
        published_keys=published,
        match_fields=fields,
        evidence=packed,
        guid_key=guid_key(fields),
        lookups=tuple(dict.fromkeys(lookups)),
        published_lookups=tuple(dict.fromkeys(published_lookups)),
    )


# within one batch


def _identifying(all_fields: Sequence[MatchFields]) -> list[MatchFields]:
    """The fields of each entry, without the values that several different entries share."""
    titles = _shared_titles(all_fields)
    all_fields = [
        replace(fields, headline="") if title_with_context(fields) in titles else fields
        for fields in all_fields
    ]
    guids = _shared_values(
        all_fields, lambda fields: fields.guid, lambda fields: (fields.page, fields.headline)
    )
    all_fields = [
        replace(fields, guid="") if fields.guid in guids else fields for fields in all_fields
    ]
    links = _shared_values(all_fields, lambda fields: fields.link, _name_besides_link)
    redirectors = _shared_values(all_fields, lambda fields: fields.redirector, _name_besides_link)
    return [_without_links(fields, links | redirectors) for fields in all_fields]


def _without_links(fields: MatchFields, shared: frozenset[str]) -> MatchFields:
    """The fields without the links that other entries have as well."""
    if shared.isdisjoint((fields.link, fields.redirector)):
        return fields
    return replace(
        fields,
        link="" if fields.link in shared else fields.link,
        redirector="" if fields.redirector in shared else fields.redirector,
    )


def _name_besides_link(fields: MatchFields) -> str:
    """The value that distinguishes an entry from others with the same link: its id or its words."""
    return own_guid(fields) or fields.headline or fields.words or fields.date


def _shared_titles(all_fields: Sequence[MatchFields]) -> frozenset[tuple[str, ...]]:
    """Titles with date that entries of different pages share, unless all their text is equal."""
    groups: defaultdict[tuple[str, ...], list[MatchFields]] = defaultdict(list)
    for fields in all_fields:
        groups[title_with_context(fields)].append(fields)
    return frozenset(
        title
        for title, group in groups.items()
        if len({fields.page or fields.guid or fields.redirector for fields in group}) > 1
        and (
            len({fields.words for fields in group}) > 1
            # equal words prove nothing where they are only the title
            or group[0].words.strip() == title[0]
        )
    )


def _shared_values(
    all_fields: Sequence[MatchFields],
    value_of: Callable[[MatchFields], str],
    name_of: Callable[[MatchFields], object],
) -> frozenset[str]:
    """The values of a field that several entries with different names have.

    Entries with the same title and date are one entry shown twice, and count once.
    """
    names: defaultdict[str, set[object]] = defaultdict(set)
    first_names: dict[tuple[str, tuple[str, ...]], object] = {}
    for fields in all_fields:
        value = value_of(fields)
        if value:
            name = name_of(fields)
            if fields.headline:
                name = first_names.setdefault((value, title_with_context(fields)), name)
            names[value].add(name)
    return frozenset(value for value, distinct in names.items() if len(distinct) > 1)


# compared with the history


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A candidate compared with the history of its source.

    `sightings` is the evidence to be stored by key, `former` the evidence of the last time the
    entry was shown, None where it is new or no evidence was kept.
    """

    candidate: Candidate
    is_known: bool
    sightings: Mapping[bytes, bytes]
    former: Evidence | None
    has_reused_id: bool


def _judge(source: str, candidate: Candidate, history: SourceHistory) -> _Judgement:
    """Compare one candidate with the history, after dropping a shared link and a reused id."""
    fields = candidate.match_fields
    now = evidence.comparable_evidence(candidate, history.habits)
    shared_links = _shared_links(fields, now, history)
    fields = _without_links(fields, shared_links)
    now = now if fields.link else now._replace(link=evidence.ABSENT)
    reused_id = _reused_id(fields, now, history)
    fields = replace(fields, guid="") if reused_id else fields
    matches = [history.seen[key] for key in _agreeing_keys(fields, now, history)]
    legacy_keys = _legacy_keys(candidate, fields, history)
    legacy_published = legacy_published_keys_by_field(candidate.entry, source)
    unchanged = fields is candidate.match_fields
    settled = replace(
        candidate if unchanged else _with_fields(source, candidate, fields),
        evidence=Evidence.unpack(candidate.evidence)._replace(link=now.link).pack(),
        legacy_keys=legacy_keys,
        legacy_published_keys=tuple(
            key for field, key in legacy_published if _identifies(field, fields)
        ),
    )
    reused_keys = [identity.key("guid", reused_id)] if reused_id else []
    sightings = dict.fromkeys((*settled.keys, *legacy_keys, *reused_keys), settled.evidence)
    if not ignores_links(history.habits):
        pages = (*shared_links, fields.page if not fields.link else "")
        sightings |= {identity.link_key(page): SHARED for page in pages if page}
    return _Judgement(
        candidate=settled,
        is_known=bool(matches or legacy_keys),
        sightings=sightings,
        former=next((Evidence.unpack(stored) for stored in matches if stored), None),
        has_reused_id=bool(reused_id),
    )


def _shared_links(fields: MatchFields, now: Evidence, history: SourceHistory) -> frozenset[str]:
    """Those of link and redirector under which the source has shown another entry."""
    has_stable_ids = history.habits.has_stable_ids
    rule = evidence.is_same_by_link_and_stable_id if has_stable_ids else evidence.is_same_by_link
    return frozenset(
        link
        for link in (fields.link, fields.redirector)
        if link
        and (key := identity.link_key(link)) in history.seen
        and not evidence.agrees(history.seen[key], now, rule)
    )


def _reused_id(fields: MatchFields, now: Evidence, history: SourceHistory) -> str:
    """The entry's id if the source has shown another entry under it, else ""."""
    guid = own_guid(fields)
    key = identity.key("guid", guid) if guid else b""
    is_reused = key in history.seen and not evidence.agrees(
        history.seen[key], now, evidence.is_same_by_id
    )
    return guid if is_reused else ""


def _agreeing_keys(fields: MatchFields, now: Evidence, history: SourceHistory) -> Iterator[bytes]:
    """The keys in the history that mean this entry, once shared links and a reused id are out."""
    is_day = fields.date.endswith(MIDNIGHT)
    for field, key in keys_by_field(fields):
        if key not in history.seen:
            continue
        # a title with the time of day identifies an entry; with a day alone it needs evidence
        needs_evidence = field == "title" and is_day
        if not needs_evidence or evidence.agrees(history.seen[key], now, evidence.is_same_by_title):
            yield key
    if fields.redirector and (key := identity.link_key(fields.redirector)) in history.seen:
        yield key


def _with_fields(source: str, candidate: Candidate, fields: MatchFields) -> Candidate:
    """The candidate with other fields and the keys that follow from them."""
    return replace(
        candidate,
        match_fields=fields,
        keys=entry_keys(fields),
        published_keys=published_keys(fields, candidate.entry, source),
        guid_key=guid_key(fields),
    )


def _legacy_keys(
    candidate: Candidate, fields: MatchFields, history: SourceHistory
) -> tuple[bytes, ...]:
    """The keys of 0.1.0, which kept no evidence, under which the source has shown the entry.

    The key of a field that does not identify the entry counts as well if the entry may have been
    there before the last poll: what 0.1.0 took for known is not posted after an upgrade.
    """
    published = candidate.entry.published_at
    may_be_old = published is None or (
        history.last_batch_at is not None and published <= history.last_batch_at
    )
    return tuple(
        key
        for field, key in legacy_keys_by_field(candidate.entry)
        if key in history.seen
        and history.seen[key] is None
        and (may_be_old or _identifies(field, fields))
    )


def _identifies(field: str, fields: MatchFields) -> bool:
    """Whether a key of 0.1.0 of this field is the entry's alone."""
    if field == "link":
        # 0.1.0 ignored fragments, so that all entries with fragments of one page had one key
        return bool(fields.link) and fields.link == without_fragment(fields.link)
    return field != "guid" or bool(fields.guid)
