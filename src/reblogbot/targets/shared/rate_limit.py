"""When a server that answered 429 may be asked again, from every header shape seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from reblogbot.core import http_headers

LONGEST_WAIT = timedelta(hours=6)
DEFAULT_WAIT = timedelta(minutes=5)
"""The wait when the server names none that can be read."""

_HEADERS = ("retry-after", "x-ratelimit-reset", "ratelimit-reset", "ratelimit")
_RATELIMIT_PARAMETER = re.compile(r"\b(?:t|reset)=(\d+)")


def ends_at(headers: Mapping[str, str], now: datetime) -> datetime:
    """The instant to ask again, between one minute and six hours from `now`, aware UTC.

    `headers` have lower-case names. Read in this order: Retry-After (RFC 9110: seconds or
    a date), X-RateLimit-Reset (Mastodon: ISO; others: epoch in s or ms, or seconds to go),
    RateLimit-Reset and RateLimit (IETF httpapi drafts: seconds to go).
    """
    for name in _HEADERS:
        value = headers.get(name, "")
        if name == "ratelimit":
            parameter = _RATELIMIT_PARAMETER.search(value)
            value = parameter[1] if parameter else ""
        date = headers.get("date", "")
        instant = http_headers.retry_after(value, now, date, longest=LONGEST_WAIT)
        if instant is not None:
            return instant
    return now + DEFAULT_WAIT
