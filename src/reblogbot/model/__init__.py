"""The frozen values every part of the program speaks of, and the states a delivery may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from reblogbot.model.evidence import Habits, Traits

Action = Literal["post", "boost", "quote", "edit"]
Visibility = Literal["public", "unlisted", "private", "direct"]
Markup = Literal["plain", "gotosocial", "hollo", "snac"]
"""What a server makes of a status's text: `core.text.escaping` says what each undoes."""


@dataclass(frozen=True, slots=True)
class Media:
    """An image, video or sound that belongs to an entry; `alt` describes it, "" when unknown."""

    url: str
    mime: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Author:
    """The account that wrote a fediverse status, as a server describes it.

    `id` is the account's id on the server that was asked. `address` is `name@host` in lower case,
    after the address of the profile. `tags` are the hashtags in the display name, the bio and the
    fields, as `consent.fold_tag` writes them. What the server says nothing about is None.
    `standing` is the reason why the account must not be boosted (suspended, moved …), or "".
    """

    id: str = ""
    address: str = ""
    name: str = ""
    tags: tuple[str, ...] = ()
    is_bot: bool = False
    is_discoverable: bool | None = None
    is_indexable: bool | None = None
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a source (RFC 4287 `atom:entry`), in plain text.

    Every string is unescaped exactly once and free of markup; "" means absent, and any
    field may be absent. `link` is absolute and as the source gave it. `uri` is the
    ActivityPub id where the entry is a fediverse status. Instants are aware UTC.
    """

    title: str = ""
    link: str = ""
    guid: str = ""
    uri: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    score: float | None = None
    comments: int | None = None
    categories: tuple[str, ...] = ()
    language: str = ""
    media: tuple[Media, ...] = ()
    visibility: Visibility = "public"
    is_reply: bool = False
    spoiler: str = ""
    """The warning its author put before it, or ""."""
    author: Author | None = None
    """The author of a fediverse status, None for anything else."""
    status_id: str = ""
    """The id of a status on the server it was read from, opaque and never folded."""
    forbidden: str = ""
    """Why it must not be published whatever the config says (a block), or ""."""
    redirector: str = ""
    """The address under which the source counts who follows `link`, or ""."""
    is_permalink: bool = False
    """Whether `guid` is the address of its page (RSS 2.0 `isPermaLink`, Atom, JSON Feed)."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a source's server, and we, remember of the last body, to be asked again cheaply.

    `etag` and `last_modified` are verbatim; `digest` is of the decoded body, in hex;
    `cursor` is whatever else a kind needs (a last id), as text of its own making.
    """

    etag: str = ""
    last_modified: str = ""
    digest: str = ""
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one poll brings: all entries the source shows now, in the source's own order.

    With `not_modified` the entries are empty and the last batch still stands.
    `fresh_for` is how long the source says its answer stays fresh, `skipped_hours` are the
    hours of the week (UTC, 0 is Monday's first) in which it wants no polls; `moved_to` is the
    URL that answered for it by permanent redirects alone, "" when it did not move. `left_out`
    counts the oldest entries of a document that shows more than is read of one.
    """

    entries: tuple[Entry, ...] = ()
    title: str = ""
    language: str = ""
    validators: Validators = field(default_factory=Validators)
    not_modified: bool = False
    fresh_for: timedelta | None = None
    skipped_hours: frozenset[int] = frozenset()
    moved_to: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server takes: counts in characters as *it* counts them.

    `per_link` is what a link of any length counts, None where links count in full.
    `image_bytes` and `image_pixels` are the most that one image may have. `markup` is what the
    server takes a text for.
    """

    characters: int = 500
    per_link: int | None = None
    media: int = 4
    alt: int = 1500
    image_bytes: int = 10_000_000
    image_pixels: int = 16_777_216
    markup: Markup = "plain"


@dataclass(frozen=True, slots=True)
class Post:
    """The frozen thing to publish: rendered once, sent as it is.

    For a boost or quote, `uri` names the status; for an edit, it is the remote id of ours.
    `status_id` is the id of the status on the account's own server, "" while that is not known.
    `is_status` says that the source called it a status; else `uri` is a link that may be one.
    `link` is the link within the text.
    `length` and `limit` are in the server's own counting. `shorter` is a text for a server that,
    against its own word, finds this one too long; "" when there is none.
    """

    action: Action
    text: str = ""
    link: str = ""
    uri: str = ""
    visibility: Visibility = "unlisted"
    language: str = ""
    spoiler: str = ""
    media: tuple[Media, ...] = ()
    length: int = 0
    limit: int = 500
    shorter: str = ""
    is_bundle: bool = False
    """Whether it is a digest, and so not to be bundled again."""
    continues: int = 0
    """The delivery whose status it answers, where a digest goes on in a thread; 0 for none."""
    may_mention: bool = False
    """Whether the admin's own template names somebody, who is then notified."""
    status_id: str = ""
    is_status: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image as it is attached: its bytes, what they are, and its description."""

    content: bytes
    mime: str
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The server's word that a post stands there: its id, opaque and never folded, and page.

    `left_out` is how many of the post's images the server did not take, or not in time.
    """

    remote_id: str
    url: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class PublishedStatus:
    """One of our own recent statuses, as read back from the server.

    `links` are the URLs found in its content, `text` is its plain text,
    `boosted_uri` is the URI of the status it boosts, "" for a post.
    """

    receipt: Receipt
    text: str = ""
    links: tuple[str, ...] = ()
    boosted_uri: str = ""
    created_at: datetime | None = None


