"""What a source's batches teach of its ids, links and dates, and how an admin is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reblogbot.core.page_link import differing_parameters
from reblogbot.core.traits import CONFIRMED, NONE, Evidence, title_key
from reblogbot.model import Candidate
from reblogbot.model.evidence import Habits

# so many links of a batch are remembered, to see which of their parameters change
SAMPLE = 3
_LONGEST_SAMPLE = 1000
_MOST_PARAMETERS = 8


def learnt(
    habits: Habits,
    found: Sequence[Candidate],
    known: Iterable[tuple[Evidence, Candidate]],
    reused: int,
) -> Habits:
    """The habits, with what a batch shows.

    `known` are entries shown before, with their evidence of then; `reused` counts ids that
    stood for other entries before.
    """
    pairs = [(then, Evidence.unpack(one.evidence)) for then, one in known]
    parameters = _parameters(found, habits)
    links = ((then.link, now.link) for then, now in pairs)
    return Habits(
        has_stable_ids=habits.has_stable_ids
        or any(then.id == now.id != NONE for then, now in pairs),
        # a count beyond that tells no more
        reused_ids=min(habits.reused_ids + reused, CONFIRMED),
        id_changes=_streak(habits.id_changes, ((then.id, now.id) for then, now in pairs)),
        # a changing parameter that was just learnt explains the changes
        link_changes=_streak(habits.link_changes, links) if parameters == habits.parameters else 0,
        date_changes=_streak(habits.date_changes, ((then.date, now.date) for then, now in pairs)),
        parameters=parameters,
        sample=_sample(found),
    )


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


def _streak(before: int, pairs: Iterable[tuple[bytes, bytes]]) -> int:
    """Polls in a row in which this trait was another for every known entry."""
    comparable = [pair for pair in pairs if NONE not in pair]
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
    return title_key(one.traits).hex() if one.traits.headline else ""
