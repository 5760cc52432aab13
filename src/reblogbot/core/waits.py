"""Why a delivery waits, and until when: one answer for the shell, the page, notices and metrics.

All of it is pure: whoever asks brings what the store and the config know (`Account`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reblogbot.core import pacing
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
"""What ends by itself, at an instant that the config decides."""
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
"""What one source waits for, while others of the account may go on."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a delivery waits: the reason, plain words for it, and until when.

    `until` is None where the wait ends with an event, or never, instead of at an instant.
    """

    reason: Reason
    cause: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What decides whether an account may send at `now`.

    `settings` is None for an account that is not in the config. `sent` reaches back as far as
    `memory` says. `doubt_until` is when the account's doubts are read back. `settled_at` is
    when any of its deliveries was last settled. `works_since` and `worked_at` tell of the
    process that sends: since when it works on the store, and when it last looked for what is
    due; None where no process is known.
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
    """How far back `Account.sent` must reach: a pace, or a budget, an hour ago."""
    spans = [source.budget.span for source in config.sources.values() if source.budget]
    return max([timedelta(days=1), *spans]) + STALLED


def wait(one: Delivery, config: Config, account: Account) -> Wait | None:
    """Why the delivery waits; None for one that is settled."""
    source = config.sources.get(one.source)
    match one.state:
        case State.HELD:
            return held(one.error)
        case State.DOUBT:
            cause = f"in doubt, the account is read back: {one.error}"
            return stopped(account) or Wait(Reason.DOUBT, cause, one.due)
        case State.SENDING:
            found = stopped(account) or _overdue(one, source, account)
            return found or Wait(Reason.SENDING, "being sent")
        case State.QUEUED:
            found = blocked(account) or _of_source(one, source, account)
            found = found or _of_pace(one, source, account) or _overdue(one, source, account)
            return found or _next(account)
        case _:
            return None


def held(error: str) -> Wait:
    """The wait of a delivery that is held with this error."""
    return Wait(Reason.HELD, error if error.startswith("held") else f"held: {error}")


def stalled(since: datetime) -> Wait:
    """The wait of what an account should have sent since then."""
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
    """Why nothing that is queued for the account is sent, or None; its pace aside."""
    found = stopped(account)
    if found is not None:
        return found
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
    """Since when something that is due could have been sent, where that is too long; else None.

    A pause, pace, quiet hours or a budget within the hour is a reason, as is that nobody works.
    """
    last = account.worked_at
    if blocked(account) is not None or last is None:
        return None
    known = (due, account.settled_at, account.paused_until, account.works_since)
    since = max(at for at in known if at is not None)
    if last - since < STALLED or (source is not None and not source.enabled):
        return None
    return None if _was_kept_back(source, account, last) else since


def _overdue(one: Delivery, source: SourceSettings | None, account: Account) -> Wait | None:
    since = stalled_since(max(one.due, one.queued_at), source, account)
    return None if since is None else stalled(since)


def _next(account: Account) -> Wait:
    if account.works_since is None:
        return Wait(Reason.NEXT, "next `sync` (no daemon is at work)")
    return Wait(Reason.NEXT, "next in line")


def _was_kept_back(source: SourceSettings | None, account: Account, last: datetime) -> bool:
    """Whether pace, quiet hours or the budget kept anything back in the hour before `last`."""
    if account.settings is None:
        return True
    then, pace = last - STALLED, account.settings.pace
    if pacing.next_slot(then, pace, [one.at for one in account.sent]) > then:
        return True
    if pacing.quiet_time(then, last, pace):
        return True
    return source is not None and _budget_slot(source, account, then) > then


def _of_source(one: Delivery, source: SourceSettings | None, account: Account) -> Wait | None:
    """Why the source, or what befell the delivery, keeps it back."""
    if source is None:
        return Wait(Reason.SOURCE_UNKNOWN, "the source is not in the config")
    if not source.enabled:
        return Wait(Reason.SOURCE_DISABLED, "the source is disabled")
    if one.due <= account.now:
        return None
    if source.digest is not None and not one.attempts:
        return Wait(Reason.DIGEST, "digest", one.due)
    return Wait(Reason.RETRY, f"next attempt: {one.error}".rstrip(": "), one.due)


def _of_pace(one: Delivery, source: SourceSettings | None, account: Account) -> Wait | None:
    """Why the account's pace or the source's budget keeps it back."""
    if account.settings is None:
        return None
    sent_at = [one.at for one in account.sent]
    hindrance, slot = pacing.hindrance(account.now, account.settings.pace, sent_at)
    if hindrance:
        endless = slot == pacing.NEVER
        words = "quiet hours without an end" if endless else hindrance.replace("_", " ")
        return Wait(Reason(hindrance), words, None if endless else slot)
    if source is None or one.post.action == "edit":
        return None
    slot = _budget_slot(source, account, account.now)
    if slot > account.now:
        return Wait(Reason.BUDGET, "budget of the source", slot)
    return None


def _budget_slot(source: SourceSettings, account: Account, at: datetime) -> datetime:
    own = [one.at for one in account.sent if one.source == source.name]
    return pacing.budget_slot(at, source.budget, own)
