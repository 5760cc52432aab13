"""Which entries of a batch are the same, and which of them the source has shown before; pure.

No single trait of an entry decides (ADR 0025). Each key stands for one trait: the URI, the link,
the id, or the title with its date. Beside each key the store keeps *evidence*: digests of
the other traits. A key that comes again counts only where the evidence does not contradict it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reblogbot.core import bounds, identity
from reblogbot.core.habits import learnt
from reblogbot.core.page_link import page_link, without_place
from reblogbot.core.traits import (
    CONFIRMED,
    MIDNIGHT,
    NONE,
    Evidence,
    evidence_of,
    guid_key,
    ignores_ids,
    keys_by_trait,
    keys_of,
    own_id,
    published_keys,
    traits_of,
)
from reblogbot.model import Batch, Candidate, Entry
from reblogbot.model.evidence import Habits, Traits
from reblogbot.model.history import SourceHistory

SHARED = b""
"""The evidence beside the key of a page that several entries have as their link."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A batch held against what is known: all of it, the new, and what is to be remembered."""

    found: tuple[Candidate, ...]
    new: tuple[Candidate, ...]
    sightings: Mapping[bytes, bytes]
    habits: Habits


def candidates(source: str, batch: Batch, habits: Habits | None = None) -> tuple[Candidate, ...]:
    """The batch's entries with their keys, oldest first, each once."""
    habits = habits or Habits()
    entries = oldest_first(batch.entries)
    traits = _telling([traits_of(entry, habits) for entry in entries])
    # what several entries have in common is no evidence that one of them is the same
    common = Counter(
        value for each in dict.fromkeys(traits) for value in (each.headline, each.date)
    )
    taken: set[bytes] = set()
    found = []
    for entry, each in zip(entries, traits, strict=True):
        keys = keys_of(each)
        if taken.isdisjoint(keys):
            evidence = evidence_of(each, entry, habits, common)
            found.append(_candidate(source, entry, each, keys, evidence))
        taken.update(keys)
    return tuple(found)


def recognise(source: str, found: Sequence[Candidate], past: SourceHistory) -> Recognised:
    """Which of the candidates are new, and what the batch teaches of its source."""
    judged = [_judge(source, one, past) for one in found]
    sightings: dict[bytes, bytes] = {}
    for each in judged:
        sightings |= each.sightings
    shared = [key for each in judged for key, kept in each.sightings.items() if kept == SHARED]
    return Recognised(
        tuple(each.candidate for each in judged),
        tuple(each.candidate for each in judged if not each.is_known),
        # a page that is shared is so for all of the batch
        sightings | dict.fromkeys(shared, SHARED),
        learnt(
            past.habits,
            [each.candidate for each in judged],
            [(each.former, each.candidate) for each in judged if each.former is not None],
            sum(each.has_reused_id for each in judged),
        ),
    )


def lookup_keys(written: str) -> tuple[bytes, ...]:
    """All keys that an admin may mean by a link, an id or a URI."""
    page = page_link(written)
    found = [identity.link_key(page), identity.key("guid", page)] if page else []
    found.append(identity.key("uri", written))
    for entry in (Entry(link=written), Entry(guid=written)):
        found += identity.former_keys(entry)
    return tuple(dict.fromkeys(found))


def oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries by date; a dateless one stays beside its neighbour."""
    return [entries[place] for place in bounds.age_order(entries)]


def _candidate(
    source: str, entry: Entry, traits: Traits, keys: tuple[bytes, ...], evidence: bytes
) -> Candidate:
    published = published_keys(traits, entry, source)
    # what the past tells of link and id decides which of their keys count
    lookups = [*keys, *identity.former_keys(entry)]
    if traits.redirector:
        lookups.append(identity.link_key(traits.redirector))
    if traits.guid:
        lookups.append(identity.key("guid", traits.guid))
    without_link = replace(traits, link="")
    variants = [without_link, replace(without_link, guid="")] if traits.link else []
    wide = [key for each in variants for key in published_keys(each, entry, source)]
    wide += [*published, *_old_published(source, entry)]
    return Candidate(
        entry=entry,
        keys=keys,
        published_keys=published,
        traits=traits,
        evidence=evidence,
        guid_key=guid_key(traits),
        lookups=tuple(dict.fromkeys(lookups)),
        published_lookups=tuple(dict.fromkeys(wide)),
    )


# within one batch


def _telling(traits: Sequence[Traits]) -> list[Traits]:
    """The traits, without those that several different entries of the batch share."""
    titles = _shared_titles(traits)
    traits = [replace(each, headline="") if _title(each) in titles else each for each in traits]
    guids = _shared(traits, lambda each: each.guid, lambda each: (each.page, each.headline))
    traits = [replace(each, guid="") if each.guid in guids else each for each in traits]
    links = _shared(traits, lambda each: each.link, _name)
    redirectors = _shared(traits, lambda each: each.redirector, _name)
    return [_without(each, links | redirectors) for each in traits]


def _without(traits: Traits, shared: frozenset[str]) -> Traits:
    """The traits without links that are other entries' as well."""
    if shared.isdisjoint((traits.link, traits.redirector)):
        return traits
    return replace(
        traits,
        link="" if traits.link in shared else traits.link,
        redirector="" if traits.redirector in shared else traits.redirector,
    )


