"""The result of one round: its polls and deliveries, as `sync` reports them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypedDict

from reblogbot.errors import Exit, Failure
from reblogbot.model import Delivery, DeliveryState
from reblogbot.words import Words

Outcome = Literal["new", "nothing_new", "not_modified", "held", "not_due"] | Failure
_FAILED = ("failed", "refused", "gone")
_VERBS = {
    "post": Words("posted"),
    "boost": Words("boosted"),
    "quote": Words("quoted"),
    "edited": Words("edited"),
    "found": Words("found"),
    "retracting": Words("retracting"),
    "retracted": Words("retracted"),
}
"""The words for what was published, by action or outcome."""


class RoundCounts(TypedDict):
    """The numbers of a round, as `sync --json` prints them."""

    polled: int
    not_modified: int
    failed: int
    entries_new: int
    queued: int
    sent: int
    held: int
    retry: int
    doubt: int
    skipped: int
    dead: int
    retracted: int


@dataclass(frozen=True, slots=True)
class PollReport:
    """The result of polling one source."""

    name: str
    outcome: Outcome
    new: int = 0
    error: str = ""
    queued: tuple[Delivery, ...] = ()
    was_reported_before: bool = False
    """Whether an earlier round has reported the same result."""
    slug: str = ""
    """The slug of the error, "" without one."""
    is_asked_to_wait: bool = False
    """Whether its server named a time for the next request, which is respected."""
    revised: tuple[Delivery, ...] = ()
    """Waiting deliveries that were changed because their entry did."""

    @property
    def is_trouble(self) -> bool:
        """True for a failure that was not reported before and that no server asked for."""
        has_failed = self.outcome in _FAILED
        return (has_failed or (self.outcome == "retry_later" and not self.is_asked_to_wait)) and (
            not self.was_reported_before
        )


@dataclass(slots=True)
class RoundReport:
    """The polls and the deliveries of one round; a delivery counts once, in its last state."""

    polls: list[PollReport] = field(default_factory=list)
    queued: int = 0
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    paused: dict[str, str] = field(default_factory=dict)
    """Accounts that are paused because of an error, with the error."""
    deferred: set[int] = field(default_factory=set)
    """Deliveries that a rate limit of their server postponed."""
    failed_steps: set[int] = field(default_factory=set)
    """Deliveries for which a step has failed for good."""

    def add_poll(self, poll: PollReport) -> None:
        """Count a poll and what it queued."""
        self.polls.append(poll)
        self.queued += sum(delivery.state == DeliveryState.QUEUED for delivery in poll.queued)
        self.add_deliveries((*poll.queued, *poll.revised))

    def add_deliveries(self, changed: Iterable[Delivery]) -> None:
        """Count deliveries that changed."""
        self.deliveries.update({delivery.id: delivery for delivery in changed})

    def exit_code(self) -> Exit:
        """1 when anything failed, is dead or in doubt; deliveries that wait are no failure."""
        trouble = (
            any(poll.is_trouble for poll in self.polls)
            or any(self._is_trouble(delivery) for delivery in self.deliveries.values())
            or bool(self.paused)
            or bool(self.failed_steps)
        )
        return Exit.FAILED if trouble else Exit.OK

    def _is_trouble(self, delivery: Delivery) -> bool:
        if delivery.state in {DeliveryState.DOUBT, DeliveryState.DEAD, DeliveryState.SENDING}:
            return True
        has_failed = _is_retry(delivery) or _is_unretracted(delivery)
        return has_failed and delivery.id not in self.deferred

    def counts(self) -> RoundCounts:
        """The numbers of the round."""
        changed = list(self.deliveries.values())
        states = [delivery.state for delivery in changed]
        polled = [
            poll
            for poll in self.polls
            if poll.outcome != "not_due" and not poll.was_reported_before
        ]
        return {
            "polled": len(polled),
            "not_modified": sum(poll.outcome == "not_modified" for poll in polled),
            "failed": sum(poll.outcome in (*_FAILED, "retry_later") for poll in polled),
            "entries_new": sum(poll.new for poll in polled),
            "queued": self.queued,
            "sent": sum(map(_is_sent, changed)),
            "held": states.count(DeliveryState.HELD),
            "retry": sum(map(_is_retry, changed)),
            "doubt": states.count(DeliveryState.DOUBT),
            "skipped": states.count(DeliveryState.SKIPPED),
            "dead": states.count(DeliveryState.DEAD),
            "retracted": states.count(DeliveryState.RETRACTED),
        }

    def counts_in_words(self) -> Mapping[str, object]:
        """The numbers for people, in which `sent` leaves out the found and the edited."""
        counts = self.counts()
        deliveries = self.deliveries.values()
        outcomes = Counter(outcome(each) for each in deliveries if not _is_unretracted(each))
        return {**counts, **{name: outcomes[name] for name in ("sent", "found", "edited")}}


def outcome(delivery: Delivery) -> str:
    """The result of a delivery for people: its state, `edited`, or `found`.

    A post that was on the server before the program sent anything is found; the JSON calls
    all three `sent`.
    """
    if delivery.state != DeliveryState.SENT:
        return delivery.state.value
    if delivery.post.action == "edit":
        return "edited"
    # sent_from is set by the first attempt, so that there was none
    return "found" if delivery.sent_from is None else "sent"


def posted_verb(delivery: Delivery) -> Words:
    """What was done: `posted`, `boosted`, `quoted`, `edited`, `found`, `retracting`, `retracted`.

    A post that was at the server before anything was sent is found.
    """
    result = outcome(delivery)
    return _VERBS[delivery.post.action if result == "sent" else result]


def _is_retry(delivery: Delivery) -> bool:
    """Whether an attempt failed and the delivery is back in the queue."""
    return delivery.state == DeliveryState.QUEUED and bool(delivery.error)


def _is_sent(delivery: Delivery) -> bool:
    return delivery.state == DeliveryState.SENT and not _is_unretracted(delivery)


def _is_unretracted(delivery: Delivery) -> bool:
    """Whether an attempt to retract it failed: it may stand at the server still."""
    is_posted = delivery.state in (DeliveryState.SENT, DeliveryState.RETRACTING)
    return is_posted and bool(delivery.error)
