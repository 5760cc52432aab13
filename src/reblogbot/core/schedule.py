"""When a source is polled next: intervals, requests of its server, backoff; pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from reblogbot.config.settings import SourceSettings

LONGEST = timedelta(hours=24)
QUIET_SHARE = 24
"""A source is polled once in this share of the time it has not changed: after a day, hourly."""
HOURS_A_WEEK = 7 * 24

PollReason = Literal[
    "interval", "quiet", "server", "skipped_hours", "cron", "failures", "asked", ""
]
"""The reason for the instant of the next poll; "" for an unknown one.

`interval` is `every`, `quiet` an interval extended because nothing changed, `server` one
extended because the source declares its response fresh, `asked` a pause the server asked for.
"""


_DECIDED_BY_CONFIG = frozenset({"interval", "cron", "failures"})


@dataclass(frozen=True, slots=True)
class NextPoll:
    """The instant from which a source is polled again, aware UTC, and why then."""

    at: datetime
    reason: PollReason


def next_poll(
    now: datetime,
    source: SourceSettings,
    *,
    fresh_for: timedelta | None = None,
    unchanged_since: datetime | None = None,
    skipped_hours: Collection[int] = (),
) -> NextPoll:
    """When the daemon polls a source next after a success.

    `fresh_for` is how long the source declares its response fresh, `unchanged_since` when it last
    changed, `skipped_hours` the hours of the week (UTC, 0 is Monday's first) in which it wants
    no polls; none of them extends `every` beyond `every_max`. With `cron`, that alone decides.
    """
    if source.cron:
        return NextPoll(_next_of_cron(source.cron, source.timezone, now), "cron")
    longest = max(source.every, source.every_max)
    quiet = (now - unchanged_since) / QUIET_SHARE if unchanged_since else timedelta(0)
    spans: dict[PollReason, timedelta] = {
        "interval": source.every,
        "server": min(fresh_for or timedelta(0), longest),
        "quiet": min(quiet, longest),
    }
    # of equal spans the first is the reason
    reason = max(spans, key=spans.__getitem__)
    at = now + spans[reason]
    after_skipped = _after_skipped(at, skipped_hours)
    if after_skipped == at:
        return NextPoll(at, reason)
    return NextPoll(min(after_skipped, now + longest), "skipped_hours")


def next_try(
    now: datetime, every: timedelta, failures: int, dice: float, retry_at: datetime | None = None
) -> NextPoll:
    """When the daemon polls a source next after `failures` consecutive failures.

    `dice`, a random number in [0, 1), spreads the retries of sources that failed together;
    `retry_at` is the instant its server asked to wait for.
    """
    at = now + back_off(every, failures, dice)
    held = hold_until(now, retry_at)
    return NextPoll(held, "asked") if held is not None and held > at else NextPoll(at, "failures")


def _after_skipped(at: datetime, hours: Collection[int]) -> datetime:
    """The first instant from `at` on that lies in none of these hours of the week (UTC)."""
    if len(hours) >= HOURS_A_WEEK:
        # a source that skips every hour is misconfigured
        return at
    while at.weekday() * 24 + at.hour in hours:
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def bring_forward(poll: NextPoll, last_poll_at: datetime, source: SourceSettings) -> NextPoll:
    """The poll, or an earlier one where the config has changed and asks for it.

    An instant that the server asked for, or that came from unchanged content, stays.
    """
    if poll.reason not in _DECIDED_BY_CONFIG or (source.cron and poll.reason == "cron"):
        return poll
    if source.cron:
        by_config = NextPoll(_next_of_cron(source.cron, source.timezone, last_poll_at), "cron")
    else:
        by_config = NextPoll(last_poll_at + source.every, "interval")
    return min(poll, by_config, key=lambda candidate: candidate.at)


def hold_until(now: datetime, retry_at: datetime | None) -> datetime | None:
    """Until when even a manual `sync` does not poll the source; None when it may be polled.

    That is the instant its server asked for, but at most a day from now: if the clock was set
    back since, it could lie years ahead.
    """
    if retry_at is None or retry_at <= now:
        return None
    return min(retry_at, now + LONGEST)


def back_off(every: timedelta, failures: int, dice: float) -> timedelta:
    """The pause after `failures` consecutive failures: `every`, doubled each time, up to a day.

    `dice`, a random number in [0, 1), adds up to a half.
    """
    doubled = min(every, LONGEST) * (1 << min(failures - 1, 20))
    return min(doubled * (1 + dice / 2), LONGEST)


def _next_of_cron(cron: str, timezone: str, now: datetime) -> datetime:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  slow to import, and few sources need it

    trigger = CronTrigger.from_crontab(cron, timezone=ZoneInfo(timezone))
    # strictly after now: a poll that ran at this very instant is not repeated
    instant = trigger.get_next_fire_time(None, now + timedelta(microseconds=1))
    # an expression without a next time (30 February) is looked at again after a day
    return instant.astimezone(UTC) if instant else now + LONGEST
