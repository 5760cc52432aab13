"""What an admin reads of a trouble that lasts."""

import pytest

from reblogbot.daemon.log_throttle import AGAIN, CALM, MOST, LogThrottle


@pytest.fixture
def throttle(clock):
    return LogThrottle(clock)


def count_logged(throttle, clock, seconds, trouble="the disk is full"):
    """How often a trouble is said that comes back every second for so long."""
    times = 0
    for _ in range(seconds):
        times += throttle.should_log(trouble)
        clock.advance(seconds=1)
    return times


def test_a_trouble_is_said_at_once_and_then_every_quarter_of_an_hour(throttle, clock):
    assert count_logged(throttle, clock, 1) == 1
    assert count_logged(throttle, clock, 899) == 0
    assert count_logged(throttle, clock, 900) == 1


def test_another_trouble_is_said_whatever_else_lasts(throttle, clock):
    count_logged(throttle, clock, 2)
    assert count_logged(throttle, clock, 2, "the disk fails") == 1
    assert count_logged(throttle, clock, 2) == 0


def test_its_end_is_told_once_and_what_comes_back_is_said_anew(throttle, clock):
    count_logged(throttle, clock, 2)
    assert throttle.is_open
    assert throttle.ended() == ()
    clock.advance(seconds=CALM.total_seconds())
    assert throttle.ended() == ("the disk is full",)
    assert not throttle.is_open
    assert throttle.ended() == ()
    assert count_logged(throttle, clock, 2) == 1


def test_nothing_ends_where_nothing_was_wrong(throttle, clock):
    clock.advance(days=1)
    assert throttle.ended() == ()


def test_a_clock_set_back_hides_nothing(throttle, clock):
    count_logged(throttle, clock, 2)
    clock.advance(days=-1)
    assert throttle.should_log("the disk is full")
    clock.advance(seconds=AGAIN.total_seconds() - 1)
    assert not throttle.should_log("the disk is full")


def test_troubles_that_never_read_alike_take_no_memory(throttle):
    assert all(throttle.should_log(f"trouble {number}") for number in range(5 * MOST))
    assert len(throttle._logged_at) == MOST
