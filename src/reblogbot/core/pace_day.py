"""An account's day: when it is quiet, what it posted, and when what waits may go out; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reblogbot.config.settings import PaceSettings
from reblogbot.core import pacing
from reblogbot.core.pacing import Span
from reblogbot.core.waits import AccountFacts, pace_start

MAX_PLANNED = 100
"""How many posts of the queue are foreseen."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the day, beginning at `start`: its posts, and whether any of it is quiet."""

    start: datetime
    sent: int
    planned: int
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class PaceDay:
    """The present day in the account's time zone; it has 23 or 25 hours where clocks change.

    `planned` are the instants at which what waits goes out if nothing else comes. Only the first
    MAX_PLANNED are foreseen.
    """

    start: datetime
    end: datetime
    now: datetime
    quiet: tuple[Span, ...]
    sent: tuple[datetime, ...]
    planned: tuple[datetime, ...]

    def percent(self, at: datetime) -> float:
        """The part of the day before an instant, in percent."""
        return round(100 * ((at - self.start) / (self.end - self.start)), 2)

    @property
    def hours(self) -> Iterator[Hour]:
        """The hours of the day."""
        zone, start = self.start.tzinfo, self.start.astimezone(UTC)
        while start < self.end:
            end = start + timedelta(hours=1)
            yield Hour(
                start.astimezone(zone),
                sum(start <= at < end for at in self.sent),
                sum(start <= at < end for at in self.planned),
                any(since < end and start < until for since, until in self.quiet),
            )
            start = end


def pace_day(facts: AccountFacts, pace: PaceSettings, due: Sequence[datetime]) -> PaceDay:
    """The present day of an account. `due` are the instants at which its queued posts are due."""
    zone = ZoneInfo(pace.timezone)
    start = datetime.combine(facts.now.astimezone(zone), time(), zone)
    end = datetime.combine(start + _DAY, time(), zone)
    sent_at = [post.at for post in facts.sent]
    return PaceDay(
        start,
        end,
        facts.now,
        tuple(
            (max(start, since), min(end, until))
            for since, until in pacing.quiet_spans(pace, start, end)
            if since < end and start < until
        ),
        tuple(at for at in sent_at if start <= at < end),
        tuple(_planned(pace_start(facts), end, pace, sent_at, due)),
    )


def _planned(
    now: datetime | None,
    end: datetime,
    pace: PaceSettings,
    sent_at: Sequence[datetime],
    due: Sequence[datetime],
) -> Iterator[datetime]:
    """When the queued posts go out before `end`; nothing where `now` is None."""
    past = list(sent_at)
    for instant in sorted(due)[:MAX_PLANNED]:
        if now is None:
            return
        now = pacing.next_slot(max(now, instant), pace, past)
        if now >= end:
            return
        yield now
        past.append(now)
