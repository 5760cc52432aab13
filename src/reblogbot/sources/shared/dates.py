"""Dates as sources write them, in many formats valid and invalid, as aware UTC instants."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from reblogbot.core.json_values import number_of

# The web is no older: an earlier date is an error such as the epoch of an empty field.
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

# Offsets from UTC, in hours, of the short zone names that dates are met with.
_ZONE_HOURS = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2,
    "mez": 1, "mesz": 2, "eet": 2, "eest": 3, "msk": 3, "ist": 5.5, "hkt": 8, "sgt": 8,
    "pht": 8, "awst": 8, "jst": 9, "kst": 9, "acst": 9.5, "aest": 10, "aedt": 11, "nzst": 12,
    "nzdt": 13, "brt": -3, "art": -3, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6,
    "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10,
}  # fmt: skip

# The first letters of the months, in English and in other languages that feeds use.
_MONTHS = {
    "jan": 1, "ene": 1, "gen": 1, "янв": 1, "feb": 2, "fév": 2, "fev": 2, "фев": 2,
    "mar": 3, "mär": 3, "mrt": 3, "мар": 3, "apr": 4, "avr": 4, "abr": 4, "апр": 4,
    "may": 5, "mai": 5, "maj": 5, "mei": 5, "mag": 5, "мая": 5, "май": 5,
    "jun": 6, "juin": 6, "giu": 6, "июн": 6, "jul": 7, "juil": 7, "lug": 7, "июл": 7,
    "aug": 8, "aoû": 8, "aou": 8, "ago": 8, "авг": 8, "sep": 9, "set": 9, "сен": 9,
    "oct": 10, "okt": 10, "out": 10, "ott": 10, "окт": 10, "nov": 11, "ноя": 11,
    "dec": 12, "dez": 12, "déc": 12, "dic": 12, "дек": 12,
}  # fmt: skip
_PM = ("pm", "p.m", "下午", "晚上", "오후", "午後")
_AM = ("am", "a.m", "上午", "凌晨", "早上", "오전", "午前")

_CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_RFC_3339 = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?:Z|[+-][0-9]{{2}}:[0-5][0-9])")
_RFC_5322 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?([0-9]{1,2}) "
    r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([0-9]{4}) "
    rf"({_CLOCK}) (?:GMT|([+-][0-9]{{2}}[0-5][0-9]))"
)
# ISO 8601, basic format
_BASIC = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(?!\d)")
_NUMBER = re.compile(r"\d{8,19}(?:\.\d+)?")
_YEAR_FIRST = re.compile(
    r"(\d{4})\s?[-/.年년]\s?(\d{1,2})\s?(?:[-/.月월]\s?(\d{1,2})\s?[日일]?)?(?!\d)"
)
_DAY_FIRST = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)")
_TIME = re.compile(
    r"(\d{1,2})\s?[:h時时点시]\s?(\d{1,2})(?:\s?[:分분]\s?(\d{1,2})(?:[.,](\d{1,9}))?)?\s?[秒초分분]?"
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?(?!\d)|([+-])(\d)(?!\d)")
_ZONE_NAME = re.compile(r"(?<![a-z])([a-z]{1,4})(?![a-z])")
_WORD = re.compile(r"[^\W\d_]{3,}")
# 1小时20分钟前, 3 天前, 刚刚
_TIME_AGO = re.compile(
    r"(?:(\d{1,3})\s?天)?\s?(?:(\d{1,3})\s?(?:个?小时))?\s?(?:(\d{1,3})\s?(?:分钟|分))?\s?(?:\d{1,3}\s?秒)?钟?前"
)
_JUST_NOW = ("刚刚", "刚才")
_DIGITS = re.compile(r"(?<!\d)(\d{1,4})(?!\d)")


def parse(text: str, *, zone: tzinfo, now: datetime, chinese: bool = False) -> datetime | None:
    """The instant that `text` means, aware UTC and not after `now`; None when it is not a date.

    Without a zone it is local time in `zone`. A short zone name is read first as `zone`'s own
    (CST in Shanghai), then, for a `chinese` source, as China's. A date before 1990 is an error.
    """
    try:
        instant = _standard(text) or _other(text, zone, now, chinese=chinese)
    except (ValueError, OverflowError, OSError):
        return None
    return plausible(instant, now)


def plausible(instant: datetime | None, now: datetime) -> datetime | None:
    """The instant, or `now` if it lies in the future; None for an instant before 1990."""
    if instant is None or instant < _EARLIEST:
        return None
    return min(instant, now)


def from_number(value: float, *, now: datetime) -> datetime | None:
    """The instant of an epoch number in seconds, milli-, micro- or nanoseconds, by its size."""
    return parse(f"{value:.0f}", zone=UTC, now=now)


def from_json(value: Any, zone: tzinfo, now: datetime, *, chinese: bool = False) -> datetime | None:
    """The instant of a JSON value, a date or an epoch number; None when it is neither."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = number_of(value)
        return from_number(number, now=now) if number and abs(number) < 1e20 else None
    if isinstance(value, str):
        return parse(value, zone=zone, now=now, chinese=chinese)
    return None


def _standard(text: str) -> datetime | None:
    """The instant of a date as RFC 3339 or RFC 5322 have it, which most are; None for others."""
    if match := _RFC_5322.fullmatch(text):
        day, month, year, clock, offset = match.groups("Z")
        text = f"{year}-{_MONTHS[month.lower()]:02}-{day:0>2}T{clock}{offset}"
    elif not _RFC_3339.fullmatch(text):
        return None
    return datetime.fromisoformat(text).astimezone(UTC)


