"""When a source is polled next: intervals, requests of its server, backoff; pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from reblogbot.config.settings import SourceSettings

LONGEST = timedelta(hours=24)
SHORTEST_HOLD = timedelta(minutes=1)
QUIET_SHARE = 24
"""A source is polled once in this share of the time it has not changed: after a day, hourly."""
HOURS_A_WEEK = 7 * 24
_MAX_FRESHNESS = timedelta(days=366)
_MIN_EPOCH_SECONDS = 1_000_000_000
"""A greater number in Retry-After is seconds since 1970 (in 2001), not seconds to wait."""
_MIN_EPOCH_MILLISECONDS = 100_000_000_000

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


def retry_after(
    value: str, now: datetime, server_date: str = "", *, longest: timedelta = LONGEST
) -> datetime | None:
    """The instant that a Retry-After or a rate limit's reset header names.

    It lies between one minute and `longest` from `now`. A value is seconds, whole or not, an HTTP
    or ISO date, or epoch seconds or milliseconds; of a list the longest wait counts. None when the
    value is absent or cannot be read. Dates are measured against the server's own Date header,
    `server_date`, because its clock may be wrong. (RFC 9110 §10.2.3)
    """
    server_now = _date(server_date) or now
    waits = [_waiting_time(part, server_now, longest) for part in (value, *value.split(","))]
    valid = [wait for wait in waits if wait is not None]
    if not valid:
        return None
    return now + min(max(*valid, SHORTEST_HOLD), longest)


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a response is fresh by its Cache-Control or Expires header; None without them.

    `headers` have lower-case names. (RFC 9111 §4.2.1)
    """
    directives = _directives(headers.get("cache-control", ""))
    if "no-store" in directives or "no-cache" in directives:
        return None
    if "max-age" in directives:
        return _seconds(directives["max-age"])
    expires = _date(headers.get("expires", ""))
    if expires is None:
        return None
    left = expires - (_date(headers.get("date", "")) or now)
    return min(left, _MAX_FRESHNESS) if left > timedelta(0) else None


def _waiting_time(text: str, server_now: datetime, longest: timedelta) -> timedelta | None:
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        instant = _date(text)
        return None if instant is None else instant - server_now
    if math.isnan(seconds):
        return None
    if seconds >= _MIN_EPOCH_SECONDS:
        epoch = seconds / 1000 if seconds >= _MIN_EPOCH_MILLISECONDS else seconds
        seconds = epoch - server_now.timestamp()
    # a timedelta cannot hold every float
    bound = longest.total_seconds()
    return timedelta(seconds=max(-bound, min(seconds, bound)))


def _date(text: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            instant = parse(text.strip())
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, TypeError, IndexError):
            continue
    return None


def _directives(header: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in header.lower().split(","))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}


def _seconds(text: str) -> timedelta | None:
    if not text.isascii() or not text.isdigit():
        return None
    return timedelta(seconds=min(int(text[:9]), int(_MAX_FRESHNESS.total_seconds())))


def _next_of_cron(cron: str, timezone: str, now: datetime) -> datetime:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  slow to import, and few sources need it

    trigger = CronTrigger.from_crontab(cron, timezone=ZoneInfo(timezone))
    # strictly after now: a poll that ran at this very instant is not repeated
    instant = trigger.get_next_fire_time(None, now + timedelta(microseconds=1))
    # an expression without a next time (30 February) is looked at again after a day
    return instant.astimezone(UTC) if instant else now + LONGEST