def _name(traits: Traits) -> str:
    """What tells an entry from others with the same link: an id of its own, or its words."""
    return own_id(traits) or traits.headline or traits.words or traits.date


def _title(traits: Traits) -> tuple[str, ...]:
    """What the key of the title is made of."""
    if traits.date:
        return traits.headline, traits.date
    return traits.headline, traits.words, traits.page.partition("?")[0]


def _shared_titles(traits: Sequence[Traits]) -> frozenset[tuple[str, ...]]:
    """Titles with date that entries at different places share, unless all their text is alike."""
    groups: defaultdict[tuple[str, ...], list[Traits]] = defaultdict(list)
    for each in traits:
        groups[_title(each)].append(each)
    return frozenset(
        title
        for title, group in groups.items()
        if len({each.page or each.guid or each.redirector for each in group}) > 1
        and (len({each.words for each in group}) > 1 or group[0].words.strip() == title[0])
    )


def _shared(
    traits: Sequence[Traits],
    trait: Callable[[Traits], str],
    name: Callable[[Traits], object],
) -> frozenset[str]:
    """The values of this trait that several entries have who are known by different names.

    Entries with one title and date are one entry shown twice.
    """
    names: defaultdict[str, set[object]] = defaultdict(set)
    firsts: dict[tuple[str, tuple[str, ...]], object] = {}
    for each in traits:
        value = trait(each)
        if value:
            own = name(each)
            first = firsts.setdefault((value, _title(each)), own) if each.headline else own
            names[value].add(first)
    return frozenset(value for value, found in names.items() if len(found) > 1)


# against the past


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A candidate held against the past.

    `sightings` is what is to be remembered of it, `former` its evidence when it was shown last,
    None where it is new or nothing was kept.
    """

    candidate: Candidate
    is_known: bool
    sightings: Mapping[bytes, bytes]
    former: Evidence | None
    has_reused_id: bool


def _judge(source: str, one: Candidate, past: SourceHistory) -> _Judgement:
    traits, now = one.traits, _comparable(one, past.habits)
    shared = _shared_links(traits, now, past)
    traits = _without(traits, shared)
    now = now if traits.link else now._replace(link=NONE)
    reused = _reused_id(traits, now, past)
    traits = replace(traits, guid="") if reused else traits
    matches = [past.seen[key] for key in _agreeing_keys(traits, now, past)]
    old = _old_keys(one, traits, past)
    published = identity.former_published_keys_by_trait(one.entry, source)
    settled = replace(
        one if traits is one.traits else _with_traits(source, one, traits),
        evidence=Evidence.unpack(one.evidence)._replace(link=now.link).pack(),
        old_keys=old,
        old_published_keys=tuple(key for trait, key in published if _is_telling(trait, traits)),
    )
    keys = (*settled.keys, *old, *([identity.key("guid", reused)] if reused else ()))
    sightings = dict.fromkeys(keys, settled.evidence)
    if past.habits.link_changes < CONFIRMED:
        pages = (*shared, traits.page if not traits.link else "")
        sightings |= {identity.link_key(page): SHARED for page in pages if page}
    former = next((Evidence.unpack(stored) for stored in matches if stored), None)
    return _Judgement(settled, bool(matches or old), sightings, former, bool(reused))


def _shared_links(traits: Traits, now: Evidence, past: SourceHistory) -> frozenset[str]:
    """Those of the entry's two links under which the source has shown another entry."""
    rule = _is_same_stable_link if past.habits.has_stable_ids else _is_same_link
    return frozenset(
        link
        for link in (traits.link, traits.redirector)
        if link
        and (key := identity.link_key(link)) in past.seen
        and not _agrees(past.seen[key], now, rule)
    )


