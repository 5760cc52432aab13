"""Drafts: entries filtered and composed for one account. Runs in the parser child."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from reblogbot.config.settings import AccountSettings, SourceSettings
from reblogbot.core import compose, filters, threads
from reblogbot.core.child_settings import without_secrets
from reblogbot.core.identity import clean_link
from reblogbot.errors import ReblogbotError
from reblogbot.model import (
    STEP_FAILED_NOTE,
    Action,
    Batch,
    Entry,
    Post,
    ServerLimits,
    StepText,
)
from reblogbot.words import Words

Stage = Literal["new", "waiting", "posted", "requested"]
"""What the entries of a job are: new, changed with a waiting or published post, or asked for by the
admin."""

# addresses and options of a source may contain secrets, although they are not marked as such
_HIDDEN_OF_SOURCE = ("url", "fallbacks", "options")
_HIDDEN_OF_ACCOUNT = ("token_file", "token_env", "user", "folder", "feed")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry's `post`, or the `reason` why it is not published.

    `held` is the reason why an admin has to release the post, or "". `waits_for` are the steps
    whose results its text still lacks. `follow_up` is the reply to it that has the results, longer
    than the server's limit where it becomes a thread (see `threads`).
    """

    post: Post | None = None
    reason: str = ""
    held: str = ""
    waits_for: tuple[str, ...] = ()
    follow_up: Post | None = None


@dataclass(frozen=True, slots=True)
class DraftJob:
    """Entries of one source to be drafted for one account.

    `is_home` tells that they were read through that account. Entries of the stages `waiting` and
    `posted` are filtered by `filters.refusal_again`, requested ones by `refusal_of_requested`. The
    job goes to the parser child, so that `settings` and `account` must be without secrets: see
    `draft_job`.

    `results` are those of the source's steps, for an entry whose steps are done; None: they are
    not computed. `generated` are the names of the steps that ask a model. `may_use_steps` tells
    whether entries are given to steps; None: all but those that are the statuses of a person.
    """

    entries: tuple[Entry, ...]
    settings: SourceSettings
    account: AccountSettings
    limits: ServerLimits
    source_title: str
    feed_language: str
    now: datetime
    is_home: bool = False
    stage: Stage = "new"
    results: Mapping[str, StepText] | None = None
    generated: frozenset[str] = frozenset()
    may_use_steps: bool | None = None


def draft_job(
    settings: SourceSettings,
    account: AccountSettings,
    limits: ServerLimits,
    batch: Batch,
    now: datetime,
) -> DraftJob:
    """A job without entries, secrets, or settings that may contain secrets (addresses, headers)."""
    return DraftJob(
        (),
        without_secrets(settings, _HIDDEN_OF_SOURCE),
        without_secrets(account, _HIDDEN_OF_ACCOUNT),
        limits,
        settings.title or batch.title or settings.name,
        batch.language,
        now,
        is_home=getattr(settings.options, "via", "") == account.name,
    )


def drafts(job: DraftJob) -> tuple[Draft, ...]:
    """The draft of each entry of the job, in order."""
    return tuple(_draft(entry, job) for entry in job.entries)


def _draft(entry: Entry, job: DraftJob) -> Draft:
    reason = _refusal(entry, job)
    if reason:
        return Draft(reason=reason)
    refusal = _step_refusal(entry, job)
    # the short form before a follow-up waits for no step, so that it goes out without one
    policy = "post" if _has_follow_up(job) else job.settings.on_step_failure
    if refusal:
        if policy == "drop":
            return Draft(reason=refusal)
        job = replace(job, results={})
    try:
        draft = _composed(entry, job)
    except ReblogbotError as error:
        # a template that fails on one entry must not stop the others
        return Draft(reason=f"{error.slug}: {error.message}")
    post = draft.post
    if post is None or (not post.text and post.action != "boost"):
        return Draft(reason=Words("empty: nothing is left to be posted of it"))
    post = replace(post, is_requested=job.stage == "requested")
    held = compose.link_excess(post)
    if policy == "hold":
        held = held or refusal
    return replace(draft, post=post, held=held)


def _refusal(entry: Entry, job: DraftJob) -> str:
    if job.stage == "new":
        return filters.refusal(entry, job.settings, job.now)
    if job.stage == "requested":
        return filters.refusal_of_requested(entry, job.settings)
    is_posted = job.stage == "posted"
    return filters.refusal_again(entry, job.settings, job.now, is_posted=is_posted)


