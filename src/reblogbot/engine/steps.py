"""Steps: what models and programs write about entries, before the entries are posted.

A delivery that waits for steps is found in the store. Its steps run in the order of its source:
render the prompt → look for a result of these exact words → note the call → call → store the
result. With all results its post is composed again, and is queued, or held for review.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reblogbot.config.settings import Config, SourceSettings, StepSettings
from reblogbot.core import answers, drafting, prompts, revising, steps, threads
from reblogbot.core.drafting import Draft
from reblogbot.engine.accounts import Accounts
from reblogbot.engine.drafts import Drafter
from reblogbot.errors import ReblogbotError, StepError, StoreError
from reblogbot.model import (
    REVIEW_NOTE,
    STEP_FAILED_NOTE,
    Batch,
    Delivery,
    DeliveryState,
    Entry,
    Post,
    StepAnswer,
    StepRequest,
    StepText,
)
from reblogbot.ports import Clock, ParserPool, ProgressCallback, Step, no_progress
from reblogbot.runtime.clock import uptime
from reblogbot.runtime.worker_thread import ThreadDied
from reblogbot.store import AsyncStore, Store
from reblogbot.store.steps import FAILED, MOST_VERSIONS, StepCall, StepRecord, WaitingDelivery
from reblogbot.store.transitions import NO_POST_NOTE, POST_RETRACTED_NOTE
from reblogbot.words import Words

log = logging.getLogger(__name__)

CALLS_AT_A_TIME = 2
"""Of one step: a model on the admin's own machine is no faster with more."""
ENTRIES_AT_A_TIME = 8
MOST_DELIVERIES = 500
"""So many deliveries are looked at in one go."""
SHOWN_PROMPT = 2_000
"""So many characters of a prompt's template, or of a program's name, are kept, for `why`."""
LEASE_MARGIN = timedelta(minutes=1)
BUSY_WAIT = timedelta(seconds=30)
"""How long a delivery waits whose step another process is calling."""
BROKEN_WAIT = timedelta(hours=1)
"""How long the deliveries of an entry wait on which our own code failed."""
RESULTS_NOTE = Words("written with the results of its steps")
POSTED_NOTE = Words("the post that it replies to is published")
NO_REPLY_NOTE = Words("its source has no follow_up for it any more")


