"""Telling systemd how the daemon is (sd_notify(3)); silent where nobody listens."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta

# so many seconds may all work rest while the manager is too busy to take a message
PATIENCE = 0.25


def notify(*lines: str) -> None:
    """Send lines such as READY=1 to the service manager, if there is one."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    # a leading @ stands for the NUL of an abstract socket
    address = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire:
        wire.settimeout(PATIENCE)
        try:
            wire.sendto("\n".join(lines).encode(), address)
        except OSError:
            # a manager that is gone, or does not listen, must not take the daemon with it
            return


def reloading() -> None:
    """Say that the config is being read anew; READY=1 ends it."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_interval() -> timedelta | None:
    """How often the manager must hear from us, half of what it allows; None for never."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    allowed = os.environ.get("WATCHDOG_USEC", "")
    return timedelta(microseconds=int(allowed) / 2) if allowed.isdigit() else None
