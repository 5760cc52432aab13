"""When a server that answered 429 may be asked again, from every header shape seen."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LEAST = timedelta(minutes=1)
MOST = timedelta(hours=6)
UNNAMED = timedelta(minutes=5)
"""The wait when the server names none that can be read."""

_MILLISECONDS_FROM = 1e11
_EPOCH_FROM = 1e9
_DRAFT = re.compile(r"\b(?:t|reset)=(\d+)")


def until(headers: Mapping[str, str], now: datetime) -> datetime:
    """The instant to ask again, between one minute and six hours from `now`, aware UTC.

    `headers` have lower-case names. Read in this order: Retry-After (RFC 9110: seconds or
    a date), X-RateLimit-Reset (Mastodon: ISO; others: epoch in s or ms, or seconds to go),
    RateLimit-Reset and RateLimit (IETF httpapi drafts: seconds to go). Instants are measured
    against the server's own Date, so that a clock hours off does no harm.
    """
    server_now = _http_date(headers.get("date", "")) or now.timestamp()
    for name, read in _SHAPES:
        wait = read(headers.get(name, "").strip(), server_now)
        if wait is not None:
            return now + _clamped(wait)
    return now + UNNAMED


def _clamped(seconds: float) -> timedelta:
    return timedelta(seconds=min(max(seconds, LEAST.total_seconds()), MOST.total_seconds()))


def _retry_after(value: str, server_now: float) -> float | None:
    seconds = _number(value)
    if seconds is not None:
        return seconds
    at = _http_date(value)
    return None if at is None else at - server_now


def _reset(value: str, server_now: float) -> float | None:
    number = _number(value)
    if number is None:
        at = _iso(value)
        return None if at is None else at - server_now
    if number >= _MILLISECONDS_FROM:
        return number / 1000 - server_now
    return number - server_now if number >= _EPOCH_FROM else number


def _draft(value: str, _server_now: float) -> float | None:
    found = _DRAFT.search(value)
    return float(found[1]) if found else None


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _http_date(value: str) -> float | None:
    try:
        return _timestamp(parsedate_to_datetime(value))
    except (ValueError, OverflowError):
        return None


def _iso(value: str) -> float | None:
    try:
        return _timestamp(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def _timestamp(at: datetime) -> float:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


_SHAPES: tuple[tuple[str, Callable[[str, float], float | None]], ...] = (
    ("retry-after", _retry_after),
    ("x-ratelimit-reset", _reset),
    ("ratelimit-reset", _reset),
    ("ratelimit", _draft),
)
