"""What a round would publish, worked out by the same steps and without leaving a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, islice

from reblogbot.core import queue_order
from reblogbot.core.planning import PendingClaims
from reblogbot.core.text import beginning
from reblogbot.engine.digests import may_be_bundled
from reblogbot.engine.pipeline import Pipeline
from reblogbot.model import Delivery, Entry, Intent, Plan, Post, State
from reblogbot.ports import ProgressCallback, no_progress

Queued = tuple[str, str, Post]
"""Account, source and post."""


@dataclass(slots=True)
class Preview:
    """Posts in the order they will go out, what was refused, and sources that failed."""

    posts: list[Queued] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    errors: list[dict[str, str]] = field(default_factory=list)
    beginnings: dict[str, str] = field(default_factory=dict)
    """How the statuses begin that would be boosted, by their addresses; for a person."""


async def preview(
    pipeline: Pipeline, names: Sequence[str], on_progress: ProgressCallback = no_progress
) -> Preview:
    """What is queued from these sources, and what polling them now would add."""
    made, wanted = Preview(), frozenset(names)
    now = pipeline.clock.now()
    waiting = [one for one in await pipeline.queued() if one.source in wanted]
    unjudged = {one.id for one in waiting}
    numbers = count(max((one.id for one in waiting), default=0) + 1)
    titles: dict[str, str] = {}
    taken = PendingClaims()
    async for look in pipeline.looks(pipeline.remembered(names), on_progress, len(names)):
        name = look.record.name
        titles[name] = look.batch.title
        if look.error is not None:
            made.errors.append({"source": name, "error": look.error.message})
            continue
        plan = await pipeline.poller.plan(look, taken)
        taken.add(plan.intents, name)
        waiting = _revised(made, waiting, plan)
        unjudged -= {one.before.id for one in plan.revisions}
        waiting = _rescored(waiting, name, plan)
        waiting += [
            _queued(next(numbers), name, intent, now)
            for intent in plan.intents
            if intent.state == State.QUEUED
        ]
        boosts = [one for one in plan.intents if one.post.action == "boost"]
        made.beginnings |= {one.post.uri: _first_words(one.candidate.entry) for one in boosts}
        _refuse(made, name, plan)
    waiting = [
        one
        for one in waiting
        if one.id not in unjudged or not await _is_screened(made, pipeline, one)
    ]
    for one in await _lined_up(pipeline, await _bundled(pipeline, waiting, titles, now)):
        pace = pipeline.config.accounts[one.account].pace
        reason = queue_order.superseded(one, waiting)
        if one.due <= now:
            reason = reason or queue_order.too_old(one, pipeline.config, pace, now)
        await _begin(made, pipeline, one)
        if reason:
            made.refused.append(_refusal(one.source, one.account, one.post.link, "", reason))
        else:
            made.posts.append((one.account, one.source, one.post))
    return made


async def _begin(made: Preview, pipeline: Pipeline, one: Delivery) -> None:
    """Add the first words of a boost that was queued earlier."""
    if one.post.action == "boost" and one.post.uri not in made.beginnings:
        entry = await pipeline.entry_of(one.id)
        made.beginnings[one.post.uri] = _first_words(entry) if entry else ""


def _first_words(entry: Entry) -> str:
    return beginning(f"{entry.title} {entry.summary}")


async def _is_screened(made: Preview, pipeline: Pipeline, one: Delivery) -> bool:
    """Whether the filters of now keep back what waits; listed with the reason if so."""
    reason = await pipeline.screened(one)
    if reason:
        made.refused.append(_refusal(one.source, one.account, one.post.link, "", reason))
    return bool(reason)


def _revised(made: Preview, waiting: list[Delivery], plan: Plan) -> list[Delivery]:
    """What waits, as the changed entries of the plan leave it."""
    after = {one.before.id: one.after for one in plan.revisions}
    made.refused += [
        _refusal(one.source, one.account, one.post.link, "", one.error)
        for one in after.values()
        if one.state != State.QUEUED
    ]
    found = (after.get(one.id, one) for one in waiting)
    return [one for one in found if one.state == State.QUEUED]


def _rescored(waiting: list[Delivery], source: str, plan: Plan) -> list[Delivery]:
    """What waits, with its present score where that decides when it goes out."""
    scores = {key: one.entry.score for one in plan.scored for key in one.known_as}
    if not scores:
        return waiting
    return [
        replace(one, score=scores.get(one.identity, one.score)) if one.source == source else one
        for one in waiting
    ]


def _queued(number: int, source: str, intent: Intent, now: datetime) -> Delivery:
    """The delivery the intent would become."""
    entry = intent.candidate.entry
    return Delivery(
        id=number,
        account=intent.account,
        source=source,
        identity=intent.keys[0],
        post=intent.post,
        state=State.QUEUED,
        due=intent.due or now,
        queued_at=now,
        published_at=entry.published_at,
        score=entry.score,
    )


async def _bundled(
    pipeline: Pipeline, waiting: Sequence[Delivery], titles: dict[str, str], now: datetime
) -> list[Delivery]:
    """The deliveries with those of each digest in few, where the first of them stood."""

    def digest_of(one: Delivery) -> tuple[str, str, datetime]:
        # what was left over from earlier days goes out with what is due by now
        return one.account, one.source, max(one.due, now)

    def is_part(one: Delivery) -> bool:
        return may_be_bundled(one, pipeline.config, max(one.due, now))

    sources = pipeline.config.sources
    parts: dict[tuple[str, str, datetime], list[Delivery]] = {}
    for one in waiting:
        if sources[one.source].digest is not None and is_part(one):
            parts.setdefault(digest_of(one), []).append(one)
    result = []
    for one in waiting:
        members = parts.get(digest_of(one), []) if is_part(one) else []
        if not members:
            result.append(one)
        elif one is members[0]:
            account, name, at = digest_of(one)
            posts = [member.post for member in members]
            rest = iter(members)
            for made in await pipeline.digested(
                account, sources[name], posts, titles.get(name), at
            ):
                carrier, *_ = islice(rest, made.count)
                result.append(replace(carrier, post=made.post))
    return result


async def _lined_up(pipeline: Pipeline, waiting: Sequence[Delivery]) -> Iterator[Delivery]:
    """The deliveries with each account's own in the order they will go out."""
    accounts = dict.fromkeys(one.account for one in waiting)
    lines = {
        name: iter(await pipeline.line(name, [one for one in waiting if one.account == name]))
        for name in accounts
    }
    return (next(lines[one.account]) for one in waiting)


def _refuse(made: Preview, name: str, plan: Plan) -> None:
    refused = [(one.candidate.entry, one.account, one.reason) for one in plan.refusals]
    refused += [
        (one.candidate.entry, one.account, one.remark) for one in plan.changes if one.remark
    ]
    refused += [
        (intent.candidate.entry, intent.account, f"held: {intent.reason}")
        for intent in plan.intents
        if intent.state == State.HELD
    ]
    made.refused += [
        _refusal(name, account, entry.link, entry.title, reason)
        for entry, account, reason in refused
    ]


def _refusal(source: str, account: str, link: str, title: str, reason: str) -> dict[str, str]:
    return {"source": source, "account": account, "link": link, "title": title, "reason": reason}
