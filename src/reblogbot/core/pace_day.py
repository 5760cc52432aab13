"""An account's day: when it is quiet, what it posted, and when what waits may go out; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reblogbot.config.settings import PaceSettings
from reblogbot.core import pacing
from reblogbot.core.pacing import Span
from reblogbot.core.waits import AccountFacts, pace_start

MAX_PLANNED = 50
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
    day = PaceDay(
        start,
        end,
        facts.now,
        tuple(
            (max(start, since), min(end, until))
            for since, until in pacing.quiet_spans(pace, start, end)
            if since < end and start < until
        ),
        tuple(at for at in sent_at if start <= at < end),
        (),
    )
    recent = [at for at in sent_at if at > facts.now - _DAY]
    return replace(day, planned=tuple(_planned(day, pace_start(facts), pace, recent, due)))


def _planned(
    day: PaceDay,
    now: datetime | None,
    pace: PaceSettings,
    sent_at: Sequence[datetime],
    due: Sequence[datetime],
) -> Iterator[datetime]:
    """When the queued posts go out before the day ends; nothing where `now` is None."""
    past = list(sent_at)
    # the quiet spans of the day are known: to find them for each post anew would take long
    restless = pace.model_copy(update={"quiet": ()})
    for instant in sorted(due)[:MAX_PLANNED]:
        if now is None:
            return
        now = pacing.next_slot(max(now, instant), restless, past)
        now = next((until for since, until in day.quiet if since <= now < until), now)
        if now >= day.end:
            return
        yield now
        past.append(now)
