"""Habits of a source: what its batches show of its ids, links and dates (ADR 0025)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reblogbot.core.identity.evidence import ABSENT, Evidence
from reblogbot.core.identity.match_fields import (
    CONFIRMATIONS,
    ignores_dates,
    ignores_links,
    title_key,
)
from reblogbot.core.identity.page_link import differing_parameters
from reblogbot.model import Candidate
from reblogbot.model.evidence import SourceHabits
from reblogbot.words import Words

SAMPLE_SIZE = 3
"""Links of a batch that are kept, to see which of their parameters change until the next."""
_MAX_SAMPLE_LINK = 1000
_MAX_PARAMETERS = 8


def learn_from_batch(
    habits: SourceHabits,
    candidates: Sequence[Candidate],
    shown_before: Iterable[tuple[Evidence, Candidate]],
    reused_ids: int,
) -> SourceHabits:
    """The habits after another batch.

    `shown_before` are the entries that the source has shown before, with their evidence at that
    time; `reused_ids` counts ids in the batch that belonged to another entry before.
    """
    pairs = [(then, Evidence.unpack(candidate.evidence)) for then, candidate in shown_before]
    parameters = _changing_parameters(candidates, habits)
    links = ((then.link, now.link) for then, now in pairs)
    return SourceHabits(
        has_stable_ids=habits.has_stable_ids
        or any(then.id == now.id != ABSENT for then, now in pairs),
        reused_ids=min(habits.reused_ids + reused_ids, CONFIRMATIONS),
        id_changes=_streak(habits.id_changes, ((then.id, now.id) for then, now in pairs)),
        # a parameter that was just found to change explains the changed links
        link_changes=_streak(habits.link_changes, links) if parameters == habits.parameters else 0,
        date_changes=_streak(habits.date_changes, ((then.date, now.date) for then, now in pairs)),
        parameters=parameters,
        sample=_sample(candidates),
    )


def remarks(habits: SourceHabits) -> tuple[str, ...]:
    """Sentences for an admin about the habits of a source."""
    sentences = {
        Words("ids are given to other entries later, and not relied on"): (
            habits.reused_ids >= CONFIRMATIONS
        ),
        Words("ids change with every poll, and are not relied on"): habits.id_changes
        >= CONFIRMATIONS,
        Words("links change with every poll, and are not relied on"): ignores_links(habits),
        Words("dates change with every poll, and are not relied on"): ignores_dates(habits),
        Words(
            "links carry changing parameters, which are ignored: {parameters}",
            parameters=", ".join(habits.parameters),
        ): (bool(habits.parameters)),
    }
    return tuple(sentence for sentence, applies in sentences.items() if applies)


def _streak(before: int, pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """The consecutive polls in which this field changed for every known entry, at most two."""
    comparable = [pair for pair in pairs if ABSENT not in pair]
    if not comparable:
        return before
    return min(before + 1, CONFIRMATIONS) if all(then != now for then, now in comparable) else 0


def _changing_parameters(candidates: Iterable[Candidate], habits: SourceHabits) -> tuple[str, ...]:
    """The known changing names in the links' queries, and those that changed since the sample."""
    sample = dict(habits.sample)
    changes = [
        differing_parameters(sample[title], candidate.entry.link)
        for candidate in candidates
        if (title := _sample_key(candidate)) in sample and sample[title] != candidate.entry.link
    ]
    names = frozenset.intersection(*changes) if changes else frozenset()
    return tuple(dict.fromkeys((*habits.parameters, *sorted(names))))[:_MAX_PARAMETERS]


def _sample(candidates: Sequence[Candidate]) -> tuple[tuple[str, str], ...]:
    """The links of the newest entries that have a query, by title."""
    links = [
        (title, candidate.entry.link)
        for candidate in candidates
        if (title := _sample_key(candidate))
        and "?" in candidate.entry.link
        and len(candidate.entry.link) <= _MAX_SAMPLE_LINK
    ]
    return tuple(links[-SAMPLE_SIZE:])


def _sample_key(candidate: Candidate) -> str:
    """The entry's key in the sample, which does not depend on its link; "" without a headline."""
    fields = candidate.match_fields
    return title_key(fields).hex() if fields.headline else ""