@dataclass(slots=True)
class StepsReport:
    """What one round of steps came to.

    `changed` has the deliveries that changed, by their ids. `deferred` are the ids of those that
    wait for a reason that is no failure: the limit of a day, or a pause that a service asked for.
    `failed` are the ids of those for which a step failed and will not be tried again.
    """

    changed: dict[int, Delivery] = field(default_factory=dict)
    deferred: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The results of an entry's steps, as far as there are any.

    `failed` is the step that returns none, for `reason`. Otherwise, with `missing`, they are tried
    again at `again_at`. `is_well` tells that this is no failure: its service or its site wants it.
    """

    results: Mapping[str, StepText]
    missing: tuple[str, ...] = ()
    failed: str = ""
    reason: str = ""
    again_at: datetime | None = None
    is_well: bool = False


@dataclass(frozen=True, slots=True)
class SingleRun:
    """What a step returned that the admin had run for one entry.

    `record` is what the store has of it, None where the step was not asked, for `reason`.
    `was_stored` tells that there was a result already.
    """

    record: StepRecord | None = None
    was_stored: bool = False
    reason: str = ""


class StepRunner:
    """Runs the steps of entries.

    `mark_of` returns a digest of a step's settings and key. A final failure is tried again once
    the digest has changed.
    """

    def __init__(
        self,
        config: Config,
        store: AsyncStore,
        accounts: Accounts,
        parsers: ParserPool,
        make_step: Callable[[StepSettings], Step],
        mark_of: Callable[[StepSettings], str],
        clock: Clock,
    ) -> None:
        self._config = config
        self._store = store
        self._accounts = accounts
        self._parsers = parsers
        self._make_step = make_step
        self._mark_of = mark_of
        self._clock = clock
        self._used_accounts = [name for name, each in config.accounts.items() if each.enabled]
        self._ahead: Counter[str] = Counter()
        """How many entries wait for the limit of a step's day, by what was seen in this go."""
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(CALLS_AT_A_TIME)
        )

    async def next_due(self) -> datetime | None:
        """Return when steps may be tried next; None where nothing waits for any."""
        return await self._store.query(self.read_next_due, self._clock.now())

    def read_next_due(self, store: Store, now: datetime) -> datetime | None:
        """Return the same, by a query of the store."""
        return min((at for _, at in self._due_sources(store)), default=None)

    def _due_sources(self, store: Store) -> list[tuple[str, datetime]]:
        """Return the enabled sources whose deliveries wait for steps, and until when.

        A pause and the limit of a day keep no source waiting: the results of some of its entries
        may be in the store.
        """
        waiting = [
            (source, at)
            for source, _, at in store.steps.next_due(self._used_accounts)
            if source in self._config.sources and self._config.sources[source].enabled
        ]
        return waiting if waiting and store.outbox.stopped_at() is None else []

    async def run(
        self, stopping: asyncio.Event, on_progress: ProgressCallback = no_progress
    ) -> StepsReport:
        """Try the steps of everything that waits for them and is due, each once."""
        report = StepsReport()
        now = self._clock.now()
        due = await self._store.query(self._due_sources)
        sources = sorted({source for source, at in due if at <= now})
        if not sources or stopping.is_set():
            return report
        self._ahead.clear()
        waiting = await self._store.steps.waiting(
            sources, self._used_accounts, now, MOST_DELIVERIES
        )
        groups: dict[tuple[int, str], list[WaitingDelivery]] = {}
        for each in waiting:
            groups.setdefault((each.entry_id, each.delivery.source), []).append(each)
        slots = asyncio.Semaphore(ENTRIES_AT_A_TIME)
        finished = 0

        async def work_on(group: Sequence[WaitingDelivery]) -> None:
            nonlocal finished
            async with slots:
                # a go may take hours: the admin may have stopped everything meanwhile
                if not stopping.is_set() and await self._store.outbox.stopped_at() is None:
                    await self._work_on_logged(group, report)
            finished += 1
            on_progress("running steps", finished, len(groups))

        # all come to their end: an answer that is on its way is paid for
        works = map(work_on, groups.values())
        errors = await asyncio.gather(*works, return_exceptions=True)
        for error in filter(None, errors):
            raise error
        return report

    async def follow_settings(self) -> None:
        """Try anew what the config no longer keeps waiting.

        That is what is held for a step that failed for good, where its settings have changed; and
        what waits for the end of a pause, or of the limit of a day, where there is none any more.
        """
        now = self._clock.now()
        marks = {name: self._mark_of(step) for name, step in self._config.steps.items()}
        await self._store.steps.queue_failed(marks, now)
        pauses = await self._store.steps.pauses()
        callable_steps = {}
        for name, settings in self._config.steps.items():
            calls = await self._store.steps.calls(name, now - steps.DAY)
            pause, mark = pauses.get(name), marks[name]
            if steps.next_call(now, calls, settings.per_day, pause, mark) <= now:
                callable_steps[name] = mark
        await self._store.steps.bring_forward(callable_steps, now)

    # one entry

    async def _work_on_logged(self, group: Sequence[WaitingDelivery], report: StepsReport) -> None:
        """Run the steps of one entry. A fault of ours there must not keep others waiting."""
        try:
            await self._work_on(group, report)
        except (StoreError, ThreadDied):
            raise
        except Exception as error:
            deliveries = [each.delivery for each in group]
            log.exception("steps broke", extra={"ids": [each.id for each in deliveries]})
            fault = type(error).__name__
            reason = Words("its steps broke with {fault}; please report it", fault=fault)
            resolution = Resolution(
                {}, deliveries[0].waits_for, "", reason, self._clock.now() + BROKEN_WAIT
            )
            await self._postpone(deliveries, resolution, report)

    async def _work_on(self, group: Sequence[WaitingDelivery], report: StepsReport) -> None:
        """Run the steps of one entry of one source, for all accounts."""
        first = group[0]
        source = self._config.sources[first.delivery.source]
        live = [each for each in group if not await self._needs_no_steps(each, report)]
        if not live:
            return
        title = await self._title(source)
        resolution = await self.resolve(first.entry, source, title, entry_id=first.entry_id)
        if resolution.missing and not resolution.failed:
            await self._postpone([each.delivery for each in live], resolution, report)
            return
        for each in live:
            after, note = await self.settled(each, source, title, resolution)
            await self._write(each.delivery, after, note, report)
            if resolution.failed and not resolution.is_well:
                report.failed.add(each.delivery.id)

    async def _postpone(
        self, deliveries: Sequence[Delivery], resolution: Resolution, report: StepsReport
    ) -> None:
        """Let the deliveries of an entry wait for the steps that are missing."""
        at = resolution.again_at or self._clock.now() + BUSY_WAIT
        postponed = await self._store.steps.postpone(
            deliveries, resolution.missing, at, resolution.reason
        )
        report.changed.update({each.id: each for each in postponed})
        if resolution.is_well:
            report.deferred.update(each.id for each in postponed)

    async def _needs_no_steps(self, waiting: WaitingDelivery, report: StepsReport) -> bool:
        """Skip a reply whose post is not there, or not any more; queue one that an admin wrote."""
        before, previous = waiting.delivery, waiting.previous
        if not before.post.continues:
            return False
        if previous is not None and previous.state == DeliveryState.SENT:
            if before.post.is_edited:
                await self._write(before, replace(before, waits_for=()), POSTED_NOTE, report)
            return before.post.is_edited
        is_lost = previous is None or previous.state in (DeliveryState.SKIPPED, DeliveryState.DEAD)
        reason = NO_POST_NOTE if is_lost else POST_RETRACTED_NOTE
        after = replace(before, state=DeliveryState.SKIPPED, error=reason)
        await self._write(before, after, reason, report)
        return True

    async def _title(self, source: SourceSettings) -> str:
        return source.title or await self._store.sources.title(source.name) or source.name

    async def resolve(
        self,
        entry: Entry,
        source: SourceSettings,
        title: str,
        *,
        entry_id: int | None = None,
        may_call: bool = True,
        force: Collection[str] = (),
    ) -> Resolution:
        """Return the results of a source's steps for an entry.

        Those that are not in the store are asked for; not without `may_call`. The steps in `force`
        are asked whatever failed before, whatever pauses them, and beyond their calls of the day.
        """
        results: dict[str, StepText] = {}
        names = [name for name in source.steps if name in self._config.steps]
        for position, name in enumerate(names):
            missing = tuple(names[position:])
            settings = self._config.steps[name]
            if settings.kind == "chat" and entry.ai_refusal:
                return Resolution(
                    results, missing, failed=name, reason=entry.ai_refusal, is_well=True
                )
            try:
                call, request = await self._call(entry, entry_id, source, title, settings, results)
            except ReblogbotError as error:
                return Resolution(results, missing, failed=name, reason=error.message)
            outcome = await self._result(
                call,
                request,
                settings,
                entry,
                source,
                may_call=may_call,
                is_forced=name in force,
            )
            if not isinstance(outcome, StepText):
                return replace(outcome, results=results, missing=missing)
            results[name] = outcome
        return Resolution(results)

    async def run_single(
        self,
        name: str,
        entry: Entry,
        source: SourceSettings,
        title: str,
        *,
        entry_id: int | None = None,
        again: bool = False,
    ) -> SingleRun:
        """Run one step for one entry now, and those before it, as far as they have no results.

        What failed before, pauses, and the calls of the day do not count. With `again` a result
        that is stored is asked for once more; it stays where there is no other.
        """
        position = source.steps.index(name) if name in source.steps else 0
        before = source.model_copy(update={"steps": source.steps[:position]})
        force = frozenset(before.steps)
        earlier = await self.resolve(entry, before, title, entry_id=entry_id, force=force)
        settings = self._config.steps[name]
        if earlier.missing:
            note = STEP_FAILED_NOTE.filled(name=earlier.missing[0], reason=earlier.reason)
            return SingleRun(reason=note)
        if settings.kind == "chat" and entry.ai_refusal:
            return SingleRun(reason=entry.ai_refusal)
        try:
            call, request = await self._call(
                entry, entry_id, source, title, settings, earlier.results
            )
        except ReblogbotError as error:
            return SingleRun(reason=error.message)
        before_call = (await self._store.steps.find([call.key])).get(call.key)
        was_stored = before_call is not None and before_call.result is not None
        if was_stored and again:
            await self._store.steps.forget(call.key)
            was_stored = False
        outcome = await self._result(
            call, request, settings, entry, source, may_call=True, is_forced=True
        )
        record = (await self._store.steps.find([call.key])).get(call.key)
        if not isinstance(outcome, Resolution):
            return SingleRun(record, was_stored)
        if again and before_call is not None:
            # it was paid for, and the new call has brought nothing
            await self._store.steps.restore(before_call)
        return SingleRun(record, was_stored, outcome.reason)

    async def _call(
        self,
        entry: Entry,
        entry_id: int | None,
        source: SourceSettings,
        title: str,
        settings: StepSettings,
        results: Mapping[str, StepText],
    ) -> tuple[StepCall, StepRequest]:
        """Return the call with its exact words. Raises ReblogbotError."""
        job = replace(
            prompts.prompt_job(settings, source, title),
            entries=(entry,),
            results=(dict(results),),
        )
        (prompt,) = await self._parsers.share(source.name)(prompts.prompts, job)
        if prompt.request is None:
            raise ReblogbotError("template_failed", prompt.reason)
        request = prompt.request
        key = prompts.digest(settings, request)
        template = settings.program or f"{settings.system}\n{settings.prompt}".strip()
        call = StepCall(
            key,
            settings.name,
            entry_id,
            self._mark_of(settings),
            template[:SHOWN_PROMPT],
            len(request.system) + len(request.prompt),
        )
        return call, replace(request, key=key.hex())

    async def _result(
        self,
        call: StepCall,
        request: StepRequest,
        settings: StepSettings,
        entry: Entry,
        source: SourceSettings,
        *,
        may_call: bool,
        is_forced: bool,
    ) -> StepText | Resolution:
        """Return the result of a call, from the store or by making it; else why there is none."""
        stored = await self._stored(call)
        if stored is None and not is_forced:
            stored = await self._newest_version(call)
        if stored is not None:
            return stored
        if not may_call:
            return (None if is_forced else await self._earlier_failure(call)) or Resolution({})
        async with self._slots[call.step]:
            return await self._called(call, request, settings, entry, source, is_forced=is_forced)

    async def _called(
        self,
        call: StepCall,
        request: StepRequest,
        settings: StepSettings,
        entry: Entry,
        source: SourceSettings,
        *,
        is_forced: bool,
    ) -> StepText | Resolution:
        """Return the result of a call that is made now, else why there is none."""
        # other calls have taken minutes: what was asked before may be true no more
        stored = await self._stored(call)
        if stored is not None:
            return stored
        waits = None if is_forced else await self._why_not_now(call, settings)
        if waits is not None:
            return waits
        now, begin_before = self._clock.now(), uptime() + LEASE_MARGIN.total_seconds()
        lease = settings.timeout + LEASE_MARGIN
        per_day = None if is_forced else settings.per_day
        if not await self._store.steps.begin(call, now, lease, per_day):
            # the calls of the day were used up meanwhile, or another process calls it
            waits = None if is_forced else await self._why_not_now(call, settings)
            reason = Words("another call is being made")
            busy = Resolution({}, reason=reason, again_at=now + BUSY_WAIT, is_well=True)
            return waits or busy
        if uptime() >= begin_before:
            # this process was stopped meanwhile: the call would outlast its lease
            reason = Words("the call was begun too late")
            return Resolution({}, reason=reason, again_at=now + lease, is_well=True)
        return await self._make(call, request, settings, entry, source)

    async def _stored(self, call: StepCall) -> StepText | None:
        """Return the result of exactly these words, None where the store has none."""
        record = (await self._store.steps.find([call.key])).get(call.key)
        if record is None or record.result is None:
            return None
        if record.entry_id is None and call.entry_id is not None:
            # a preview had asked for it
            await self._store.steps.assign(call.key, call.entry_id)
        return record.result

    async def _newest_version(self, call: StepCall) -> StepText | None:
        """Return the newest result of an entry that has changed too often to be asked again.

        Other settings than those of today do not count: it was the admin who changed these.
        """
        if call.entry_id is None:
            return None
        records = await self._store.steps.of_entry(call.entry_id)
        versions = [
            each.result
            for each in records
            if (each.step, each.mark) == (call.step, call.mark) and each.result is not None
        ]
        return versions[-1] if len(versions) >= MOST_VERSIONS else None

    async def _earlier_failure(self, call: StepCall) -> Resolution | None:
        """Return how the call failed with the present settings, None where it may be made again."""
        record = (await self._store.steps.find([call.key])).get(call.key)
        if record is None or record.state != FAILED or record.mark != call.mark:
            return None
        if record.due is None:
            return Resolution({}, failed=call.step, reason=record.error)
        if record.due > self._clock.now():
            return Resolution({}, reason=record.error, again_at=record.due)
        return None

    async def _why_not_now(self, call: StepCall, settings: StepSettings) -> Resolution | None:
        """Return why the step is not called now, None where it may be."""
        failure = await self._earlier_failure(call)
        if failure is not None:
            return failure
        now = self._clock.now()
        pause = (await self._store.steps.pauses()).get(call.step)
        if pause is not None and pause.mark == call.mark:
            if pause.until is None and pause.slug in steps.FINAL_OF_SERVICE:
                await self._store.steps.refuse(call, pause.slug, pause.reason, now)
                return Resolution({}, failed=call.step, reason=pause.reason)
            if pause.until is not None and pause.until > now:
                is_well = pause.slug == steps.RATE_LIMITED
                return Resolution({}, reason=pause.reason, again_at=pause.until, is_well=is_well)
        calls = await self._store.steps.calls(call.step, now - steps.DAY)
        ahead = self._ahead[call.step]
        at = steps.next_call(now, calls, settings.per_day, None, call.mark, ahead=ahead)
        if at > now:
            self._ahead[call.step] += 1
            reason = steps.spent_reason(len(calls), settings.per_day)
            return Resolution({}, reason=reason, again_at=at, is_well=True)
        return None

    async def _make(
        self,
        call: StepCall,
        request: StepRequest,
        settings: StepSettings,
        entry: Entry,
        source: SourceSettings,
    ) -> StepText | Resolution:
        """Make a call that was noted, and store what comes of it."""
        started_at = uptime()
        try:
            answer = await self._ask(settings, request)
            result = await self._cleaned(answer, settings, entry, source)
        except StepError as error:
            return await self._note_failure(call, error, uptime() - started_at)
        seconds = uptime() - started_at
        await self._store.steps.finish(call, answer, result, seconds, self._clock.now())
        log.info(
            "step done",
            extra={
                "source": source.name,
                "step": call.step,
                "model": answer.model,
                "seconds": round(seconds, 1),
            },
        )
        return result

    async def _ask(self, settings: StepSettings, request: StepRequest) -> StepAnswer:
        """Return the answer of the step. Raises StepError, also where the adapter is broken."""
        try:
            return await self._make_step(settings).run(request)
        except StepError:
            raise
        except Exception as error:
            log.exception("step broke", extra={"step": settings.name})
            broke = Words(
                "steps.{name}: the adapter broke with {fault}; please report it",
                name=settings.name,
                fault=type(error).__name__,
            )
            raise StepError("step_failed", broke) from error

    async def _cleaned(
        self, answer: StepAnswer, settings: StepSettings, entry: Entry, source: SourceSettings
    ) -> StepText:
        """Return the answer as text that may be posted. Raises StepError where none is left."""
        try:
            job = answers.answer_job(answer, entry, settings, source)
            result = await self._parsers.share(source.name)(answers.cleaned_answer, job)
        except ReblogbotError as error:
            message = Words("the answer could not be read ({slug})", slug=error.slug)
            raise StepError("step_bad_answer", message) from error
        if not result.text:
            raise StepError("step_empty", Words("nothing is left of the answer to be posted"))
        return result

    async def _note_failure(self, call: StepCall, error: StepError, seconds: float) -> Resolution:
        now = self._clock.now()
        record = (await self._store.steps.find([call.key])).get(call.key)
        due = steps.retry_at(error, record.attempts if record else 0, now)
        pauses = await self._store.steps.pauses()
        pause = steps.pause_after(pauses.get(call.step), error, now, call.mark)
        if due is not None and pause.until is not None:
            due = max(due, pause.until)
        await self._store.steps.fail(
            call,
            error.slug,
            error.message,
            due,
            is_attempt=not error.is_of_service,
            seconds=seconds,
        )
        await self._store.steps.pause(call.step, pause)
        log.warning(
            "step failed",
            extra={"step": call.step, "slug": error.slug, "error": error.message},
        )
        if due is None:
            return Resolution({}, failed=call.step, reason=error.message)
        is_well = error.slug == steps.RATE_LIMITED
        return Resolution({}, reason=error.message, again_at=due, is_well=is_well)

    # the deliveries of an entry

    async def settled(
        self,
        waiting: WaitingDelivery,
        source: SourceSettings,
        title: str,
        resolution: Resolution,
    ) -> tuple[Delivery, str]:
        """Return the delivery as its steps leave it, and a note on why; changes nothing.

        It is composed with their results, and queued, or held for review. Where a step failed, the
        admin's config decides: it is held, posted without, or dropped.
        """
        before, failed = waiting.delivery, resolution.failed
        if not failed:
            composed = await self._composed(waiting, source, title, resolution.results)
            return composed, RESULTS_NOTE
        note = STEP_FAILED_NOTE.filled(name=failed, reason=resolution.reason)
        if source.on_step_failure == "post":
            composed = await self._composed(waiting, source, title, resolution.results)
            # a reply has nothing to say without the results
            is_empty = composed.error == NO_REPLY_NOTE
            return replace(composed, error=note) if is_empty else composed, note
        if source.on_step_failure == "drop":
            state = DeliveryState.SKIPPED
            # it still waits for its steps: an admin may want it after all
            return replace(before, state=state, error=note), note
        state = DeliveryState.HELD
        return replace(before, state=state, error=note, waits_for=resolution.missing), note

    async def _composed(
        self,
        waiting: WaitingDelivery,
        source: SourceSettings,
        title: str,
        results: Mapping[str, StepText],
    ) -> Delivery:
        """Return a delivery composed with its results: queued, held, or skipped."""
        before = waiting.delivery
        draft = await self._draft(waiting, source, title, results)
        post = draft.follow_up if before.post.continues else draft.post
        if post is None:
            reason = draft.reason or draft.held or NO_REPLY_NOTE
            return replace(before, state=DeliveryState.SKIPPED, error=reason)
        post = self._as_before(post, before.post)
        needs_review = source.review_generated and post.is_generated
        held = draft.held
        if before.state == DeliveryState.HELD or needs_review:
            held = held or REVIEW_NOTE
        state = DeliveryState.HELD if held else DeliveryState.QUEUED
        return replace(before, post=post, state=state, error=held, waits_for=())

    @staticmethod
    def _as_before(post: Post, before: Post) -> Post:
        """Return the post with what the results do not decide."""
        if before.action == "edit":
            post = revising.edit_of(post, before.uri)
        return replace(post, continues=before.continues, is_requested=before.is_requested)

    async def _draft(
        self,
        waiting: WaitingDelivery,
        source: SourceSettings,
        title: str,
        results: Mapping[str, StepText],
    ) -> Draft:
        before = waiting.delivery
        account = self._accounts[before.account]
        limits = await account.limits()
        batch = Batch(title=title, language=before.post.language)
        job = drafting.draft_job(source, account.settings, limits, batch, self._clock.now())
        stage: drafting.Stage = "posted" if before.post.action == "edit" else "waiting"
        if before.post.is_requested:
            stage = "requested"
        drafter = Drafter(self._parsers, source.name)
        (draft,) = await drafter.drafts(
            replace(job, stage=stage, results=dict(results), generated=self._config.chat_steps),
            [waiting.entry],
        )
        if draft.follow_up is not None:
            first, *rest = threads.parts(draft.follow_up, limits)
            reply = replace(first, rest=tuple(part.text for part in rest))
            draft = replace(draft, follow_up=reply)
        return draft

    async def _write(
        self, before: Delivery, after: Delivery, note: str, report: StepsReport
    ) -> None:
        settled = await self._store.steps.settle(before, after, self._clock.now(), note)
        if settled is None:
            log.info("changed meanwhile", extra={"id": before.id})
            return
        report.changed[settled.id] = settled
        log.info(
            "steps done",
            extra={
                "account": settled.account,
                "source": settled.source,
                "id": settled.id,
                "state": settled.state.value,
                "reason": settled.error,
            },
        )
