"""Drafts: entries filtered and composed for one account. Runs in the parser child."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar

from reblogbot.config.settings import AccountSettings, SourceSettings, Table
from reblogbot.core import compose, filters
from reblogbot.core.identity import clean_link
from reblogbot.errors import ReblogbotError
from reblogbot.model import Batch, Entry, Post, ServerLimits
from reblogbot.words import Words

T = TypeVar("T", bound=Table)

Stage = Literal["new", "waiting", "posted", "requested"]
"""What the entries of a job are: new, changed with a waiting or published post, or asked for by the
admin."""

# addresses and options of a source may contain secrets, although they are not marked as such
_HIDDEN_OF_SOURCE = ("url", "fallbacks", "options")
_HIDDEN_OF_ACCOUNT = ("token_file", "token_env")


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry's `post`, or the `reason` why it is not published.

    `held` is the reason why an admin has to release the post, or "".
    """

    post: Post | None = None
    reason: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class DraftJob:
    """Entries of one source to be drafted for one account.

    `is_home` tells that they were read through that account. Entries of the stages `waiting` and
    `posted` are filtered by `filters.refusal_again`, requested ones by `refusal_of_requested`. The
    job goes to the parser child, so that `settings` and `account` must be without secrets: see
    `draft_job`.
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
        _without_secrets(settings, _HIDDEN_OF_SOURCE),
        _without_secrets(account, _HIDDEN_OF_ACCOUNT),
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
    try:
        post = _post(entry, job)
    except ReblogbotError as error:
        # a template that fails on one entry must not stop the others
        return Draft(reason=f"{error.slug}: {error.message}")
    if not post.text and post.action != "boost":
        return Draft(reason=Words("empty: nothing is left to be posted of it"))
    post = replace(post, is_requested=job.stage == "requested")
    return Draft(post, held=compose.link_excess(post))


def _refusal(entry: Entry, job: DraftJob) -> str:
    if job.stage == "new":
        return filters.refusal(entry, job.settings, job.now)
    if job.stage == "requested":
        return filters.refusal_of_requested(entry, job.settings)
    is_posted = job.stage == "posted"
    return filters.refusal_again(entry, job.settings, job.now, is_posted=is_posted)


def _post(entry: Entry, job: DraftJob) -> Post:
    """The post as it will be sent, with the status that it boosts or quotes.

    Raises ReblogbotError when the template fails on this entry, or when a status to boost has no
    address.
    """
    action = compose.action_of(entry, job.settings)
    if action == "boost":
        return _with_status(entry, job, compose.boost(entry, job.settings, job.account, job.limits))
    post = compose.compose(
        entry,
        job.settings,
        job.account,
        job.limits,
        source_title=job.source_title,
        feed_language=job.feed_language,
    )
    return post if action == "post" else _with_status(entry, job, replace(post, action=action))


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


def _without_secrets(table: T, others: tuple[str, ...]) -> T:
    """The table with defaults in place of secrets, which `repr` hides too, and of `others`."""
    fields = type(table).model_fields
    hidden = [name for name, field in fields.items() if not field.repr or name in others]
    return table.model_copy(
        update={name: fields[name].get_default(call_default_factory=True) for name in hidden}
    )
