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
from reblogbot.model import STORM, Delivery, DeliveryState, QueueHead, SentPost
from reblogbot.words import Words

if TYPE_CHECKING:
    from reblogbot.config.settings import AccountSettings, Config, SourceSettings

STALLED = timedelta(hours=1)
"""An account that could send for so long, and neither sent nor failed, is stalled."""


class WaitReason(StrEnum):
    """What a delivery waits for; the values are public (JSON, metrics)."""

    HELD = "held"
    STOPPED = "stopped"
    ACCOUNT_UNKNOWN = "account_unknown"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_PAUSED = "account_paused"
    SENDING = "sending"
    DOUBT = "doubt"
    RETRACTING = "retracting"
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
    STEPS = "steps"
    AI_SHARE = "ai_share"
    NEXT = "next"
    STALLED = "stalled"


HELD_BY_ADMIN = Words("held by the admin")
"""The error of a delivery that an admin holds."""
RETRYING = Words("next attempt")
DELETING = Words("next attempt to delete it")
_LIMITS = {
    "gap": Words("gap between two posts"),
    "hourly_limit": Words("hourly limit"),
    "daily_limit": Words("daily limit"),
    "quiet_hours": Words("quiet hours"),
}

OF_PACE = frozenset(
    {
        WaitReason.GAP,
        WaitReason.HOURLY_LIMIT,
        WaitReason.DAILY_LIMIT,
        WaitReason.QUIET_HOURS,
        WaitReason.BUDGET,
        WaitReason.AI_SHARE,
    }
)
"""The waits that end by themselves, at an instant that the config decides."""
OF_SOURCE = frozenset(
    {
        WaitReason.HELD,
        WaitReason.SOURCE_UNKNOWN,
        WaitReason.SOURCE_DISABLED,
        WaitReason.DIGEST,
        WaitReason.RETRY,
        WaitReason.BUDGET,
        WaitReason.STEPS,
        WaitReason.AI_SHARE,
    }
)
"""The waits of one source, while other sources of the account may send."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a delivery waits: the reason, its cause in words, and until when.

    `until` is None where the wait ends with an event, or never, instead of at an instant.
    """

    reason: WaitReason
    cause: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The facts that decide whether an account may send at `now`.

    `settings` is None for an account that is not in the config. `sent` reaches back as far as
    `memory` says. `doubt_until` is when the account is next read back for deliveries in doubt,
    `retraction_due` when the first of its deliveries may be retracted.
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
    retraction_due: datetime | None = None
    sent: Sequence[SentPost] = ()
    settled_at: datetime | None = None
    works_since: datetime | None = None
    worked_at: datetime | None = None


def lookback(config: Config) -> timedelta:
    """How far back `Account.sent` must reach: as pace and budgets did STALLED ago."""
    return queue_order.lookback(config) + STALLED


def wait_of(delivery: Delivery, config: Config, account: AccountFacts) -> Wait | None:
    """Why the delivery waits; None for one that is settled."""
    source = config.sources.get(delivery.source)
    if delivery.state == DeliveryState.QUEUED:
        return _queued_wait(delivery, source, account)
    match delivery.state:
        case DeliveryState.HELD:
            return held_wait(delivery.error)
        case DeliveryState.DOUBT:
            cause = Words("in doubt, the account is read back: {error}", error=delivery.error)
            return stop_wait(account) or Wait(WaitReason.DOUBT, cause, delivery.due)
        case DeliveryState.SENDING:
            return (
                stop_wait(account)
                or _stall(delivery, source, account)
                or Wait(WaitReason.SENDING, Words("being sent"))
            )
        case DeliveryState.RETRACTING:
            return (
                _account_wait(account)
                or _pause_wait(account)
                or Wait(WaitReason.RETRACTING, *_retraction_cause(delivery, account))
            )
        case _:
            return None


def _queued_wait(delivery: Delivery, source: SourceSettings | None, account: AccountFacts) -> Wait:
    """The wait of a queued delivery: for its steps, else for its turn."""
    if delivery.waits_for:
        return stop_wait(account) or _step_wait(delivery, account.now)
    return (
        blocking_wait(account)
        or _source_wait(delivery, source, account)
        or _pace_wait(delivery, source, account)
        or _stall(delivery, source, account)
        or _next_in_line(account)
    )


def _step_wait(delivery: Delivery, now: datetime) -> Wait:
    """The wait for the results of steps; `error` is of the last attempt, or of the service."""
    name = delivery.waits_for[0]
    until = delivery.step_at if delivery.step_at and delivery.step_at > now else None
    if delivery.error:
        cause = Words("waits for {name}: {reason}", name=name, reason=delivery.error)
    else:
        cause = Words("waits for {name}", name=name)
    return Wait(WaitReason.STEPS, cause, until)


