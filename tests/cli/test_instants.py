"""Instants as they are written on the command line."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.cli.instants import read_instant
from reblogbot.errors import ConfigError

NOW = datetime(2026, 11, 27, 20, tzinfo=UTC)


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/New_York"])
def zone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("zone", ["Asia/Shanghai"], indirect=True)
def test_a_span_is_ago_and_a_date_is_local(zone):
    assert read_instant("--since", "36h", NOW) == NOW - timedelta(hours=36)
    assert read_instant("--since", "2026-11-20", NOW) == datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert read_instant("--since", "2026-11-20 17:30+01:00", NOW) == datetime(
        2026, 11, 20, 16, 30, tzinfo=UTC
    )
    assert read_instant("--since", None, NOW) is None


@pytest.mark.parametrize(("written", "year"), [("0001-01-01", 1), ("9999-12-31T23:59:59", 9999)])
def test_the_ends_of_the_calendar_are_dates(zone, written, year):
    assert read_instant("--since", written, NOW).year == year


@pytest.mark.parametrize("written", ["", "yesterday", "7", "2026-13-01", "7d 3h", "\x1b[31m"])
def test_anything_else_is_refused_with_what_to_write(written):
    with pytest.raises(ConfigError, match="neither a time span nor a date; write 36h, 7d"):
        read_instant("--since", written, NOW)
