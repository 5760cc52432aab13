"""What an admin can do with a delivery: hold, release, skip, retry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from reblogbot.config.settings import Config, SourceSettings
from reblogbot.core import compose, drafting, pacing, revising, waits
from reblogbot.model import (
    PART_OF_DIGEST_NOTE,
    STORM,
    TRANSITIONS,
    Batch,
    Delivery,
    DeliveryState,
    Post,
)
from reblogbot.store import Store
from reblogbot.words import Words

Action = Literal["hold", "release", "skip", "retry"]

AFFECTED_STATES: dict[str, frozenset[DeliveryState]] = {
    "hold": frozenset({DeliveryState.QUEUED}),
    "release": frozenset({DeliveryState.HELD}),
    "skip": frozenset({DeliveryState.QUEUED, DeliveryState.HELD}),
    "retry": frozenset({DeliveryState.DEAD, DeliveryState.SKIPPED}),
    "render": frozenset({DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.DEAD}),
}
"""The states in which an action (`render` is `retry --render`) looks for deliveries, if the admin
does not name them by number."""

BUSY = Words("is being worked on, or was changed meanwhile; look at it and try again")
"""The message of an action on a delivery that is not as it was read any more."""


STATES = {
    DeliveryState.QUEUED: Words("queued"),
    DeliveryState.SENDING: Words("sending"),
    DeliveryState.DOUBT: Words("doubt"),
    DeliveryState.SENT: Words("sent"),
    DeliveryState.HELD: Words("held"),
    DeliveryState.SKIPPED: Words("skipped"),
    DeliveryState.DEAD: Words("dead"),
    DeliveryState.RETRACTING: Words("retracting"),
    DeliveryState.RETRACTED: Words("retracted"),
}
"""The states as words."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """A delivery after an action. The message completes the sentence "delivery 3 …"."""

    delivery: Delivery
    message: Words
    succeeded: bool = True


def is_storm(delivery: Delivery) -> bool:
    """Whether it is held because its source brought too many entries at once."""
    return delivery.state == DeliveryState.HELD and delivery.error.startswith(STORM)


def is_in_digest(delivery: Delivery) -> bool:
    """Whether it is skipped because a digest holds its text."""
    return delivery.state == DeliveryState.SKIPPED and delivery.error.startswith(
        PART_OF_DIGEST_NOTE
    )


def _loses_text(before: Delivery, after: Delivery) -> bool:
    """Whether a text that an admin wrote is replaced."""
    return before.post.is_edited and not after.post.is_edited


def _retry_note(*, render: bool, lost: bool) -> Words:
    """The note on a delivery that is tried again."""
    if not render:
        return Words("due now, as the admin wanted")
    if lost:
        return Words("rendered again, without the text that an admin wrote")
    return Words("rendered again")


class _NotRenderedError(Exception):
    """A post cannot be written again; the message says why, as that of an ActionResult."""

    def __init__(self, message: Words) -> None:
        super().__init__(message)
        self.message = message


class QueueActions:
    """Changes deliveries, all at the same instant.

    `may_render` is False for a config with faults, which must not decide how a post is written.
    """

    def __init__(
        self, config: Config, store: Store, now: datetime, *, may_render: bool = True
    ) -> None:
        self._config = config
        self._may_render = may_render
        self._store = store
        self._now = now
        self._slots: dict[str, Iterator[datetime]] = {}
        """By account, the times at which deliveries that are released at its pace go out."""

    def hold(self, delivery: Delivery) -> ActionResult:
        """Keep it from going out."""
        return self._move(
            delivery, replace(delivery, state=DeliveryState.HELD, error=waits.HELD_BY_ADMIN)
        )

    def release(self, delivery: Delivery, *, paced: bool = False) -> ActionResult:
        """Queue a held delivery: due now or, with `paced`, spread evenly at the account's pace.

        A delivery of a digest is due with its digest. A skipped or dead one stays so: `retry`
        queues it again.
        """
        if delivery.state == DeliveryState.QUEUED:
            return ActionResult(delivery, Words("is queued already"))
        if delivery.state in AFFECTED_STATES["retry"]:
            message = Words(
                "is {state} and stays so; `queue retry {id}` brings it back",
                state=STATES[delivery.state],
                id=delivery.id,
            )
            return ActionResult(delivery, message, succeeded=False)
        source = self._config.sources.get(delivery.source)
        is_for_digest = source is not None and source.digest is not None
        due = self._next_slot(delivery.account) if paced and not is_for_digest else None
        if due is None:
            return self._queue(delivery, delivery.post)
        result = self._queue(delivery, delivery.post, due)
        if not result.succeeded:
            return result
        time = f"{due:%Y-%m-%d %H:%M}"
        message = Words("{message}, due {time} UTC", message=result.message, time=time)
        return replace(result, message=message)

    def _next_slot(self, account_name: str) -> datetime | None:
        """The next time at which the account's pace has room, after those given out before."""
        account = self._config.accounts.get(account_name)
        if account is None:
            return None
        if account_name not in self._slots:
            queued = self._store.outbox.waiting(account_name)
            gap = pacing.even_gap(account.pace)
            taken = [other.due + gap for other in queued]
            start = max([self._now, *(slot for slot in taken if slot > self._now + gap)])
            self._slots[account_name] = pacing.spread_slots(start, account.pace)
        slot = next(self._slots[account_name])
        return slot if slot < pacing.NEVER else None

    def skip(self, delivery: Delivery) -> ActionResult:
        """Never send it."""
        skipped = replace(
            delivery, state=DeliveryState.SKIPPED, error=Words("skipped by the admin")
        )
        return self._move(delivery, skipped)

    def retry(self, delivery: Delivery, *, render: bool = False) -> ActionResult:
        """Queue it again; with `render`, written again with the present config and template.

        A held delivery stays held, and one whose text a digest holds is not sent again.
        """
        if is_in_digest(delivery):
            message = Words("stays skipped: {error}; retry that one", error=delivery.error)
            return ActionResult(delivery, message, succeeded=False)
        rendered = delivery
        if render:
            try:
                rendered = self._rendered(delivery)
            except _NotRenderedError as error:
                return ActionResult(delivery, error.message, succeeded=False)
        lost = _loses_text(delivery, rendered)
        note = _retry_note(render=render, lost=lost)
        if delivery.state == DeliveryState.QUEUED:
            message = Words("is queued, and due now")
            if lost:
                message = Words(
                    "is rendered again, without the text that an admin wrote, and queued, and due"
                    " now"
                )
            elif render:
                message = Words("is rendered again, and queued, and due now")
            return self._rewrite(delivery, replace(rendered, due=self._now), message, note)
        if delivery.state != DeliveryState.HELD:
            return self._queue(replace(delivery, waits_for=rendered.waits_for), rendered.post)
        if render:
            message = Words("is rendered again, and still held: {error}", error=delivery.error)
            if lost:
                message = Words(
                    "is rendered again, without the text that an admin wrote, and still held:"
                    " {error}",
                    error=delivery.error,
                )
            return self._rewrite(delivery, rendered, message, note)
        message = Words("stays held: {error}; `queue release` lets it go out", error=delivery.error)
        return ActionResult(delivery, message, succeeded=False)

    def change(
        self, action: Action, delivery: Delivery, *, paced: bool = False, render: bool = False
    ) -> ActionResult:
        """Hold, release, skip or retry it."""
        match action:
            case "hold":
                return self.hold(delivery)
            case "release":
                return self.release(delivery, paced=paced)
            case "skip":
                return self.skip(delivery)
            case "retry":
                return self.retry(delivery, render=render)

    def request(self, delivery: Delivery) -> ActionResult:
        """Queue a skipped or dead one again, whatever the filters of its source say."""
        return self._queue(delivery, replace(delivery.post, is_requested=True))

    def _queue(self, delivery: Delivery, post: Post, due: datetime | None = None) -> ActionResult:
        """Queue it with this post, rendered again if its link was too long for the server."""
        if compose.link_excess(post):
            try:
                rendered = self._rendered(replace(delivery, post=post))
            except _NotRenderedError as error:
                return ActionResult(delivery, error.message, succeeded=False)
            delivery, post = replace(delivery, waits_for=rendered.waits_for), rendered.post
        # with a new idempotency key, or a server that remembers the attempt before would answer
        # with that one's result; that it is not published already is for the admin to know
        queued = replace(
            delivery,
            post=post,
            state=DeliveryState.QUEUED,
            due=due or self._now,
            attempts=0,
            failed_lookups=0,
            key_version=delivery.key_version + 1,
            sent_from=None,
            error="",
        )
        return self._move(delivery, queued)

    def _move(self, before: Delivery, after: Delivery) -> ActionResult:
        if after.state not in TRANSITIONS[before.state]:
            message = Words("is {state} and stays so", state=STATES[before.state])
            return ActionResult(before, message, succeeded=False)
        settled = self._store.outbox.settle(before, after, self._now)
        if settled is None:
            return ActionResult(before, BUSY, succeeded=False)
        return ActionResult(settled, Words("is {state} now", state=STATES[settled.state]))

    def _rewrite(
        self, before: Delivery, after: Delivery, message: Words, note: str
    ) -> ActionResult:
        rewritten = self._store.outbox.rewrite(before, after, self._now, note)
        if rewritten is None:
            return ActionResult(before, BUSY, succeeded=False)
        return ActionResult(rewritten, message)

    def _rendered(self, delivery: Delivery) -> Delivery:
        """The delivery with its post written again. Raises _NotRenderedError."""
        if not self._may_render:
            raise _NotRenderedError(
                Words("cannot be rendered: the config has faults; `reblogbot check` lists them")
            )
        source = self._config.sources.get(delivery.source)
        account = self._config.accounts.get(delivery.account)
        if source is None or account is None:
            raise _NotRenderedError(
                Words("cannot be rendered: its source or account is not in the config any more")
            )
        if delivery.state not in {
            DeliveryState.QUEUED,
            DeliveryState.DEAD,
            DeliveryState.SKIPPED,
            DeliveryState.HELD,
        }:
            state = STATES[delivery.state]
            raise _NotRenderedError(Words("cannot be rendered: it is {state}", state=state))
        entry = self._store.outbox.entry_of(delivery.id)
        if entry is None:
            raise _NotRenderedError(
                Words("cannot be rendered: its entry is not in the store any more")
            )
        if delivery.post.is_bundle:
            raise _NotRenderedError(Words("cannot be rendered: it is a digest"))
        record = self._store.sources.of([delivery.source]).get(delivery.source)
        batch = Batch(title=record.title if record else "", language=delivery.post.language)
        limits = self._store.outbox.account(delivery.account).limits
        job = drafting.draft_job(source, account, limits, batch, self._now)
        is_edit = delivery.post.action == "edit"
        stage: drafting.Stage = "posted" if is_edit else "waiting"
        if delivery.post.is_requested:
            stage = "requested"
        job = replace(job, entries=(entry,), stage=stage, generated=self._config.chat_steps)
        draft = _draft_of(delivery, job, source)
        if draft.post is None:
            raise _NotRenderedError(Words("cannot be rendered: {reason}", reason=draft.reason))
        if draft.held:
            state = STATES[delivery.state]
            raise _NotRenderedError(
                Words("stays {state}: {reason}", state=state, reason=draft.held)
            )
        post = revising.edit_of(draft.post, delivery.post.uri) if is_edit else draft.post
        return replace(
            delivery,
            post=post,
            key_version=delivery.key_version + 1,
            sent_from=None,
            waits_for=draft.waits_for,
        )


def _draft_of(delivery: Delivery, job: drafting.DraftJob, source: SourceSettings) -> drafting.Draft:
    """The draft of a delivery; of a reply, the follow-up. Raises _NotRenderedError."""
    (draft,) = drafting.drafts(job)
    if not delivery.post.continues:
        return draft
    if draft.follow_up is None or delivery.post.part > 1:
        raise _NotRenderedError(Words("cannot be rendered: it is a part of a thread"))
    before = delivery.post
    post = replace(draft.follow_up, continues=before.continues, is_requested=before.is_requested)
    return replace(draft, post=post, waits_for=source.steps)
