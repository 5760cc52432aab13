"""When one more post may go out: gaps, sliding counts, quiet hours across clock changes."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.config.settings import PaceSettings
from reblogbot.config.values import Budget, QuietSpan
from reblogbot.core.pacing import (
    NEVER,
    budget_slot,
    next_slot,
    posts_allowed,
    quiet_time,
    spread_slots,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]
# around the changes of 2026 in each zone, and an ordinary week
WEEKS = [
    datetime(2026, 3, 27, tzinfo=UTC),
    datetime(2026, 10, 23, tzinfo=UTC),
    datetime(2026, 3, 6, tzinfo=UTC),
    datetime(2026, 10, 30, tzinfo=UTC),
    datetime(2026, 4, 3, tzinfo=UTC),
    datetime(2026, 10, 2, tzinfo=UTC),
    datetime(2026, 7, 1, tzinfo=UTC),
]


def span(written):
    start, _, end = written.partition("-")
    return QuietSpan(time.fromisoformat(start), time.fromisoformat(end))


def paced(*quiet, zone="UTC", gap=timedelta(0), per_hour=1000, per_day=1000):
    spans = tuple(span(written) for written in quiet)
    return PaceSettings(quiet=spans, timezone=zone, gap=gap, per_hour=per_hour, per_day=per_day)


def at(written):
    return datetime.fromisoformat(written + "Z")


# gaps and counts


def test_without_earlier_posts_and_quiet_hours_the_slot_is_now():
    assert next_slot(NOW, paced(), []) == NOW


def test_the_gap_counts_from_the_last_post():
    sent = [NOW - timedelta(minutes=3), NOW - HOUR]
    assert next_slot(NOW, paced(gap=timedelta(minutes=10)), sent) == NOW + timedelta(minutes=7)


def test_an_hour_that_is_full_frees_when_its_oldest_post_leaves_it():
    sent = [NOW - timedelta(minutes=minutes) for minutes in (50, 20, 10)]
    assert next_slot(NOW, paced(per_hour=3), sent) == NOW + timedelta(minutes=10)
    assert next_slot(NOW, paced(per_hour=4), sent) == NOW


def test_a_full_day_waits_even_when_the_hour_is_free():
    sent = [NOW - timedelta(hours=hours) for hours in (23, 5)]
    assert next_slot(NOW, paced(per_day=2), sent) == NOW + HOUR


def test_counts_do_not_space_posts():
    sent = [NOW] * 29
    assert next_slot(NOW, paced(per_hour=30), sent) == NOW


def test_posts_dated_in_the_future_by_a_clock_set_back_block_nothing():
    sent = [NOW + timedelta(days=27_000)] * 500
    assert next_slot(NOW, paced(gap=HOUR, per_hour=1, per_day=1), sent) == NOW


@given(
    gap=st.integers(0, 30),
    per_hour=st.integers(1, 6),
    per_day=st.integers(1, 12),
    steps=st.lists(st.integers(0, 90), min_size=1, max_size=30),
)
def test_posting_at_every_slot_never_breaks_gap_hour_or_day(gap, per_hour, per_day, steps):
    pace = paced("23:00-07:00", gap=gap * MINUTE, per_hour=per_hour, per_day=per_day)
    sent, now = [], NOW
    for step in steps:
        now = next_slot(now + step * MINUTE, pace, sent)
        sent.append(now)
    assert all(later - earlier >= gap * MINUTE for earlier, later in pairwise(sent))
    for count, window in ((per_hour, HOUR), (per_day, timedelta(days=1))):
        pairs = zip(sent, sent[count:], strict=False)
        assert all(later - earlier >= window for earlier, later in pairs)


@given(
    gap=st.integers(0, 2),
    per_hour=st.integers(1, 5),
    per_day=st.integers(1, 8),
    ago=st.lists(st.integers(-30, 1500), max_size=10),
)
def test_so_many_posts_may_go_out_at_once(gap, per_hour, per_day, ago):
    pace = paced(gap=gap * MINUTE, per_hour=per_hour, per_day=per_day)
    sent = [NOW - minutes * MINUTE for minutes in ago]
    more = posts_allowed(NOW, pace, sent)
    slots = [next_slot(NOW, pace, sent + [NOW] * posted) for posted in range(more + 1)]
    assert slots[:more] == [NOW] * more
    assert slots[more] > NOW


def test_no_post_may_go_out_in_quiet_hours():
    assert posts_allowed(NOW, paced("11:00-13:00"), []) == 0


# quiet hours


@pytest.mark.parametrize(
    ("quiet", "now", "slot"),
    [
        (["23:00-07:00"], "2026-03-02T22:59:59", "2026-03-02T22:59:59"),
        (["23:00-07:00"], "2026-03-02T23:00:00", "2026-03-03T07:00:00"),
        (["23:00-07:00"], "2026-03-03T00:30:00", "2026-03-03T07:00:00"),
        (["23:00-07:00"], "2026-03-03T07:00:00", "2026-03-03T07:00:00"),
        (["12:00-13:00"], "2026-03-03T12:59:59", "2026-03-03T13:00:00"),
        (["12:00-13:00", "13:00-14:00"], "2026-03-03T12:30:00", "2026-03-03T14:00:00"),
        (["12:00-13:30", "13:00-14:00"], "2026-03-03T12:30:00", "2026-03-03T14:00:00"),
        (["20:00-00:00", "00:00-06:00"], "2026-03-02T21:00:00", "2026-03-03T06:00:00"),
        (["22:00-00:00"], "2026-03-02T23:59:59", "2026-03-03T00:00:00"),
        (["07:00-06:59"], "2026-03-03T07:00:00", "2026-03-04T06:59:00"),
    ],
)
def test_quiet_hours_end_where_the_clock_says(quiet, now, slot):
    assert next_slot(at(now), paced(*quiet), []) == at(slot)


@pytest.mark.parametrize("quiet", [["00:00-12:00", "12:00-00:00"], ["07:00-06:59", "06:30-07:30"]])
@pytest.mark.parametrize("zone", ZONES)
def test_quiet_all_day_has_no_slot_and_ends(quiet, zone):
    assert next_slot(NOW, paced(*quiet, zone=zone), []) == NEVER


def test_the_slot_a_gap_gives_moves_out_of_quiet_hours():
    pace = paced("12:05-13:00", gap=timedelta(minutes=10))
    assert next_slot(NOW, pace, [NOW]) == at("2026-03-02T13:00:00")


@pytest.mark.parametrize(
    ("zone", "quiet", "now", "slot"),
    [
        # Berlin, 29 March 2026: 02:00 becomes 03:00 at 01:00Z
        ("Europe/Berlin", "23:00-07:00", "2026-03-28T23:00:00", "2026-03-29T05:00:00"),
        ("Europe/Berlin", "23:00-02:30", "2026-03-28T23:00:00", "2026-03-29T01:00:00"),
        ("Europe/Berlin", "02:30-04:00", "2026-03-29T00:59:59", "2026-03-29T00:59:59"),
        ("Europe/Berlin", "02:30-04:00", "2026-03-29T01:00:00", "2026-03-29T02:00:00"),
        ("Europe/Berlin", "02:10-02:50", "2026-03-29T01:00:00", "2026-03-29T01:00:00"),
        # Berlin, 25 October 2026: 03:00 becomes 02:00 at 01:00Z
        ("Europe/Berlin", "23:00-07:00", "2026-10-24T23:00:00", "2026-10-25T06:00:00"),
        ("Europe/Berlin", "23:00-02:30", "2026-10-24T23:00:00", "2026-10-25T01:30:00"),
        ("Europe/Berlin", "02:30-04:00", "2026-10-25T00:29:00", "2026-10-25T00:29:00"),
        ("Europe/Berlin", "02:30-04:00", "2026-10-25T00:30:00", "2026-10-25T03:00:00"),
        # Lord Howe shifts by half an hour: 4 October 2026, 02:00 becomes 02:30 at 15:30Z
        ("Australia/Lord_Howe", "23:00-02:15", "2026-10-03T15:00:00", "2026-10-03T15:30:00"),
        ("Australia/Lord_Howe", "02:15-03:00", "2026-10-03T15:30:00", "2026-10-03T16:00:00"),
        # and back on 5 April 2026, 02:00 becomes 01:30 at 15:00Z
        ("Australia/Lord_Howe", "23:00-01:45", "2026-04-04T14:00:00", "2026-04-04T15:15:00"),
        # Samoa skipped all of 30 December 2011
        ("Pacific/Apia", "08:00-20:00", "2011-12-30T10:00:00", "2011-12-30T10:00:00"),
    ],
)
def test_quiet_hours_on_the_night_the_clock_changes(zone, quiet, now, slot):
    assert next_slot(at(now), paced(quiet, zone=zone), []) == at(slot)


clock_times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
quiet_spans = st.lists(
    st.builds(QuietSpan, clock_times, clock_times).filter(lambda span: span.start != span.end),
    max_size=3,
)
instants = st.builds(
    lambda week, minutes: week + minutes * MINUTE,
    st.sampled_from(WEEKS),
    st.integers(0, 5 * 24 * 60),
)


def shows_quiet(instant, pace):
    wall = instant.astimezone(ZoneInfo(pace.timezone)).time()
    return any(
        quiet.start <= wall < quiet.end
        if quiet.start < quiet.end
        else wall >= quiet.start or wall < quiet.end
        for quiet in pace.quiet
    )


def near_a_change(instant, zone):
    offsets = {(instant + h * HOUR).astimezone(ZoneInfo(zone)).utcoffset() for h in range(-3, 4)}
    return len(offsets) > 1


@settings(max_examples=150, deadline=None)
@given(quiet=quiet_spans, zone=st.sampled_from(ZONES), now=instants)
def test_the_slot_is_the_first_instant_whose_clock_shows_no_quiet_hour(quiet, zone, now):
    pace = PaceSettings(quiet=tuple(quiet), timezone=zone)
    slot = next_slot(now, pace, [])
    assert slot >= now
    if slot == NEVER:
        assert all(shows_quiet(now + n * 15 * MINUTE, pace) for n in range(200))
        return
    assert not shows_quiet(slot, pace)
    waited = int((slot - now) / MINUTE)
    minutes = [now + n * MINUTE for n in range(waited)]
    assert all(shows_quiet(minute, pace) or near_a_change(minute, zone) for minute in minutes)


@settings(max_examples=100, deadline=None)
@given(quiet=quiet_spans, zone=st.sampled_from(ZONES), cuts=st.tuples(instants, instants, instants))
def test_quiet_time_adds_up_and_never_exceeds_the_time_itself(quiet, zone, cuts):
    pace = PaceSettings(quiet=tuple(quiet), timezone=zone)
    first, second, third = sorted(cuts)
    whole = quiet_time(first, third, pace)
    assert whole == quiet_time(first, second, pace) + quiet_time(second, third, pace)
    assert timedelta(0) <= whole <= third - first


@settings(max_examples=50, deadline=None)
@given(quiet=quiet_spans, zone=st.sampled_from(ZONES), hours=st.integers(0, 60))
def test_quiet_time_is_what_the_clock_shows_on_ordinary_days(quiet, zone, hours):
    pace = PaceSettings(quiet=tuple(quiet), timezone=zone)
    start = datetime(2026, 7, 1, tzinfo=UTC)
    quarters = [start + n * 15 * MINUTE for n in range(hours * 4)]
    quiet_total = timedelta(0)
    for quarter in quarters:
        quiet_total += 15 * MINUTE if shows_quiet(quarter, pace) else timedelta(0)
    assert quiet_time(start, start + hours * HOUR, pace) == quiet_total


def test_quiet_time_backwards_or_without_quiet_hours_is_none():
    assert quiet_time(NOW + HOUR, NOW, paced("00:00-23:00")) == timedelta(0)
    assert quiet_time(NOW - 99 * HOUR, NOW, paced()) == timedelta(0)


def test_quiet_time_of_a_century_is_counted_for_its_last_400_days():
    pace = paced("00:00-12:00")
    long_ago = datetime(1970, 1, 1, tzinfo=UTC)
    assert quiet_time(long_ago, NOW, pace) == 400 * timedelta(hours=12)


# budgets


def test_a_budget_lets_so_many_through_per_span():
    budget = Budget(2, timedelta(days=1))
    sent = [NOW - timedelta(hours=20), NOW - timedelta(hours=30), NOW - timedelta(hours=1)]
    assert budget_slot(NOW, budget, sent) == NOW + timedelta(hours=4)
    assert budget_slot(NOW, budget, sent[:2]) == NOW
    assert budget_slot(NOW, None, sent * 100) == NOW


# what is released spread


@pytest.mark.parametrize(
    ("pace", "minutes"),
    [
        (paced(gap=10 * MINUTE), 10),
        (paced(per_hour=4), 15),
        (paced(per_day=48), 30),
        (paced(gap=40 * MINUTE, per_hour=4, per_day=48), 40),
    ],
)
def test_the_strictest_limit_decides_the_even_gap(pace, minutes):
    slots = list(islice(spread_slots(NOW, pace), 4))
    assert slots == [NOW + number * minutes * MINUTE for number in range(4)]


def test_spread_slots_leave_out_quiet_hours():
    slots = islice(spread_slots(NOW, paced("13:30-16:00", gap=HOUR)), 4)
    assert [slot.hour for slot in slots] == [12, 13, 16, 17]


def test_endless_quiet_hours_have_no_slot():
    assert list(islice(spread_slots(NOW, paced("00:00-12:00", "12:00-00:00")), 2)) == [NEVER, NEVER]
