"""When a step is called again, and what becomes of a call that failed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core import steps
from reblogbot.errors import StepError
from reblogbot.model import StepPause

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LATER = NOW + 5 * HOUR


def failure(slug="step_timeout", **fields):
    return StepError(slug, "no", **fields)


def test_a_step_may_be_called_at_once():
    assert steps.next_call(NOW, [], 1, None, "m") == NOW
    assert steps.next_call(NOW, [NOW - MINUTE], 2, None, "m") == NOW


def test_a_step_waits_until_a_call_is_a_day_old():
    calls = [NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR]
    assert steps.next_call(NOW, calls, 3, None, "m") == NOW + 21 * HOUR
    # per_day was lowered: two more calls must grow old
    assert steps.next_call(NOW, calls, 1, None, "m") == NOW + 23 * HOUR


def test_those_that_wait_together_get_an_instant_each():
    calls = [NOW - 3 * HOUR, NOW - 2 * HOUR, NOW - HOUR]
    slots = [steps.next_call(NOW, calls, 3, None, "m", ahead=ahead) for ahead in range(5)]
    assert slots == [NOW + hours * HOUR for hours in (21, 22, 23, 23, 23)]


def test_a_pause_counts_with_the_settings_that_it_came_from():
    pause = StepPause(LATER, 3, "step_timeout", "no", "m")
    assert steps.next_call(NOW, [], 1, pause, "m") == LATER
    assert steps.next_call(NOW, [], 1, pause, "other") == NOW
    assert steps.next_call(NOW, [], 1, StepPause(None, 2), "") == NOW


@given(
    minutes=st.lists(st.integers(-200, 3000), max_size=12),
    per_day=st.integers(1, 6),
    ahead=st.integers(0, 8),
)
def test_at_the_instant_named_the_day_before_it_has_room(minutes, per_day, ahead):
    """Calls in the future, of a clock that was ahead, are as if they were not there."""
    calls = sorted(NOW - minute * MINUTE for minute in minutes)
    past = [at for at in calls if NOW - steps.DAY < at <= NOW]
    at = steps.next_call(NOW, [each for each in calls if each > NOW - steps.DAY], per_day, None, "")
    assert sum(at - steps.DAY < call <= at for call in past) < per_day
    # not a microsecond earlier, unless it is now
    before = at - timedelta(microseconds=1)
    assert at == NOW or sum(before - steps.DAY < call <= before for call in past) >= per_day
    later = steps.next_call(NOW, past, per_day, None, "", ahead=ahead)
    assert at <= later <= NOW + steps.DAY


def test_a_final_failure_is_not_tried_again():
    assert steps.retry_at(failure(is_final=True, retry_at=LATER), 0, NOW) is None


def test_a_fault_of_the_service_costs_no_attempt():
    error = failure(is_of_service=True)
    assert steps.retry_at(error, 99, NOW) == NOW
    assert steps.retry_at(failure(is_of_service=True, retry_at=LATER), 99, NOW) == LATER


def test_attempts_are_made_ever_more_rarely_and_end():
    waits = []
    for attempts in range(20):
        at = steps.retry_at(failure(), attempts, NOW)
        if at is None:
            break
        waits.append(at - NOW)
    assert len(waits) == steps.MOST_ATTEMPTS - 1
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=30)
    assert waits[-1] <= HOUR
    assert steps.retry_at(failure(retry_at=LATER), 0, NOW) == LATER


@pytest.mark.parametrize("slug", sorted(steps.BAD_ANSWERS))
def test_an_answer_that_may_have_been_paid_for_is_asked_for_less_often(slug):
    tries = [steps.retry_at(failure(slug), attempts, NOW) for attempts in range(4)]
    assert [at is not None for at in tries] == [True, True, False, False]


def test_all_calls_wait_for_a_service_that_fails():
    pause = steps.pause_after(None, failure(is_of_service=True), NOW, "m")
    assert pause == StepPause(NOW + timedelta(seconds=30), 1, "step_timeout", "no", "m")
    again = steps.pause_after(pause, failure(is_of_service=True), NOW, "m")
    assert again.until == NOW + MINUTE
    asked = steps.pause_after(again, failure(is_of_service=True, retry_at=LATER), NOW, "m")
    assert (asked.until, asked.failures) == (LATER, 3)


def test_all_calls_wait_after_failures_of_three_entries_in_a_row():
    pause = None
    untils = []
    for _ in range(4):
        pause = steps.pause_after(pause, failure("step_empty"), NOW, "m")
        untils.append(pause.until)
    assert untils == [None, None, NOW + timedelta(seconds=30), NOW + MINUTE]
    assert steps.pause_after(pause, failure("step_empty"), NOW, "other").failures == 1


def test_a_failure_for_good_has_no_end_and_says_why():
    error = failure("step_unauthorised", is_of_service=True, is_final=True)
    pause = steps.pause_after(None, error, NOW, "m")
    assert (pause.until, pause.slug) == (None, "step_unauthorised")
    assert pause.slug in steps.FINAL_OF_SERVICE


@given(failures=st.integers(0, 2000))
def test_no_pause_is_longer_than_an_hour_unless_the_service_asks(failures):
    pause = StepPause(None, failures, mark="m")
    until = steps.pause_after(pause, failure(is_of_service=True), NOW, "m").until
    assert NOW < until <= NOW + HOUR
