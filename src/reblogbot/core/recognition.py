"""Which entries of a batch are the same, and which of them the source has shown before; pure.

No single trait of an entry decides (ADR 0025). Each key stands for one trait: the URI, the link,
the id, or the title with its date. Beside each key the store keeps *evidence*: digests of
the other traits. A key that comes again counts only where the evidence does not contradict it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple

from reblogbot.core import identity
from reblogbot.core.page_link import differing_parameters, host_of_page, page_link, without_place
from reblogbot.core.text import one_line
from reblogbot.model import Batch, Candidate, Entry, Habits, Past, Traits

SHARED = b""
"""The evidence beside the key of a page that several entries have as their link."""

# a habit counts once it has been seen so often
CONFIRMED = 2
# so many links of a batch are remembered, to see which of their parameters change
SAMPLE = 3
_LONGEST_SAMPLE = 1000
_MOST_PARAMETERS = 8
_DIGEST = 4
_NONE = bytes(_DIGEST)
_MIDNIGHT = "T00:00:00+00:00"


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
    traits = _telling([_traits(entry, habits) for entry in entries])
    # what several entries have in common is no evidence that one of them is the same
    common = Counter(
        value for each in dict.fromkeys(traits) for value in (each.headline, each.date)
    )
    taken: set[bytes] = set()
    found = []
    for entry, each in zip(entries, traits, strict=True):
        keys = _keys(each)
        if taken.isdisjoint(keys):
            evidence = _evidence(each, entry, habits, common)
            found.append(_candidate(source, entry, each, keys, evidence))
        taken.update(keys)
    return tuple(found)


def recognise(source: str, found: Sequence[Candidate], past: Past) -> Recognised:
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
        _learnt(judged, past.habits),
    )


def lookup_keys(written: str) -> tuple[bytes, ...]:
    """All keys that an admin may mean by a link, an id or a URI."""
    page = page_link(written)
    entries = (Entry(link=written), Entry(guid=written), Entry(uri=written))
    found = [identity.link_key(page)] if page else []
    found += [identity.key("guid", page)] if page else []
    for entry in entries:
        found += identity.former_keys(entry)
    return tuple(dict.fromkeys(found))


def remarks(habits: Habits) -> tuple[str, ...]:
    """What was learnt of a source, for an admin."""
    sentences = {
        "ids are given to other entries later, and not relied on": (habits.reused_ids >= CONFIRMED),
        "ids change with every poll, and are not relied on": habits.id_changes >= CONFIRMED,
        "links change with every poll, and are not relied on": habits.link_changes >= CONFIRMED,
        "dates change with every poll, and are not relied on": habits.date_changes >= CONFIRMED,
        f"links carry changing parameters, which are ignored: {', '.join(habits.parameters)}": (
            bool(habits.parameters)
        ),
    }
    return tuple(sentence for sentence, applies in sentences.items() if applies)


def oldest_first(entries: Sequence[Entry]) -> list[Entry]:
    """The entries by date; a dateless one stays beside its neighbour.

    Sources show the newest first, so what dates do not tell, the reversed order does.
    """
    dates = [entry.published_at for entry in entries]
    for index, date in enumerate(dates):
        if date is None and index:
            dates[index] = dates[index - 1]
    for index in range(len(dates) - 2, -1, -1):
        if dates[index] is None:
            dates[index] = dates[index + 1]
    dated = list(zip(dates, entries, strict=True))[::-1]
    if any(date is not None for date in dates):
        dated.sort(key=lambda pair: pair[0].timestamp() if pair[0] else 0.0)
    return [entry for _, entry in dated]


# traits of one entry


def _traits(entry: Entry, habits: Habits) -> Traits:
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
        guid="" if _ignores_ids(habits) else _guid(entry.guid, ignored),
        is_permalink=entry.is_permalink,
        headline=title or summary,
        words="\n".join((title, summary, *media)),
        date="" if habits.date_changes >= CONFIRMED else published,
    )


def _guid(guid: str, ignored: frozenset[str]) -> str:
    return page_link(guid, ignored) or identity.normal_guid(guid)


def _ignores_ids(habits: Habits) -> bool:
    return habits.reused_ids >= CONFIRMED or habits.id_changes >= CONFIRMED


def _own_id(traits: Traits) -> str:
    """The id, unless it is just the link; feeds add `#1`, `#2` to that with each edit."""
    is_link = traits.link and traits.link in (traits.guid, without_place(traits.guid))
    return "" if is_link else traits.guid


def _keys_by_trait(traits: Traits) -> Iterator[tuple[str, bytes]]:
    """The keys of an entry by the trait that each stands for, the most telling first."""
    if traits.uri:
        yield "uri", identity.key("uri", traits.uri)
    if traits.link or traits.redirector:
        yield "link", identity.link_key(traits.link or traits.redirector)
    own_id = _own_id(traits)
    if own_id:
        yield "guid", identity.key("guid", own_id)
    if traits.headline and not traits.uri:
        yield "title", _title_key(traits)
    if not any((traits.uri, traits.link, traits.redirector, own_id, traits.headline)):
        yield "text", identity.key("text", traits.words, traits.date, traits.page)


def _title_key(traits: Traits) -> bytes:
    if traits.date:
        return identity.key("title", traits.headline, traits.date)
    path = traits.page.partition("?")[0]
    return identity.key("title", traits.headline, traits.words, path)


def _keys(traits: Traits) -> tuple[bytes, ...]:
    return tuple(key for _, key in _keys_by_trait(traits))


def _published_keys(traits: Traits, entry: Entry, source: str) -> tuple[bytes, ...]:
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
    is_timed = traits.date and not traits.date.endswith(_MIDNIGHT)
    if traits.page and traits.headline and is_timed and not traits.uri:
        host = host_of_page(traits.page)
        keys.append(identity.key("title", host, traits.headline, traits.date))
    return tuple(keys) or identity.keys_within(entry, source, with_guid=bool(traits.guid))


def _evidence(traits: Traits, entry: Entry, habits: Habits, common: Mapping[str, int]) -> bytes:
    # also where ids are not relied on: they may be stable again
    guid = traits.guid or _guid(entry.guid, frozenset(habits.parameters))
    is_link = traits.page in (guid, without_place(guid)) and (traits.link or guid == traits.page)
    is_telling_date = common[traits.date] == 1 and not traits.date.endswith(_MIDNIGHT)
    return Evidence(
        id=_digest("" if is_link else guid),
        link=_digest(traits.link or (traits.page if habits.link_changes >= CONFIRMED else "")),
        title=_digest(traits.headline if common[traits.headline] == 1 else ""),
        date=_digest(traits.date if is_telling_date else ""),
        words=_digest(traits.words),
    ).pack()


def _digest(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogatepass")
    return blake2b(octets, digest_size=_DIGEST).digest() if text else _NONE


def _candidate(
    source: str, entry: Entry, traits: Traits, keys: tuple[bytes, ...], evidence: bytes
) -> Candidate:
    published = _published_keys(traits, entry, source)
    # what the past tells of link and id decides which of their keys count
    lookups = [*keys, *identity.former_keys(entry)]
    if traits.redirector:
        lookups.append(identity.link_key(traits.redirector))
    if traits.guid:
        lookups.append(identity.key("guid", traits.guid))
    without_link = replace(traits, link="")
    variants = [without_link, replace(without_link, guid="")] if traits.link else []
    wide = [key for each in variants for key in _published_keys(each, entry, source)]
    wide += [*published, *_old_published(source, entry)]
    return Candidate(
        entry=entry,
        keys=keys,
        published_keys=published,
        traits=traits,
        evidence=evidence,
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
    return _own_id(traits) or traits.headline or traits.words or traits.date


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


def _judge(source: str, one: Candidate, past: Past) -> _Judgement:
    traits, now = one.traits, _comparable(one, past.habits)
    shared = _shared_links(traits, now, past)
    traits = _without(traits, shared)
    now = now if traits.link else now._replace(link=_NONE)
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


def _shared_links(traits: Traits, now: Evidence, past: Past) -> frozenset[str]:
    """Those of the entry's two links under which the source has shown another entry."""
    rule = _is_same_stable_link if past.habits.has_stable_ids else _is_same_link
    return frozenset(
        link
        for link in (traits.link, traits.redirector)
        if link
        and (key := identity.link_key(link)) in past.seen
        and not _agrees(past.seen[key], now, rule)
    )


