"""HTTP headers that name a time: Retry-After, and how long a response stays fresh."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_WAIT = timedelta(hours=24)
SHORTEST_WAIT = timedelta(minutes=1)
_MAX_FRESHNESS = timedelta(days=366)
_MIN_EPOCH_SECONDS = 1_000_000_000
"""A greater number in Retry-After is seconds since 1970 (in 2001), not seconds to wait."""
_MIN_EPOCH_MILLISECONDS = 100_000_000_000


def retry_after(
    value: str, now: datetime, server_date: str = "", *, longest: timedelta = LONGEST_WAIT
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
    return now + min(max(*valid, SHORTEST_WAIT), longest)


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
