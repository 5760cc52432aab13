"""The owner of a lease: a name for this process, and whether another owner's process is alive."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

BOOT_ID = "REBLOGBOT_BOOT_ID"


def new_lease_owner() -> str:
    """A new name for this process: boot and namespace, pid, start time, and a random part."""
    pid = os.getpid()
    return f"{_boot_and_namespace()}/{pid}/{_start_time(pid) or ''}/{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Whether the owner's process has certainly ended: it ran here, and is gone.

    A process on another machine or in another container, or one that the system hides from us,
    may be alive: then only the end of its lease counts.
    """
    return is_alive(owner) is False


def is_alive(owner: str) -> bool | None:
    """Whether the owner's process is alive; None where that cannot be seen from here."""
    pid, _, rest = owner.partition("/")[2].partition("/")
    if not _is_local(owner) or not pid.isdecimal():
        return None
    start_time = _start_time(int(pid))
    return None if start_time is None else start_time == rest.partition("/")[0]


def earliest_end(
    holder: str | None, until: datetime | None, asking: str, now: datetime
) -> datetime:
    """The first instant, `now` or later, at which a lease may be over without anybody ending it.

    That is `now` where another process of this machine holds it, since that may die without a
    trace; it is the lease's own time where `asking` holds it.
    """
    if holder is None or until is None or until <= now:
        return now
    may_be_dead = holder != asking and is_alive(holder) is not None
    return now if may_be_dead else until


def _is_local(owner: str) -> bool:
    """Whether `owner` names a process of this boot of this machine, and of this container."""
    place = owner.partition("/")[0]
    return bool(place) and place == _boot_and_namespace()


@cache
def _boot_and_namespace() -> str:
    """The boot of this machine and the pid namespace, "" where they are unknown."""
    try:
        return f"{_boot_id()}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except (OSError, ValueError):
        return ""


def _boot_id() -> UUID:
    """The id of this boot. Raises OSError or ValueError where it is unknown.

    Our systemd unit hides /proc/sys (ProcSubset=pid) and passes the id in the environment.
    """
    try:
        return UUID(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    except OSError:
        return UUID(os.environ.get(BOOT_ID, ""))


def _start_time(pid: int) -> str | None:
    """The start of a process in clock ticks since boot; "" if there is none, None if hidden."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None if _exists(pid) else ""
    # proc_pid_stat(5): the second field, in brackets, may contain anything, also brackets; the
    # start time is field 22
    state, *others = fields.rpartition(")")[2].split()
    # a zombie has ended, its parent has only not waited for it
    return "" if state in "ZX" else others[18]


def _exists(pid: int) -> bool:
    """Whether there is such a process, even if /proc hides it (hidepid, ProtectProc=)."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
