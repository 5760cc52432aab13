"""When a source is due next: pure, so every instant here is written down."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.config.settings import SourceSettings
from reblogbot.core.schedule import (
    HOURS_A_WEEK,
    LONGEST,
    NextPoll,
    bring_forward,
    hold_until,
    next_poll,
    next_try,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def source(every, every_max=DAY, cron="", timezone="UTC"):
    return SourceSettings(
        name="s", kind="feed", to=("a",), every=every, every_max=every_max, cron=cron,
        timezone=timezone,
    )  # fmt: skip


def planned(every, failures=0, retry_at=None, rng=0.0, now=NOW, **more):
    """The next poll of a source; keys of its config stand among the others."""
    if failures:
        return next_try(now, every, failures, rng, retry_at)
    keys = {key: more.pop(key) for key in ("every_max", "cron", "timezone") if key in more}
    return next_poll(now, source(every, **keys), **more)


def next_due(now, every, **more):
    return planned(every, now=now, **more).at


def test_a_healthy_source_is_due_after_its_interval():
    assert next_due(NOW, QUARTER) == NOW + QUARTER


@pytest.mark.parametrize(
    ("fresh_for", "rest"),
    [(timedelta(minutes=5), QUARTER), (HOUR, HOUR), (timedelta(days=365), DAY), (-HOUR, QUARTER)],
)
def test_a_fresh_source_is_not_polled_until_stale_but_for_a_day_at_most(fresh_for, rest):
    assert next_due(NOW, QUARTER, fresh_for=fresh_for) == NOW + rest


@pytest.mark.parametrize(
    ("every_max", "rest"), [(HOUR, HOUR), (timedelta(days=30), timedelta(days=9)), (QUARTER / 3, QUARTER)]
)  # fmt: skip
def test_every_max_bounds_how_far_the_interval_is_extended(every_max, rest):
    long = timedelta(days=9)
    assert next_due(NOW, QUARTER, fresh_for=long, every_max=every_max) == NOW + rest
    since = NOW - 24 * long
    assert next_due(NOW, QUARTER, unchanged_since=since, every_max=every_max) == NOW + rest


@pytest.mark.parametrize(
    ("unchanged", "rest"),
    [
        (timedelta(0), QUARTER), (6 * HOUR, QUARTER), (12 * HOUR, HOUR / 2), (DAY, HOUR),
        (10 * DAY, 10 * HOUR), (24 * DAY, DAY), (1000 * DAY, DAY), (-DAY, QUARTER),
    ],
)  # fmt: skip
def test_an_unchanged_source_is_polled_less_often(unchanged, rest):
    assert next_due(NOW, QUARTER, unchanged_since=NOW - unchanged) == NOW + rest


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, "interval"),
        ({"fresh_for": QUARTER, "unchanged_since": NOW - 6 * HOUR}, "interval"),
        ({"fresh_for": HOUR, "unchanged_since": NOW - DAY}, "server"),
        ({"fresh_for": HOUR, "unchanged_since": NOW - 2 * DAY}, "quiet"),
        ({"cron": "0 9 * * *", "fresh_for": HOUR}, "cron"),
        ({"failures": 1}, "failures"),
        ({"failures": 1, "retry_at": NOW + 5 * HOUR}, "asked"),
        ({"failures": 1, "retry_at": NOW + QUARTER / 2}, "failures"),
        ({"skipped_hours": {6 * 24 + 12}}, "skipped_hours"),
        ({"skipped_hours": {6 * 24 + 13}}, "interval"),
        ({"skipped_hours": {6 * 24 + 12}, "cron": "30 12 * * *"}, "cron"),
    ],
)
def test_the_next_poll_has_its_reason(more, reason):
    assert planned(QUARTER, **more).reason == reason


def test_skipped_hours_of_a_source_are_left_out():
    sunday = {6 * 24 + hour for hour in range(12, 24)}
    assert next_due(NOW, QUARTER, skipped_hours=sunday) == datetime(2026, 11, 23, tzinfo=UTC)
    # a weekend of them, and the admin's longest interval within it
    weekend = {*range(5 * 24, 7 * 24), *range(30)}
    assert next_due(NOW, QUARTER, skipped_hours=weekend) == NOW + DAY
    assert next_due(NOW, QUARTER, skipped_hours=range(HOURS_A_WEEK)) == NOW + QUARTER


@pytest.mark.parametrize(
    ("reason", "every", "cron", "at"),
    [
        ("interval", HOUR, "", NOW + HOUR),
        ("cron", HOUR, "", NOW + HOUR),
        ("failures", HOUR, "", NOW + HOUR),
        ("interval", 3 * DAY, "", NOW + DAY),
        ("interval", HOUR, "0 15 * * *", NOW + 3 * HOUR),
        ("cron", HOUR, "0 15 * * *", NOW + DAY),
        ("server", HOUR, "", NOW + DAY),
        ("quiet", HOUR, "", NOW + DAY),
        ("asked", HOUR, "", NOW + DAY),
        ("skipped_hours", HOUR, "", NOW + DAY),
        ("", HOUR, "", NOW + DAY),
    ],
)
def test_a_shorter_interval_counts_at_once_except_against_the_server(reason, every, cron, at):
    found = bring_forward(NextPoll(NOW + DAY, reason), NOW, source(every, cron=cron))
    assert found.at == at


def test_an_interval_longer_than_a_day_is_respected():
    assert next_due(NOW, timedelta(days=3), fresh_for=HOUR) == NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("failures", "rest"),
    [(1, QUARTER), (2, 2 * QUARTER), (3, HOUR), (4, 2 * HOUR), (8, DAY), (10_000, DAY)],
)
def test_a_failing_source_is_polled_less_and_less_often(failures, rest):
    assert next_due(NOW, QUARTER, failures=failures) == NOW + rest


def test_sources_that_failed_together_are_retried_at_different_times():
    dues = {next_due(NOW, QUARTER, failures=1, rng=rng / 10) for rng in range(10)}
    assert len(dues) == 10
    assert max(dues) < NOW + QUARTER * 1.5


def test_a_failing_weekly_source_is_tried_again_within_a_day():
    assert next_due(NOW, timedelta(days=7), failures=1) == NOW + DAY


def test_the_servers_retry_after_overrides_interval_and_backoff():
    wish = NOW + timedelta(hours=5)
    assert next_due(NOW, QUARTER, retry_at=wish, failures=1) == wish
    soon = NOW + timedelta(minutes=1)
    assert next_due(NOW, QUARTER, retry_at=soon, failures=1) == NOW + QUARTER


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
def test_cron_works_across_clock_changes(day):
    due = day
    for _ in range(3):
        following = next_due(due, QUARTER, cron="30 2 * * *", timezone="Europe/Berlin")
        assert timedelta(0) < following - due <= timedelta(hours=48)
        assert following.astimezone(ZoneInfo("Europe/Berlin")).minute == 30
        due = following


def test_only_the_servers_retry_after_delays_a_manual_sync():
    assert hold_until(NOW, None) is None
    assert hold_until(NOW, NOW - HOUR) is None
    assert hold_until(NOW, NOW + HOUR) == NOW + HOUR


def test_a_retry_after_from_before_the_clock_was_set_back_holds_for_a_day_at_most():
    assert hold_until(NOW, NOW + timedelta(days=36_500)) == NOW + DAY


@settings(deadline=None)
@given(
    every=st.timedeltas(timedelta(milliseconds=1), timedelta(days=400)),
    fresh_for=st.none() | st.timedeltas(),
    retry=st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=400)),
    failures=st.integers(0, 10**9),
    rng=st.floats(0, 1, exclude_max=True),
    unchanged=st.none() | st.timedeltas(timedelta(days=-400), timedelta(days=40_000)),
    skipped=st.sets(st.integers(0, HOURS_A_WEEK - 1)),
)
def test_due_is_always_later_than_now_and_never_much_later_than_a_day(
    every, fresh_for, retry, failures, rng, unchanged, skipped
):
    retry_at = None if retry is None else NOW + retry
    wishes = {
        "fresh_for": fresh_for,
        "unchanged_since": None if unchanged is None else NOW - unchanged,
        "skipped_hours": skipped,
    }
    due = next_due(NOW, every, failures=failures, retry_at=retry_at, rng=rng, **wishes)
    assert NOW < due <= NOW + max(every, LONGEST)
    if failures and retry_at and NOW < retry_at <= NOW + DAY:
        assert due >= retry_at


# Retry-After


# Cache-Control, Expires
