"""Entries that changed after they were queued: waiting posts are rendered again, others edited.

All of it is pure. A waiting post was never public, so that it is changed in place. An edit of a
published post is a delivery of its own, and is held where a new post would be (ADR 0027).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reblogbot.config.settings import SourceSettings
from reblogbot.core import compose, identity
from reblogbot.core.drafting import Draft
from reblogbot.core.identity.page_link import page_link
from reblogbot.model import (
    KEPT_NOTE,
    REVIEW_NOTE,
    STORM_NOTE,
    Candidate,
    Delivery,
    DeliveryState,
    EditablePost,
    Entry,
    EntryChange,
    Intent,
    Post,
    Revision,
    SourceHabits,
)
from reblogbot.words import Words

UNDONE = Words("edit: the entry reads again as its post does")
# edits are a storm when they are of all published posts that the source shows, or of most of them
_STORM_OF_ALL = 3
_STORM_OF_MOST = 5


@dataclass(frozen=True, slots=True)
class Update:
    """A changed entry for one account: its post as it is, and its new draft."""

    candidate: Candidate
    existing: EditablePost
    draft: Draft

    @property
    def edit(self) -> Post | None:
        """The edit that makes the published post read as the draft; None for none.

        A post whose text the admin wrote is not edited.
        """
        post, published = self.draft.post, self.existing.post
        if post is None or not self.existing.remote_id or published.is_edited:
            return None
        if (post.text, post.spoiler) == (published.text, published.spoiler):
            return None
        return edit_of(post, self.existing.remote_id)


def edit_of(post: Post, remote_id: str) -> Post:
    """The edit of the status with this id that makes it read as `post`."""
    return replace(post, action="edit", shorter="", uri=remote_id)


def changed(
    batch: Sequence[Candidate], posts: Mapping[bytes, EditablePost], habits: SourceHabits
) -> Iterator[tuple[int, EditablePost]]:
    """The positions of entries that differ from when they were queued, with their posts."""
    for position, candidate in enumerate(batch):
        post = _post_of(candidate, posts)
        if post is not None and not _would_be_posted_alike(candidate.entry, post.entry, habits):
            yield position, post


def with_page_texts(
    batch: Sequence[Candidate], posts_by_account: Collection[Mapping[bytes, EditablePost]]
) -> tuple[Candidate, ...]:
    """The batch whose entries have the texts of their pages that are kept with earlier posts.

    The source itself does not show these, and the page may not be readable now.
    """
    return tuple(_with_page_text(candidate, posts_by_account) for candidate in batch)


def _with_page_text(
    candidate: Candidate, posts_by_account: Collection[Mapping[bytes, EditablePost]]
) -> Candidate:
    for posts in posts_by_account:
        post = _post_of(candidate, posts)
        if post is not None and (post.entry.text or post.entry.ai_refusal):
            refusal = candidate.entry.ai_refusal or post.entry.ai_refusal
            entry = replace(candidate.entry, text=post.entry.text, ai_refusal=refusal)
            return replace(candidate, entry=entry)
    return candidate


def storm(
    updates: Sequence[Update],
    batch: Sequence[Candidate],
    posts: Mapping[bytes, EditablePost],
    settings: SourceSettings,
) -> str:
    """Why the edits of one poll are held, or ""."""
    count = sum(update.edit is not None for update in updates)
    if count > settings.max_per_poll:
        return STORM_NOTE.filled(
            reason=Words(
                "{count} edits in one poll, max_per_poll = {limit}",
                count=count,
                limit=settings.max_per_poll,
            )
        )
    existing = (_post_of(candidate, posts) for candidate in batch)
    published = sum(post is not None and bool(post.remote_id) for post in existing)
    is_all = count >= _STORM_OF_ALL and count == published
    if is_all or (count >= _STORM_OF_MOST and 2 * count > published):
        return STORM_NOTE.filled(
            reason=Words(
                "{count} of {published} posts would be edited at once",
                count=count,
                published=published,
            )
        )
    return ""


def follow(
    update: Update, account: str, settings: SourceSettings, storm_reason: str
) -> Iterator[Intent | Revision | EntryChange]:
    """What is to be changed for an account because of an update; a storm holds edits."""
    existing, draft = update.existing, update.draft
    review = REVIEW_NOTE if settings.review else ""
    remark = ""
    if existing.remote_id:
        yield from _edit(update, account, storm_reason or review)
        kept = KEPT_NOTE if existing.post.is_edited else ""
        if draft.post is None or kept:
            remark = Words("not edited: {reason}", reason=draft.reason or kept)
    elif existing.waiting is not None:
        yield from _revise(update.candidate, existing.waiting, draft.post, draft, review)
    yield EntryChange(update.candidate, account, existing.delivery_id, existing.entry_id, remark)


def _edit(update: Update, account: str, held: str) -> Iterator[Intent | Revision]:
    """The edit of a published post, or the revision of an edit that is still waiting."""
    existing, draft, edit = update.existing, update.draft, update.edit
    if existing.waiting is not None:
        draft = replace(draft, reason=draft.reason or UNDONE)
        yield from _revise(update.candidate, existing.waiting, edit, draft, held)
    elif edit is not None:
        claim = identity.edit_key(existing.delivery_id, existing.edits + 1)
        held = draft.held or held
        state = DeliveryState.HELD if held else DeliveryState.QUEUED
        yield Intent(
            update.candidate,
            account,
            edit,
            state,
            held,
            claims=(claim,),
            waits_for=draft.waits_for,
        )


def _revise(
    candidate: Candidate, before: Delivery, post: Post | None, draft: Draft, held: str
) -> Iterator[Revision]:
    """The waiting delivery with another post, or skipped without one; a held one stays held.

    A text that the admin wrote stays, and no filter takes back what the admin asked for.
    """
    is_refused = draft.post is None
    if before.post.is_requested and not is_refused and post is not None:
        post = replace(post, is_requested=True)
    if before.post.is_requested if is_refused else before.post.is_edited:
        yield Revision(candidate, before, before)
    elif post is None:
        skipped = replace(before, state=DeliveryState.SKIPPED, error=draft.reason)
        yield Revision(candidate, before, skipped)
    elif post != before.post:
        held = draft.held or (before.error if before.state == DeliveryState.HELD else held)
        after = replace(
            before,
            post=post,
            state=DeliveryState.HELD if held else DeliveryState.QUEUED,
            error=held,
            key_version=before.key_version + 1,
            sent_from=None,
            waits_for=draft.waits_for,
        )
        yield Revision(candidate, before, after)


def _post_of(candidate: Candidate, posts: Mapping[bytes, EditablePost]) -> EditablePost | None:
    """The post of the entry, under any of its keys, since its link may have changed."""
    keys = (*candidate.keys, *candidate.legacy_keys, *candidate.known_as)
    return next((posts[key] for key in keys if key in posts), None)


def _would_be_posted_alike(current: Entry, stored: Entry, habits: SourceHabits) -> bool:
    """Whether two versions of an entry would be posted alike; score and comments do not count."""
    current_text = (current.title, current.summary, current.authors)
    if current_text != (stored.title, stored.summary, stored.authors):
        return False
    # the stored version may have images of its page, which the source itself does not show
    has_other_images = bool(compose.images_of(current)) and current.media != stored.media
    return not has_other_images and not _is_moved(current, stored, habits)


def _is_moved(current: Entry, stored: Entry, habits: SourceHabits) -> bool:
    """Whether the link leads to another page; False where the source changes links at each poll."""
    if habits.link_changes:
        return False
    ignored = frozenset(habits.parameters)
    return page_link(current.link, ignored) != page_link(stored.link, ignored)
