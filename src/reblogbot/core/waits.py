"""Why a delivery waits, and until when: the one answer for CLI, web page, notices and metrics.

Pure: callers supply what the store and the config know of the account (`Account`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reblogbot.core import pacing, queue_order
from reblogbot.model import Delivery, Sent, State

if TYPE_CHECKING:
    from reblogbot.config.settings import AccountSettings, Config, SourceSettings

STALLED = timedelta(hours=1)
"""An account that could send for so long, and neither sent nor failed, is stalled."""


class Reason(StrEnum):
    """What a delivery waits for; the values are public (JSON, metrics)."""

    HELD = "held"
    STOPPED = "stopped"
    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_PAUSED = "account_paused"
    SENDING = "sending"
    DOUBT = "doubt"
    EARLIER_DOUBT = "earlier_doubt"
    SOURCE_UNKNOWN = "source_unknown"
    SOURCE_DISABLED = "source_disabled"
    DIGEST = "digest"
    RETRY = "retry"
    GAP = "gap"
    HOURLY_LIMIT = "hourly_limit"
    DAILY_LIMIT = "daily_limit"
    QUIET_HOURS = "quiet_hours"
    BUDGET = "budget"
    NEXT = "next"
    STALLED = "stalled"


OF_PACE = frozenset(
    {Reason.GAP, Reason.HOURLY_LIMIT, Reason.DAILY_LIMIT, Reason.QUIET_HOURS, Reason.BUDGET}
)
"""The waits that end by themselves, at an instant that the config decides."""
OF_SOURCE = frozenset(
    {
        Reason.HELD,
        Reason.SOURCE_UNKNOWN,
        Reason.SOURCE_DISABLED,
        Reason.DIGEST,
        Reason.RETRY,
        Reason.BUDGET,
    }
)
"""The waits of one source, while other sources of the account may send."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a delivery waits: the reason, its cause in words, and until when.

    `until` is None where the wait ends with an event, or never, instead of at an instant.
    """

    reason: Reason
    cause: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """The facts that decide whether an account may send at `now`.

    `settings` is None for an account that is not in the config. `sent` reaches back as far as
    `memory` says. `doubt_until` is when the account is next read back for deliveries in doubt.
    `settled_at` is when any of its deliveries was last settled. `works_since` and `worked_at` are
    of the process that sends: when it opened the store, and when it last looked for due work;
    None where no process is known.
    """

    settings: AccountSettings | None
    now: datetime
    stopped_at: datetime | None = None
    paused_until: datetime | None = None
    paused_for: str = ""
    doubt_until: datetime | None = None
    sent: Sequence[Sent] = ()
    settled_at: datetime | None = None
    works_since: datetime | None = None
    worked_at: datetime | None = None


def memory(config: Config) -> timedelta:
    """How far back `Account.sent` must reach: as pace and budgets did STALLED ago."""
    return queue_order.memory(config) + STALLED


def wait(delivery: Delivery, config: Config, account: Account) -> Wait | None:
    """Why the delivery waits; None for one that is settled."""
    source = config.sources.get(delivery.source)
    match delivery.state:
        case State.HELD:
            return held(delivery.error)
        case State.DOUBT:
            cause = f"in doubt, the account is read back: {delivery.error}"
            return stopped(account) or Wait(Reason.DOUBT, cause, delivery.due)
        case State.SENDING:
            return (
                stopped(account)
                or _stall(delivery, source, account)
                or Wait(Reason.SENDING, "being sent")
            )
        case State.QUEUED:
            return (
                blocked(account)
                or _source_wait(delivery, source, account)
                or _pace_wait(delivery, source, account)
                or _stall(delivery, source, account)
                or _next_in_line(account)
            )
        case _:
            return None


def held(error: str) -> Wait:
    """The wait of a delivery that is held with this error."""
    return Wait(Reason.HELD, error if error.startswith("held") else f"held: {error}")


def stalled(since: datetime) -> Wait:
    """The wait of a delivery that could have been sent since then."""
    cause = f"stalled: nothing was sent or failed since {since:%Y-%m-%d %H:%M} UTC"
    return Wait(Reason.STALLED, f"{cause}; see the log, restart the daemon")


def stopped(account: Account) -> Wait | None:
    """Why nothing at all is sent for the account, or None."""
    if account.stopped_at is not None:
        return Wait(Reason.STOPPED, "everything is stopped until `reblogbot start`")
    if account.settings is None:
        return Wait(Reason.ACCOUNT_UNKNOWN, "the account is not in the config")
    if not account.settings.enabled:
        return Wait(Reason.ACCOUNT_DISABLED, "the account is disabled")
    return None


def blocked(account: Account) -> Wait | None:
    """Why nothing that is queued for the account is sent, apart from its pace; None if nothing."""
    stop = stopped(account)
    if stop is not None:
        return stop
    if account.paused_until is not None and account.paused_until > account.now:
        cause = f"the account is paused: {account.paused_for}"
        return Wait(Reason.ACCOUNT_PAUSED, cause, account.paused_until)
    if account.doubt_until is not None:
        cause = "an earlier post of the account is in doubt"
        return Wait(Reason.EARLIER_DOUBT, cause, max(account.doubt_until, account.now))
    return None


def stalled_since(
    due: datetime, source: SourceSettings | None, account: Account
) -> datetime | None:
    """Since when something due could have been sent, where that is STALLED or longer; else None.

    It could not be sent while no process worked, during a pause, or where pace, quiet hours or a
    budget delayed anything within the last hour.
    """
    worked_at = account.worked_at
    if blocked(account) is not None or worked_at is None:
        return None
    starts = (due, account.settled_at, account.paused_until, account.works_since)
    since = max(at for at in starts if at is not None)
    if worked_at - since < STALLED or (source is not None and not source.enabled):
        return None
    return None if _was_delayed(source, account, worked_at) else since


def _stall(delivery: Delivery, source: SourceSettings | None, account: Account) -> Wait | None:
    since = stalled_since(max(delivery.due, delivery.queued_at), source, account)
    return None if since is None else stalled(since)


def _next_in_line(account: Account) -> Wait:
    if account.works_since is None:
        return Wait(Reason.NEXT, "next `sync` (no daemon is at work)")
    return Wait(Reason.NEXT, "next in line")


def _was_delayed(source: SourceSettings | None, account: Account, worked_at: datetime) -> bool:
    """Whether pace, quiet hours or the budget delayed anything in the hour before `worked_at`."""
    if account.settings is None:
        return True
    hour_ago, pace = worked_at - STALLED, account.settings.pace
    if pacing.next_slot(hour_ago, pace, [post.at for post in account.sent]) > hour_ago:
        return True
    if pacing.quiet_time(hour_ago, worked_at, pace):
        return True
    return source is not None and _budget_slot(source, account, hour_ago) > hour_ago


def _source_wait(
    delivery: Delivery, source: SourceSettings | None, account: Account
) -> Wait | None:
    """The wait that comes from the delivery's source, digest or last attempt."""
    if source is None:
        return Wait(Reason.SOURCE_UNKNOWN, "the source is not in the config")
    if not source.enabled:
        return Wait(Reason.SOURCE_DISABLED, "the source is disabled")
    if delivery.due <= account.now:
        return None
    if source.digest is not None and not delivery.attempts:
        return Wait(Reason.DIGEST, "digest", delivery.due)
    return Wait(Reason.RETRY, f"next attempt: {delivery.error}".rstrip(": "), delivery.due)


def _pace_wait(delivery: Delivery, source: SourceSettings | None, account: Account) -> Wait | None:
    """The wait that comes from the account's pace or the source's budget."""
    if account.settings is None:
        return None
    sent_at = [post.at for post in account.sent]
    limit, slot = pacing.limiting_pace(account.now, account.settings.pace, sent_at)
    if limit:
        if slot == pacing.NEVER:
            return Wait(Reason(limit), "quiet hours without an end")
        return Wait(Reason(limit), limit.replace("_", " "), slot)
    if source is None or delivery.post.action == "edit":
        return None
    slot = _budget_slot(source, account, account.now)
    if slot > account.now:
        return Wait(Reason.BUDGET, "budget of the source", slot)
    return None


def _budget_slot(source: SourceSettings, account: Account, at: datetime) -> datetime:
    sent_at = [post.at for post in account.sent if post.source == source.name]
    return pacing.budget_slot(at, source.budget, sent_at)
