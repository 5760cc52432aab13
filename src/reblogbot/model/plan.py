"""The plan for a batch: what is to be remembered, queued, refused and changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reblogbot.model.delivery import Delivery, DeliveryState
from reblogbot.model.entry import Entry
from reblogbot.model.evidence import MatchFields, SourceHabits
from reblogbot.model.post import Post


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry with the keys it is recognised by: in its source, and across sources.

    The first of each is its identity. `lookups` and `published_lookups` are all keys to be
    looked up in the store before `core.recognition` decides which of them count. `legacy_keys` and
    `legacy_published_keys` are those of its keys in the form of 0.1.0 that identify it.
    """

    entry: Entry
    keys: tuple[bytes, ...]
    published_keys: tuple[bytes, ...]
    match_fields: MatchFields = field(default_factory=MatchFields)
    evidence: bytes = b""
    """Digests that are stored beside each key, 20 bytes: see `core.recognition`."""
    lookups: tuple[bytes, ...] = ()
    published_lookups: tuple[bytes, ...] = ()
    legacy_keys: tuple[bytes, ...] = ()
    legacy_published_keys: tuple[bytes, ...] = ()
    guid_key: bytes | None = None
    """The key of its guid, None without a guid or with one that does not identify the entry."""

    @property
    def known_as(self) -> tuple[bytes, ...]:
        """All keys under which an account may have published the entry."""
        return (*self.published_keys, *self.legacy_published_keys)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The reply to a post that is queued with it, and written once the steps are done."""

    post: Post
    key: bytes
    """Its identity."""
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """A delivery to be queued: the frozen post for one account, and `reason` where it is held.

    `claims` are the keys no other delivery of the account may have; empty stands for the
    candidate's own. `due` is when it may go out, None for at once. `waits_for` are the steps
    without whose results it is not sent.
    """

    candidate: Candidate
    account: str
    post: Post
    state: DeliveryState = DeliveryState.QUEUED
    reason: str = ""
    claims: tuple[bytes, ...] = ()
    due: datetime | None = None
    waits_for: tuple[str, ...] = ()
    follow_up: FollowUp | None = None

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
    """A waiting delivery whose entry changed: rendered again, held, or skipped."""

    candidate: Candidate
    before: Delivery
    after: Delivery


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry that differs from its version when the account queued it.

    `remark` is what `why` tells of it, or "".
    """

    candidate: Candidate
    account: str
    delivery_id: int
    entry_id: int
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The consequences of one batch.

    `candidates` are all its entries, oldest first. `storm` is the reason why it is held, or "".
    `scored` are those whose score decides when they go out. `revisions` and `changes` are of
    entries that changed after they were queued. `is_outdated` tells that an entry changed whose
    post is being sent, and can be edited only after that. `sightings` is the evidence to be stored
    by key, `habits` what was learnt of the source so far, this batch included.
    """

    candidates: tuple[Candidate, ...] = ()
    new: tuple[Candidate, ...] = ()
    intents: tuple[Intent, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    storm: str = ""
    scored: tuple[Candidate, ...] = ()
    revisions: tuple[Revision, ...] = ()
    changes: tuple[EntryChange, ...] = ()
    is_outdated: bool = False
    sightings: Mapping[bytes, bytes] = field(default_factory=dict)
    habits: SourceHabits = field(default_factory=SourceHabits)
