"""Deliveries, the states they may take, and the transitions between these states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reblogbot.model.post import Post, Receipt
from reblogbot.words import Words


class DeliveryState(StrEnum):
    """The state of a delivery; TRANSITIONS has the ways between them."""

    QUEUED = "queued"
    SENDING = "sending"
    DOUBT = "doubt"
    SENT = "sent"
    HELD = "held"
    SKIPPED = "skipped"
    DEAD = "dead"
    RETRACTING = "retracting"
    RETRACTED = "retracted"


TRANSITIONS: dict[DeliveryState, frozenset[DeliveryState]] = {
    # queued → sent: a read-back, or a lookup of the status, showed that it is already published
    DeliveryState.QUEUED: frozenset(
        {DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.HELD, DeliveryState.SKIPPED}
    ),
    DeliveryState.SENDING: frozenset(
        {DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.DOUBT, DeliveryState.DEAD}
    ),
    DeliveryState.DOUBT: frozenset(
        {DeliveryState.SENT, DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.DEAD}
    ),
    # an admin may release or skip what is held, and retry what is skipped or dead
    DeliveryState.HELD: frozenset(
        {DeliveryState.QUEUED, DeliveryState.SKIPPED, DeliveryState.SENT}
    ),
    DeliveryState.SKIPPED: frozenset({DeliveryState.QUEUED}),
    DeliveryState.DEAD: frozenset({DeliveryState.QUEUED}),
    # an admin may take back what was sent; sent again: the server did not delete it
    DeliveryState.SENT: frozenset({DeliveryState.RETRACTING}),
    DeliveryState.RETRACTING: frozenset({DeliveryState.RETRACTED, DeliveryState.SENT}),
    DeliveryState.RETRACTED: frozenset(),
}
OPEN_STATES = frozenset(
    {
        DeliveryState.QUEUED,
        DeliveryState.SENDING,
        DeliveryState.DOUBT,
        DeliveryState.HELD,
        DeliveryState.RETRACTING,
    }
)
"""The states that are not final: the bot or an admin still has to decide."""
POSTED_STATES = frozenset({DeliveryState.SENT, DeliveryState.RETRACTING, DeliveryState.RETRACTED})
"""The states of what was published, whether or not it was retracted later."""
TAKEN_BACK = frozenset({DeliveryState.RETRACTING, DeliveryState.RETRACTED})
"""The states of what was published and is deleted again, or will be."""
RENDERED_AGAIN_NOTE = Words("rendered anew: its entry changed")
"""The note on a waiting delivery whose text was rendered again automatically."""
KEPT_NOTE = Words("its entry changed; the text stays as the admin wanted it")
"""The note on a waiting delivery that was not rendered again."""
STORM_NOTE = Words("storm: {reason}")
"""The note on a delivery that is held because its source brought too much at once."""
STORM = STORM_NOTE.partition(" {")[0]
"""The start of that note."""
REVIEW_NOTE = Words("review")
"""The note on a delivery that is held because the admin wants to see each one."""
STEP_FAILED_NOTE = Words("step {name} failed: {reason}")
"""The note on a delivery that lacks the result of a step, which will not be tried again."""
STEP_FAILED = STEP_FAILED_NOTE.partition(" {")[0]
"""The start of that note."""
PART_OF_DIGEST = Words("digest: it is part of delivery {id}")
"""The note on a delivery that was skipped because a digest contains its text."""
PART_OF_DIGEST_NOTE = PART_OF_DIGEST.partition(" {")[0]
"""The start of that note."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One publication for one account: the frozen post, its state, and the last error.

    `due` is the instant from which it may be worked on; `score` orders a source that sends its
    best first.
    """

    id: int
    account: str
    source: str
    identity: bytes
    post: Post
    state: DeliveryState
    due: datetime
    queued_at: datetime
    key_version: int = 0
    """The version of its Idempotency-Key; another version is another key."""
    attempts: int = 0
    failed_lookups: int = 0
    """Read-backs since the last attempt that did not find the post on the server."""
    sent_from: datetime | None = None
    """When the key of the present version was first used, None when it was not used yet."""
    published_at: datetime | None = None
    """When the entry was published; `queue_order.too_old_reason` compares it with `max_age`."""
    score: float | None = None
    error: str = ""
    receipt: Receipt | None = None
    settled_at: datetime | None = None
    waits_for: tuple[str, ...] = ()
    """The steps whose results its text still lacks. It is not sent before they are done."""
    step_at: datetime | None = None
    """When these steps are tried next."""


@dataclass(frozen=True, slots=True)
class SentPost:
    """An earlier post of an account: when it was sent, and from which source.

    `is_generated` tells that it has text that a model has written; of a thread, the first part has.
    """

    at: datetime
    source: str
    is_generated: bool = False


@dataclass(frozen=True, slots=True)
class QueueHead:
    """The part of an account's queue that one source has filled, with posts or with edits.

    `due` is when the first of these deliveries may be sent.
    """

    source: str
    is_edit: bool
    due: datetime
    is_generated: bool = False
