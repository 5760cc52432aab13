"""When one more post may go out, and whose turn it is: pure functions of instants and config.

All instants are aware UTC. `sent_at` are the instants of earlier posts in any order; those
that lie after `now` are left out, so a clock that was set back blocks nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from reblogbot.config.settings import PaceSettings
    from reblogbot.config.values import Budget

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The slot of an account whose quiet hours cover the whole day."""

_DAY = timedelta(days=1)
# No real night lasts this long: whoever is quiet throughout is quiet for ever
_SIGHT = timedelta(days=3)
# Beyond this the quiet hours of an entry's life change no decision, only cost time
_MEMORY = timedelta(days=400)
_START = datetime.min.replace(tzinfo=UTC)

Span = tuple[datetime, datetime]
Hindrance = Literal["", "gap", "hourly_limit", "daily_limit", "quiet_hours"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that is due, as far as choosing among them goes.

    The order of `id` is the one they were queued in, whatever clocks said meanwhile.
    """

    id: int
    source: str
    score: float | None = None
    order: Literal["oldest", "score"] = "oldest"


def next_slot(now: datetime, pace: PaceSettings, sent_at: Sequence[datetime]) -> datetime:
    """The earliest instant, `now` or later, at which one more post may go out.

    Gap, per_hour and per_day are met by waiting; they do not space posts out. From there the
    slot moves to the end of the quiet hours it falls into. NEVER if those have no end.
    """
    return hindrance(now, pace, sent_at)[1]


def hindrance(
    now: datetime, pace: PaceSettings, sent_at: Sequence[datetime]
) -> tuple[Hindrance, datetime]:
    """What keeps the next post back, "" for nothing, and the instant `next_slot` gives.

    Of several it is the one that ends last.
    """
    past = sorted(at for at in sent_at if at <= now)
    ends: dict[Hindrance, datetime] = {
        "": now,
        "gap": _freed(past, 1, pace.gap),
        "hourly_limit": _freed(past, pace.per_hour, timedelta(hours=1)),
        "daily_limit": _freed(past, pace.per_day, _DAY),
    }
    last = max(ends, key=ends.__getitem__)
    opens = slot = ends[last]
    for start, end in _quiet(pace, slot, slot + _SIGHT):
        if start <= opens < end:
            opens = end
    if opens > slot:
        last = "quiet_hours"
    return last, opens if opens - slot < _SIGHT else NEVER


def room(now: datetime, pace: PaceSettings, sent_at: Sequence[datetime]) -> int:
    """How many posts may go out at `now`, one right after the other."""
    if next_slot(now, pace, sent_at) > now:
        return 0
    if pace.gap:
        return 1
    past = [at for at in sent_at if at <= now]
    hour = sum(1 for at in past if at > now - timedelta(hours=1))
    day = sum(1 for at in past if at > now - _DAY)
    return min(pace.per_hour - hour, pace.per_day - day)


def even_gap(pace: PaceSettings) -> timedelta:
    """The time between two posts that uses up the pace evenly: its gap, hour and day."""
    return max(pace.gap, timedelta(hours=1) / pace.per_hour, _DAY / pace.per_day)


def spread(start: datetime, pace: PaceSettings) -> Iterator[datetime]:
    """Instants from `start` on, `even_gap` apart and outside quiet hours; without end.

    NEVER, again and again, where the quiet hours have no end.
    """
    gap = even_gap(pace)
    while start < NEVER:
        start = next_slot(start, pace, ())
        yield start
        start = min(start, NEVER - gap) + gap
    while True:
        yield NEVER


def budget_slot(now: datetime, budget: Budget | None, sent_at: Sequence[datetime]) -> datetime:
    """The earliest instant, `now` or later, at which a source's budget allows one more post."""
    if budget is None:
        return now
    past = sorted(at for at in sent_at if at <= now)
    return max(now, _freed(past, budget.count, budget.span))


def quiet_time(start: datetime, end: datetime, pace: PaceSettings) -> timedelta:
    """How much of the time from `start` to `end` fell into quiet hours.

    Of longer times only the last 400 days are looked at.
    """
    start = max(start, end - _MEMORY)
    shared = (min(end, until) - max(start, since) for since, until in _quiet(pace, start, end))
    return sum((span for span in shared if span > timedelta(0)), timedelta(0))


def pick(waiting: Sequence[Waiting], served_at: Mapping[str, datetime]) -> Waiting | None:
    """Which goes first: sources take turns, each in its own order; None when nothing waits.

    Of each source only the head stands for election: its oldest, or with `order = "score"`
    its best, then oldest. Among the heads the source that was served longest ago wins
    (`served_at`, by source; never is longest), then the head queued first.
    """
    heads: dict[str, Waiting] = {}
    for one in sorted(waiting, key=_rank):
        heads.setdefault(one.source, one)
    return min(
        heads.values(),
        key=lambda head: (served_at.get(head.source, _START), head.id),
        default=None,
    )


def _rank(one: Waiting) -> tuple[float, int]:
    best_first = -(one.score or 0.0) if one.order == "score" else 0.0
    return best_first, one.id


def _freed(past: Sequence[datetime], count: int, span: timedelta) -> datetime:
    """When the `count` latest of the sorted `past` no longer all lie within `span`."""
    return past[-count] + span if len(past) >= count else _START


def _quiet(pace: PaceSettings, start: datetime, end: datetime) -> Iterator[Span]:
    """The quiet spans that may touch [start, end], merged and in order."""
    zone = ZoneInfo(pace.timezone)
    day = start.astimezone(zone).date() - _DAY
    spans: list[Span] = []
    while pace.quiet and day <= end.astimezone(zone).date():
        for quiet in pace.quiet:
            last = day if quiet.end > quiet.start else day + _DAY
            since = _first_reading(day, quiet.start, zone)
            spans.append((since, _last_reading(last, quiet.end, zone)))
        day += _DAY
    return _merged(sorted(spans))


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """Overlapping and touching spans made one; `spans` are sorted."""
    current: Span | None = None
    for since, until in spans:
        if current and since <= current[1]:
            current = current[0], max(current[1], until)
            continue
        if current:
            yield current
        current = since, until
    if current:
        yield current


def _first_reading(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clock first shows `at`, or jumps past it."""
    return min(_readings(day, at, zone))


def _last_reading(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When the clock last shows `at`, or jumps past it."""
    return max(_readings(day, at, zone))


def _readings(day: date, at: time, zone: ZoneInfo) -> set[datetime]:
    """Every instant at which the clock shows `at`: two when it is set back over it.

    When it is set forward over it, the one instant of the jump.
    """
    wall = datetime.combine(day, at)
    readings = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    if any(one.astimezone(zone).replace(tzinfo=None, fold=0) == wall for one in readings):
        return readings
    return {_jump(min(readings), max(readings), zone)}


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two at which the zone's offset changes, to the second."""
    old = before.astimezone(zone).utcoffset()
    seconds = range(int(before.timestamp()), int(after.timestamp()) + 1)

    def changed(second: int) -> int:
        return int(datetime.fromtimestamp(second, zone).utcoffset() != old)

    return datetime.fromtimestamp(seconds[bisect_left(seconds, 1, key=changed)], UTC)
