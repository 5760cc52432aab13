"""Dates in the many formats that sources write."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.sources.shared.dates import from_json, from_number, parse, plausible

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 22 Nov 2026 08:30:00 GMT", "Sun, 22 Nov 2026 08:30:00 +0000", "22 Nov 26 08:30 UT",
        "Sun, 22 November 2026 8:30 Z", "Sun, 22 Nov 2026 03:30:00 EST", "22-Nov-2026 08:30:00 UTC",
        "Sun, 22 Nov 2026 16:30:00 GMT+8", "Sun, 22 Nov 2026 16:30:00 +08:00",
        "Sun Nov 22 2026 16:30:00 GMT+0800 (中国标准时间)", "Sun Nov 22 08:30:00 2026",
        "Sun Nov 22 16:30:00 +0800 2026", "Sun Nov 22 09:30:00 CET 2026", "Nov 22, 2026 8:30 am",
        "2026-11-22T08:30:00Z", "2026-11-22T08:30Z", "2026-11-22T08:30:00.000000000Z",
        "2026-11-22t08:30:00z", "2026-11-22T03:30:00-05:00", "2026-11-22T16:30:00+08",
        "2026-11-22T08:30:00,5Z", "2026-11-22 16:30:00 +0800", "20261122083000", "202611220830",
        "2026/11/22 8:30", "2026.11.22 08:30", "22.11.2026 08:30", "22/11/2026 08:30",
        "11/22/2026 08:30", "2026年11月22日 08:30", "2026年11月22日08时30分", "２０２６年１１月２２日　０８：３０",
        "2026年11月22日 上午8:30", "2026년 11월 22일 오전 8:30", "dim., 22 nov. 2026 08:30:00 +0000",
        "So, 22. Nov 2026 09:30:00 MEZ", "1795336200", "1795336200000", "1795336200000000",
        "1795336200.5", " 1795336200 ", "20261122T083000Z", "20261122T163000+0800", "20261122t0830",
        "22 novembre 2026 à 08h30", "Nov 22, 2026, 8:30 a.m.", "2026-11-22T03:30:00\u221205:00",
    ],
)  # fmt: skip
def test_dates_of_many_formats_are_read(text):
    assert parse(text, zone=UTC, now=NOW).replace(microsecond=0) == MORNING


def number(most):
    return st.integers(0, most).map("{:02}".format)


CLOCKS = st.tuples(number(25), number(61), number(61)).map(":".join)
OFFSETS = st.sampled_from("Z +00:00 -00:00 -05:30 +14:00 +05:90 -23:59 +24:00 +99:00".split())
DAYS = st.sampled_from(["", "Sun, ", "Mon, ", "Mar, ", "dim., "])
MONTHS = st.sampled_from("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mrz".split())
YEARS = st.sampled_from("0000 0001 1990 2024 2026 9999".split())


@given(
    st.one_of(
        st.tuples(YEARS, number(13), number(32), CLOCKS, OFFSETS).map(
            lambda parts: "{}-{}-{}T{}{}".format(*parts)
        ),
        st.tuples(DAYS, number(32), MONTHS, YEARS, CLOCKS, OFFSETS).map(
            lambda parts: "{}{} {} {} {} {}".format(*parts).replace("Z", "GMT")
        ),
        st.tuples(number(32), MONTHS, YEARS, CLOCKS, OFFSETS).map(
            lambda parts: "{} {} {} {} {}".format(*parts[:4], parts[4].replace(":", ""))
        ),
    ),
    st.sampled_from([UTC, SHANGHAI, ZoneInfo("Europe/London")]),
)
def test_a_date_of_a_standard_is_read_as_one_of_any_other_form(text, zone):
    """A date with a space before it has no standard's form."""
    assert parse(text, zone=zone, now=NOW) == parse(f" {text}", zone=zone, now=NOW)


@pytest.mark.parametrize("text", ["2026-11-22", "20261122", "Nov 22, 2026", "Sun, 22 Nov 2026", "2026年11月22日", "22.11.2026"])  # fmt: skip
def test_a_day_alone_is_its_midnight(text):
    assert parse(text, zone=UTC, now=NOW) == MIDNIGHT


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026年11月22日 下午3:05", MIDNIGHT + timedelta(hours=15, minutes=5)),
        ("Nov 22, 2026, 3:05 p.m.", MIDNIGHT + timedelta(hours=15, minutes=5)),
        ("Sun, 22 Nov 2026 8:5:3 GMT", MIDNIGHT + timedelta(hours=8, minutes=5, seconds=3)),
        ("Nov 22, 2026 12:00 am", MIDNIGHT),
        ("Nov 22, 2026 12:00 pm", MIDNIGHT + timedelta(hours=12)),
        ("2026-11-21T24:00:00Z", MIDNIGHT),
        ("Sat, 21 Nov 2026 23:59:60 GMT", MIDNIGHT - timedelta(seconds=1)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("1 Jan 99 00:00 GMT", datetime(1999, 1, 1, tzinfo=UTC)),
    ],
)
def test_odd_hours_and_spans(text, instant):
    assert parse(text, zone=UTC, now=NOW) == instant


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "yesterday", "1 day ago", "0", "-1", "12345", "2026", "0000-00-00 00:00:00",
        "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "2026-13-01", "2026-02-30", "2026-11-22T25:00",
        "03/04/2026", "99999999999999999999", "1" * 400, "Nov", "22 Nov", "\0", "2026-W47-7",
        "1989-12-31T23:59:59Z",
    ],
)  # fmt: skip
def test_nonsense_is_no_date(text):
    assert parse(text, zone=UTC, now=NOW) is None