def _reused_id(traits: Traits, now: Evidence, past: SourceHistory) -> str:
    """The entry's id if the source has shown another entry under it, else ""."""
    name = own_id(traits)
    key = identity.key("guid", name) if name else b""
    is_reused = key in past.seen and not _agrees(past.seen[key], now, _is_same_id)
    return name if is_reused else ""


def _agreeing_keys(traits: Traits, now: Evidence, past: SourceHistory) -> Iterator[bytes]:
    """The keys that came again and mean this entry, once shared links and a reused id are out."""
    is_day = traits.date.endswith(MIDNIGHT)
    for trait, key in keys_by_trait(traits):
        is_telling = trait != "title" or not is_day
        if key in past.seen and (is_telling or _agrees(past.seen[key], now, _is_same_title)):
            yield key
    if traits.redirector and (key := identity.link_key(traits.redirector)) in past.seen:
        yield key


def _old_published(source: str, entry: Entry) -> list[bytes]:
    return [key for _, key in identity.former_published_keys_by_trait(entry, source)]


def _with_traits(source: str, one: Candidate, traits: Traits) -> Candidate:
    published = published_keys(traits, one.entry, source)
    return replace(
        one,
        traits=traits,
        keys=keys_of(traits),
        published_keys=published,
        guid_key=guid_key(traits),
    )


def _comparable(one: Candidate, habits: Habits) -> Evidence:
    """The candidate's evidence without what its source's habits make worthless."""
    evidence = Evidence.unpack(one.evidence)
    return evidence._replace(
        id=NONE if ignores_ids(habits) or not one.traits.guid else evidence.id,
        link=evidence.link if one.traits.link else NONE,
        date=NONE if habits.date_changes >= CONFIRMED else evidence.date,
    )


def _agrees(
    stored: bytes | None, now: Evidence, rule: Callable[[Evidence, Evidence], bool]
) -> bool:
    """Whether a key that comes again means the same entry; 0.1.0 kept no evidence against it."""
    if stored is None:
        return True
    return stored != SHARED and rule(Evidence.unpack(stored), now)


def _is_same_link(then: Evidence, now: Evidence) -> bool:
    """One link under two ids: the entry's id was changed, or another entry has the same page."""
    return not _differ(then.id, now.id) or _equal(then.date, now.date) or then.words == now.words


def _is_same_stable_link(then: Evidence, now: Evidence) -> bool:
    """The same in a source that keeps its ids: the same words at another time are another entry."""
    is_other = _differ(then.id, now.id) and _differ(then.date, now.date)
    return not is_other and _is_same_link(then, now)


def _is_same_id(then: Evidence, now: Evidence) -> bool:
    """One id: the same entry, unless nothing else of it is as it was."""
    pairs = ((then.title, now.title), (then.link, now.link), (then.date, now.date))
    if any(_equal(*pair) for pair in pairs):
        return True
    return not any(_differ(*pair) for pair in pairs)


def _is_same_title(then: Evidence, now: Evidence) -> bool:
    """One title on one day: the same entry, unless link and words differ."""
    return not _differ(then.link, now.link) or then.words == now.words


def _equal(one: bytes, other: bytes) -> bool:
    return one == other != NONE


def _differ(one: bytes, other: bytes) -> bool:
    return one != other and NONE not in (one, other)


def _old_keys(one: Candidate, traits: Traits, past: SourceHistory) -> tuple[bytes, ...]:
    """The keys of 0.1.0, which kept no evidence, under which the source has shown the entry.

    Where a trait tells nothing, its key still says that an entry was there at that time.
    """
    published = one.entry.published_at
    may_be_old = published is None or (
        past.last_batch_at is not None and published <= past.last_batch_at
    )
    return tuple(
        key
        for trait, key in identity.former_keys_by_trait(one.entry)
        if key in past.seen
        and past.seen[key] is None
        and (may_be_old or _is_telling(trait, traits))
    )


def _is_telling(trait: str, traits: Traits) -> bool:
    """Whether a key of 0.1.0 for this trait names the entry alone."""
    if trait == "link":
        # it left out the place within the page
        return bool(traits.link) and traits.link == without_place(traits.link)
    return trait != "guid" or bool(traits.guid)
