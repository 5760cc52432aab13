"""When a source is due next: pure, so every instant here is written down."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.schedule import LONGEST, freshness, hold_until, next_due, retry_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_healthy_source_is_due_after_its_interval():
    assert next_due(NOW, QUARTER) == NOW + QUARTER


@pytest.mark.parametrize(
    ("fresh_for", "rest"),
    [(timedelta(minutes=5), QUARTER), (HOUR, HOUR), (timedelta(days=365), DAY), (-HOUR, QUARTER)],
)
def test_what_calls_itself_fresh_is_left_alone_that_long_but_a_day_at_most(fresh_for, rest):
    assert next_due(NOW, QUARTER, fresh_for=fresh_for) == NOW + rest


def test_an_interval_longer_than_a_day_is_the_admins_word():
    assert next_due(NOW, timedelta(days=3), fresh_for=HOUR) == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("failures", "rest"),
    [(1, QUARTER), (2, 2 * QUARTER), (3, HOUR), (4, 2 * HOUR), (8, DAY), (10_000, DAY)],
)
def test_a_failing_source_is_tried_ever_less_often(failures, rest):
    assert next_due(NOW, QUARTER, failures=failures) == NOW + rest


def test_sources_that_failed_together_come_back_apart():
    dues = {next_due(NOW, QUARTER, failures=1, dice=dice / 10) for dice in range(10)}
    assert len(dues) == 10
    assert max(dues) < NOW + QUARTER * 1.5


def test_a_failing_weekly_source_is_tried_again_within_a_day():
    assert next_due(NOW, timedelta(days=7), failures=1) == NOW + DAY


def test_a_servers_wish_beats_interval_and_back_off():
    wish = NOW + timedelta(hours=5)
    assert next_due(NOW, QUARTER, retry_at=wish, failures=1) == wish
    assert next_due(NOW, QUARTER, retry_at=NOW + timedelta(minutes=1)) == NOW + QUARTER


def test_cron_is_read_in_the_sources_own_zone():
    due = next_due(NOW, QUARTER, cron="0 9 * * mon-fri", timezone="Asia/Shanghai")
    assert due == datetime(2026, 11, 23, 1, tzinfo=UTC)


def test_a_poll_at_the_very_cron_instant_is_not_repeated():
    nine = datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert next_due(nine, QUARTER, cron="0 9 * * *") == nine + DAY


def test_a_failing_cron_source_backs_off_from_its_interval():
    assert next_due(NOW, QUARTER, cron="0 9 * * *", failures=1) == NOW + QUARTER


@pytest.mark.parametrize(
    "day", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]
)
def test_cron_survives_the_change_of_clocks(day):
    due = day
    for _ in range(3):
        following = next_due(due, QUARTER, cron="30 2 * * *", timezone="Europe/Berlin")
        assert timedelta(0) < following - due <= timedelta(hours=48)
        assert following.astimezone(ZoneInfo("Europe/Berlin")).minute == 30
        due = following


def test_only_the_servers_wish_holds_a_persons_sync_back():
    assert hold_until(NOW, None) is None
    assert hold_until(NOW, NOW - HOUR) is None
    assert hold_until(NOW, NOW + HOUR) == NOW + HOUR


def test_a_wish_made_before_the_clock_was_set_back_holds_for_a_day_at_most():
    assert hold_until(NOW, NOW + timedelta(days=36_500)) == NOW + DAY


@settings(deadline=None)
@given(
    every=st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)),
    fresh_for=st.none() | st.timedeltas(),
    retry=st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=400)),
    failures=st.integers(0, 10**9),
    dice=st.floats(0, 1, exclude_max=True),
)
def test_due_is_always_later_than_now_and_never_much_later_than_a_day(
    every, fresh_for, retry, failures, dice
):
    retry_at = None if retry is None else NOW + retry
    due = next_due(NOW, every, fresh_for=fresh_for, retry_at=retry_at, failures=failures, dice=dice)
    assert NOW < due <= NOW + max(every, LONGEST)
    if retry_at and NOW < retry_at <= NOW + DAY:
        assert due >= retry_at


# Retry-After


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("90.5", 90.5),
        ("1", 60),
        ("0", 60),
        ("-5", 60),
        ("99999999999999999999", 86_400),
        ("1e400", 86_400),
        ("120, 600", 600),
        ("Sun, 22 Nov 2026 12:05:00 GMT", 300),
        ("Sunday, 22-Nov-26 12:05:00 GMT", 300),
        ("Sun Nov 22 12:05:00 2026", 300),
        ("Sun, 22 Nov 2026 20:05:00 +0800", 300),
        ("2026-11-22T12:05:00Z", 300),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 60),
        ("Sun, 22 Nov 2099 11:00:00 GMT", 86_400),
        (str(int(NOW.timestamp()) + 300), 300),
        ("1700000000", 60),
    ],
)
def test_retry_after_is_understood_in_all_its_forms(value, seconds):
    assert retry_after(value, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", " ", "soon", "nan", "120s", ",", "Sun, 99 Foo", "\0"])
def test_a_retry_after_that_says_nothing_is_none(value):
    assert retry_after(value, NOW) is None


def test_a_date_is_measured_against_the_servers_own_clock():
    wish, date = "Sun, 22 Nov 2026 14:05:00 GMT", "Sun, 22 Nov 2026 14:00:00 GMT"
    assert retry_after(wish, NOW, server_date=date) == NOW + timedelta(minutes=5)


@settings(deadline=None)
@given(st.text())
def test_no_retry_after_breaks_anything(value):
    got = retry_after(value, NOW)
    assert got is None or NOW + timedelta(minutes=1) <= got <= NOW + DAY


# Cache-Control, Expires


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=3600"}, HOUR),
        ({"cache-control": 'max-age="3600"'}, HOUR),
        ({"cache-control": "max-age=99999999999"}, DAY),
        ({"cache-control": "max-age=-1"}, None),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "no-cache, max-age=3600"}, None),
        ({"cache-control": "no-store"}, None),
        ({"expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, HOUR),
        ({"expires": "0"}, None),
        ({"expires": "Sun, 22 Nov 2020 13:00:00 GMT"}, None),
        ({"expires": "Sun, 22 Nov 2026 15:00:00 GMT", "date": "Sun, 22 Nov 2026 14:00:00 GMT"}, HOUR),
        ({"cache-control": "max-age=60", "expires": "Sun, 22 Nov 2026 13:00:00 GMT"}, timedelta(minutes=1)),
    ],
)  # fmt: skip
def test_freshness_is_what_the_headers_say(headers, fresh):
    assert freshness(headers, NOW) == fresh
