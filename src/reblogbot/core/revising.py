"""Entries that changed after they were queued: what waits is rendered anew, what stands is edited.

All of it is pure. What waits was never public, so that it is changed in place; an edit of a post
that stands is a delivery of its own, and is held where a new post would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reblogbot.config.settings import SourceSettings
from reblogbot.core import compose, identity
from reblogbot.core.drafting import Draft
from reblogbot.core.identity.page_link import page_link
from reblogbot.model import Candidate, Change, Delivery, Entry, Intent, Post, Revision, State
from reblogbot.model.evidence import Habits
from reblogbot.model.history import EditablePost

UNDONE = "edit: the entry reads again as its post does"
# so many edits are a storm when they are of all posts that the source shows, or of most of them
_ALL_OF = 3
_MOST_OF = 5


@dataclass(frozen=True, slots=True)
class Update:
    """A changed entry for one account: what was made of it, and its draft of today."""

    candidate: Candidate
    made: EditablePost
    draft: Draft

    @property
    def edit(self) -> Post | None:
        """The edit that makes the post that stands read as the draft; None for none."""
        post = self.draft.post
        if post is None or not self.made.remote_id or _reads_as(post, self.made.post):
            return None
        return edit_of(post, self.made.remote_id)


def edit_of(post: Post, remote_id: str) -> Post:
    """The edit of the status with this id that makes it read as `post`."""
    return replace(post, action="edit", shorter="", uri=remote_id)


def changed(
    found: Sequence[Candidate], made: Mapping[bytes, EditablePost], habits: Habits
) -> Iterator[tuple[int, EditablePost]]:
    """The places of entries that read otherwise now than when they were queued, and their posts."""
    for place, one in enumerate(found):
        known = _made_of(one, made)
        if known is not None and not _is_same(one, known.entry, habits):
            yield place, known


def storm(
    updates: Sequence[Update],
    found: Sequence[Candidate],
    made: Mapping[bytes, EditablePost],
    settings: SourceSettings,
) -> str:
    """Why the edits of one poll are held, or ""."""
    count = sum(one.edit is not None for one in updates)
    if count > settings.max_per_poll:
        return f"storm: {count} edits in one poll, max_per_poll = {settings.max_per_poll}"
    known = (_made_of(one, made) for one in found)
    standing = sum(one is not None and bool(one.remote_id) for one in known)
    is_all = count >= _ALL_OF and count == standing
    if is_all or (count >= _MOST_OF and 2 * count > standing):
        return f"storm: {count} of {standing} posts would be edited at once"
    return ""


def follow(
    update: Update, account: str, settings: SourceSettings, held: str
) -> Iterator[Intent | Revision | Change]:
    """What follows of a changed entry for an account; `held` is the reason why edits are held."""
    made, draft = update.made, update.draft
    held = held or ("review" if settings.review else "")
    remark = ""
    if made.remote_id:
        yield from _edits(update, account, held)
        remark = f"not edited: {draft.reason}" if draft.post is None else ""
    elif made.waiting is not None:
        held = "review" if settings.review else ""
        yield from _revisions(update.candidate, made.waiting, draft.post, draft, held)
    yield Change(update.candidate, account, made.delivery_id, made.entry_id, remark)


def _edits(update: Update, account: str, held: str) -> Iterator[Intent | Revision]:
    one, made, draft, edit = update.candidate, update.made, update.draft, update.edit
    if made.waiting is not None:
        draft = replace(draft, reason=draft.reason or UNDONE)
        yield from _revisions(one, made.waiting, edit, draft, held)
    elif edit is not None:
        claim = identity.edit_key(made.delivery_id, made.edits + 1)
        held = draft.held or held
        state = State.HELD if held else State.QUEUED
        yield Intent(one, account, edit, state, held, claims=(claim,))


def _revisions(
    one: Candidate, before: Delivery, post: Post | None, draft: Draft, held: str
) -> Iterator[Revision]:
    """The delivery with another post, or skipped without one; what is held stays held."""
    if post is None:
        yield Revision(one, before, replace(before, state=State.SKIPPED, error=draft.reason))
    elif post != before.post:
        held = draft.held or (before.error if before.state == State.HELD else held)
        yield Revision(
            one,
            before,
            replace(
                before,
                post=post,
                state=State.HELD if held else State.QUEUED,
                error=held,
                key_version=before.key_version + 1,
                sent_from=None,
            ),
        )


def _made_of(one: Candidate, made: Mapping[bytes, EditablePost]) -> EditablePost | None:
    """What was made of the entry, whatever its link is by now."""
    keys = (*one.keys, *one.old_keys, *one.known_as)
    return next((made[key] for key in keys if key in made), None)


def _is_same(one: Candidate, then: Entry, habits: Habits) -> bool:
    now = one.entry
    if _words(now) != _words(then):
        return False
    # a page's own images were added to what is kept
    has_other_images = bool(compose.images_of(now)) and now.media != then.media
    return not has_other_images and not _is_moved(one, then, habits)


def _words(entry: Entry) -> tuple[object, ...]:
    """What of an entry a reader would call another text."""
    return entry.title, entry.summary, entry.authors


def _is_moved(one: Candidate, then: Entry, habits: Habits) -> bool:
    """Whether the link leads to another page; where all links change, they are tokens."""
    if habits.link_changes:
        return False
    ignored = frozenset(habits.parameters)
    return page_link(one.entry.link, ignored) != page_link(then.link, ignored)


def _reads_as(one: Post, other: Post) -> bool:
    return (one.text, one.spoiler) == (other.text, other.spoiler)