def _other(text: str, zone: tzinfo, now: datetime, *, chinese: bool) -> datetime | None:
    text = text[:200] if text.isascii() else unicodedata.normalize("NFKC", text[:200])
    text = " ".join(text.lower().replace("\u2212", "-").split())
    text = _BASIC.sub(lambda match: "{}-{}-{}t{}:{}:{}".format(*match.groups("00")), text)
    return _epoch(text) or _time_ago(text, now) or _local(text, zone, chinese=chinese)


def _epoch(text: str) -> datetime | None:
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, fraction = text.partition(".")
    if len(whole) in (8, 12, 14):
        return None
    scale = {9: 0, 10: 0, 13: 3, 16: 6, 19: 9}.get(len(whole))
    if scale is None:
        return None
    seconds = float(f"{whole}.{fraction or 0}") / 10**scale
    return datetime.fromtimestamp(seconds, UTC)


def _time_ago(text: str, now: datetime) -> datetime | None:
    """The instant of "20 minutes ago", as Chinese pages write it."""
    if text.startswith(_JUST_NOW):
        return now
    match = _TIME_AGO.match(text)
    if not match or match[0] == "前":
        return None
    days, hours, minutes = (int(number or 0) for number in match.groups())
    return now - timedelta(days=days, hours=hours, minutes=minutes)


def _local(text: str, zone: tzinfo, *, chinese: bool) -> datetime | None:
    if _NUMBER.fullmatch(text):
        return _compact(text).replace(tzinfo=zone).astimezone(UTC)
    clock = _TIME.search(text)
    day, after = _split(text, clock)
    naive = _numeric_day(day) or _named_day(day + " " + _OFFSET.sub(" ", after))
    if naive is None:
        return None
    return _in_utc(naive + _time_of_day(clock, text), after, zone, chinese=chinese)


def _split(text: str, clock: re.Match[str] | None) -> tuple[str, str]:
    """The text before the time of day, and the text after it, which may name a zone."""
    return (text[: clock.start()], text[clock.end() :]) if clock else (text, "")


def _compact(text: str) -> datetime:
    pattern = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(len(text))
    if pattern is None:
        raise ValueError(text)
    return datetime.strptime(text, pattern)  # noqa: DTZ007  the caller knows the zone


def _numeric_day(text: str) -> datetime | None:
    match = _YEAR_FIRST.search(text)
    if match:
        return _midnight(match[1], match[2], match[3] or "1")
    match = _DAY_FIRST.search(text)
    if not match:
        return None
    first, separator, second, year = match.groups()
    if separator == "." or int(first) > 12:
        return _midnight(year, second, first)
    # 03/04/2026 is in March in some countries and in April in others: not a date we can read.
    return _midnight(year, first, second) if int(second) > 12 else None


def _named_day(text: str) -> datetime | None:
    month = next((number for word in _WORD.findall(text) if (number := _month(word))), 0)
    numbers = _DIGITS.findall(text)
    if not month or len(numbers) < 2:
        return None
    first, second = numbers[:2]
    day, year = (second, first) if len(first) > 2 else (first, second)
    return _midnight(_year(year), month, day)


def _midnight(year: int | str, month: int | str, day: int | str) -> datetime:
    return datetime(int(year), int(month), int(day))  # noqa: DTZ001  the caller knows the zone


def _month(word: str) -> int:
    return _MONTHS.get(word[:4], 0) or _MONTHS.get(word[:3], 0)


def _year(digits: str) -> int:
    # RFC 5322 §4.3
    year = int(digits)
    return year if len(digits) > 2 else year + (2000 if year < 50 else 1900)


def _time_of_day(clock: re.Match[str] | None, text: str) -> timedelta:
    if clock is None:
        return timedelta(0)
    hour, minute, second = int(clock[1]), int(clock[2]), min(int(clock[3] or 0), 59)
    if hour > 24 or minute > 59:
        raise ValueError(text)
    around = text[max(0, clock.start() - 4) : clock.end() + 4]
    if hour < 12 and any(word in around for word in _PM):
        hour += 12
    if hour == 12 and any(word in around for word in _AM):
        hour = 0
    fraction = float(f"0.{clock[4] or 0}")
    return timedelta(hours=hour, minutes=minute, seconds=second + fraction)


def _in_utc(naive: datetime, rest: str, zone: tzinfo, *, chinese: bool) -> datetime:
    offset = _OFFSET.search(rest)
    if offset:
        sign, hours, minutes, short_sign, short = offset.groups()
        span = timedelta(hours=int(hours or short), minutes=int(minutes or 0))
        there: tzinfo = timezone(-span if "-" in (sign or short_sign) else span)
        return naive.replace(tzinfo=there).astimezone(UTC)
    local = naive.replace(tzinfo=zone)
    own = (local.tzname() or "").lower()
    for name in _ZONE_NAME.findall(rest):
        if name == own:
            break
        if name == "cst" and chinese:
            return naive.replace(tzinfo=timezone(timedelta(hours=8))).astimezone(UTC)
        if name in _ZONE_HOURS:
            return naive.replace(tzinfo=timezone(timedelta(hours=_ZONE_HOURS[name]))).astimezone(
                UTC
            )
    return local.astimezone(UTC)
