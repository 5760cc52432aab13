"""When to send the next request: every shape of header that a 429 was seen with, or none."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core.http_headers import SHORTEST_WAIT
from reblogbot.targets.shared.rate_limit import DEFAULT_WAIT, LONGEST_WAIT, ends_at

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = NOW + timedelta(minutes=20)
OFF = timedelta(hours=2)

SHAPES = [
    ("x-ratelimit-reset", "2026-03-01T12:20:00.000000Z"),
    ("x-ratelimit-reset", "2026-03-01T12:20:00Z"),
    ("x-ratelimit-reset", "2026-03-01T13:20:00+01:00"),
    ("x-ratelimit-reset", "2026-03-01T12:20:00"),
    ("x-ratelimit-reset", str(int(AT.timestamp()))),
    ("x-ratelimit-reset", f"{AT.timestamp():.3f}"),
    ("x-ratelimit-reset", str(int(AT.timestamp() * 1000))),
    ("x-ratelimit-reset", "1200"),
    ("retry-after", "1200"),
    ("retry-after", " 1200.0 "),
    ("retry-after", format_datetime(AT, usegmt=True)),
    ("ratelimit-reset", "1200"),
    ("ratelimit", "limit=300, remaining=0, reset=1200"),
    ("ratelimit", '"default";r=0;t=1200'),
]


@pytest.mark.parametrize(("name", "value"), SHAPES)
def test_every_header_shape_is_understood(name, value):
    assert ends_at({name: value}, NOW) == AT


@pytest.mark.parametrize(("name", "value"), SHAPES)
def test_a_garbled_header_beside_a_good_one_is_ignored(name, value):
    garbled = {"retry-after": "soon", "x-ratelimit-reset": "x", "ratelimit": "?"}
    assert ends_at({**garbled, name: value}, NOW) == AT


@pytest.mark.parametrize(
    "value", ["", "soon", "nan", "inf", "-inf", "1e999", "٣", "2026-99-99", "\x00", "9" * 400]
)
@pytest.mark.parametrize(
    "name", ["retry-after", "x-ratelimit-reset", "ratelimit-reset", "ratelimit"]
)
def test_garbled_headers_wait_between_a_minute_and_six_hours(name, value):
    assert SHORTEST_WAIT <= ends_at({name: value}, NOW) - NOW <= LONGEST_WAIT


def test_no_header_waits_five_minutes():
    assert ends_at({}, NOW) == NOW + DEFAULT_WAIT == NOW + timedelta(minutes=5)


@pytest.mark.parametrize("value", ["0", "-5", "2026-03-01T11:00:00Z", "1"])
def test_a_reset_in_the_past_still_waits_a_minute(value):
    assert ends_at({"x-ratelimit-reset": value}, NOW) == NOW + timedelta(minutes=1)


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59Z", "86400", "99999999999999", "9e99"])
def test_a_reset_far_off_waits_six_hours(value):
    assert ends_at({"x-ratelimit-reset": value}, NOW) == NOW + timedelta(hours=6)


@pytest.mark.parametrize("name", ["x-ratelimit-reset", "retry-after"])
@pytest.mark.parametrize("off", [OFF, -OFF, timedelta(days=-20_000), timedelta(days=26_000)])
def test_a_server_whose_clock_is_off_is_measured_by_its_own_clock(name, off):
    value = (AT + off).isoformat() if name == "x-ratelimit-reset" else format_datetime(AT + off)
    headers = {"date": format_datetime(NOW + off), name: value}
    assert ends_at(headers, NOW) == AT


def test_retry_after_goes_before_the_others():
    assert ends_at({"retry-after": "1200", "x-ratelimit-reset": "4000"}, NOW) == AT


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-reset", "ratelimit", "date"]), st.text()
    )
)
def test_whatever_the_headers_the_wait_is_bounded_and_utc(headers):
    at = ends_at(headers, NOW)
    assert SHORTEST_WAIT <= at - NOW <= LONGEST_WAIT
    assert at.tzinfo == UTC


def test_a_local_now_is_kept_aware():
    local = NOW.astimezone(timezone(timedelta(hours=8)))
    assert ends_at({"retry-after": "1200"}, local) == AT
