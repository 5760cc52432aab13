"""What the store knows when a batch arrives: what the source has shown, and its earlier posts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reblogbot.model.delivery import Delivery
from reblogbot.model.entry import Entry
from reblogbot.model.evidence import SourceHabits
from reblogbot.model.post import Post


@dataclass(frozen=True, slots=True)
class RecentPosts:
    """An account's recent posts: titles of the last days, sites and authors of the last day.

    `domains` counts posts by site, as `identity.site_of` writes it, `authors` by
    `identity.author_key`.
    """

    titles: tuple[str, ...] = ()
    domains: Mapping[str, int] = field(default_factory=dict)
    authors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditablePost:
    """A post that may still be changed, and the entry as it was when the post was rendered.

    `remote_id` is the post's id on the server, "" before it is published. `post` is the published
    version with its last edit, or the one being sent. `edits` counts the edits ever queued.
    `waiting` is the delivery of the post, or of an edit of it, that was not attempted yet.
    """

    delivery_id: int
    entry_id: int
    remote_id: str
    entry: Entry
    post: Post
    edits: int = 0
    waiting: Delivery | None = None


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """What the store knows of a source and its accounts when a batch arrives.

    `seen` holds the evidence for those of the batch's keys the source has shown before (None for a
    key of 0.1.0, which kept none), `published` those of its keys each account has published or
    queued. `address_changed` tells that the source is read from another URL than the last time.
    `last_batch_at` is None before the first batch. `is_blank` tells that no batch has ever had an
    entry. `was_cut` tells that the last batch had more entries than are read of one. `held` counts
    the deliveries of the source's storms that each account holds. `addresses` are the known
    fediverse addresses of the config's accounts, by name.

    The rest is filled where the source's settings need it: `recent` for the limits on similar and
    frequent posts, `editable_posts` those that may be changed, by key of their entry, and
    `below_min_score` the first keys of entries that were refused for too low a score.
    """

    seen: Mapping[bytes, bytes | None] = field(default_factory=dict)
    published: Mapping[str, Collection[bytes]] = field(default_factory=dict)
    last_batch_at: datetime | None = None
    address_changed: bool = False
    is_blank: bool = False
    habits: SourceHabits = field(default_factory=SourceHabits)
    recent: Mapping[str, RecentPosts] = field(default_factory=dict)
    editable_posts: Mapping[str, Mapping[bytes, EditablePost]] = field(default_factory=dict)
    below_min_score: Mapping[str, Collection[bytes]] = field(default_factory=dict)
    was_cut: bool = False
    held: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