def _has_follow_up(job: DraftJob) -> bool:
    """Whether results come as a reply; where posts have titles there are no replies."""
    return bool(job.settings.follow_up) and not job.account.has_titles


def _step_refusal(entry: Entry, job: DraftJob) -> str:
    """Why the entry is not given to the source's steps, as the failure of one of them; or ""."""
    steps = job.settings.steps
    if job.results is not None or not steps or _action(entry, job) == "boost":
        return ""
    models = [name for name in steps if name in job.generated]
    reason = refusal_of_person(entry, job.settings, may_use_steps=job.may_use_steps)
    if reason:
        return STEP_FAILED_NOTE.filled(name=steps[0], reason=reason)
    # words of the page or its server against its use by a model
    reason = entry.ai_refusal
    return STEP_FAILED_NOTE.filled(name=models[0], reason=reason) if reason and models else ""


def refusal_of_person(entry: Entry, settings: SourceSettings, *, may_use_steps: bool | None) -> str:
    """Why an entry is not given to steps where a person wrote it on the fediverse, or "".

    `may_use_steps` is that of a `DraftJob`.
    """
    if may_use_steps is None:
        is_status = bool(entry.uri or entry.author or entry.status_id)
        is_status = is_status or compose.action_of(entry, settings) in ("boost", "quote")
        may_use_steps = not is_status
    return "" if may_use_steps else Words("it is what a person wrote, which is not given to a step")


def _action(entry: Entry, job: DraftJob) -> Action:
    """What is done with the entry; where posts have titles, a status is not boosted but posted."""
    return "post" if job.account.has_titles else compose.action_of(entry, job.settings)


def _composed(entry: Entry, job: DraftJob) -> Draft:
    """The post as it will be sent, with the status that it boosts or quotes, and its follow-up.

    Raises ReblogbotError when a template fails on this entry, or when a status to boost has no
    address.
    """
    action, settings = _action(entry, job), job.settings
    if action == "boost":
        return Draft(
            _with_status(entry, job, compose.boost(entry, settings, job.account, job.limits))
        )
    has_titles = job.account.has_titles
    follow_up = settings.follow_up if _has_follow_up(job) else ""
    # where there is no reply, the post is the long form itself
    template = job.account.template or (settings.follow_up if has_titles else "")
    post = _post(entry, replace(job, results={}) if follow_up else job, job.limits, template)
    waits_for = settings.steps if job.results is None else ()
    if action == "quote":
        post = _with_status(entry, job, replace(post, action=action))
    if not follow_up:
        return Draft(post, waits_for=waits_for)
    has_results = job.results is None or any(result.text for result in job.results.values())
    if job.stage == "posted" or not has_results:
        return Draft(post)
    longest = replace(job.limits, characters=threads.MOST_PARTS * job.limits.characters)
    reply = _post(entry, job, longest, follow_up)
    return Draft(post, follow_up=replace(reply, limit=job.limits.characters, media=(), shorter=""))


def _post(entry: Entry, job: DraftJob, limits: ServerLimits, template: str) -> Post:
    return compose.compose(
        entry,
        job.settings,
        job.account,
        limits,
        source_title=job.source_title,
        feed_language=job.feed_language,
        template=template,
        results=compose.step_results(job.settings.steps, job.results, job.generated),
    )


def _with_status(entry: Entry, job: DraftJob, post: Post) -> Post:
    """The boost or quote with the address of its status. Raises ReblogbotError without one."""
    status_id = entry.status_id if job.is_home else ""
    link = entry.link if clean_link(entry.link) else ""
    address = entry.uri or link or status_id
    if not address:
        raise ReblogbotError(
            "not_boostable",
            Words("there is no status to {action}: it has no address", action=post.action),
        )
    is_status = bool(entry.uri or entry.status_id)
    return replace(post, uri=address, status_id=status_id, is_status=is_status)


def held_draft(entry: Entry, job: DraftJob, reason: str) -> Draft:
    """The draft of an entry whose filtering or composing took too long: a plain post, held."""
    post = compose.plain(entry, job.settings, job.account, job.limits)
    # a published post stays as it is
    if job.stage == "posted" or not post.text:
        return Draft(reason=reason)
    return Draft(post, held=reason)
