"""The hours in which an RSS feed wants no polls: its skipHours and skipDays."""

from __future__ import annotations

import re

_FIRST_ITEM = re.compile(r"<(?:item|entry)\b")
_HOUR = re.compile(r"<hour>\s{0,9}(\d{1,2})\b", re.ASCII)
_DAY = re.compile(r"<day>\s{0,9}([A-Za-z]{6,9})\b", re.ASCII)
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def of_week(feed: str) -> frozenset[int]:
    """The hours of the week in UTC, 0 being the first of Monday (RSS 2.0)."""
    first = _FIRST_ITEM.search(feed)
    head = feed[: first.start()] if first else feed
    hours = {int(hour) % 24 for hour in _inner(head, "skipHours", _HOUR)}
    names = {day.lower() for day in _inner(head, "skipDays", _DAY)}
    days = {number for number, name in enumerate(_WEEK) if name in names}
    return frozenset(
        24 * day + hour for day in range(7) for hour in range(24) if day in days or hour in hours
    )


def _inner(head: str, name: str, pattern: re.Pattern[str]) -> list[str]:
    """The matches of the pattern in the channel's element of this name."""
    start = head.find(f"<{name}")
    return pattern.findall(head, start, head.find(f"</{name}", start)) if start >= 0 else []
