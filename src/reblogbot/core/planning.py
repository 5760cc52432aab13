"""From a batch to intents: which entries are new, which go where, with which text, and why not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core import consent, digest, filters, identity, revising
from reblogbot.core.drafting import Draft
from reblogbot.core.recognition import Recognised
from reblogbot.model import Candidate, Change, Intent, Limits, Plan, Refusal, Revision, State
from reblogbot.model.history import EditablePost, Recent, SourceHistory

# from so many entries on, a single old or dateless one among nothing but new ones is suspicious
WHOLESALE = 5
_Outcome = Intent | Refusal | Revision | Change
KEPT = 1000
"""Entries of a storm, or of a first sight, that are kept for an account; others are only seen."""


@dataclass(frozen=True, slots=True)
class Route:
    """Source → account. `learnt` tells whether the source was ever read for this account."""

    account: AccountSettings
    limits: Limits
    learnt: bool


class PendingClaims:
    """Keys, titles, hosts and authors of each account's intents that are recorded nowhere yet."""

    def __init__(self) -> None:
        self._keys: defaultdict[str, set[bytes]] = defaultdict(set)
        self._titles: defaultdict[str, list[str]] = defaultdict(list)
        self._domains: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._authors: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, intents: Iterable[Intent], source: str) -> None:
        """Count these, of that source, as if they stood in the store."""
        for one in intents:
            entry = one.candidate.entry
            self._keys[one.account].update(one.keys)
            self._titles[one.account] += [entry.title] if entry.title else []
            self._domains[one.account][identity.site_of(entry.link)] += 1
            self._authors[one.account][identity.author_of(entry, source)] += 1

    def known_in(self, past: SourceHistory) -> SourceHistory:
        """The past with all of it added."""
        published = {name: {*keys, *self._keys[name]} for name, keys in past.published.items()}
        recent = {
            name: Recent(
                (*known.titles, *self._titles[name]),
                Counter(known.domains) + self._domains[name],
                Counter(known.authors) + self._authors[name],
            )
            for name, known in past.recent.items()
        }
        return replace(past, published=published, recent=recent)


