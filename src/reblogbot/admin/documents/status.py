"""The document of `status`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from reblogbot.admin.documents.daemons import DaemonRow, daemon_json
from reblogbot.admin.documents.deliveries import WaitFields, wait_json
from reblogbot.admin.documents.instants import instant_json
from reblogbot.admin.documents.steps import StepRow, step_row
from reblogbot.core.schedule import PollReason
from reblogbot.model import AccountState, DeliveryState, SourceState

if TYPE_CHECKING:
    from reblogbot.admin.status_report import AccountStatus, SourceStatus, StatusReport


class SourceRow(TypedDict):
    """A configured source: the result of its last poll, and when it is polled next."""

    name: str
    kind: str
    url: str
    state: SourceState
    last_poll_at: str | None
    next_poll_at: str | None
    failures: int
    """How many polls in a row have failed."""
    error: str
    next_poll_reason: PollReason
    """Why it is polled at that time; empty where that is not known."""


class AccountRow(TypedDict):
    """A configured account: whether it can post, and why not."""

    name: str
    server: str
    state: AccountState
    reason: str
    rate_remaining: int | None
    """How many requests its server still allows; null where that is not known."""


class WaitRow(WaitFields):
    """How many deliveries of an account wait for the same thing."""

    account: str
    source: str
    """Empty where the wait concerns all sources of the account."""
    count: int


class StatusDocument(TypedDict):
    """The state of everything. With several daemons, `daemon` is the one that started first."""

    daemon: DaemonRow | None
    daemons: list[DaemonRow]
    sources: list[SourceRow]
    accounts: list[AccountRow]
    queue: dict[DeliveryState, int]
    """How many deliveries are in each state."""
    waits: list[WaitRow]
    steps: list[StepRow]
    stopped_at: str | None


def status_json(report: StatusReport, now: datetime) -> StatusDocument:
    """The result of `status`."""
    daemons = [daemon_json(daemon, now) for daemon in report.daemons]
    return {
        "daemon": next(iter(daemons), None),
        "daemons": daemons,
        "sources": [_source_json(source) for source in report.sources],
        "accounts": [_account_json(account) for account in report.accounts],
        "queue": {state: report.queue[state] for state in DeliveryState},
        "waits": [
            {
                "account": group.account,
                "source": group.source,
                "count": group.count,
                **wait_json(group.wait),
            }
            for group in report.waits
        ],
        "steps": list(map(step_row, report.steps)),
        "stopped_at": instant_json(report.stopped_at),
    }


def _source_json(source: SourceStatus) -> SourceRow:
    return {
        "name": source.name,
        "kind": source.kind,
        "url": source.url,
        "state": source.state,
        "last_poll_at": instant_json(source.last_poll_at),
        "next_poll_at": instant_json(source.next_poll_at),
        "failures": source.failures,
        "error": source.error,
        "next_poll_reason": source.next_poll_reason,
    }


def _account_json(account: AccountStatus) -> AccountRow:
    until = instant_json(account.paused_until)
    return {
        "name": account.name,
        "server": account.server,
        "state": account.state,
        "reason": f"{account.reason} (until {until})" if until else account.reason,
        "rate_remaining": account.rate_remaining,
    }
