"""Times, numbers and texts as an admin reads them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reblogbot.admin_page.localization import Localization
from reblogbot.core.pacing import NEVER
from reblogbot.words import Words

NOW = datetime(2026, 11, 28, 9, 32, tzinfo=UTC)


def local(language="en", zone="Asia/Shanghai", now=NOW):
    return Localization(language, ZoneInfo(zone), now)


@pytest.mark.parametrize(
    ("distance", "english", "chinese"),
    [
        (timedelta(0), "now", "现在"),
        (timedelta(seconds=-12), "12s ago", "12秒前"),
        (timedelta(minutes=-5), "5m ago", "5分钟前"),
        (timedelta(minutes=-100), "100m ago", "100分钟前"),
        (timedelta(hours=-30), "30h ago", "30小时前"),
        (timedelta(days=-3), "3d ago", "3天前"),
        (timedelta(minutes=15), "in 15m", "15分钟后"),
        (timedelta(hours=3), "in 3h", "3小时后"),
    ],
)
def test_the_time_since_and_until_an_instant(distance, english, chinese):
    assert local("en").ago(NOW + distance) == english
    assert local("zh").ago(NOW + distance) == chinese


@pytest.mark.parametrize(
    ("at", "english", "chinese"),
    [
        ("2026-11-27T16:00", "00:00", "00:00"),
        ("2026-11-28T15:59", "23:59", "23:59"),
        ("2026-11-28T16:00", "tomorrow 00:00", "明天 00:00"),
        ("2026-11-27T15:59", "yesterday 23:59", "昨天 23:59"),
        ("2026-11-20T09:32", "Nov 20, 17:32", "11月20日 17:32"),
        ("2025-12-31T15:59", "Dec 31, 2025, 23:59", "2025年12月31日 23:59"),
        ("2027-01-01T00:00", "Jan 1, 2027, 08:00", "2027年1月1日 08:00"),
    ],
)
def test_an_instant_of_today_is_a_time_and_of_another_day_has_its_date(at, english, chinese):
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert local("en").clock(instant) == english
    assert local("zh").clock(instant) == chinese


def test_the_exact_time_has_its_weekday_and_its_zone():
    assert local("en").exact(NOW) == "Sat, Nov 28, 2026, 17:32:00 China Standard Time"
    assert local("zh").exact(NOW) == "2026年11月28日周六 17:32:00 中国标准时间"
    assert local("en", "America/New_York").exact(NOW) == (
        "Sat, Nov 28, 2026, 04:32:00 Eastern Standard Time"
    )


def test_the_hour_that_comes_twice_is_told_apart_by_the_name_of_the_zone():
    before, after = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    berlin = local("en", "Europe/Berlin")
    assert berlin.exact(before) == "Sun, Oct 25, 2026, 02:30:00 Central European Summer Time"
    assert berlin.exact(after) == "Sun, Oct 25, 2026, 02:30:00 Central European Standard Time"


def test_the_day_after_the_clock_is_set_forward_is_tomorrow():
    evening = datetime(
        2026, 3, 28, 22, 30, tzinfo=UTC
    )  # 23:30 in Berlin, before 23 hours of Sunday
    berlin = local("en", "Europe/Berlin", evening)
    assert berlin.clock(evening + timedelta(hours=1)) == "tomorrow 00:30"
    assert berlin.clock(evening + timedelta(hours=4)) == "tomorrow 04:30"
    assert berlin.clock(evening + timedelta(hours=23, minutes=30)) == "Mar 30, 00:00"


@pytest.mark.parametrize(
    "at", [NEVER, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)]
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_an_instant_that_does_not_come_is_never(at, zone):
    times = local("en", zone)
    assert (times.ago(at), times.clock(at), times.exact(at)) == ("never", "never", "never")
    assert (times.ago(None), times.clock(None)) == ("never", "never")
    assert times.until(at) == "never"


def test_until_an_instant():
    assert local("en").until(NOW + timedelta(minutes=15)) == "until 17:47 (in 15m)"
    assert local("zh").until(NOW + timedelta(minutes=15)) == "到 17:47（15分钟后）"


@pytest.mark.parametrize(
    ("duration", "english", "chinese"),
    [
        (timedelta(0), "0 sec", "0秒"),
        (timedelta(seconds=-5), "0 sec", "0秒"),
        (timedelta(seconds=59), "59 sec", "59秒"),
        (timedelta(hours=3, minutes=12, seconds=30), "3 hr 12 min", "3小时12分钟"),
        (timedelta(days=1, minutes=5), "1 day", "1天"),
        (timedelta(days=2, hours=1), "2 days 1 hr", "2天1小时"),
    ],
)
def test_a_duration_has_at_most_two_units(duration, english, chinese):
    assert local("en").span(duration) == english
    assert local("zh").span(duration) == chinese


def test_instants_and_durations_within_a_text_are_those_of_the_admin():
    text = Words("until {time} ({distance})", time=NOW, distance=timedelta(hours=2))
    assert local("en").text(text) == "until 17:32 (2 hr)"
    assert local("zh").text(text) == "到 17:32（2小时）"
