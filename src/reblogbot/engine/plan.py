"""From a poll to a plan: what is new, for which accounts, with which text, and why not.

    history → recognition → choice → whole entries in place of outlines → drafts within the limits
    that are known → limits of the accounts for which a draft passed the filters → drafts again
    where the limits have changed → plan → images and texts of the entries' pages → drafts of these
    → plan

Everything that is asked of the world is known before a pure function of `core` decides. A server
is asked for its limits only if something may be published: its library takes longer to import than
hundreds of feeds to poll, and most new entries of a strict filter are refused.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from reblogbot.config.hosts import hosts_of
from reblogbot.config.settings import AccountSettings, Config, SourceSettings
from reblogbot.core import bounds, compose, drafting, planning, recognition, revising
from reblogbot.core.drafting import Draft, DraftJob
from reblogbot.core.planning import AccountRoute, AccountSelection, BatchSelection, PendingClaims
from reblogbot.core.recognition import Recognised
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.drafts import Drafter
from reblogbot.engine.poll import PollResult, read_whole, without_outlines
from reblogbot.media.pages import MAX_TEXT, PageReader
from reblogbot.model import Action, Candidate, Entry, Plan, ServerLimits
from reblogbot.model.history import SourceHistory
from reblogbot.ports import Clock, ParserPool
from reblogbot.store import AsyncStore, Store

Drafts = dict[str, dict[int, Draft]]
"""Drafts by account and by the position of their candidate."""


class Planner:
    """Plans polls; changes nothing in the store, so that `preview` shows what `sync` would do."""

    def __init__(
        self,
        config: Config,
        store: AsyncStore,
        accounts: Accounts,
        pages: PageReader,
        parsers: ParserPool,
        clock: Clock,
    ) -> None:
        self._config = config
        self._store = store
        self._accounts = accounts
        self._pages = pages
        self._parsers = parsers
        self._clock = clock

    async def plan(
        self,
        result: PollResult,
        pending: PendingClaims | None = None,
        history: SourceHistory | None = None,
    ) -> Plan:
        """Return what the poll comes to. `pending` is known besides what the store knows.

        A `history` takes the place of what the store knows. Raises SourceError where entries cannot
        be read whole.
        """
        now = self._clock.now()
        if history is None:
            history = await self._history(result, now)
        if pending is not None:
            history = pending.added_to(history)
        recognised = await asyncio.to_thread(
            recognition.recognise, result.record.name, result.candidates, history
        )
        settings, candidates = result.settings, recognised.candidates
        routes = [
            AccountRoute(self._config.accounts[name], name in result.record.learnt)
            for name in settings.to
        ]
        choice = await asyncio.to_thread(
            planning.select_entries, settings, recognised, routes, history
        )
        outlines = [
            position
            for position in choice.concerned
            if candidates[position].entry.outline_position is not None
        ]
        if outlines:
            entries = await read_whole(result, [candidates[each].entry for each in outlines])
            completed = recognition.with_entries(
                recognised, dict(zip(outlines, entries, strict=True))
            )
            if completed is None:
                return await self.plan(await without_outlines(result), pending, history)
            recognised, candidates = completed, completed.candidates
            choice = await asyncio.to_thread(
                planning.select_entries, settings, recognised, routes, history
            )
        if settings.page_text:
            candidates = revising.with_page_texts(candidates, history.editable_posts.values())
            recognised = replace(recognised, candidates=candidates)
        drafts = await self._draft(result, candidates, routes, choice, now)

        async def decide(recognised: Recognised) -> Plan:
            return await asyncio.to_thread(
                planning.plan, settings, recognised, routes, history, choice, drafts, now
            )

        plan = await decide(recognised)
        completed_by_pages = await self._read_pages(result, candidates, plan)
        if not completed_by_pages:
            return plan
        candidates = tuple(
            completed_by_pages.get(position, candidate)
            for position, candidate in enumerate(candidates)
        )
        redone = await self._draft(result, candidates, routes, choice, now, completed_by_pages)
        for name, replaced in redone.items():
            drafts[name] |= replaced
        return await decide(replace(recognised, candidates=candidates))

    async def plan_as_new(self, result: PollResult) -> Plan:
        """Return the plan if every entry were new and none held: for trying filters and templates.

        Raises SourceError where entries cannot be read whole.
        """
        most = max(len(result.candidates), result.settings.max_per_poll)
        settings = result.settings.model_copy(update={"max_per_poll": most, "review": False})
        record = replace(result.record, learnt=frozenset(settings.to))
        history = SourceHistory(habits=record.habits, is_blank=True)
        if any(candidate.entry.author for candidate in result.candidates):
            history = replace(history, addresses=await self._accounts.addresses())
        return await self.plan(replace(result, settings=settings, record=record), history=history)

    async def recognise(self, result: PollResult) -> Sequence[Candidate]:
        """Return the entries of the poll, oldest first, with the keys that history leaves them."""
        history = await self._history(result, self._clock.now())
        recognised = await asyncio.to_thread(
            recognition.recognise, result.record.name, result.candidates, history
        )
        return recognised.candidates

    async def draft_requested(
        self, result: PollResult, entry: Entry, accounts: Sequence[str]
    ) -> tuple[Entry, dict[str, Draft]]:
        """Return the entry with what its page has, and its draft for each account.

        Only the filters count that hold for what the admin asked for.
        """
        settings = result.settings
        actions = {
            "post" if self._config.accounts[name].has_titles else compose.action_of(entry, settings)
            for name in accounts
        }
        entry = await self.with_page(settings, entry, actions)
        drafter = Drafter(self._parsers, settings.name)
        drafts = {}
        for name in accounts:
            limits = await self._accounts[name].limits()
            job = await self._job(result, self._config.accounts[name], limits, self._clock.now())
            (drafts[name],) = await drafter.drafts(replace(job, stage="requested"), [entry])
        return entry, drafts

    async def _history(self, result: PollResult, now: datetime) -> SourceHistory:
        history, unseen = await self._store.query(read_history, result, now)
        if any(candidate.entry.author for candidate in unseen):
            history = replace(history, addresses=await self._accounts.addresses())
        return history

    async def _draft(
        self,
        result: PollResult,
        candidates: Sequence[Candidate],
        routes: Sequence[AccountRoute],
        choice: BatchSelection,
        now: datetime,
        only: Container[int] | None = None,
    ) -> Drafts:
        """Return drafts of the chosen candidates; with `only`, of those at these positions."""
        drafter = Drafter(self._parsers, result.record.name)
        drafts: Drafts = {}
        for route in routes:
            account = self._accounts[route.account.name]
            selection = choice.by_account[account.name]
            job = await self._job(result, route.account, account.known_limits, now)
            own = await _drafts(drafter, job, selection, candidates, only)
            if any(draft.post is not None for draft in own.values()):
                limits = await account.limits()
                if limits != job.limits:
                    job = replace(job, limits=limits)
                    own = await _drafts(drafter, job, selection, candidates, only)
            drafts[account.name] = own
        return drafts

    async def _job(
        self, result: PollResult, account: AccountSettings, limits: ServerLimits, now: datetime
    ) -> DraftJob:
        """Return a job without entries."""
        settings = result.settings
        job = drafting.draft_job(settings, account, limits, result.batch, now)
        if not settings.steps:
            return job
        may_use_steps = await self._accounts.may_use_steps(settings)
        return replace(job, generated=self._config.chat_steps, may_use_steps=may_use_steps)

    async def _read_pages(
        self, result: PollResult, candidates: Sequence[Candidate], plan: Plan
    ) -> dict[int, Candidate]:
        """Return, by position, the candidates to be posted that got something of their pages.

        At most `max_per_poll` pages are read, each once: several accounts may post an entry.
        """
        settings = result.settings
        if not (settings.media or settings.page_text):
            return {}
        planned = [(intent.candidate, intent.post) for intent in plan.intents]
        planned += [(revision.candidate, revision.after.post) for revision in plan.revisions]
        actions: defaultdict[int, set[Action]] = defaultdict(set)
        for candidate, post in planned:
            actions[id(candidate)].add(post.action)
        # in the order of the plan
        wanting = {
            id(candidate): candidate
            for candidate, _ in planned
            if _most_text(settings, actions[id(candidate)])
            or _most_images(settings, candidate.entry, actions[id(candidate)])
        }
        chosen = dict(islice(wanting.items(), settings.max_per_poll))
        entries = await asyncio.gather(
            *(
                self.with_page(settings, candidate.entry, actions[number])
                for number, candidate in chosen.items()
            )
        )
        completed = {
            number: replace(candidate, entry=entry)
            for (number, candidate), entry in zip(chosen.items(), entries, strict=True)
            if entry != candidate.entry
        }
        return {
            position: completed[id(candidate)]
            for position, candidate in enumerate(candidates)
            if id(candidate) in completed
        }

    async def with_page(
        self, settings: SourceSettings, entry: Entry, actions: Collection[Action]
    ) -> Entry:
        """Return the entry with the images and the text of its page that these actions need."""
        return await self._pages.read(
            entry,
            _most_images(settings, entry, actions),
            _most_text(settings, actions),
            source=settings.name,
            proxy=settings.proxy,
            configured=hosts_of(settings, self._config.accounts),
        )


def _most_images(settings: SourceSettings, entry: Entry, actions: Collection[Action]) -> int:
    """The number of images that its page may add; 0 for an entry that brings images itself."""
    is_bare = not compose.images_of(entry) and not {"post", "quote"}.isdisjoint(actions)
    return settings.media if is_bare else 0


def _most_text(settings: SourceSettings, actions: Collection[Action]) -> int:
    """The number of characters that are read of its page; a boost needs none."""
    has_text = not {"post", "quote", "edit"}.isdisjoint(actions)
    return MAX_TEXT if settings.page_text and has_text else 0


async def _drafts(
    drafter: Drafter,
    job: DraftJob,
    selection: AccountSelection,
    candidates: Sequence[Candidate],
    only: Container[int] | None,
) -> dict[int, Draft]:
    """Return the drafts of one account, by the positions of their candidates."""
    by_stage: dict[drafting.Stage, Sequence[int]] = {
        "new": selection.chosen,
        "waiting": selection.waiting,
        "posted": selection.posted,
    }
    drafts: dict[int, Draft] = {}
    for stage, chosen in by_stage.items():
        positions = [at for at in chosen if only is None or at in only]
        if not positions:
            continue
        entries = [candidates[position].entry for position in positions]
        composed = await drafter.drafts(replace(job, stage=stage), entries)
        drafts |= zip(positions, composed, strict=True)
    return drafts


def read_history(
    store: Store, result: PollResult, now: datetime
) -> tuple[SourceHistory, list[Candidate]]:
    """Return what the store knows that matters for these candidates, and those never seen."""
    record, settings, candidates = result.record, result.settings, result.candidates
    history = store.sources.past(record, candidates, settings.to)
    recent = {}
    filters = settings.filter
    if filters.similar or filters.max_per_domain or filters.max_per_author:
        recent = {name: store.publications.recent(name, now) for name in settings.to}
    editable = {
        name: store.publications.editable(
            name,
            record,
            (*history.seen, *history.published[name]),
            posted=settings.updates == "edit",
        )
        for name in settings.to
    }
    below_min_score = {}
    if filters.min_score:
        keys = [key for candidate in candidates for key in candidate.lookups]
        below_min_score = {
            name: store.publications.below_min_score(name, record.id, keys) for name in settings.to
        }
    held: Mapping[str, int] = {}
    unseen = [
        candidate
        for candidate in candidates
        if not any(key in history.seen for key in candidate.keys)
    ]
    if len(unseen) >= planning.WHOLESALE:
        held = store.tallies.held_by_storms(settings.name)
    history = replace(
        history,
        recent=recent,
        editable_posts=editable,
        below_min_score=below_min_score,
        held=held,
        was_cut=record.last_batch_size >= bounds.MOST_ENTRIES,
    )
    return history, unseen
