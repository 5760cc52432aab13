"""From a batch to a plan: which entries are new, which accounts get which text, and why not.

Planning has two steps. `select_entries` decides which entries need a draft for which account; the
caller has them drafted, which filters and composes them; `plan` decides what becomes of each draft.
Both are pure, so that `preview` shows what `sync` would do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core import consent, digest, filters, identity, revising, similarity
from reblogbot.core.drafting import Draft
from reblogbot.core.recognition import Recognised
from reblogbot.model import (
    REVIEW_NOTE,
    STORM_NOTE,
    Candidate,
    DeliveryState,
    EditablePost,
    Entry,
    EntryChange,
    FollowUp,
    Intent,
    Plan,
    RecentPosts,
    Refusal,
    Revision,
    SourceHistory,
)
from reblogbot.words import Words

WHOLESALE = 5
"""New entries from which on a single old or dateless one among them is suspicious (ADR 0004)."""
MAX_RECORDED = 1000
"""Entries of a storm, or of a first sight, that are recorded for an account; others are only
remembered as seen."""

_DUPLICATE = Words("duplicate: this account has published or queued it already")
_Outcome = Intent | Refusal | Revision | EntryChange


@dataclass(frozen=True, slots=True)
class AccountRoute:
    """Source → account. `was_read` tells whether the source was read for this account before."""

    account: AccountSettings
    was_read: bool


@dataclass(frozen=True, slots=True)
class AccountSelection:
    """The entries of a batch that concern one account, by their positions in it, oldest first.

    `chosen` may be published. `changed` differ from when they were queued, and their posts are
    waiting or published. Both need a draft. `outdated` changed too, but are being sent.
    `refused` has the reasons of those that are refused without a draft, and `left_out` are only
    remembered as seen.
    """

    chosen: Sequence[int] = ()
    changed: Mapping[int, EditablePost] = field(default_factory=dict)
    outdated: frozenset[int] = frozenset()
    refused: Mapping[int, str] = field(default_factory=dict)
    left_out: Sequence[int] = ()

    @property
    def posted(self) -> list[int]:
        """The changed entries whose posts are published."""
        return [position for position, post in self.changed.items() if post.remote_id]

    @property
    def waiting(self) -> list[int]:
        """The changed entries whose posts are still waiting."""
        return [position for position, post in self.changed.items() if not post.remote_id]


@dataclass(frozen=True, slots=True)
class BatchSelection:
    """The new entries of a batch, by position, the selection of each account, and any storm."""

    new: tuple[int, ...]
    storm: str
    by_account: Mapping[str, AccountSelection]

    @property
    def concerned(self) -> list[int]:
        """The entries whose contents matter to any account."""
        positions: set[int] = set()
        for selection in self.by_account.values():
            positions.update(selection.chosen, selection.changed, selection.outdated)
        return sorted(positions)


# which entries concern which account


def select_entries(
    settings: SourceSettings,
    recognised: Recognised,
    routes: Sequence[AccountRoute],
    history: SourceHistory,
) -> BatchSelection:
    """The entries that are new, and those that need a draft for each account."""
    batch = recognised.candidates
    new = _new(recognised, history)
    names = [route.account.name for route in routes]
    upvoted = {name: _upvoted(batch, settings, name, history) for name in names}
    count = len(set(new).union(*upvoted.values()))
    storm = _storm(settings, batch, new, history, count)
    by_account = {}
    for route in routes:
        name = route.account.name
        if not route.was_read:
            selection = _select_at_first_sight(range(len(batch)), settings)
        else:
            news = sorted({*new, *upvoted[name]})
            kept = max(MAX_RECORDED, settings.max_per_poll) - history.held.get(name, 0)
            selection = _select_newest(news, kept) if storm else AccountSelection(news)
        posts = history.editable_posts.get(name, {})
        changed = dict(revising.changed(batch, posts, recognised.habits))
        outdated = {
            position
            for position, post in changed.items()
            if not post.remote_id and post.waiting is None
        }
        duplicates = _duplicates(batch, selection.chosen, history.published.get(name, ()))
        by_account[name] = replace(
            selection,
            chosen=[position for position in selection.chosen if position not in duplicates],
            refused={**selection.refused, **dict.fromkeys(duplicates, _DUPLICATE)},
            changed={
                position: post for position, post in changed.items() if position not in outdated
            },
            outdated=frozenset(outdated),
        )
    return BatchSelection(new, storm, by_account)


def _new(recognised: Recognised, history: SourceHistory) -> tuple[int, ...]:
    """The positions of entries that the source has never shown.

    If the last batch was cut, entries that are older than all known ones were cut off then. They
    appear now because newer entries have gone, and are not new.
    """
    new = {id(candidate) for candidate in recognised.new}
    is_known = [id(candidate) not in new for candidate in recognised.candidates]
    first = is_known.index(True) if history.was_cut and any(is_known) else 0
    return tuple(position for position in range(first, len(is_known)) if not is_known[position])


def _upvoted(
    batch: Sequence[Candidate], settings: SourceSettings, account: str, history: SourceHistory
) -> list[int]:
    """The positions of entries that had too low a score for the account, and now have enough."""
    below_min_score = history.below_min_score.get(account, ())
    published = history.published.get(account, ())
    return [
        position
        for position, candidate in enumerate(batch)
        if any(key in below_min_score for key in candidate.keys)
        and (candidate.entry.score or 0) >= settings.filter.min_score
        and not any(key in published for key in candidate.known_as)
    ]


def _duplicates(
    batch: Sequence[Candidate], positions: Sequence[int], published: Collection[bytes]
) -> list[int]:
    """Those of the positions whose entries the account has published or queued before."""
    return [
        position
        for position in positions
        if any(key in published for key in batch[position].known_as)
    ]


def _select_at_first_sight(positions: Sequence[int], settings: SourceSettings) -> AccountSelection:
    """Select of a first poll: the newest entries, as many as the setting `first` allows.

    The newest of the others are recorded as refused.
    """
    if settings.first == "all":
        return AccountSelection(positions)
    allowed = 0 if settings.first == "none" else settings.first
    first_chosen = max(0, len(positions) - allowed)
    first_recorded = max(0, first_chosen - MAX_RECORDED)
    return AccountSelection(
        chosen=positions[first_chosen:],
        refused=dict.fromkeys(positions[first_recorded:first_chosen], "first_sight"),
        left_out=positions[:first_recorded],
    )


def _select_newest(positions: Sequence[int], most: int) -> AccountSelection:
    """Select the newest entries of a storm, at most `most`."""
    first_chosen = max(0, len(positions) - max(0, most))
    return AccountSelection(chosen=positions[first_chosen:], left_out=positions[:first_chosen])


# storms


def _storm(
    settings: SourceSettings,
    batch: Sequence[Candidate],
    new: Sequence[int],
    history: SourceHistory,
    count: int,
) -> str:
    """Why the batch is held, or ""; `count` is the number of its entries to be queued."""
    if history.last_batch_at is None:
        return ""
    if count > settings.max_per_poll:
        return STORM_NOTE.filled(
            reason=Words(
                "{count} new entries in one poll, max_per_poll = {limit}",
                count=count,
                limit=settings.max_per_poll,
            )
        )
    all_changed = bool(new) and len(new) == len(batch) and not history.is_blank
    if all_changed and (history.address_changed or _are_old(batch, history.last_batch_at)):
        return STORM_NOTE.filled(
            reason=Words("all {count} entries changed at once", count=len(new))
        )
    return ""


def _are_old(batch: Sequence[Candidate], last_batch_at: datetime) -> bool:
    """Whether new entries are older than the last batch: their ids changed, or it is another list.

    In a short list all of them must be that old; in one of WHOLESALE entries or more a single
    old or dateless entry is enough (ADR 0004).
    """
    dates = [candidate.entry.published_at for candidate in batch]
    is_old = [date is not None and _latest_instant(date) <= last_batch_at for date in dates]
    if len(batch) < WHOLESALE:
        return all(is_old)
    return any(is_old) or None in dates


def _latest_instant(published: datetime) -> datetime:
    """The latest instant that a date may mean: midnight in UTC may stand for the whole day."""
    is_day = published.time() == time(0)
    return published + timedelta(days=1) if is_day else published


# what an account has published


@dataclass(slots=True)
class _Claims:
    """Keys and titles an account has published or queued, and today's posts by site and author."""

    keys: set[bytes] = field(default_factory=set)
    titles: list[str] = field(default_factory=list)
    domains: Counter[str] = field(default_factory=Counter)
    authors: Counter[str] = field(default_factory=Counter)

    def add(self, entry: Entry, keys: Iterable[bytes], source: str) -> None:
        """Count an entry of that source that is queued under these keys."""
        self.keys.update(keys)
        if entry.title:
            self.titles.append(entry.title)
        self.domains[identity.site_of(entry.link)] += 1
        self.authors[identity.author_of(entry, source)] += 1


