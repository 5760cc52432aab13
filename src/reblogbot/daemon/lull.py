"""The lull: the time for which nothing is due, from the end of one work to the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from reblogbot.runtime.clock import uptime

LONGEST = timedelta(minutes=5)
"""The next work begins after this time at the latest."""


class Lull:
    """Decides when the job of the scheduler that does the work runs next (docs/adr/0035).

    `shortest` is the least time between the end of one work and the begin of the next.
    """

    def __init__(self, job: Any, shortest: timedelta) -> None:
        self._job = job
        self._shortest = shortest
        self._is_closed = False
        self._is_working = True
        """Also until the first work is done, which the scheduler begins at once."""
        self._is_over = False
        """Whether something has changed since the last work began."""
        self._began_at = uptime()

    def stop(self) -> None:
        """Note that the work begins."""
        self._is_working, self._is_over = True, False

    def begin(self, span: timedelta) -> None:
        """Let the next work begin after this span, the work being done."""
        self._is_working, self._began_at = False, uptime()
        span = timedelta(0) if self._is_over else min(span, LONGEST)
        self._plan(datetime.now(UTC) + max(span, self._shortest))

    def end(self) -> None:
        """Let the next work begin soon: something has changed."""
        self._is_over = True
        if not self._is_working:
            since = timedelta(seconds=uptime() - self._began_at)
            at = datetime.now(UTC) + max(self._shortest - since, timedelta(0))
            self._plan(min(at, self._job.next_run_time))

    def close(self) -> None:
        """Plan nothing more: the scheduler is about to be shut down."""
        self._is_closed = True

    @property
    def lasts(self) -> bool:
        """Whether no work is being done or late."""
        is_late = self._job.next_run_time + 2 * self._shortest < datetime.now(UTC)
        return not self._is_working and not is_late

    def _plan(self, at: datetime) -> None:
        if not self._is_closed:
            self._job.modify(next_run_time=at)
