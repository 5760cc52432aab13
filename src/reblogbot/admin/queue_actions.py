"""What an admin may do to a delivery: hold, release, skip, retry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from reblogbot.config.settings import Config
from reblogbot.core import compose, drafting, pacing, revising
from reblogbot.model import PART_OF, TRANSITIONS, Batch, Delivery, State
from reblogbot.store import Store

CONCERNED: dict[str, frozenset[State]] = {
    "hold": frozenset({State.QUEUED}),
    "release": frozenset({State.HELD}),
    "skip": frozenset({State.QUEUED, State.HELD}),
    "retry": frozenset({State.DEAD, State.SKIPPED}),
    "render": frozenset({State.QUEUED, State.HELD, State.DEAD}),
}
"""Which states each verb, and `retry --render`, concerns when no delivery is named."""


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What became of one delivery, in words; `done` is False where it could not be."""

    delivery: Delivery
    said: str
    done: bool = True


def is_storm(one: Delivery) -> bool:
    """Whether it is held because its source brought too much at once."""
    return one.state == State.HELD and one.error.startswith("storm:")


def is_told(one: Delivery) -> bool:
    """Whether it is skipped because a digest has its text."""
    return one.state == State.SKIPPED and one.error.startswith(PART_OF)


class QueueActions:
    """Steers deliveries at one instant."""

    def __init__(
        self, config: Config, store: Store, now: datetime, *, may_render: bool = True
    ) -> None:
        """Of a config with faults, nothing may be rendered."""
        self._config = config
        self._may_render = may_render
        self._store = store
        self._now = now
        self._slots: dict[str, Iterator[datetime]] = {}
        """By account, when what is released at its pace goes out."""

    def hold(self, one: Delivery) -> ActionResult:
        """Keep it from going out."""
        return self._move(one, replace(one, state=State.HELD, error="held by the admin"))

    def release(self, one: Delivery, *, paced: bool = False) -> ActionResult:
        """Let what is held go out: at once, or `paced`, evenly spread over the account's pace.

        What belongs to a digest keeps its time. What was skipped or given up is brought back by
        `retry`.
        """
        if one.state == State.QUEUED:
            return ActionResult(one, "is queued already")
        if one.state in CONCERNED["retry"]:
            said = f"is {one.state.value} and stays so; `queue retry {one.id}` brings it back"
            return ActionResult(one, said, done=False)
        source = self._config.sources.get(one.source)
        if not paced or (source is not None and source.digest is not None):
            return self._queue(one)
        due = self._next_slot(one.account)
        steered = self._queue(one, due) if due else self._queue(one)
        said = f"{steered.said}, due {due:%Y-%m-%d %H:%M} UTC" if due else steered.said
        return replace(steered, said=said) if steered.done else steered

    def _next_slot(self, name: str) -> datetime | None:
        """When the account's pace has room for one more, behind what was so released before."""
        account = self._config.accounts.get(name)
        if account is None:
            return None
        if name not in self._slots:
            waiting = self._store.outbox.find(states={State.QUEUED})
            gap = pacing.even_gap(account.pace)
            ahead = [each.due + gap for each in waiting if each.account == name]
            start = max([self._now, *(due for due in ahead if due > self._now + gap)])
            self._slots[name] = pacing.spread(start, account.pace)
        due = next(self._slots[name])
        return due if due < pacing.NEVER else None

    def skip(self, one: Delivery) -> ActionResult:
        """Never send it."""
        return self._move(one, replace(one, state=State.SKIPPED, error="skipped by the admin"))

    def retry(self, one: Delivery, *, render: bool = False) -> ActionResult:
        """Queue it again; with `render`, as today's config and template would have it.

        What is held stays held, and what a digest has told is not told again.
        """
        if is_told(one):
            return ActionResult(one, f"stays skipped: {one.error}; retry that one", done=False)
        if render:
            rendered = self._render(one)
            if isinstance(rendered, str):
                return ActionResult(one, rendered, done=False)
            one = rendered
        did = "is rendered anew, and" if render else "is"
        if one.state == State.QUEUED:
            return self._rewrite(replace(one, due=self._now), f"{did} queued, and due now")
        if one.state != State.HELD:
            return self._queue(one)
        if render:
            return self._rewrite(one, f"{did} still held: {one.error}")
        said = f"stays held: {one.error}; `queue release` lets it go out"
        return ActionResult(one, said, done=False)

    def _queue(self, one: Delivery, due: datetime | None = None) -> ActionResult:
        """Queue it; one whose link was too long only where the server takes it by now."""
        if compose.link_excess(one.post):
            rendered = self._render(one)
            if isinstance(rendered, str):
                return ActionResult(one, rendered, done=False)
            one = rendered
        # a fresh start under a key no server has seen: the admin has looked, or was told to
        fresh = replace(
            one,
            state=State.QUEUED,
            due=due or self._now,
            attempts=0,
            failed_lookups=0,
            key_version=one.key_version + 1,
            sent_from=None,
            error="",
        )
        return self._move(one, fresh)

    def _move(self, before: Delivery, after: Delivery) -> ActionResult:
        if after.state not in TRANSITIONS[before.state]:
            return ActionResult(before, f"is {before.state.value} and stays so", done=False)
        settled = self._store.outbox.settle(before, after, self._now)
        if settled is None:
            return ActionResult(before, "is being worked on; try again in a moment", done=False)
        return ActionResult(settled, f"is {settled.state.value} now")

    def _rewrite(self, after: Delivery, said: str) -> ActionResult:
        written = self._store.outbox.rewrite(after)
        if written is None:
            return ActionResult(after, "is being worked on; try again in a moment", done=False)
        return ActionResult(written, said)

    def _render(self, one: Delivery) -> Delivery | str:
        """The delivery with its text rendered anew, or why that cannot be."""
        source = self._config.sources.get(one.source) if self._may_render else None
        account = self._config.accounts.get(one.account)
        entry = self._store.outbox.entry_of(one.id)
        if source is None or account is None:
            lost = "its source or account is not in the config any more"
            return f"cannot be rendered: {lost if self._may_render else 'the config has faults'}"
        if entry is None or one.state not in {State.QUEUED, State.DEAD, State.SKIPPED, State.HELD}:
            return f"cannot be rendered: it is {one.state.value}, or its entry is forgotten"
        if one.post.is_bundle:
            return "cannot be rendered: it is a digest"
        record = self._store.outbox.account(one.account)
        remembered = {known.name: known for known in self._store.sources.all()}
        known_title = remembered[one.source].title if one.source in remembered else ""
        batch = Batch(title=known_title, language=one.post.language)
        job = drafting.draft_job(source, account, record.limits, batch, self._now)
        stage: drafting.Stage = "posted" if one.post.action == "edit" else "waiting"
        (draft,) = drafting.drafts(replace(job, entries=(entry,), stage=stage))
        if draft.post is None:
            return f"cannot be rendered: {draft.reason}"
        if draft.held:
            return f"stays {one.state.value}: {draft.held}"
        post = draft.post
        if one.post.action == "edit":
            post = revising.edit_of(post, one.post.uri)
        return replace(one, post=post, key_version=one.key_version + 1, sent_from=None)