class PendingClaims:
    """The claims of intents that are not in the store; `preview` counts them across sources."""

    def __init__(self) -> None:
        self._by_account: defaultdict[str, _Claims] = defaultdict(_Claims)

    def add(self, intents: Iterable[Intent], source: str) -> None:
        """Count intents of that source as if they were in the store."""
        for intent in intents:
            self._by_account[intent.account].add(intent.candidate.entry, intent.keys, source)

    def added_to(self, history: SourceHistory) -> SourceHistory:
        """The history with all pending claims added."""
        published = {
            name: {*keys, *self._by_account[name].keys} for name, keys in history.published.items()
        }
        recent = {
            name: RecentPosts(
                (*posts.titles, *self._by_account[name].titles),
                Counter(posts.domains) + self._by_account[name].domains,
                Counter(posts.authors) + self._by_account[name].authors,
            )
            for name, posts in history.recent.items()
        }
        return replace(history, published=published, recent=recent)


# what becomes of the drafts


def plan(
    settings: SourceSettings,
    recognised: Recognised,
    routes: Sequence[AccountRoute],
    history: SourceHistory,
    choice: BatchSelection,
    drafts: Mapping[str, Mapping[int, Draft]],
    now: datetime,
) -> Plan:
    """What is to be remembered, queued, refused and changed of a batch.

    `drafts` holds, by account and position, a draft for every entry of the choice that needs one.
    """
    batch, storm = recognised.candidates, choice.storm
    outcomes: list[_Outcome] = []
    for route in routes:
        name = route.account.name
        selection, own_drafts = choice.by_account[name], drafts[name]
        outcomes += _queue_or_refuse(settings, batch, route, history, choice, own_drafts, now)
        updates = [
            revising.Update(batch[position], post, own_drafts[position])
            for position, post in selection.changed.items()
        ]
        edit_storm = revising.storm(updates, batch, history.editable_posts.get(name, {}), settings)
        storm = storm or edit_storm
        for update in updates:
            outcomes += revising.follow(update, name, settings, choice.storm or edit_storm)
    positions = {id(candidate): position for position, candidate in enumerate(batch)}
    # an entry that is being sent for one account is compared with its kept version again later
    outdated = frozenset[int]().union(*(each.outdated for each in choice.by_account.values()))
    intents = [outcome for outcome in outcomes if isinstance(outcome, Intent)]
    return Plan(
        candidates=tuple(batch),
        new=tuple(batch[position] for position in choice.new),
        intents=tuple(sorted(intents, key=lambda intent: positions[id(intent.candidate)])),
        refusals=tuple(outcome for outcome in outcomes if isinstance(outcome, Refusal)),
        storm=storm,
        scored=tuple(batch) if settings.order == "score" else (),
        revisions=tuple(outcome for outcome in outcomes if isinstance(outcome, Revision)),
        changes=tuple(
            outcome
            for outcome in outcomes
            if isinstance(outcome, EntryChange) and positions[id(outcome.candidate)] not in outdated
        ),
        is_outdated=bool(outdated),
        sightings=recognised.sightings,
        habits=recognised.habits,
    )


