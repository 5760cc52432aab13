"""Errors that repeat: logged at once, and then only every AGAIN while they last."""

from __future__ import annotations

from datetime import datetime, timedelta

from reblogbot.ports import Clock

AGAIN = timedelta(minutes=15)
"""How long an error that lasts is not logged again."""
CALM = timedelta(minutes=1)
"""How long no error may occur before all are over: what fails may be due only now and then."""
MOST = 100
"""Errors that are remembered; the one logged longest ago is forgotten first."""


class LogThrottle:
    """Remembers when errors were logged, each by its message."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._logged_at: dict[str, datetime] = {}
        self._last_error_at: datetime | None = None

    def should_log(self, message: str) -> bool:
        """Whether this error is new, or was logged long ago; if so, it counts as logged now."""
        now = self._last_error_at = self._clock.now()
        logged_at = self._logged_at.get(message)
        if logged_at is not None and _is_within(now - logged_at, AGAIN):
            return False
        self._logged_at.pop(message, None)
        self._logged_at[message] = now
        if len(self._logged_at) > MOST:
            del self._logged_at[next(iter(self._logged_at))]
        return True

    @property
    def is_open(self) -> bool:
        """Whether an error was logged that may not be over."""
        return bool(self._logged_at)

    def ended(self) -> tuple[str, ...]:
        """Return and forget the errors that are over, none having occurred for CALM.

        () while they last, or where there were none.
        """
        if self._last_error_at is None:
            return ()
        if _is_within(self._clock.now() - self._last_error_at, CALM):
            return ()
        ended, self._logged_at, self._last_error_at = tuple(self._logged_at), {}, None
        return ended


def _is_within(span: timedelta, limit: timedelta) -> bool:
    """Whether the span is shorter than `limit`; a negative one, of a clock set back, is not."""
    return timedelta(0) <= span < limit
