"""What a round would publish, worked out by the steps of the engine without any change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, islice
from typing import TypedDict

from reblogbot.core import digest, queue_order
from reblogbot.core.digest import Bundle
from reblogbot.core.planning import PendingClaims
from reblogbot.core.text.shortening import beginning
from reblogbot.engine import screening
from reblogbot.engine.digests import may_be_bundled
from reblogbot.engine.engine import Engine
from reblogbot.engine.poll import PollResult
from reblogbot.engine.steps import ENTRIES_AT_A_TIME
from reblogbot.errors import SourceError
from reblogbot.model import REVIEW_NOTE, Delivery, DeliveryState, Entry, Intent, Plan, Post
from reblogbot.ports import ProgressCallback, no_progress
from reblogbot.store.steps import WaitingDelivery


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """A post that would go out.

    `waits_for` are the steps whose results its text lacks; placeholders stand for them. `held` is
    the reason why an admin has to release it first, or "".
    """

    account: str
    source: str
    post: Post
    waits_for: tuple[str, ...] = ()
    held: str = ""

    @property
    def is_reply(self) -> bool:
        """Whether it replies to the post before it: a follow-up, or a part of a thread."""
        return self.post.continues > 0


class RefusedEntry(TypedDict):
    """An entry that is not posted, and why."""

    source: str
    account: str
    link: str
    title: str
    reason: str


class FailedSource(TypedDict):
    """A source that could not be polled, and why."""

    source: str
    error: str


@dataclass(slots=True)
class Preview:
    """Posts in the order they will go out, what was refused, and sources that failed."""

    posts: list[PlannedPost] = field(default_factory=list)
    refused: list[RefusedEntry] = field(default_factory=list)
    errors: list[FailedSource] = field(default_factory=list)
    beginnings: dict[str, str] = field(default_factory=dict)
    """How the statuses begin that would be boosted, by their addresses; for a person."""

    def refuse(self, source: str, account: str, link: str, title: str, reason: str) -> None:
        """Add an entry that is not posted."""
        self.refused.append(
            {
                "source": source,
                "account": account,
                "link": link,
                "title": title,
                "reason": reason,
            }
        )

    def refuse_delivery(self, delivery: Delivery, reason: str) -> None:
        """Add a queued delivery that would not be sent."""
        self.refuse(delivery.source, delivery.account, delivery.post.link, "", reason)


async def preview(
    engine: Engine,
    names: Sequence[str],
    on_progress: ProgressCallback = no_progress,
    *,
    run_steps: bool = False,
) -> Preview:
    """Return what is queued from these sources, and what polling them now would add.

    Results of steps are those in the store; with `run_steps` missing ones are computed and kept.
    """
    result = Preview()
    step_results = StepResults(engine, result, run_steps=run_steps)
    config, now = engine.config, engine.clock.now()
    waiting = await _queued(engine, names)
    unscreened = {delivery.id for delivery in waiting}
    numbers = count(max((delivery.id for delivery in waiting), default=0) + 1)
    titles: dict[str, str] = {}
    pending = PendingClaims()
    async for poll in engine.poll_all(engine.remembered(names), on_progress, len(names)):
        name = poll.record.name
        titles[name] = poll.batch.title
        plan = await _plan(engine, poll, pending)
        if isinstance(plan, SourceError):
            result.errors.append({"source": name, "error": plan.message})
            continue
        pending.add(plan.intents, name)
        waiting = _revise(result, waiting, plan)
        unscreened -= {revision.before.id for revision in plan.revisions}
        waiting = _rescore(waiting, name, plan)
        waiting += step_results.planned(name, plan, numbers, now)
        result.beginnings |= _beginnings(plan.intents)
        _add_refusals(result, name, plan)
    waiting = [
        delivery
        for delivery in waiting
        if delivery.id not in unscreened or not await _is_screened_out(result, engine, delivery)
    ]
    waiting = await step_results.settle(waiting, titles, on_progress)
    first, replies = _without_replies(waiting)
    for delivery in await _in_order(engine, await _bundle(engine, first, titles, now)):
        pace = config.accounts[delivery.account].pace
        reason = queue_order.superseded_reason(delivery, waiting)
        if delivery.due <= now:
            reason = reason or queue_order.too_old_reason(delivery, config, pace, now)
        await _add_beginning(result, engine, delivery)
        if reason:
            result.refuse_delivery(delivery, reason)
        else:
            result.posts += step_results.posts(delivery, replies)
    return result


async def preview_again(
    engine: Engine,
    names: Sequence[str],
    on_progress: ProgressCallback = no_progress,
    *,
    run_steps: bool = False,
) -> Preview:
    """Return the posts of all entries that these sources show now, as if they were new.

    The newest is first. Each is a post of its own, also where the source has a digest; no pace, and
    nothing that is known of the entries, counts.
    """
    result = Preview()
    step_results = StepResults(engine, result, run_steps=run_steps)
    numbers, now = count(1), engine.clock.now()
    for number, name in enumerate(names, 1):
        poll = await engine.poll_whole(name)
        on_progress("polling", number, len(names))
        if poll.error is not None:
            result.errors.append({"source": name, "error": poll.error.message})
            continue
        plan = await engine.planner.plan_as_new(poll)
        planned = step_results.planned(name, plan, numbers, now)
        settled = await step_results.settle(planned, {name: poll.batch.title}, on_progress)
        first, replies = _without_replies(settled)
        for delivery in reversed(first):
            result.posts += step_results.posts(delivery, replies)
        result.beginnings |= _beginnings(plan.intents)
        _add_refusals(result, name, plan)
    return result


def _beginnings(intents: Sequence[Intent]) -> dict[str, str]:
    """Return the first words of the statuses that are boosted, by their addresses."""
    return {
        intent.post.uri: _first_words(intent.candidate.entry)
        for intent in intents
        if intent.post.action == "boost"
    }


async def _plan(engine: Engine, poll: PollResult, pending: PendingClaims) -> Plan | SourceError:
    """Return the plan of a poll, or the error that kept us from reading its source."""
    if poll.error is not None:
        return poll.error
    try:
        return await engine.planner.plan(poll, pending)
    except SourceError as error:
        return error


async def _queued(engine: Engine, names: Sequence[str]) -> list[Delivery]:
    """Return what waits from these sources, where account, source and route are enabled."""
    accounts, sources, wanted = engine.config.accounts, engine.config.sources, frozenset(names)
    return [
        delivery
        for delivery in await engine.store.outbox.find(states={DeliveryState.QUEUED})
        if delivery.source in wanted
        and delivery.account in accounts
        and accounts[delivery.account].enabled
        and delivery.source in sources
        and sources[delivery.source].enabled
        and delivery.account in sources[delivery.source].to
    ]


def _delivery(number: int, source: str, intent: Intent, now: datetime) -> Delivery:
    """Return the delivery that the intent would become."""
    entry = intent.candidate.entry
    return Delivery(
        id=number,
        account=intent.account,
        source=source,
        identity=intent.keys[0],
        post=intent.post,
        state=DeliveryState.QUEUED,
        due=intent.due or now,
        queued_at=now,
        published_at=entry.published_at,
        score=entry.score,
        waits_for=intent.waits_for,
    )


def _is_shown(intent: Intent) -> bool:
    """Whether an intent is shown as a post: it is queued, or held until its result was read."""
    is_held_for_result = intent.reason == REVIEW_NOTE and bool(intent.waits_for)
    return intent.state == DeliveryState.QUEUED or is_held_for_result


def _without_replies(
    waiting: Sequence[Delivery],
) -> tuple[list[Delivery], dict[int, list[Delivery]]]:
    """Return what is no reply to one of these deliveries, and the replies by what they reply to."""
    ids = {delivery.id for delivery in waiting}
    replies: dict[int, list[Delivery]] = {}
    for delivery in waiting:
        if delivery.post.continues in ids:
            replies.setdefault(delivery.post.continues, []).append(delivery)
    return [delivery for delivery in waiting if delivery.post.continues not in ids], replies


class StepResults:
    """The results of steps in a preview, and the posts that they make."""

    def __init__(self, engine: Engine, result: Preview, *, run_steps: bool) -> None:
        self._engine = engine
        self._result = result
        self._run_steps = run_steps
        self._entries: dict[int, Entry] = {}
        """The entries of planned deliveries, by the numbers of these."""
        self._held: dict[int, str] = {}

    def planned(
        self, name: str, plan: Plan, numbers: Iterator[int], now: datetime
    ) -> list[Delivery]:
        """Return the deliveries that the plan would queue, with their follow-ups."""
        deliveries = []
        for revision in plan.revisions:
            self._entries[revision.before.id] = revision.candidate.entry
        for intent in filter(_is_shown, plan.intents):
            delivery = _delivery(next(numbers), name, intent, now)
            deliveries.append(delivery)
            self._held[delivery.id] = intent.reason
            self._entries[delivery.id] = intent.candidate.entry
            if intent.follow_up is not None:
                follow_up = intent.follow_up
                reply = replace(
                    delivery,
                    id=next(numbers),
                    identity=follow_up.key,
                    post=replace(follow_up.post, continues=delivery.id),
                    waits_for=follow_up.waits_for,
                )
                deliveries.append(reply)
                self._held[reply.id] = intent.reason
                self._entries[reply.id] = intent.candidate.entry
        return deliveries

    async def settle(
        self,
        deliveries: Sequence[Delivery],
        titles: Mapping[str, str],
        on_progress: ProgressCallback,
    ) -> list[Delivery]:
        """Return the deliveries as the results leave them; what is refused is left out."""
        waiting = [delivery for delivery in deliveries if delivery.waits_for]
        if not waiting:
            return list(deliveries)
        groups: dict[tuple[str, Entry], list[Delivery]] = {}
        for delivery in waiting:
            entry = self._entries.get(delivery.id)
            entry = entry or await self._engine.store.outbox.entry_of(delivery.id)
            if entry is not None:
                groups.setdefault((delivery.source, entry), []).append(delivery)
        slots, finished = asyncio.Semaphore(ENTRIES_AT_A_TIME), 0
        settled: dict[int, Delivery | None] = {}

        async def settle_group(source: str, entry: Entry, group: Sequence[Delivery]) -> None:
            nonlocal finished
            async with slots:
                settled.update(await self._settled(source, entry, group, titles.get(source, "")))
            finished += 1
            if self._run_steps:
                on_progress("running steps", finished, len(groups))

        # all come to their end: an answer that is on its way is paid for
        works = (settle_group(*key, group) for key, group in groups.items())
        errors = await asyncio.gather(*works, return_exceptions=True)
        for error in filter(None, errors):
            raise error
        refused = {number for number, delivery in settled.items() if delivery is None}
        return [
            settled.get(delivery.id) or delivery
            for delivery in deliveries
            if delivery.id not in refused
        ]

    async def _settled(
        self, name: str, entry: Entry, group: Sequence[Delivery], title: str
    ) -> dict[int, Delivery | None]:
        """Return the deliveries of an entry by their numbers, None for one that is refused."""
        engine, source = self._engine, self._engine.config.sources[name]
        title = source.title or title or await engine.store.sources.title(name) or name
        resolution = await engine.steps.resolve(entry, source, title, may_call=self._run_steps)
        if resolution.missing and not resolution.failed:
            missing, reason = resolution.missing, resolution.reason
            return {each.id: replace(each, error=reason, waits_for=missing) for each in group}
        settled: dict[int, Delivery | None] = {}
        for delivery in group:
            waiting = WaitingDelivery(delivery, 0, entry)
            after, _ = await engine.steps.settled(waiting, source, title, resolution)
            settled[delivery.id] = None
            if after.error == REVIEW_NOTE:
                self._held[delivery.id] = REVIEW_NOTE
                settled[delivery.id] = replace(after, state=DeliveryState.QUEUED, error="")
            elif after.state == DeliveryState.QUEUED:
                settled[delivery.id] = after
            else:
                held = "held: " if after.state == DeliveryState.HELD else ""
                link, reason = entry.link, f"{held}{after.error}"
                self._result.refuse(name, delivery.account, link, entry.title, reason)
        return settled

    def posts(
        self, delivery: Delivery, replies: Mapping[int, Sequence[Delivery]]
    ) -> Iterator[PlannedPost]:
        """Yield the post of a delivery, the further parts of its thread, and its replies."""
        account, source = delivery.account, delivery.source
        held = self._held.get(delivery.id, "")
        yield PlannedPost(account, source, delivery.post, delivery.waits_for, held)
        part = delivery.post
        while part.rest:
            part = part.next_part(delivery.id)
            yield PlannedPost(account, source, part, held=held)
        for reply in replies.get(delivery.id, ()):
            yield from self.posts(reply, replies)


def _revise(result: Preview, waiting: list[Delivery], plan: Plan) -> list[Delivery]:
    """Return what waits, as the changed entries of the plan leave it."""
    revised = {revision.before.id: revision.after for revision in plan.revisions}
    for delivery in revised.values():
        if delivery.state != DeliveryState.QUEUED:
            result.refuse_delivery(delivery, delivery.error)
    current = (revised.get(delivery.id, delivery) for delivery in waiting)
    return [delivery for delivery in current if delivery.state == DeliveryState.QUEUED]


def _rescore(waiting: list[Delivery], source: str, plan: Plan) -> list[Delivery]:
    """Return what waits, with its present score where that decides when it goes out."""
    scores = {key: candidate.entry.score for candidate in plan.scored for key in candidate.known_as}
    if not scores:
        return waiting
    return [
        replace(delivery, score=scores.get(delivery.identity, delivery.score))
        if delivery.source == source
        else delivery
        for delivery in waiting
    ]


def _add_refusals(result: Preview, name: str, plan: Plan) -> None:
    refused = [(refusal.candidate, refusal.account, refusal.reason) for refusal in plan.refusals]
    refused += [
        (change.candidate, change.account, change.remark)
        for change in plan.changes
        if change.remark
    ]
    refused += [
        (intent.candidate, intent.account, f"held: {intent.reason}")
        for intent in plan.intents
        if not _is_shown(intent)
    ]
    for candidate, account, reason in refused:
        result.refuse(name, account, candidate.entry.link, candidate.entry.title, reason)


async def _is_screened_out(result: Preview, engine: Engine, delivery: Delivery) -> bool:
    """Whether the filters of now refuse what waits; added to the result with the reason if so."""
    now = engine.clock.now()
    reason = await screening.refusal(engine.store, delivery, engine.config, now)
    if reason:
        result.refuse_delivery(delivery, reason)
    return bool(reason)


async def _bundle(
    engine: Engine, waiting: Sequence[Delivery], titles: dict[str, str], now: datetime
) -> list[Delivery]:
    """Return the deliveries, each digest bundled into few where its first delivery was."""

    def digest_of(delivery: Delivery) -> tuple[str, str, datetime]:
        # what was left over from earlier days goes out with what is due by now
        return delivery.account, delivery.source, max(delivery.due, now)

    def is_part(delivery: Delivery) -> bool:
        return may_be_bundled(delivery, engine.config, max(delivery.due, now))

    sources = engine.config.sources
    parts: dict[tuple[str, str, datetime], list[Delivery]] = {}
    for delivery in waiting:
        if sources[delivery.source].digest is not None and is_part(delivery):
            parts.setdefault(digest_of(delivery), []).append(delivery)
    result = []
    for delivery in waiting:
        members = parts.get(digest_of(delivery), []) if is_part(delivery) else []
        if not members:
            result.append(delivery)
        elif delivery is members[0]:
            account, name, at = digest_of(delivery)
            posts = [member.post for member in members]
            rest = iter(members)
            for bundle in await _bundles(engine, account, name, posts, titles.get(name), at):
                part = list(islice(rest, bundle.count))
                steps = dict.fromkeys(step for member in part for step in member.waits_for)
                result.append(replace(part[0], post=bundle.post, waits_for=tuple(steps)))
    return result


async def _bundles(
    engine: Engine,
    account: str,
    name: str,
    posts: Sequence[Post],
    title: str | None,
    at: datetime,
) -> list[Bundle]:
    """Return the posts as the source's digest of that instant; `title` is its feed's."""
    source = engine.config.sources[name]
    title = source.title or title or await engine.store.sources.title(name) or name
    limits = await engine.accounts.limits(account)
    return digest.bundles(posts, limits, digest.heading(title, source, at))


async def _in_order(engine: Engine, waiting: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries with each account's own in the order they will go out."""
    config, now = engine.config, engine.clock.now()
    since = now - queue_order.lookback(config)
    ordered = {}
    for name in dict.fromkeys(delivery.account for delivery in waiting):
        own = [delivery for delivery in waiting if delivery.account == name]
        sent = await engine.store.publications.sent(name, since)
        account = config.accounts[name]
        ordered[name] = iter(queue_order.expected_order(own, config, account, sent, now))
    return [next(ordered[delivery.account]) for delivery in waiting]


async def _add_beginning(result: Preview, engine: Engine, delivery: Delivery) -> None:
    """Add the first words of a boost that was queued earlier."""
    post = delivery.post
    if post.action == "boost" and post.uri not in result.beginnings:
        entry = await engine.store.outbox.entry_of(delivery.id)
        result.beginnings[post.uri] = _first_words(entry) if entry else ""


def _first_words(entry: Entry) -> str:
    return beginning(f"{entry.title} {entry.summary}")
