"""When a source is due next: intervals, the server's wishes, backing off; all of it pure."""

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
"""A source unchanged for a while is asked once in this share of it: after a day, every hour."""
HOURS_A_WEEK = 7 * 24
_FRESHEST = timedelta(days=366)
_EPOCH_FROM = 1_000_000_000
_EPOCH_MILLISECONDS_FROM = 100_000_000_000

Reason = Literal["interval", "quiet", "server", "skipped_hours", "cron", "failures", "asked", ""]
"""Why the next poll is when it is; "" where nobody knows.

`interval` is `every`, `quiet` an interval stretched because nothing changed, `server` one
stretched because the source calls its answer fresh, `asked` a rest the server asked for.
"""


_BY_CONFIG = frozenset({"interval", "cron", "failures"})


@dataclass(frozen=True, slots=True)
class NextPoll:
    """The instant from which a source is polled again, aware UTC, and why then."""

    at: datetime
    reason: Reason


def next_poll(
    now: datetime,
    source: SourceSettings,
    *,
    fresh_for: timedelta | None = None,
    unchanged_since: datetime | None = None,
    skipped_hours: Collection[int] = (),
) -> NextPoll:
    """When the daemon polls a source again that answered.

    `fresh_for` is how long the source calls its answer fresh, `unchanged_since` when it last
    changed, `skipped_hours` the hours of the week (UTC, 0 is Monday's first) in which it wants
    no polls; none of them stretches its `every` beyond `every_max`. With `cron` it keeps to
    that, whatever it calls fresh.
    """
    if source.cron:
        return NextPoll(_next_of_cron(source.cron, source.timezone, now), "cron")
    longest = max(source.every, source.every_max)
    quiet = (now - unchanged_since) / QUIET_SHARE if unchanged_since else timedelta(0)
    spans: dict[Reason, timedelta] = {
        "interval": source.every,
        "server": min(fresh_for or timedelta(0), longest),
        "quiet": min(quiet, longest),
    }
    # of equal ones the first
    reason = max(spans, key=spans.__getitem__)
    at = now + spans[reason]
    wanted = _after_skipped(at, skipped_hours)
    return (
        NextPoll(at, reason)
        if wanted == at
        else NextPoll(min(wanted, now + longest), "skipped_hours")
    )


def next_try(
    now: datetime, every: timedelta, failures: int, dice: float, retry_at: datetime | None = None
) -> NextPoll:
    """When the daemon polls a source again that failed, `failures` times in a row.

    `dice`, in [0, 1), spreads the retries of sources which failed together; `retry_at` is when
    its server asked to be tried again.
    """
    at = now + back_off(every, failures, dice)
    held = hold_until(now, retry_at)
    return NextPoll(held, "asked") if held is not None and held > at else NextPoll(at, "failures")


def _after_skipped(at: datetime, hours: Collection[int]) -> datetime:
    """The first instant from `at` on that lies in none of these hours of the week (UTC)."""
    if len(hours) >= HOURS_A_WEEK:
        # a source that never wants to be polled cannot mean it
        return at
    while at.weekday() * 24 + at.hour in hours:
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def brought_forward(poll: NextPoll, last_poll_at: datetime, source: SourceSettings) -> NextPoll:
    """The same poll, or an earlier one where the config now asks for that.

    What a server wished, and what came of its silence, stands.
    """
    if poll.reason not in _BY_CONFIG or (source.cron and poll.reason == "cron"):
        return poll
    if source.cron:
        by_config = NextPoll(_next_of_cron(source.cron, source.timezone, last_poll_at), "cron")
    else:
        by_config = NextPoll(last_poll_at + source.every, "interval")
    return min(poll, by_config, key=lambda one: one.at)


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
    waits = [_wait(part, server_now, longest) for part in (value, *value.split(","))]
    known = [wait for wait in waits if wait is not None]
    if not known:
        return None
    return now + min(max(*known, SHORTEST_HOLD), longest)


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
    return min(left, _FRESHEST) if left > timedelta(0) else None


def _wait(text: str, server_now: datetime, longest: timedelta) -> timedelta | None:
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        instant = _date(text)
        return None if instant is None else instant - server_now
    if math.isnan(seconds):
        return None
    if seconds >= _EPOCH_FROM:
        epoch = seconds / 1000 if seconds >= _EPOCH_MILLISECONDS_FROM else seconds
        seconds = epoch - server_now.timestamp()
    # a timedelta cannot hold every float
    bound = longest.total_seconds()
    return timedelta(seconds=max(-bound, min(seconds, bound)))


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
    return timedelta(seconds=min(int(text[:9]), int(_FRESHEST.total_seconds())))


def _next_of_cron(cron: str, timezone: str, now: datetime) -> datetime:
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  heavy, and seldom wanted

    trigger = CronTrigger.from_crontab(cron, timezone=ZoneInfo(timezone))
    # strictly after now: a poll that ran at the very instant has had its turn
    instant = trigger.get_next_fire_time(None, now + timedelta(microseconds=1))
    # an expression that never comes again (30 February): asked once a day whether it still holds
    return instant.astimezone(UTC) if instant else now + LONGEST