@dataclass(frozen=True, slots=True)
class Selection:
    """What becomes of a batch's entries for one account, by their places in it, oldest first.

    `chosen` may be published; `changed` read otherwise than when they were queued, and their posts
    wait, or stand (`posted`): all of them need a draft. `beyond_first` are kept back by `first`,
    and `left_out` is only remembered as seen. `outdated` changed too, but are being sent.
    """

    chosen: Sequence[int] = ()
    changed: Mapping[int, EditablePost] = field(default_factory=dict)
    beyond_first: Sequence[int] = ()
    left_out: Sequence[int] = ()
    outdated: frozenset[int] = frozenset()

    @property
    def posted(self) -> list[int]:
        """The changed ones whose posts stand already."""
        return [place for place, made in self.changed.items() if made.remote_id]

    @property
    def waiting(self) -> list[int]:
        """The changed ones that are still to be posted."""
        return [place for place, made in self.changed.items() if not made.remote_id]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a batch asks for before anything is filtered or composed: what is new, and for whom."""

    new: tuple[int, ...]
    storm: str
    by_account: Mapping[str, Selection]


def choose(
    settings: SourceSettings, recognised: Recognised, routes: Sequence[Route], past: SourceHistory
) -> Choice:
    """The entries that are new, and those that need a draft for each account; pure."""
    found = recognised.found
    new = _new(recognised, past)
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
        made = past.made.get(name, {})
        changed = dict(revising.changed(found, made, recognised.habits))
        outdated = {
            place for place, one in changed.items() if not one.remote_id and one.waiting is None
        }
        by_account[name] = replace(
            selection,
            changed={place: one for place, one in changed.items() if place not in outdated},
            outdated=frozenset(outdated),
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


def _new(recognised: Recognised, past: SourceHistory) -> tuple[int, ...]:
    """The places of entries that the source has never shown.

    Where the last batch was cut at the oldest, what is older than all that is known was there
    already: it comes up when newer entries go.
    """
    fresh = {id(one) for one in recognised.new}
    known = [id(one) not in fresh for one in recognised.found]
    first = known.index(True) if past.was_cut and any(known) else 0
    return tuple(place for place in range(first, len(known)) if not known[place])


def plan(
    settings: SourceSettings,
    recognised: Recognised,
    routes: Sequence[Route],
    past: SourceHistory,
    choice: Choice,
    drafts: Mapping[str, Mapping[int, Draft]],
    now: datetime,
) -> Plan:
    """What is to be remembered, queued and refused of a batch; pure, so `preview` is `sync`.

    `drafts` holds, by account and place, a draft for every entry of the choice.
    """
    found = recognised.found
    storm, outcomes = choice.storm, list[_Outcome]()
    for route in routes:
        name = route.account.name
        selection, mine = choice.by_account[name], drafts[name]
        held = (choice.storm if route.learnt else "") or ("review" if settings.review else "")
        gate = _Gate(settings, name, past)
        for place in selection.chosen:
            one = _intent(found[place], settings, name, mine[place], held, gate, now)
            outcomes.append(one)
        outcomes += [Refusal(found[place], name, "first_sight") for place in selection.beyond_first]
        outcomes += _left_out(found, name, selection.left_out)
        updates = [
            revising.Update(found[place], made, mine[place])
            for place, made in selection.changed.items()
        ]
        edit_storm = revising.storm(updates, found, past.made.get(name, {}), settings)
        storm = storm or edit_storm
        for update in updates:
            outcomes += revising.follow(update, name, settings, choice.storm or edit_storm)
    return replace(
        _sorted_out(outcomes, found, choice),
        candidates=tuple(found),
        new=tuple(found[place] for place in choice.new),
        storm=storm,
        scored=tuple(found) if settings.order == "score" else (),
        sightings=recognised.sightings,
        habits=recognised.habits,
    )


def _sorted_out(outcomes: Sequence[_Outcome], found: Sequence[Candidate], choice: Choice) -> Plan:
    """A plan of these outcomes, the intents in the order of their entries."""
    order = {id(one): number for number, one in enumerate(found)}
    intents = [one for one in outcomes if isinstance(one, Intent)]
    outdated = {id(found[place]) for one in choice.by_account.values() for place in one.outdated}
    return Plan(
        intents=tuple(sorted(intents, key=lambda intent: order[id(intent.candidate)])),
        refusals=tuple(one for one in outcomes if isinstance(one, Refusal)),
        revisions=tuple(one for one in outcomes if isinstance(one, Revision)),
        # what is being sent for one account is compared again, as it was kept
        changes=tuple(
            one for one in outcomes if isinstance(one, Change) and id(one.candidate) not in outdated
        ),
        is_outdated=bool(outdated),
    )


def _intent(
    one: Candidate,
    settings: SourceSettings,
    account: str,
    draft: Draft,
    held: str,
    gate: _Gate,
    now: datetime,
) -> Intent | Refusal:
    """What one entry comes to for one account."""
    reason = gate.refusal(one, draft)
    if reason or draft.post is None:
        return Refusal(one, account, reason)
    gate.passed(one)
    held = draft.held or held
    state = State.HELD if held else State.QUEUED
    return Intent(one, account, draft.post, state, held, due=digest.next_time(settings, now))


def _left_out(found: Sequence[Candidate], account: str, places: Sequence[int]) -> Iterator[Refusal]:
    """One refusal, of the newest of them, that stands for all."""
    if places:
        number = f"{len(places)} entr{'y' if len(places) == 1 else 'ies'}"
        yield Refusal(
            found[places[-1]],
            account,
            f"left_out: {number} of one poll, this one and older, are remembered as seen alone",
        )


def _risen(
    found: Sequence[Candidate], settings: SourceSettings, name: str, past: SourceHistory
) -> list[int]:
    """What was kept from the account for want of votes, and has enough of them by now."""
    outvoted, published = past.outvoted.get(name, ()), past.published.get(name, ())
    return [
        place
        for place, one in enumerate(found)
        if any(key in outvoted for key in one.keys)
        and (one.entry.score or 0) >= settings.filter.min_score
        and not any(key in published for key in one.known_as)
    ]


class _Gate:
    """What keeps entries from one account; each that passes may keep out those behind it."""

    def __init__(self, settings: SourceSettings, name: str, past: SourceHistory) -> None:
        recent = past.recent.get(name, Recent())
        self._settings = settings
        self._account = name
        self._addresses = past.addresses
        self._published = set(past.published.get(name, ()))
        self._titles = list(recent.titles)
        self._domains = Counter(recent.domains)
        self._authors = Counter(recent.authors)

    def refusal(self, one: Candidate, draft: Draft) -> str:
        """Why the entry is not queued, or ""."""
        if not self._published.isdisjoint(one.known_as):
            return "duplicate: this account has published or queued it already"
        chosen = self._settings.filter
        reason = consent.own_account(one.entry, self._settings, self._account, self._addresses)
        reason = reason or draft.reason
        if reason:
            return reason
        like = filters.near_duplicate(one.entry.title, self._titles, chosen.similar)
        if like:
            return f"similar: this account has published “{like}” lately"
        reason = filters.over_domain_limit(one.entry.link, self._domains, chosen.max_per_domain)
        return reason or filters.over_author_limit(
            self._author(one), self._authors, chosen.max_per_author
        )

    def passed(self, one: Candidate) -> None:
        """Count an entry that is queued."""
        self._published.update(one.published_keys)
        if one.entry.title:
            self._titles.append(one.entry.title)
        self._domains[identity.site_of(one.entry.link)] += 1
        self._authors[self._author(one)] += 1

    def _author(self, one: Candidate) -> str:
        return identity.author_of(one.entry, self._settings.name)


def _storm(
    settings: SourceSettings,
    found: Sequence[Candidate],
    new: Sequence[int],
    past: SourceHistory,
    count: int,
) -> str:
    """Why the batch is held, or "": `count` entries would be queued of it."""
    if past.last_batch_at is None:
        return ""
    if count > settings.max_per_poll:
        return f"storm: {count} new entries in one poll, max_per_poll = {settings.max_per_poll}"
    changed = bool(new) and len(new) == len(found) and not past.is_blank
    if changed and (past.address_changed or _are_old(found, past.last_batch_at)):
        return f"storm: all {len(new)} entries changed at once"
    return ""


def _are_old(new: Sequence[Candidate], since: datetime) -> bool:
    """Whether they were there before the last poll: old entries under new ids, or another list.

    What was published since then is just news. In a short list all must be that old; in one of
    WHOLESALE entries or more a single old or dateless entry is enough (ADR 0004).
    """
    is_old = [
        one.entry.published_at is not None and _latest(one.entry.published_at) <= since
        for one in new
    ]
    if len(new) < WHOLESALE:
        return all(is_old)
    return any(is_old) or any(one.entry.published_at is None for one in new)


def _latest(published: datetime) -> datetime:
    """The latest instant that a date may mean: of a midnight in UTC the end of its day."""
    is_day = published.time() == time(0)
    return published + timedelta(days=1) if is_day else published