def held_wait(error: str) -> Wait:
    """The wait of a delivery that is held with this error."""
    if error.startswith("held"):
        return Wait(WaitReason.HELD, error)
    if error.startswith(STORM):
        reason = error.removeprefix(STORM).strip()
        return Wait(WaitReason.HELD, Words("held: storm, {reason}", reason=reason))
    return Wait(WaitReason.HELD, Words("held: {reason}", reason=error))


def stall_wait(since: datetime) -> Wait:
    """The wait of a delivery that could have been sent since then."""
    cause = Words(
        "stalled: nothing was sent or failed since {time} UTC; see the log, restart the daemon",
        time=f"{since:%Y-%m-%d %H:%M}",
    )
    return Wait(WaitReason.STALLED, cause)


def stop_wait(account: AccountFacts) -> Wait | None:
    """Why nothing at all is sent for the account, or None."""
    if account.stopped_at is not None:
        return Wait(WaitReason.STOPPED, Words("everything is stopped until `reblogbot start`"))
    return _account_wait(account)


def _account_wait(account: AccountFacts) -> Wait | None:
    """Why the account is not used at all, or None."""
    if account.settings is None:
        return Wait(WaitReason.ACCOUNT_UNKNOWN, Words("the account is not in the config"))
    if not account.settings.enabled:
        return Wait(WaitReason.ACCOUNT_DISABLED, Words("the account is disabled"))
    return None


def blocking_wait(account: AccountFacts) -> Wait | None:
    """Why nothing that is queued for the account is sent, apart from its pace; None if nothing."""
    stop = stop_wait(account)
    if stop is not None:
        return stop
    pause = _pause_wait(account)
    if pause is not None:
        return pause
    if account.doubt_until is not None:
        cause = Words("an earlier post of the account is in doubt")
        return Wait(WaitReason.EARLIER_DOUBT, cause, max(account.doubt_until, account.now))
    return None


def pace_start(account: AccountFacts) -> datetime | None:
    """From when on the account's pace alone decides when it sends; None where that is unknown."""
    wait = blocking_wait(account)
    return account.now if wait is None else wait.until


def _pause_wait(account: AccountFacts) -> Wait | None:
    """The wait for the end of the account's pause, or None."""
    if account.paused_until is None or account.paused_until <= account.now:
        return None
    cause = Words("the account is paused: {reason}", reason=account.paused_for)
    return Wait(WaitReason.ACCOUNT_PAUSED, cause, account.paused_until)


def _retraction_cause(delivery: Delivery, account: AccountFacts) -> tuple[Words, datetime | None]:
    """Why a post is not deleted yet, and until when."""
    if delivery.due > account.now:
        return _retry_cause(DELETING, delivery.error), delivery.due
    return Words("to be deleted at the server"), None


def next_attempt(
    heads: Sequence[QueueHead], config: Config, account: AccountFacts
) -> datetime | None:
    """The first instant at which the account may send, delete, or be read back; None for none.

    It is `now` where something may be sent now, and never after the instant at which `Sender`
    would. Where that depends on several conditions, it is when the first of them must be looked
    at again. `heads` are the account's queue.
    """
    instants = _next_retraction(account), _next_sending(heads, config, account)
    return min((at for at in instants if at is not None), default=None)


def _next_retraction(account: AccountFacts) -> datetime | None:
    """When the account may next delete a post, also while everything is stopped."""
    if account.retraction_due is None or _account_wait(account) is not None:
        return None
    return max(account.retraction_due, account.paused_until or account.now, account.now)


def _next_sending(
    heads: Sequence[QueueHead], config: Config, account: AccountFacts
) -> datetime | None:
    """When the account may next send or be read back."""
    blocked = blocking_wait(account)
    if blocked is not None:
        return blocked.until
    if account.settings is None:
        return None
    now, sent_at = account.now, [post.at for post in account.sent]
    slot = pacing.next_slot(now, account.settings.pace, sent_at)
    if slot > now:
        return slot
    slots = (_head_slot(head, config.sources.get(head.source), account) for head in heads)
    return min((slot for slot in slots if slot is not None), default=None)


def _head_slot(
    head: QueueHead, source: SourceSettings | None, account: AccountFacts
) -> datetime | None:
    """When the first of these deliveries may be sent, as far as it depends on its source."""
    if source is None or not source.enabled:
        return None
    if head.due > account.now:
        return head.due
    if head.is_edit:
        return account.now
    slot = _budget_slot(source, account, account.now)
    if head.is_generated and account.settings is not None:
        share = account.settings.most_generated
        slot = max(slot, pacing.generated_slot(account.now, share, account.sent))
    return slot


