"""The real clocks: the machine's time, and one for spans that nobody sets."""

from __future__ import annotations

import time
from datetime import UTC, datetime

# goes on through a suspend, where the system has such a one
_SPANS = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """Tells the machine's time; implements Clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)


def uptime() -> float:
    """Seconds since some instant of the past, the same for every process of this machine.

    It goes on while a process is stopped or the machine suspended, and is never set.
    """
    return time.clock_gettime(_SPANS)
