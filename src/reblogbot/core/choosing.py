"""Which entries of a batch are new, and which of them are looked at for which account; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.model import Candidate, Entry, Limits, Made, Past

# fewer entries than this may well all be new at once without anything being wrong
WHOLESALE = 5
KEPT = 1000
"""Entries of a storm, or of a first sight, that are kept for an account; others are only seen."""


@dataclass(frozen=True, slots=True)
class Route:
    """Source → account. `learnt` tells whether the source was ever read for this account."""

    account: AccountSettings
    limits: Limits
    learnt: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of a batch's entries for one account, by their places in it, oldest first.

    `chosen` may be published, `edits` are published and read otherwise now: both need a draft.
    `beyond_first` are kept back by `first`, and `left_out` is only remembered as seen.
    `is_outdated`: see Plan.
    """

    chosen: Sequence[int] = ()
    edits: Sequence[int] = ()
    beyond_first: Sequence[int] = ()
    left_out: Sequence[int] = ()
    is_outdated: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """What a batch asks for before anything is filtered or composed: what is new, and for whom."""

    new: tuple[int, ...]
    storm: str
    by_account: Mapping[str, Selection]


def choose(
    settings: SourceSettings, found: Sequence[Candidate], routes: Sequence[Route], past: Past
) -> Choice:
    """The entries that are new, and those that need a draft for each account; pure."""
    new = _new(found, past)
    names = [route.account.name for route in routes]
    risen = {name: _risen(found, settings, name, past) for name in names}
    count = len(set(new).union(*risen.values()))
    storm = _storm(settings, found, new, past, count)
    by_account = {}
    for route in routes:
        name = route.account.name
        if route.learnt:
            news = sorted({*new, *risen[name]})
            most = max(KEPT, settings.max_per_poll) - past.held.get(name, 0)
            selection = _newest(news, most) if storm else Selection(news)
        else:
            selection = _first_sight(range(len(found)), settings)
        edits = list(_edits(found, name, past))
        by_account[name] = replace(
            selection,
            edits=[place for place, standing in edits if standing.remote_id],
            is_outdated=any(not standing.remote_id for _, standing in edits),
        )
    return Choice(new, storm, by_account)


def _newest(places: Sequence[int], most: int) -> Selection:
    """The newest entries of a storm, at most so many."""
    split = max(0, len(places) - max(0, most))
    return Selection(places[split:], left_out=places[:split])


def _first_sight(places: Sequence[int], settings: SourceSettings) -> Selection:
    """What `first` lets through, and the newest of what it keeps back."""
    if settings.first == "all":
        return Selection(places)
    wanted = 0 if settings.first == "none" else settings.first
    first = max(0, len(places) - wanted)
    kept = max(0, first - KEPT)
    return Selection(places[first:], beyond_first=places[kept:first], left_out=places[:kept])


def _new(found: Sequence[Candidate], past: Past) -> tuple[int, ...]:
    """The places of entries that the source has never shown.

    Where the last batch was cut at the oldest, what is older than all that is known was there
    already: it comes up when newer entries go.
    """
    seen = [not past.seen.isdisjoint(one.keys) for one in found]
    first = seen.index(True) if past.was_cut and any(seen) else 0
    return tuple(place for place in range(first, len(found)) if not seen[place])


def _risen(
    found: Sequence[Candidate], settings: SourceSettings, name: str, past: Past
) -> list[int]:
    """What was kept from the account for want of votes, and has enough of them by now."""
    outvoted, published = past.outvoted.get(name, ()), past.published.get(name, ())
    return [
        place
        for place, one in enumerate(found)
        if one.keys[0] in outvoted
        and (one.entry.score or 0) >= settings.filter.min_score
        and not any(key in published for key in one.published_keys)
    ]


def _edits(found: Sequence[Candidate], name: str, past: Past) -> Iterator[tuple[int, Made]]:
    """The places of entries that read otherwise now than their posts, and what was made of them."""
    made = past.made.get(name, {})
    for place, one in enumerate(found):
        standing = editable(one, made)
        if standing is not None and _words(one.entry) != _words(standing.entry):
            yield place, standing


def editable(one: Candidate, made: Mapping[bytes, Made]) -> Made | None:
    """What was made of the entry, or None where nothing was that may be edited."""
    return next((made[key] for key in one.published_keys if key in made), None)


def _words(entry: Entry) -> tuple[object, ...]:
    """What of an entry a reader would call another text."""
    return entry.title, entry.summary, entry.authors, entry.media


def _storm(
    settings: SourceSettings,
    found: Sequence[Candidate],
    new: Sequence[int],
    past: Past,
    count: int,
) -> str:
    """Why the batch is held, or "": `count` entries would be queued of it."""
    if past.last_batch_at is None:
        return ""
    if count > settings.max_per_poll:
        return f"storm: {count} new entries in one poll, max_per_poll = {settings.max_per_poll}"
    changed = len(new) == len(found) and len(new) >= WHOLESALE and not past.is_blank
    if changed and (past.address_changed or _are_old(found, past.last_batch_at)):
        return f"storm: all {len(new)} entries changed at once"
    return ""


def _are_old(new: Sequence[Candidate], since: datetime) -> bool:
    """Whether any was there before the last poll, or may have been: old entries under new ids.

    What was all published since then is just news.
    """
    dates = [one.entry.published_at for one in new]
    return any(date is None or date <= since for date in dates)