def stalled_since(
    due: datetime, source: SourceSettings | None, account: AccountFacts
) -> datetime | None:
    """Since when something due could have been sent, where that is STALLED or longer; else None.

    It could not be sent while no process worked, during a pause, or where pace, quiet hours or a
    budget delayed anything within the last hour.
    """
    worked_at = account.worked_at
    if blocking_wait(account) is not None or worked_at is None:
        return None
    starts = (due, account.settled_at, account.paused_until, account.works_since)
    since = max(at for at in starts if at is not None)
    if worked_at - since < STALLED or (source is not None and not source.enabled):
        return None
    return None if _was_delayed(source, account, worked_at) else since


def _stall(delivery: Delivery, source: SourceSettings | None, account: AccountFacts) -> Wait | None:
    since = stalled_since(max(delivery.due, delivery.queued_at), source, account)
    return None if since is None else stall_wait(since)


def _next_in_line(account: AccountFacts) -> Wait:
    if account.works_since is None:
        return Wait(WaitReason.NEXT, Words("next `sync` (no daemon is at work)"))
    return Wait(WaitReason.NEXT, Words("next in line"))


def _was_delayed(source: SourceSettings | None, account: AccountFacts, worked_at: datetime) -> bool:
    """Whether pace, quiet hours or the budget delayed anything in the hour before `worked_at`."""
    if account.settings is None:
        return True
    hour_ago, pace = worked_at - STALLED, account.settings.pace
    if pacing.next_slot(hour_ago, pace, [post.at for post in account.sent]) > hour_ago:
        return True
    if pacing.quiet_time(hour_ago, worked_at, pace):
        return True
    if source is None:
        return False
    if source.steps and account.settings is not None:
        # what has generated text may have waited for its share
        share = account.settings.most_generated
        if pacing.generated_slot(hour_ago, share, account.sent) > hour_ago:
            return True
    return _budget_slot(source, account, hour_ago) > hour_ago


def _source_wait(
    delivery: Delivery, source: SourceSettings | None, account: AccountFacts
) -> Wait | None:
    """The wait that comes from the delivery's source, digest or last attempt."""
    if source is None:
        return Wait(WaitReason.SOURCE_UNKNOWN, Words("the source is not in the config"))
    if not source.enabled:
        return Wait(WaitReason.SOURCE_DISABLED, Words("the source is disabled"))
    if delivery.due <= account.now:
        return None
    if source.digest is not None and not delivery.attempts:
        return Wait(WaitReason.DIGEST, Words("digest"), delivery.due)
    return Wait(WaitReason.RETRY, _retry_cause(RETRYING, delivery.error), delivery.due)


def _retry_cause(attempt: Words, error: str) -> Words:
    """What is tried again, and after which error."""
    return Words("{attempt}: {error}", attempt=attempt, error=error) if error else attempt


def _pace_wait(
    delivery: Delivery, source: SourceSettings | None, account: AccountFacts
) -> Wait | None:
    """The wait that comes from the account's pace or the source's budget."""
    if account.settings is None:
        return None
    sent_at = [post.at for post in account.sent]
    limit, slot = pacing.limiting_pace(account.now, account.settings.pace, sent_at)
    if limit:
        if slot == pacing.NEVER:
            return Wait(WaitReason(limit), Words("quiet hours without an end"))
        return Wait(WaitReason(limit), _LIMITS[limit], slot)
    if source is None or delivery.post.action == "edit":
        return None
    return _budget_wait(source, account) or _share_wait(delivery, account.settings, account)


def _budget_wait(source: SourceSettings, account: AccountFacts) -> Wait | None:
    slot = _budget_slot(source, account, account.now)
    return (
        Wait(WaitReason.BUDGET, Words("budget of the source"), slot) if slot > account.now else None
    )


def _share_wait(
    delivery: Delivery, settings: AccountSettings, account: AccountFacts
) -> Wait | None:
    """The wait that comes from the account's share of posts with generated text, or None."""
    if not queue_order.counts_as_generated(delivery):
        return None
    slot = pacing.generated_slot(account.now, settings.most_generated, account.sent)
    if slot <= account.now:
        return None
    cause = Words("share of posts with generated text (ai_share)")
    return Wait(WaitReason.AI_SHARE, cause, None if slot == pacing.NEVER else slot)


def _budget_slot(source: SourceSettings, account: AccountFacts, at: datetime) -> datetime:
    sent_at = [post.at for post in account.sent if post.source == source.name]
    return pacing.budget_slot(at, source.budget, sent_at)
