"""Times that HTTP headers name, in all the forms in which servers write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.http_headers import freshness, retry_after

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


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
def test_an_invalid_retry_after_is_none(value):
    assert retry_after(value, NOW) is None


def test_a_date_is_compared_with_the_servers_own_clock():
    wish, date = "Sun, 22 Nov 2026 14:05:00 GMT", "Sun, 22 Nov 2026 14:00:00 GMT"
    assert retry_after(wish, NOW, server_date=date) == NOW + timedelta(minutes=5)


@settings(deadline=None)
@given(st.text())
def test_no_retry_after_raises(value):
    got = retry_after(value, NOW)
    assert got is None or NOW + timedelta(minutes=1) <= got <= NOW + DAY


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({}, None),
        ({"cache-control": "public, max-age=3600"}, HOUR),
        ({"cache-control": 'max-age="3600"'}, HOUR),
        ({"cache-control": "max-age=99999999999"}, 366 * DAY),
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
def test_freshness_follows_the_headers(headers, fresh):
    assert freshness(headers, NOW) == fresh
