"""What is known when a batch arrives: what the source has shown, and what was made of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reblogbot.model import Delivery, Entry, Post
from reblogbot.model.evidence import Habits


@dataclass(frozen=True, slots=True)
class Recent:
    """What an account published lately: titles of the last days, sites and authors of the last one.

    `domains` counts posts by site, as `identity.site_of` writes it, `authors` by
    `identity.author_key`.
    """

    titles: tuple[str, ...] = ()
    domains: Mapping[str, int] = field(default_factory=dict)
    authors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditablePost:
    """What an account made of an entry, kept as it read then.

    `remote_id` is the post's id on the server, "" before it stands there. `post` is what stands
    there with its last edit, or is on its way. `edits` counts the edits ever queued. `waiting` is
    the delivery of the post, or of an edit of it, that was not tried yet.
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
    key of 0.1.0, which kept none), `published` those
    of its keys each account has published or queued. `address_changed` tells that the
    source now stands at another url than when it was last read; `last_batch_at` is None
    before the first batch, `is_blank` that no batch has ever shown anything. The rest is filled
    where the source's settings ask for it: what each account published lately, by key what waits
    or may be edited, and the first keys of what was kept from it for want of votes. `addresses` are
    those of the config's accounts, by name, as far as they are known. `was_cut` tells that the
    last batch had more entries than are read of one, and `held` counts what each account holds of
    the source's storms.
    """

    seen: Mapping[bytes, bytes | None] = field(default_factory=dict)
    published: Mapping[str, Collection[bytes]] = field(default_factory=dict)
    last_batch_at: datetime | None = None
    address_changed: bool = False
    is_blank: bool = False
    habits: Habits = field(default_factory=Habits)
    recent: Mapping[str, Recent] = field(default_factory=dict)
    made: Mapping[str, Mapping[bytes, EditablePost]] = field(default_factory=dict)
    outvoted: Mapping[str, Collection[bytes]] = field(default_factory=dict)
    was_cut: bool = False
    held: Mapping[str, int] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
