"""The real clocks: the machine's time, and a monotonic one that counts suspended time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

# CLOCK_BOOTTIME also counts while the machine is suspended; only Linux has it
_UPTIME_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The machine's time; implements Clock."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        return datetime.now(UTC)


def uptime() -> float:
    """Seconds since an arbitrary instant, the same for every process of this machine.

    It counts while a process is stopped or the machine suspended, and is never adjusted.
    """
    return time.clock_gettime(_UPTIME_CLOCK)
