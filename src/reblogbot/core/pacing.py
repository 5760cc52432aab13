"""When an account may post again: gaps, limits per hour and day, quiet hours, budgets.

Pure functions of instants (aware UTC) and config. `sent_at` are the instants of earlier posts in
any order. Those after `now` are ignored: after a clock was set back they would block all posts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from math import floor
from operator import itemgetter
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from reblogbot.config.settings import PaceSettings
    from reblogbot.config.values import Budget
    from reblogbot.model import SentPost

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""The slot of an account whose quiet hours cover the whole day."""

_DAY = timedelta(days=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
# quiet hours that have no end within this time cover the whole day and never end
_QUIET_HORIZON = timedelta(days=3)
# bounds the work for very old entries, which are older than any max_age
_QUIET_LOOKBACK = timedelta(days=400)

Span = tuple[datetime, datetime]
PaceLimit = Literal["", "gap", "hourly_limit", "daily_limit", "quiet_hours"]
"""The part of an account's pace that delays its next post; "" for none."""


def next_slot(now: datetime, pace: PaceSettings, sent_at: Sequence[datetime]) -> datetime:
    """The earliest instant, `now` or later, at which one more post may go out.

    That is when gap, per_hour and per_day allow it, or the end of the quiet hours this instant
    falls into; NEVER if those have no end.
    """
    return limiting_pace(now, pace, sent_at)[1]


def limiting_pace(
    now: datetime, pace: PaceSettings, sent_at: Sequence[datetime]
) -> tuple[PaceLimit, datetime]:
    """The limit that delays the next post, the last to end of several, and the `next_slot`."""
    past = sorted(at for at in sent_at if at <= now)
    ends: dict[PaceLimit, datetime] = {
        "": now,
        "gap": _free_again(past, 1, pace.gap),
        "hourly_limit": _free_again(past, pace.per_hour, timedelta(hours=1)),
        "daily_limit": _free_again(past, pace.per_day, _DAY),
    }
    limit = max(ends, key=ends.__getitem__)
    slot = after_quiet = ends[limit]
    for start, end in quiet_spans(pace, slot, slot + _QUIET_HORIZON):
        if start <= after_quiet < end:
            after_quiet = end
    if after_quiet > slot:
        limit = "quiet_hours"
    return limit, after_quiet if after_quiet - slot < _QUIET_HORIZON else NEVER


def posts_allowed(now: datetime, pace: PaceSettings, sent_at: Sequence[datetime]) -> int:
    """How many posts may go out at `now`, one right after the other."""
    if next_slot(now, pace, sent_at) > now:
        return 0
    if pace.gap:
        return 1
    past = [at for at in sent_at if at <= now]
    last_hour = sum(at > now - timedelta(hours=1) for at in past)
    last_day = sum(at > now - _DAY for at in past)
    return min(pace.per_hour - last_hour, pace.per_day - last_day)


def even_gap(pace: PaceSettings) -> timedelta:
    """The time between posts that keeps gap, per_hour and per_day with equal distances."""
    return max(pace.gap, timedelta(hours=1) / pace.per_hour, _DAY / pace.per_day)


def spread_slots(start: datetime, pace: PaceSettings) -> Iterator[datetime]:
    """Instants from `start` on, `even_gap` apart and outside quiet hours, without end.

    Only NEVER where the quiet hours have no end.
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
    return max(now, _free_again(past, budget.count, budget.span))


def generated_slot(now: datetime, share: float, sent: Sequence[SentPost]) -> datetime:
    """The earliest instant, `now` or later, at which one more post may have generated text.

    Of the posts of the twenty-four hours that end with it, itself included, at most the `share` has
    some. One alone is always allowed unless the share is 0, which gives NEVER.
    """
    if share >= 1:
        return now
    if share <= 0:
        return NEVER
    recent = [post for post in sent if now - _DAY < post.at]
    past = [post for post in recent if post.at <= now]
    count, generated = len(past), sum(post.is_generated for post in past)
    # after a clock was set back there are later posts, which count from then on
    changes = [(post.at, 1, post.is_generated) for post in recent if post.at > now]
    changes += [(post.at + _DAY, -1, post.is_generated) for post in recent]
    slot = now
    for at, group in groupby(sorted(changes), key=itemgetter(0)):
        if generated < _most_generated(share, count + 1):
            break
        slot = at
        for _, change, is_generated in group:
            count, generated = count + change, generated + change * is_generated
    return slot


def _most_generated(share: float, count: int) -> int:
    """How many of so many posts may have generated text; 0.07 of 100 are 7, not 6."""
    return max(1, floor(round(share * count, 9)))


def quiet_time(start: datetime, end: datetime, pace: PaceSettings) -> timedelta:
    """The part of the time from `start` to `end`, or of its last 400 days, in quiet hours."""
    start = max(start, end - _QUIET_LOOKBACK)
    spans = quiet_spans(pace, start, end)
    overlaps = (min(end, until) - max(start, since) for since, until in spans)
    return sum((overlap for overlap in overlaps if overlap > timedelta(0)), timedelta(0))


def _free_again(past: Sequence[datetime], count: int, span: timedelta) -> datetime:
    """When the `count` latest of the sorted `past` no longer all lie within `span`."""
    return past[-count] + span if len(past) >= count else _LONG_AGO


def quiet_spans(pace: PaceSettings, start: datetime, end: datetime) -> Iterator[Span]:
    """The quiet spans that may overlap [start, end], merged and in order."""
    zone = ZoneInfo(pace.timezone)
    # the quiet hours of the day before may reach into the first day
    day = start.astimezone(zone).date() - _DAY
    spans: list[Span] = []
    while pace.quiet and day <= end.astimezone(zone).date():
        for quiet in pace.quiet:
            last_day = day if quiet.end > quiet.start else day + _DAY
            # where the clock shows a time twice, the hours from the first to the last are quiet
            since = min(_instants_of(day, quiet.start, zone))
            until = max(_instants_of(last_day, quiet.end, zone))
            spans.append((since, until))
        day += _DAY
    return _merged(sorted(spans))


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """The sorted spans, with overlapping and touching ones joined."""
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


# local times: PEP 495 has the terms


def _instants_of(day: date, at: time, zone: ZoneInfo) -> set[datetime]:
    """Every instant at which clocks show `at`: two in the hour that is repeated in autumn.

    A time in the hour that is skipped in spring stands for the instant of the change.
    """
    local = datetime.combine(day, at)
    instants = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    if any(each.astimezone(zone).replace(tzinfo=None, fold=0) == local for each in instants):
        return instants
    return {_clock_change(min(instants), max(instants), zone)}


def _clock_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between the two at which the zone's UTC offset changes, to the second.

    For a skipped time `fold` yields the offsets on both sides, hence the two instants, but not the
    change itself, and zoneinfo has no list of changes. Quiet hours up to 02:30 must end with the
    change, neither half an hour before nor after it.
    """
    old_offset = before.astimezone(zone).utcoffset()
    seconds = range(int(before.timestamp()), int(after.timestamp()) + 1)

    def has_changed(second: int) -> bool:
        return datetime.fromtimestamp(second, zone).utcoffset() != old_offset

    return datetime.fromtimestamp(seconds[bisect_left(seconds, x=True, key=has_changed)], UTC)