def _queue_or_refuse(
    settings: SourceSettings,
    batch: Sequence[Candidate],
    route: AccountRoute,
    history: SourceHistory,
    choice: BatchSelection,
    drafts: Mapping[int, Draft],
    now: datetime,
) -> Iterator[Intent | Refusal]:
    """An intent or a refusal for each new entry of one account."""
    name = route.account.name
    selection = choice.by_account[name]
    recent = history.recent.get(name, RecentPosts())
    # the choice has refused what was published before, so that the keys are of this batch alone
    claims = _Claims(set(), list(recent.titles), Counter(recent.domains), Counter(recent.authors))
    due = digest.next_time(settings, now)
    # what `first` allows at first sight is the admin's own choice, and no storm
    held = (choice.storm if route.was_read else "") or (REVIEW_NOTE if settings.review else "")
    for position in selection.chosen:
        candidate, draft = batch[position], drafts[position]
        reason = _refusal(candidate, draft, settings, name, history.addresses, claims)
        if reason or draft.post is None:
            yield Refusal(candidate, name, reason)
            continue
        claims.add(candidate.entry, candidate.published_keys, settings.name)
        hold = draft.held or held
        if settings.review_generated and draft.post.is_generated and not draft.waits_for:
            hold = hold or REVIEW_NOTE
        state = DeliveryState.HELD if hold else DeliveryState.QUEUED
        yield Intent(
            candidate,
            name,
            draft.post,
            state,
            hold,
            due=due,
            waits_for=draft.waits_for,
            follow_up=follow_up_of(candidate, draft, settings),
        )
    for position, reason in selection.refused.items():
        yield Refusal(batch[position], name, reason)
    if selection.left_out:
        # one refusal stands for all of them: there may be thousands
        count = len(selection.left_out)
        reason = Words(
            "left_out: {count} entry of one poll, this one and older, are remembered as seen alone",
            "left_out: {count} entries of one poll, this one and older, are remembered as seen"
            " alone",
            count=count,
        )
        yield Refusal(batch[selection.left_out[-1]], name, reason)


def follow_up_of(candidate: Candidate, draft: Draft, settings: SourceSettings) -> FollowUp | None:
    """The reply to the post of a draft, which waits for the steps of its source."""
    if draft.follow_up is None:
        return None
    key = identity.follow_up_key(candidate.published_keys[0])
    return FollowUp(draft.follow_up, key, settings.steps)


def _refusal(
    candidate: Candidate,
    draft: Draft,
    settings: SourceSettings,
    account: str,
    addresses: Mapping[str, str],
    claims: _Claims,
) -> str:
    """Why the entry is not queued for the account, or ""."""
    if not claims.keys.isdisjoint(candidate.known_as):
        return _DUPLICATE
    reason = (
        consent.own_account_reason(candidate.entry, settings, account, addresses) or draft.reason
    )
    if reason:
        return reason
    limits, entry = settings.filter, candidate.entry
    title = similarity.near_duplicate(entry.title, claims.titles, limits.similar)
    if title:
        return Words("similar: this account has published “{title}” lately", title=title)
    author = identity.author_of(entry, settings.name)
    return filters.over_domain_limit(
        entry.link, claims.domains, limits.max_per_domain
    ) or filters.over_author_limit(author, claims.authors, limits.max_per_author)
