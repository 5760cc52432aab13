"""Entries posted after all: filtered, known from first sight, skipped, or dead ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reblogbot.admin.queue_actions import QueueActions, is_in_digest
from reblogbot.config.settings import Config, SourceSettings
from reblogbot.core import planning, recognition
from reblogbot.core.round_report import outcome
from reblogbot.engine import requested
from reblogbot.engine.engine import Engine
from reblogbot.model import (
    PART_OF_DIGEST_NOTE,
    Candidate,
    Delivery,
    DeliveryState,
    FollowUp,
    Intent,
    Post,
)
from reblogbot.store import Store
from reblogbot.store.history import Story
from reblogbot.words import Words

REQUESTED_NOTE = Words("posted after all, as the admin wanted")
"""The note on a delivery that `queue post` queued."""

_GIVEN_UP = frozenset({DeliveryState.SKIPPED, DeliveryState.DEAD})


@dataclass(frozen=True, slots=True)
class Proposal:
    """One entry for one account: the `post` to be queued, or the `reason` why it is not.

    `given_up` is the skipped or dead delivery that is queued again; without one, the entry is
    queued anew: it `waits_for` steps, and has a `follow_up`. `remark` says from where its text is,
    if that matters.
    """

    source: str
    account: str
    link: str
    post: Post | None = None
    reason: str = ""
    given_up: Delivery | None = None
    candidate: Candidate | None = None
    remark: str = ""
    waits_for: tuple[str, ...] = ()
    """The steps whose results its text lacks."""
    follow_up: FollowUp | None = None


@dataclass(slots=True)
class Requests:
    """What an admin wants posted, by what he wrote; and what of it cannot be."""

    stories: list[tuple[str, Story]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    ambiguous: dict[str, list[Story]] = field(default_factory=dict)


def resolve(store: Store, arguments: Iterable[str], source: str | None = None) -> Requests:
    """The entries that the admin means by links and ids, of one source if that is named."""
    requests = Requests()
    for argument in dict.fromkeys(each.strip() for each in arguments):
        stories = [
            story
            for story in store.history.why(recognition.keys_of_written(argument), argument)
            if source in (None, story.source)
        ]
        if len(stories) == 1:
            requests.stories.append((argument, stories[0]))
        elif stories:
            requests.ambiguous[argument] = stories
        else:
            requests.unknown.append(argument)
    return requests


async def propose(
    engine: Engine, argument: str, story: Story, accounts: Sequence[str] = ()
) -> list[Proposal]:
    """What would be queued of one entry, for the accounts of its source, or those named.

    Changes nothing, but asks the source for the entry if the store has not kept it.
    """
    config, name = engine.config, story.source
    link = story.link or story.guid or argument
    if name not in config.sources:
        reason = Words("its source {name} is not in the config any more", name=name)
        return [Proposal(name, "", link, reason=reason)]
    chosen = [each for each in config.sources[name].to if not accounts or each in accounts]
    keys = recognition.keys_of_written(argument)
    proposals = {
        account: await engine.store.query(_known, story, account, link) for account in chosen
    }
    missing = [account for account in chosen if proposals[account] is None]
    if missing:
        drafted = await requested.draft(engine, story, keys, missing)
        for account in missing:
            proposals[account] = await engine.store.query(
                _drafted, story, account, link, drafted, config.sources[name]
            )
    others = [
        Proposal(
            name,
            account,
            link,
            reason=Words("{account} is not in `to` of {name}", account=account, name=name),
        )
        for account in accounts
        if account not in chosen
    ]
    return [each for each in proposals.values() if each is not None] + others


def unposted_accounts(store: Store, story: Story, accounts: Iterable[str]) -> list[str]:
    """Those of the accounts for which no delivery of the entry stands."""
    return [
        account
        for account in accounts
        if not any(
            delivery.post.action != "edit" and _why_it_stands(store, delivery)
            for delivery, _ in story.deliveries
            if delivery.account == account and not delivery.post.is_follow_up
        )
    ]


def queue(
    config: Config, store: Store, proposals: Iterable[Proposal], now: datetime
) -> Iterator[Proposal | Delivery]:
    """Queue each proposal, due now; yield its delivery, or the proposal with why it is not queued.

    What another process has queued since then is not queued again.
    """
    actions = QueueActions(config, store, now)
    for proposal in proposals:
        if proposal.post is None:
            yield proposal
        elif proposal.given_up is not None:
            result = actions.request(proposal.given_up)
            yield result.delivery if result.succeeded else _refused(proposal, result.message)
        else:
            yield _queued(store, proposal, proposal.post, now)


def _queued(store: Store, proposal: Proposal, post: Post, now: datetime) -> Proposal | Delivery:
    record = store.sources.of([proposal.source]).get(proposal.source)
    if record is None or proposal.candidate is None:
        return _refused(proposal, Words("its source is not in the store any more"))
    intent = Intent(
        proposal.candidate,
        proposal.account,
        post,
        waits_for=proposal.waits_for,
        follow_up=proposal.follow_up,
    )
    queued = store.sources.record_requested(record, [intent], now, REQUESTED_NOTE)
    return (
        queued[0]
        if queued
        else _refused(proposal, Words("it was queued by another process just now"))
    )


def _refused(proposal: Proposal, reason: str) -> Proposal:
    return Proposal(proposal.source, proposal.account, proposal.link, reason=reason)


def _known(store: Store, story: Story, account: str, link: str) -> Proposal | None:
    """The proposal where the account has a delivery of the entry already; else None."""
    own = [delivery for delivery, _ in story.deliveries if delivery.account == account]
    return _of_deliveries(store, story, account, link, own)


def _of_deliveries(
    store: Store, story: Story, account: str, link: str, deliveries: Sequence[Delivery]
) -> Proposal | None:
    originals = [
        each for each in deliveries if each.post.action != "edit" and not each.post.is_follow_up
    ]
    for delivery in originals:
        reason = _why_it_stands(store, delivery)
        if reason:
            return Proposal(story.source, account, link, reason=reason)
    if not originals:
        return None
    latest = originals[-1]
    return Proposal(story.source, account, link, post=latest.post, given_up=latest)


def _drafted(
    store: Store,
    story: Story,
    account: str,
    link: str,
    entry: requested.RequestedEntry | None,
    source: SourceSettings,
) -> Proposal:
    """The proposal for an account that has no delivery of the entry under its kept keys."""
    if entry is None:
        reason = Words(
            "{source} does not show it any more, and the store has not kept it", source=story.source
        )
        return Proposal(story.source, account, link, reason=reason)
    # the same page may have come from another source
    claiming = store.publications.claiming(account, entry.candidate.known_as)
    known = _of_deliveries(store, story, account, link, claiming)
    if known is not None:
        return known
    draft = entry.drafts[account]
    refusal = draft.reason or draft.held
    if refusal or draft.post is None:
        return Proposal(story.source, account, link, reason=refusal)
    return Proposal(
        story.source,
        account,
        link,
        post=draft.post,
        candidate=entry.candidate,
        remark=entry.remark,
        waits_for=draft.waits_for,
        follow_up=planning.follow_up_of(entry.candidate, draft, source),
    )


def _why_it_stands(store: Store, delivery: Delivery) -> str:
    """Why the entry of this delivery must not be posted once more, "" if it may."""
    number = delivery.id
    if is_in_digest(delivery):
        digest_id = delivery.error.removeprefix(PART_OF_DIGEST_NOTE).strip()
        digests = store.outbox.find([int(digest_id)]) if digest_id.isdigit() else []
        if digests and digests[0].state in _GIVEN_UP:
            return ""
        state = outcome(digests[0]) if digests else Words("forgotten by now")
        return Words(
            "delivery {number} is part of the digest {digest_id}, which is {state}",
            number=number,
            digest_id=digest_id,
            state=state,
        )
    if delivery.state in _GIVEN_UP:
        return ""
    if delivery.state == DeliveryState.HELD:
        return Words(
            "delivery {number} is held: `queue release {number}` lets it go out", number=number
        )
    if delivery.state in {DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DOUBT}:
        return Words(
            "delivery {number} is {state} already", number=number, state=delivery.state.value
        )
    state, url = outcome(delivery), delivery.receipt.url if delivery.receipt else ""
    words = (
        Words("delivery {number} is {state}: {url}")
        if url
        else Words("delivery {number} is {state}")
    )
    return words.filled(number=number, state=state, url=url)
