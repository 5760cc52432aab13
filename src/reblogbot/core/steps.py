"""When a step is called, and what becomes of a call that failed; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from reblogbot.errors import StepError
from reblogbot.model import StepPause, StepState
from reblogbot.words import Words

DAY = timedelta(days=1)
MOST_ATTEMPTS = 8
"""After so many attempts that failed, an entry has no result."""
MOST_BAD_ANSWERS = 3
"""The same where the service did answer, which it may have charged for."""
BAD_ANSWERS = frozenset({"step_bad_answer", "step_empty", "step_failed"})
RATE_LIMITED = "step_rate_limited"
FINAL_OF_SERVICE = frozenset({"step_unauthorised", "step_key_missing", "step_not_found"})
"""Failures for good that every other call would meet as well."""
FAILURES_OF_SERVICE = 3
"""After failures of so many calls in a row, whatever they were, all calls wait."""


def next_call(
    now: datetime,
    calls: Sequence[datetime],
    per_day: int,
    pause: StepPause | None,
    mark: str,
    *,
    ahead: int = 0,
) -> datetime:
    """The earliest instant, `now` or later, at which the step may be called again.

    `calls` are the instants of its calls of the last day, oldest first; those after `now` are
    ignored. So many others that wait for the limit of the day go `ahead`. A pause counts as long as
    the step's settings and key are those that it came from (`mark`).
    """
    past = [at for at in calls if at <= now]
    until = now
    if pause is not None and pause.until is not None and pause.mark == mark:
        until = max(until, pause.until)
    if len(past) >= per_day:
        until = max(until, past[min(ahead, per_day - 1) - per_day] + DAY)
    return until


def spent_reason(count: int, per_day: int) -> str:
    """Why a step is not called that was called so often in a day."""
    return Words(
        "{count} call in a day, per_day = {limit}",
        "{count} calls in a day, per_day = {limit}",
        count=count,
        limit=per_day,
    )


def state_of(
    now: datetime,
    calls: Sequence[datetime],
    per_day: int,
    pause: StepPause | None,
    *,
    is_used: bool,
) -> StepState:
    """The state of a step; `pause` is that of its present settings and key.

    An entry that got no answer is no trouble of the step, before several have failed in a row.
    """
    if not is_used:
        return "unused"
    if pause is not None:
        is_paused = pause.until is not None and pause.until > now
        if pause.slug == RATE_LIMITED:
            if is_paused:
                return "paused"
        elif (
            pause.until is not None
            or pause.slug in FINAL_OF_SERVICE
            or pause.failures >= FAILURES_OF_SERVICE
        ):
            return "failing"
    return "spent" if len(calls) >= per_day else "ok"


def is_final(pause: StepPause) -> bool:
    """Whether the step fails until the admin changes its settings or key."""
    return pause.until is None and pause.slug in FINAL_OF_SERVICE


def retry_at(error: StepError, attempts: int, now: datetime) -> datetime | None:
    """When a call that failed is made again; None for never with these settings.

    `attempts` counts the failures of this entry before. A fault of the service costs no attempt.
    """
    if error.is_final:
        return None
    if error.is_of_service:
        return error.retry_at or now
    most = MOST_BAD_ANSWERS if error.slug in BAD_ANSWERS else MOST_ATTEMPTS
    if attempts + 1 >= most:
        return None
    return max(error.retry_at or now, now + _back_off(attempts))


def pause_after(pause: StepPause | None, error: StepError, now: datetime, mark: str) -> StepPause:
    """The pause of a step after a call that failed, which has no end where nothing is to wait."""
    failures = pause.failures + 1 if pause is not None and pause.mark == mark else 1
    until: datetime | None = None
    if error.is_of_service and not error.is_final:
        until = error.retry_at or now + _back_off(failures - 1)
    elif failures >= FAILURES_OF_SERVICE and not error.is_final:
        until = now + _back_off(failures - FAILURES_OF_SERVICE)
    return StepPause(until, failures, error.slug, error.message, mark)


def _back_off(failures: int) -> timedelta:
    """How long to wait after so many earlier failures."""
    return min(timedelta(hours=1), timedelta(seconds=30) * (1 << min(failures, 7)))
