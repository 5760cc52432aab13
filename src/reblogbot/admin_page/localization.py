"""Times, numbers and texts as an admin reads them: in his language and in his time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache
from itertools import pairwise
from typing import Any

from babel import Locale
from babel.dates import (
    format_skeleton,
    format_time,
    format_timedelta,
    get_timezone_name,
)
from babel.units import format_unit

from reblogbot.admin_page.languages import translated
from reblogbot.words import Words

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_FAR = timedelta(days=5 * 365)
"""An instant further in the future is one that does not come."""


@dataclass(frozen=True, slots=True)
class Localization:
    """What a text needs to suit an admin. `now` is the instant of the request."""

    language: str
    zone: tzinfo
    now: datetime

    def text(self, text: str) -> str:
        """A text of ours in the language, with times and durations in it as they are here."""
        return translated(text, self.language, self._value)

    def _value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return self.clock(value)
        return self.span(value) if isinstance(value, timedelta) else value

    def ago(self, at: datetime | None) -> str:
        """The time since, or until, an instant: `5m ago`; `never` for None."""
        if at is None or self._is_never(at):
            return self.text(Words("never"))
        distance = at - self.now
        if abs(distance) < timedelta(seconds=1):
            return self.text(Words("now"))
        # with two units of the larger size at least, rounding takes away a quarter at most
        return format_timedelta(
            distance, add_direction=True, locale=self.language, format="narrow", threshold=2
        )

    def clock(self, at: datetime | None, pattern: str = "HH:mm") -> str:
        """`17:32` for an instant of today, `tomorrow 07:00`, `Nov 27, 17:32`, or with a year."""
        if at is None or self._is_never(at):
            return self.text(Words("never"))
        local, today = at.astimezone(self.zone), self.now.astimezone(self.zone)
        time = format_time(local, pattern, tzinfo=self.zone, locale=self.language)
        match (local.date() - today.date()).days:
            case 0:
                return time
            case 1:
                return self.text(Words("tomorrow {time}", time=time))
            case -1:
                return self.text(Words("yesterday {time}", time=time))
        skeleton = "MMMd" if local.year == today.year else "yMMMd"
        date = format_skeleton(skeleton, local, tzinfo=self.zone, locale=self.language)
        return self._joined(date, time)

    def until(self, at: datetime) -> str:
        """`until 17:32 (in 15m)`."""
        if self._is_never(at):
            return self.text(Words("never"))
        clock, distance = self.clock(at), self.ago(at)
        return self.text(Words("until {time} ({distance})", time=clock, distance=distance))

    def exact(self, at: datetime) -> str:
        """An instant to the second, with its weekday and the name of the time zone."""
        if self._is_never(at):
            return self.text(Words("never"))
        local = at.astimezone(self.zone)
        date = format_skeleton("yMMMEd", local, tzinfo=self.zone, locale=self.language)
        time = format_time(local, "HH:mm:ss", tzinfo=self.zone, locale=self.language)
        zone = get_timezone_name(local, locale=self.language)
        return f"{self._joined(date, time)} {zone}"

    def _is_never(self, at: datetime) -> bool:
        return at - self.now > _FAR or at.year == 1

    def _joined(self, date: str, time: str) -> str:
        return _datetime_pattern(self.language).format(time, date)

    def span(self, duration: timedelta) -> str:
        """A duration in its two largest units: `3 hr 12 min`."""
        seconds = max(0, int(duration.total_seconds()))
        for (unit, size), (next_unit, next_size) in pairwise(_UNITS):
            number, rest = divmod(seconds, size)
            if number:
                larger = self._unit(number, unit)
                if rest < next_size:
                    return larger
                smaller = self._unit(rest // next_size, next_unit)
                return self.text(Words("{larger} {smaller}", larger=larger, smaller=smaller))
        return self._unit(seconds, "second")

    def _unit(self, number: int, unit: str) -> str:
        return format_unit(number, f"duration-{unit}", "short", locale=self.language)


@cache
def _datetime_pattern(language: str) -> str:
    """The pattern of an instant, in which {0} is the time and {1} the date."""
    pattern: str = Locale.parse(language).datetime_formats["medium"]
    return pattern
