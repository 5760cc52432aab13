"""The document of `sync`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from reblogbot.admin.documents.daemons import DaemonRow, daemon_json
from reblogbot.admin.documents.deliveries import DeliveryRow, delivery_json
from reblogbot.core.round_report import Outcome, RoundCounts, RoundReport

if TYPE_CHECKING:
    from reblogbot.store.daemons import DaemonRecord


class PollRow(TypedDict):
    """What came of polling a source."""

    name: str
    outcome: Outcome
    new: int
    error: str


class PausedAccountRow(TypedDict):
    """An account that is paused because of an error."""

    name: str
    error: str


class DaemonBeside(DaemonRow):
    """The daemon that runs on the same store."""

    queued: int
    """How many deliveries are left for it to send."""


class SyncDocument(RoundCounts):
    """The result of a round. A delivery counts once, in its last state."""

    sources: list[PollRow]
    deliveries: list[DeliveryRow]
    accounts: list[PausedAccountRow]
    daemon: DaemonBeside | None


def round_json(
    report: RoundReport, daemon: DaemonRecord | None, queued: int, now: datetime
) -> SyncDocument:
    """The result of `sync`; `queued` is what is left for the daemon beside it, if there is one."""
    return {
        **report.counts(),
        "sources": [
            {"name": poll.name, "outcome": poll.outcome, "new": poll.new, "error": poll.error}
            for poll in report.polls
        ],
        "deliveries": [delivery_json(delivery) for delivery in report.deliveries.values()],
        "accounts": [{"name": name, "error": reason} for name, reason in report.paused.items()],
        "daemon": {**daemon_json(daemon, now), "queued": queued} if daemon else None,
    }