@pytest.mark.parametrize("text", ["2027-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "4000000000"])
def test_a_date_in_the_future_becomes_now(text):
    assert parse(text, zone=UTC, now=NOW) == NOW


def test_without_a_zone_it_is_local_time_there():
    eight = MORNING - timedelta(hours=8)
    assert parse("2026-11-22 08:30", zone=SHANGHAI, now=NOW) == eight
    assert parse("22 Nov 2026 08:30 Peking time", zone=SHANGHAI, now=NOW) == eight
    assert parse("20261122083000", zone=SHANGHAI, now=NOW) == eight


def test_summer_time_is_the_zones_own():
    assert parse("2026-07-01 12:00", zone=ZoneInfo("Europe/Berlin"), now=NOW).hour == 10
    assert parse("2026-11-01 12:00", zone=ZoneInfo("Europe/Berlin"), now=NOW).hour == 11


@pytest.mark.parametrize(
    ("zone", "chinese", "hour"),
    [("UTC", False, 14), ("UTC", True, 0), ("Asia/Shanghai", False, 0), ("Asia/Taipei", False, 0), ("America/Chicago", True, 14), ("America/Havana", False, 13)],
)  # fmt: skip
def test_cst_is_chicago_only_where_nothing_says_otherwise(zone, chinese, hour):
    got = parse("Sun, 22 Nov 2026 08:30:00 CST", zone=ZoneInfo(zone), now=NOW, chinese=chinese)
    assert got.hour == hour


@pytest.mark.parametrize("value", [1795336200, 1795336200.2, 1795336200000, 1795336200000000])
def test_an_epoch_number_is_read_by_its_size(value):
    assert from_number(value, now=NOW) == MORNING


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[0-9a-z:+\-/. 年月日]{1,40}", fullmatch=True))
def test_no_text_makes_parsing_fail(text):
    got = parse(text, zone=SHANGHAI, now=NOW)
    assert got is None or datetime(1990, 1, 1, tzinfo=UTC) <= got <= NOW


@settings(deadline=None)
@given(
    st.integers(0, 1_100_000_000).map(lambda past: NOW - timedelta(seconds=past)),
    st.timezones(),
)
def test_iso_8601_and_rfc_5322_are_read_back(instant, zone):
    there = instant.astimezone(zone)
    assert parse(there.isoformat(), zone=UTC, now=NOW) == instant
    assert parse(there.strftime("%a, %d %b %Y %H:%M:%S %z"), zone=UTC, now=NOW) == instant


@pytest.mark.parametrize(
    ("written", "ago"),
    [
        ("14分钟前", timedelta(minutes=14)),
        ("3小时前", timedelta(hours=3)),
        ("1小时5分钟前入热榜", timedelta(hours=1, minutes=5)),
        ("2 天前", timedelta(days=2)),
        ("刚刚", timedelta(0)),
    ],
)
def test_a_time_ago_is_a_date(written, ago):
    assert parse(written, zone=UTC, now=NOW) == NOW - ago


def test_the_word_ago_alone_is_no_date():
    assert parse("前", zone=UTC, now=NOW) is None


@pytest.mark.parametrize(
    "value",
    [
        1795336200,
        "1795336200",
        1795336200000,
        1795336200000000,
        "1795336200000000",
        1795336200.0,
        "2026-11-22T08:30:00Z",
        "2026-11-22 16:30:00",
        "2026年11月22日 16:30",
    ],
)
def test_a_json_value_is_read_as_an_epoch_number_or_a_date(value):
    assert from_json(value, ZoneInfo("Asia/Shanghai"), NOW, chinese=True) == MORNING


@pytest.mark.parametrize("value", [0, -5, 1e300, float("nan"), True, None, "soon", [], 10**30])
def test_a_json_value_that_is_no_date_is_none(value):
    assert from_json(value, ZoneInfo("UTC"), NOW) is None


def test_a_microsecond_of_a_json_number_is_kept():
    instant = from_json(1795336200123457, ZoneInfo("UTC"), NOW)
    assert instant == MORNING.replace(microsecond=123457)


def test_an_instant_before_the_web_or_after_now_is_not_plausible():
    assert plausible(None, NOW) is None
    assert plausible(datetime(1970, 1, 1, tzinfo=UTC), NOW) is None
    assert plausible(NOW + timedelta(days=1), NOW) == NOW
    assert plausible(MORNING, NOW) == MORNING
