"""Evidence: digests of an entry's fields that are stored beside its keys, and their comparison.

A key that is seen again means the same entry only where the evidence does not contradict it.
ADR 0025 has the table of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from reblogbot.core.identity.match_fields import (
    MIDNIGHT,
    guid_field,
    ignores_dates,
    ignores_ids,
    ignores_links,
)
from reblogbot.core.identity.page_link import without_fragment
from reblogbot.model import Candidate, Entry
from reblogbot.model.evidence import MatchFields, SourceHabits

_DIGEST_BYTES = 4
ABSENT = bytes(_DIGEST_BYTES)
"""The digest of a field that is absent or does not identify the entry."""
SHARED = b""
"""The evidence stored beside the key of a page that is the link of several entries."""


class Evidence(NamedTuple):
    """Digests of an entry's fields, 4 bytes each, ABSENT for those that cannot be compared."""

    id: bytes
    link: bytes
    title: bytes
    date: bytes
    words: bytes

    @classmethod
    def unpack(cls, packed: bytes) -> Evidence:
        """The evidence in its stored form of 20 bytes; missing bytes are absent fields."""
        padded = packed.ljust(_DIGEST_BYTES * 5, b"\0")
        starts = range(0, _DIGEST_BYTES * 5, _DIGEST_BYTES)
        return cls(*(padded[start : start + _DIGEST_BYTES] for start in starts))

    def pack(self) -> bytes:
        """The stored form."""
        return b"".join(self)


def evidence_of(
    fields: MatchFields, entry: Entry, habits: SourceHabits, counts: Mapping[str, int]
) -> Evidence:
    """The evidence for an entry; `counts` tells how often headlines and dates are in its batch.

    A headline or date that several entries of the batch have identifies none of them.
    """
    # ids are stored even where they are ignored, to notice when they have become stable
    guid = fields.guid or guid_field(entry.guid, frozenset(habits.parameters))
    is_link = fields.page in (guid, without_fragment(guid)) and (fields.link or guid == fields.page)
    identifies_by_date = counts[fields.date] == 1 and not fields.date.endswith(MIDNIGHT)
    return Evidence(
        id=_digest("" if is_link else guid),
        link=_digest(fields.link or (fields.page if ignores_links(habits) else "")),
        title=_digest(fields.headline if counts[fields.headline] == 1 else ""),
        date=_digest(fields.date if identifies_by_date else ""),
        words=_digest(fields.words),
    )


def comparable_evidence(candidate: Candidate, habits: SourceHabits) -> Evidence:
    """The candidate's evidence without the fields that its source's habits rule out."""
    evidence = Evidence.unpack(candidate.evidence)
    has_guid = bool(candidate.match_fields.guid) and not ignores_ids(habits)
    return evidence._replace(
        id=evidence.id if has_guid else ABSENT,
        link=evidence.link if candidate.match_fields.link else ABSENT,
        date=ABSENT if ignores_dates(habits) else evidence.date,
    )


def agrees(stored: bytes | None, now: Evidence, rule: Callable[[Evidence, Evidence], bool]) -> bool:
    """Whether a key that is seen again means the same entry, by one of the rules below.

    `stored` is None beside a key of 0.1.0, which kept no evidence: the key alone counts.
    """
    if stored is None:
        return True
    return stored != SHARED and rule(Evidence.unpack(stored), now)


def is_same_by_link(then: Evidence, now: Evidence) -> bool:
    """One link under two ids: the id was changed, unless date and words differ as well."""
    return not _differ(then.id, now.id) or _equal(then.date, now.date) or then.words == now.words


def is_same_by_link_and_stable_id(then: Evidence, now: Evidence) -> bool:
    """The same in a source with stable ids: another id and another date are another entry."""
    is_other = _differ(then.id, now.id) and _differ(then.date, now.date)
    return not is_other and is_same_by_link(then, now)


def is_same_by_id(then: Evidence, now: Evidence) -> bool:
    """One id: the same entry, unless title, link and date all differ."""
    pairs = ((then.title, now.title), (then.link, now.link), (then.date, now.date))
    if any(_equal(*pair) for pair in pairs):
        return True
    return not any(_differ(*pair) for pair in pairs)


def is_same_by_title(then: Evidence, now: Evidence) -> bool:
    """One title on one day: the same entry, unless link and words differ."""
    return not _differ(then.link, now.link) or then.words == now.words


def _equal(first: bytes, second: bytes) -> bool:
    return first == second != ABSENT


def _differ(first: bytes, second: bytes) -> bool:
    return first != second and ABSENT not in (first, second)


def _digest(text: str) -> bytes:
    octets = text.encode("utf-8", "surrogatepass")
    return blake2b(octets, digest_size=_DIGEST_BYTES).digest() if text else ABSENT
