"""What one round did, as `sync` reports it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from reblogbot.errors import Exit, Failure
from reblogbot.model import Delivery, State

Outcome = Literal["new", "nothing_new", "not_modified", "held", "not_due"] | Failure
_FAILED = ("failed", "refused", "gone")


@dataclass(frozen=True, slots=True)
class Poll:
    """What polling one source came to; `known` tells that an earlier round has said so already."""

    name: str
    outcome: Outcome
    new: int = 0
    error: str = ""
    queued: tuple[Delivery, ...] = ()
    known: bool = False
    slug: str = ""
    """What it failed of."""
    is_asked_to_wait: bool = False
    """Whether its server named a time at which it may be asked again, which is kept."""
    revised: tuple[Delivery, ...] = ()
    """What waited and was changed, because its entry did."""

    @property
    def is_trouble(self) -> bool:
        """True when it failed, in a way that nobody has said before and no server asked for."""
        has_failed = self.outcome in _FAILED
        return (has_failed or (self.outcome == "retry_later" and not self.is_asked_to_wait)) and (
            not self.known
        )


@dataclass(slots=True)
class Round:
    """The polls and the deliveries of one round; a delivery counts once, as it stands at last."""

    polls: list[Poll] = field(default_factory=list)
    queued: int = 0
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    paused: dict[str, str] = field(default_factory=dict)
    """Accounts that rest because something is wrong, and what."""
    deferred: set[int] = field(default_factory=set)
    """Deliveries their server wants later."""

    def add_poll(self, poll: Poll) -> None:
        """Count a poll and what it queued."""
        self.polls.append(poll)
        self.queued += sum(1 for one in poll.queued if one.state == State.QUEUED)
        self.add_deliveries((*poll.queued, *poll.revised))

    def add_deliveries(self, changed: Iterable[Delivery]) -> None:
        """Count deliveries that changed."""
        self.deliveries.update({one.id: one for one in changed})

    def exit_code(self) -> Exit:
        """1 when something failed, died or is in doubt; waiting of any kind is well."""
        trouble = (
            any(poll.is_trouble for poll in self.polls)
            or any(self._is_trouble(one) for one in self.deliveries.values())
            or bool(self.paused)
        )
        return Exit.FAILED if trouble else Exit.OK

    def _is_trouble(self, one: Delivery) -> bool:
        if one.state in {State.DOUBT, State.DEAD, State.SENDING}:
            return True
        return _is_retry(one) and one.id not in self.deferred

    def counts(self) -> dict[str, int]:
        """The numbers of the contract's `sync --json`."""
        changed = list(self.deliveries.values())
        states = [one.state for one in changed]
        asked = [poll for poll in self.polls if poll.outcome != "not_due" and not poll.known]
        return {
            "polled": len(asked),
            "not_modified": sum(poll.outcome == "not_modified" for poll in asked),
            "failed": sum(poll.outcome in (*_FAILED, "retry_later") for poll in asked),
            "entries_new": sum(poll.new for poll in asked),
            "queued": self.queued,
            "sent": states.count(State.SENT),
            "held": states.count(State.HELD),
            "retry": sum(map(_is_retry, changed)),
            "doubt": states.count(State.DOUBT),
            "skipped": states.count(State.SKIPPED),
            "dead": states.count(State.DEAD),
        }

    def counts_in_words(self) -> dict[str, int]:
        """The numbers for a person: what was found, or edited, is not counted as sent."""
        counts = self.counts()
        ended = Counter(outcome(one) for one in self.deliveries.values())
        return counts | {name: ended[name] for name in ("sent", "found", "edited")}


def outcome(one: Delivery) -> str:
    """What became of a delivery, for a person: its state, `edited`, or `found`.

    What stood there before the program sent anything is found; the JSON calls both `sent`.
    """
    if one.state != State.SENT:
        return one.state.value
    if one.post.action == "edit":
        return "edited"
    # a claim notes when a delivery was first sent: this one never was
    return "found" if one.sent_from is None else "sent"


def _is_retry(one: Delivery) -> bool:
    """Whether an attempt failed and the delivery is back in the queue."""
    return one.state == State.QUEUED and bool(one.error)
