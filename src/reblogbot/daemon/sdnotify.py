"""Messages to systemd about the daemon's state (sd_notify(3)); none where systemd does not ask."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta

from reblogbot.runtime.clock import uptime

PATIENCE = 0.25
"""Seconds for which all work may rest while the manager is too busy to take a message."""


def notify(*lines: str) -> None:
    """Send lines such as READY=1 to the service manager, if there is one."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # a leading @ stands for the NUL of an abstract socket
    address = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.settimeout(PATIENCE)
        try:
            channel.sendto("\n".join(lines).encode(), address)
        except OSError:
            # a manager that is gone, or does not listen, must not take the daemon with it
            return


def reloading() -> None:
    """Announce that the config is read again; READY=1 ends it."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


class Watchdog:
    """Sends WATCHDOG=1, as often as the service manager asks for it.

    The caller feeds it only while no work hangs. So a message proves that the daemon works, and not
    only that its event loop runs.
    """

    def __init__(self) -> None:
        self._interval = watchdog_interval()
        self._sent_at = float("-inf")

    def feed(self) -> None:
        """Send the message if it is due."""
        if self._interval is None:
            return
        if uptime() - self._sent_at >= self._interval.total_seconds():
            notify("WATCHDOG=1")
            self._sent_at = uptime()


def watchdog_interval() -> timedelta | None:
    """Return the time between two messages, half of what systemd allows; None for never."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    allowed = os.environ.get("WATCHDOG_USEC", "")
    return timedelta(microseconds=int(allowed) / 2) if allowed.isdigit() else None
