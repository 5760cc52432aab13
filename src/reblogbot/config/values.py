"""Types of values in a config: durations, sizes, languages, time zones, clock times, patterns.

Every reader takes a value of TOML, or one that was already read, and raises ValueError with a
message for the admin. It never repeats the value, which may be a secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
)
from pydantic_core import CoreSchema, core_schema

from reblogbot.config.patterns import Pattern, check_replacement
from reblogbot.config.time_zones import zone_hint
from reblogbot.config.urls import (
    Domain,
    Headers,
    HostPort,
    HttpUrl,
    PageUrl,
    PlaceUrl,
    PrivateException,
    ProxyUrl,
    StoreUrl,
)

__all__ = [
    "Budget",
    "Clocktime",
    "Count",
    "Cron",
    "Domain",
    "Duration",
    "Encoding",
    "FilePath",
    "FirstPoll",
    "Gap",
    "Hashtag",
    "Headers",
    "HostPort",
    "HttpUrl",
    "IpAddress",
    "Language",
    "Many",
    "Names",
    "Natural",
    "PageUrl",
    "Pattern",
    "PlaceUrl",
    "PrivateException",
    "ProxyUrl",
    "QuietSpan",
    "Rewrite",
    "Size",
    "SpoilerRule",
    "StoreUrl",
    "Timezone",
]

T = TypeVar("T")
# pydantic in strict mode takes no list, which TOML has, for a tuple
Many = Annotated[tuple[T, ...], Field(strict=False)]

_MAX_COUNT = 1_000_000_000
Count = Annotated[int, Field(ge=1, le=_MAX_COUNT)]
Natural = Annotated[int, Field(ge=0, le=_MAX_COUNT)]


# durations and sizes

_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
    "w": Decimal(604800),
}
# so that now ± any duration is still a date
_MAX_SPAN = timedelta(days=365_000)
_AMOUNT = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*([A-Za-z]+)", re.ASCII)


def read_span(written: object) -> timedelta:
    """A duration such as "1.5h", or zero."""
    if isinstance(written, timedelta):
        return written
    match = _AMOUNT.fullmatch(written.strip()) if isinstance(written, str) else None
    if match is None or match[2] not in _SECONDS:
        is_number = isinstance(written, int | float) and not isinstance(written, bool)
        raise ValueError(
            'a duration needs quotes and a unit: write "15m"'
            if is_number
            else 'a duration is a number and one of ms, s, m, h, d, w: "30s", "15m", "2d"'
        )
    seconds = Decimal(match[1]) * _SECONDS[match[2]]
    if seconds > _MAX_SPAN.total_seconds():
        raise ValueError("a duration is at most a thousand years")
    return timedelta(microseconds=int(seconds * 1_000_000))


def span_text(span: timedelta) -> str:
    """The span as a config writes it: `7d`, `90m`."""
    seconds = span.total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"


def read_duration(written: object) -> timedelta:
    """A duration longer than zero."""
    span = read_span(written)
    if span <= timedelta(0):
        raise ValueError("a duration must be longer than zero")
    return span


Duration = Annotated[timedelta, BeforeValidator(read_duration)]  # "30s" "15m" "6h" "2d" "500ms"
Gap = Annotated[timedelta, BeforeValidator(read_span)]  # a duration, or "0s"

_MAX_SIZE = 10**12
_BYTES = {"b": 1} | {
    f"{letter}{suffix}": base**power
    for power, letter in enumerate("kmgt", 1)
    for suffix, base in (("b", 1000), ("ib", 1024))
}


def read_size(written: object) -> int:
    """A number of bytes, from "512KiB" or a number without a unit."""
    match = _AMOUNT.fullmatch(written.strip()) if isinstance(written, str) else None
    if match and match[2].lower() in _BYTES:
        size = int(Decimal(match[1]) * _BYTES[match[2].lower()])
    elif isinstance(written, int) and not isinstance(written, bool):
        size = written
    else:
        raise ValueError('a size is a number and a unit: "10MB" (millions) or "512KiB" (1024s)')
    if not 0 < size <= _MAX_SIZE:
        raise ValueError("a size is more than zero and at most 1TB")
    return size


Size = Annotated[int, BeforeValidator(read_size)]  # bytes, from "10MB" "512KiB"


# languages and times

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.ASCII | re.IGNORECASE)


def read_language(written: str) -> str:
    """A language tag in its usual case, such as `zh` or `pt-BR` (RFC 5646)."""
    if not _LANGUAGE.fullmatch(written):
        raise ValueError('a language is a tag such as "en", "zh" or "pt-BR"')
    language, *subtags = written.lower().split("-")
    # regions have two letters, as in BR, scripts four, as in Hant
    case_of = {2: str.upper, 4: str.title}
    return "-".join([language, *(case_of.get(len(subtag), str)(subtag) for subtag in subtags)])


def read_timezone(written: str) -> str:
    """The name of a time zone in the IANA database."""
    try:
        return ZoneInfo(written).key
    except (LookupError, ValueError, OSError):
        raise ValueError(f"not an IANA time zone; {zone_hint(written[:60])}") from None


def read_clocktime(written: object) -> time:
    """A time of day, "18:00"."""
    if isinstance(written, time):
        return written
    match = _CLOCK.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        raise ValueError('a time of day is written "18:00", from "00:00" to "23:59"')
    return time(int(match[1]), int(match[2]))


def read_cron(written: str) -> str:
    """A cron line of five fields, with the days of the week by name.

    Numbers are refused there: 0 is Monday for APScheduler, but Sunday for cron.
    """
    fields = written.split()
    if len(fields) != 5:
        raise ValueError('cron has five fields: minute hour day month weekday, "0 9 * * mon-fri"')
    if re.search(r"\d", fields[4]):
        raise ValueError('write the days of the week as names: "mon-fri"')
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415  heavy, and few configs have a cron line

    try:
        trigger = CronTrigger.from_crontab(written, timezone="UTC")
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"not a valid cron line: {error}") from None
    if trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise ValueError("this cron line never comes true, like the 30th of February")
    return written


def read_encoding(written: str) -> str:
    """The name of a text encoding that Python knows."""
    try:
        # not an empty text, for which Python does not look up the encoding
        b"x".decode(written, "replace")
    except (LookupError, ValueError):
        raise ValueError('not a known encoding; write one such as "gb18030"') from None
    return written


_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
Language = Annotated[str, AfterValidator(read_language)]
Timezone = Annotated[str, AfterValidator(read_timezone)]  # IANA name
Clocktime = Annotated[time, BeforeValidator(read_clocktime)]  # from "18:00"
Cron = Annotated[str, AfterValidator(read_cron)]
Encoding = Annotated[str, AfterValidator(read_encoding)]


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """Local hours from `start` to `end`, past midnight where end < start; from "23:00-07:00"."""

    start: time
    end: time

    @classmethod
    def parse(cls, written: object) -> Self:
        """The span of "HH:MM-HH:MM"; it may end at "24:00"."""
        if isinstance(written, cls):
            return written
        first, dash, last = written.partition("-") if isinstance(written, str) else ("", "", "")
        if not dash:
            raise ValueError('a quiet span is written "23:00-07:00"')
        end = last.strip()
        span = cls(
            read_clocktime(first.strip()), read_clocktime("00:00" if end == "24:00" else end)
        )
        if span.start == span.end:
            raise ValueError("a quiet span must not end at the time it begins")
        return span

    @classmethod
    def __get_pydantic_core_schema__(cls, _of: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


@dataclass(frozen=True, slots=True)
class Budget:
    """At most `count` posts per `span`, from "10/1d"."""

    count: int
    span: timedelta

    @classmethod
    def parse(cls, written: object) -> Self:
        """The budget of a number, a slash and a duration."""
        if isinstance(written, cls):
            return written
        match = re.fullmatch(r"(\d{1,9})\s*/(.+)", written) if isinstance(written, str) else None
        if match is None or int(match[1]) == 0:
            raise ValueError('a budget is a number of posts per duration: "10/1d"')
        return cls(int(match[1]), read_duration(match[2]))

    @classmethod
    def __get_pydantic_core_schema__(cls, _of: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


# other keys of a source


def read_first(written: object) -> Literal["none", "all"] | int:
    """How many entries of the first poll are posted."""
    if written == "none":
        return "none"
    if written == "all":
        return "all"
    if isinstance(written, int) and not isinstance(written, bool) and 0 <= written <= _MAX_COUNT:
        return written
    raise ValueError('must be "none", "all" or a number without quotes')


def read_hashtag(written: str) -> str:
    """A hashtag without the #."""
    word = written.strip().removeprefix("#")
    if not re.fullmatch(r"\w+", word):
        raise ValueError('a tag is one word of letters, digits and underscores: "news"')
    return word


def read_path(written: object) -> Path:
    """A path of a file."""
    if isinstance(written, str | Path) and str(written):
        return Path(written)
    raise ValueError('must be a path in quotes: "news.token"')


def read_ip_address(written: str) -> str:
    """An IP address in its usual form."""
    try:
        return str(ip_address(written.strip()))
    except ValueError:
        raise ValueError('must be an IP address: "127.0.0.1"') from None


def read_rewrite(pair: tuple[Pattern, str]) -> tuple[Pattern, str]:
    """A pattern and its replacement, which may name only groups that the pattern has."""
    check_replacement(*pair)
    return pair


# a name that is listed twice counts once
Names = Annotated[Many[str], AfterValidator(lambda names: tuple(dict.fromkeys(names)))]
FirstPoll = Annotated[Literal["none", "all"] | int, PlainValidator(read_first)]
Hashtag = Annotated[str, AfterValidator(read_hashtag)]
FilePath = Annotated[Path, PlainValidator(read_path)]
IpAddress = Annotated[str, AfterValidator(read_ip_address)]
SpoilerRule = Annotated[tuple[Pattern, str], Field(strict=False)]
Rewrite = Annotated[tuple[Pattern, str], Field(strict=False), AfterValidator(read_rewrite)]