def _reused_id(traits: Traits, now: Evidence, past: Past) -> str:
    """The entry's id if the source has shown another entry under it, else ""."""
    own_id = _own_id(traits)
    key = identity.key("guid", own_id) if own_id else b""
    is_reused = key in past.seen and not _agrees(past.seen[key], now, _is_same_id)
    return own_id if is_reused else ""


def _agreeing_keys(traits: Traits, now: Evidence, past: Past) -> Iterator[bytes]:
    """The keys that came again and mean this entry, once shared links and a reused id are out."""
    is_day = traits.date.endswith(_MIDNIGHT)
    for trait, key in _keys_by_trait(traits):
        is_telling = trait != "title" or not is_day
        if key in past.seen and (is_telling or _agrees(past.seen[key], now, _is_same_title)):
            yield key
    if traits.redirector and (key := identity.link_key(traits.redirector)) in past.seen:
        yield key


def _old_published(source: str, entry: Entry) -> list[bytes]:
    return [key for _, key in identity.former_published_keys_by_trait(entry, source)]


def _with_traits(source: str, one: Candidate, traits: Traits) -> Candidate:
    published = _published_keys(traits, one.entry, source)
    return replace(one, traits=traits, keys=_keys(traits), published_keys=published)


def _comparable(one: Candidate, habits: Habits) -> Evidence:
    """The candidate's evidence without what its source's habits make worthless."""
    evidence = Evidence.unpack(one.evidence)
    return evidence._replace(
        id=_NONE if _ignores_ids(habits) or not one.traits.guid else evidence.id,
        link=evidence.link if one.traits.link else _NONE,
        date=_NONE if habits.date_changes >= CONFIRMED else evidence.date,
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
    return one == other != _NONE


def _differ(one: bytes, other: bytes) -> bool:
    return one != other and _NONE not in (one, other)


def _old_keys(one: Candidate, traits: Traits, past: Past) -> tuple[bytes, ...]:
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


# habits of a source


def _learnt(judged: Sequence[_Judgement], habits: Habits) -> Habits:
    """The habits, with what these entries show."""
    pairs = [
        (each.former, Evidence.unpack(each.candidate.evidence))
        for each in judged
        if each.former is not None
    ]
    reused = sum(each.has_reused_id for each in judged)
    found = [each.candidate for each in judged]
    parameters = _parameters(found, habits)
    links = ((then.link, now.link) for then, now in pairs)
    return Habits(
        has_stable_ids=habits.has_stable_ids or any(_equal(then.id, now.id) for then, now in pairs),
        # a count beyond that tells no more
        reused_ids=min(habits.reused_ids + reused, CONFIRMED),
        id_changes=_streak(habits.id_changes, ((then.id, now.id) for then, now in pairs)),
        # a changing parameter that was just learnt explains the changes
        link_changes=_streak(habits.link_changes, links) if parameters == habits.parameters else 0,
        date_changes=_streak(habits.date_changes, ((then.date, now.date) for then, now in pairs)),
        parameters=parameters,
        sample=_sample(found),
    )


def _streak(before: int, pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """Polls in a row in which this trait was another for every known entry."""
    comparable = [pair for pair in pairs if _NONE not in pair]
    if not comparable:
        return before
    return min(before + 1, CONFIRMED) if all(then != now for then, now in comparable) else 0


def _parameters(found: Iterable[Candidate], habits: Habits) -> tuple[str, ...]:
    """The names in the links' queries whose values change, those just seen to do so included."""
    sample = dict(habits.sample)
    changes = [
        differing_parameters(sample[mark], one.entry.link)
        for one in found
        if (mark := _mark(one)) in sample and sample[mark] != one.entry.link
    ]
    names = frozenset.intersection(*changes) if changes else frozenset()
    known = dict.fromkeys((*habits.parameters, *sorted(names)))
    return tuple(known)[:_MOST_PARAMETERS]


def _sample(found: Sequence[Candidate]) -> tuple[tuple[str, str], ...]:
    """The links of the newest entries that have a query."""
    links = [
        (_mark(one), one.entry.link)
        for one in found
        if _mark(one) and "?" in one.entry.link and len(one.entry.link) <= _LONGEST_SAMPLE
    ]
    return tuple(links[-SAMPLE:])


def _mark(one: Candidate) -> str:
    """What an entry is known by in the sample, whatever its link."""
    return _title_key(one.traits).hex() if one.traits.headline else ""