class State(StrEnum):
    """Where a delivery stands; see TRANSITIONS."""

    QUEUED = "queued"
    SENDING = "sending"
    DOUBT = "doubt"
    SENT = "sent"
    HELD = "held"
    SKIPPED = "skipped"
    DEAD = "dead"


TRANSITIONS: dict[State, frozenset[State]] = {
    # queued → sent: a look at the account, or at the status, found that it stands there already
    State.QUEUED: frozenset({State.SENDING, State.SENT, State.HELD, State.SKIPPED}),
    State.SENDING: frozenset({State.SENT, State.QUEUED, State.DOUBT, State.DEAD}),
    State.DOUBT: frozenset({State.SENT, State.QUEUED, State.HELD, State.DEAD}),
    # what an admin may do: release or skip what is held, retry what was given up
    State.HELD: frozenset({State.QUEUED, State.SKIPPED, State.SENT}),
    State.SKIPPED: frozenset({State.QUEUED}),
    State.DEAD: frozenset({State.QUEUED}),
    State.SENT: frozenset(),
}
OPEN = frozenset({State.QUEUED, State.SENDING, State.DOUBT, State.HELD})
RENDERED_ANEW = "rendered anew: its entry changed"
"""The note on what waits and was rendered anew by itself."""
PART_OF = "digest: it is part of delivery"
"""How the note begins on what is skipped because a digest has its text."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One publication for one account: the frozen post, its state, and what befell it."""

    id: int
    account: str
    source: str
    identity: bytes
    post: Post
    state: State
    due: datetime
    queued_at: datetime
    key_version: int = 0
    attempts: int = 0
    failed_lookups: int = 0
    """Read-backs since the last attempt that did not find it."""
    sent_from: datetime | None = None
    """When the present generation's key was first used."""
    published_at: datetime | None = None
    """When the entry was published: what is too old when its turn comes is skipped."""
    score: float | None = None
    error: str = ""
    receipt: Receipt | None = None
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry with the keys it is recognised by: in its source, and across sources.

    The first of each is its identity. `lookups` and `published_lookups` are all keys to be
    looked up in the store before `core.recognition` decides which of them count. `old_keys` and
    `old_published_keys` are those of 0.1.0 that still tell something.
    """

    entry: Entry
    keys: tuple[bytes, ...]
    published_keys: tuple[bytes, ...]
    traits: Traits = field(default_factory=Traits)
    evidence: bytes = b""
    """What is remembered beside each key: 20 bytes of digests, see `core.recognition`."""
    lookups: tuple[bytes, ...] = ()
    published_lookups: tuple[bytes, ...] = ()
    old_keys: tuple[bytes, ...] = ()
    old_published_keys: tuple[bytes, ...] = ()
    guid_key: bytes | None = None
    """The one of its keys that stands for its id, None without an id that tells."""

    @property
    def known_as(self) -> tuple[bytes, ...]:
        """All keys under which an account may have published the entry."""
        return (*self.published_keys, *self.old_published_keys)


@dataclass(frozen=True, slots=True)
class Intent:
    """One delivery to be queued: the frozen post for one account, `held` with its reason or not.

    `claims` are the keys no other delivery of the account may have, the candidate's own where
    they are empty. `due` is when it may go out, None for at once.
    """

    candidate: Candidate
    account: str
    post: Post
    state: State = State.QUEUED
    reason: str = ""
    claims: tuple[bytes, ...] = ()
    due: datetime | None = None

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys it is unique by, the first being its identity."""
        return self.claims or self.candidate.published_keys


@dataclass(frozen=True, slots=True)
class Refusal:
    """An entry that is not queued for an account, and why."""

    candidate: Candidate
    account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Revision:
    """A waiting delivery whose entry changed: rendered anew, held, or skipped."""

    candidate: Candidate
    before: Delivery
    after: Delivery


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that reads otherwise than when the account queued it; `remark` for its story."""

    candidate: Candidate
    account: str
    delivery_id: int
    entry_id: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one batch comes to; `candidates` is all of it, oldest first, `storm` why it is held.

    `scored` are those whose score decides when they go out. `revisions` and `changes` are of
    entries that changed after they were queued. With `is_outdated` an entry changed whose post is
    being sent, and can be edited only then. `sightings` is the evidence to be remembered by key,
    `habits` what the batch teaches of the source.
    """

    candidates: tuple[Candidate, ...] = ()
    new: tuple[Candidate, ...] = ()
    intents: tuple[Intent, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    storm: str = ""
    scored: tuple[Candidate, ...] = ()
    revisions: tuple[Revision, ...] = ()
    changes: tuple[Change, ...] = ()
    is_outdated: bool = False
    sightings: Mapping[bytes, bytes] = field(default_factory=dict)
    habits: Habits = field(default_factory=Habits)


@dataclass(frozen=True, slots=True)
class Sent:
    """One earlier post of an account: when, and from which source."""

    at: datetime
    source: str
