"""When a source is due next: intervals, the server's wishes, backing off; all of it pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

LONGEST = timedelta(hours=24)
SHORTEST_HOLD = timedelta(minutes=1)
_EPOCH_FROM = 1_000_000_000


def next_due(
    now: datetime,
    every: timedelta,
    *,
    fresh_for: timedelta | None = None,
    retry_at: datetime | None = None,
    failures: int = 0,
    dice: float = 0.0,
    cron: str = "",
    timezone: str = "UTC",
) -> datetime:
    """The instant from which the daemon polls the source again, aware UTC.

    `fresh_for` is how long the source calls its last answer fresh, `retry_at` when its server
    asked to be tried again, `failures` how many polls in a row failed, `dice` a number in
    [0, 1) that spreads the retries of sources which failed together. A server's wish counts
    for at most a day. With `cron` a healthy source keeps to it, whatever it calls fresh.
    """
    if failures:
        due = now + back_off(every, failures, dice)
    elif cron:
        due = _next_of_cron(cron, timezone, now)
    else:
        due = now + max(every, min(fresh_for or timedelta(0), LONGEST))
    return max(due, hold_until(now, retry_at) or due)


def hold_until(now: datetime, retry_at: datetime | None) -> datetime | None:
    """Until when even a person's `sync` leaves the source alone; None when it may be polled.

    That is what its server asked for, and for at most a day: a wish made before the clock was
    set back must not silence the source for years.
    """
    if retry_at is None or retry_at <= now:
        return None
    return min(retry_at, now + LONGEST)


def back_off(every: timedelta, failures: int, dice: float) -> timedelta:
    """How long a source rests after `failures` failed polls in a row: `every`, doubling to a day.

    `dice`, in [0, 1), adds up to a half.
    """
    doubled = min(every, LONGEST) * (1 << min(failures - 1, 20))
    return min(doubled * (1 + dice / 2), LONGEST)


def retry_after(value: str, now: datetime, server_date: str = "") -> datetime | None:
    """The instant a Retry-After header names, within 1 minute … 24 hours from `now`.

    Understood are seconds, whole or not, HTTP and ISO dates and epoch seconds; of a list the
    longest counts. None when it is absent or says nothing. A date is measured against the
    server's own `server_date` (its Date header), for its clock may be off. (RFC 9110 §10.2.3)
    """
    waits = [_wait(part, now, server_date) for part in (value, *value.split(","))]
    known = [wait for wait in waits if wait is not None]
    if not known:
        return None
    return now + min(max(*known, SHORTEST_HOLD), LONGEST)


def freshness(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long an answer stays fresh by its Cache-Control or Expires header; None if unsaid.

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
    return min(left, LONGEST) if left > timedelta(0) else None


def _wait(text: str, now: datetime, server_date: str) -> timedelta | None:
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        named = _date(text)
        return None if named is None else named - (_date(server_date) or now)
    if math.isnan(number):
        return None
    if number >= _EPOCH_FROM:
        number -= now.timestamp()
    bound = LONGEST.total_seconds()
    return timedelta(seconds=max(-bound, min(number, bound)))


def _date(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            instant = read(text.strip())
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
    return timedelta(seconds=min(int(text[:9]), int(LONGEST.total_seconds())))


def _next_of_cron(cron: str, timezone: str, now: datetime) -> datetime:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  heavy, and seldom wanted

    trigger = CronTrigger.from_crontab(cron, timezone=ZoneInfo(timezone))
    # strictly after now: a poll that ran at the very instant has had its turn
    instant = trigger.get_next_fire_time(None, now + timedelta(microseconds=1))
    # an expression that never comes again (30 February): asked once a day whether it still holds
    return instant.astimezone(UTC) if instant else now + LONGEST
