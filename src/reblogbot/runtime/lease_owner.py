"""Who holds a lease: a name for this process, and whether another's bearer still lives."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path
from uuid import UUID

BOOT_ID = "REBLOGBOT_BOOT_ID"


def new_owner() -> str:
    """A name for a lease that tells machine, process and start, and is never used twice."""
    pid = os.getpid()
    return f"{_here()}/{pid}/{_started(pid) or ''}/{secrets.token_hex(4)}"


def is_dead(owner: str) -> bool:
    """Whether the bearer of `owner` has certainly ended: it ran here, and runs no more.

    What ran on another machine or in another container may live: its lease decides. So may
    what the system does not let us see.
    """
    return lives(owner) is False


def lives(owner: str) -> bool | None:
    """Whether the process that bears `owner` runs; None where that cannot be seen from here."""
    pid, _, rest = owner.partition("/")[2].partition("/")
    if not is_here(owner) or not pid.isdecimal():
        return None
    found = _started(int(pid))
    return None if found is None else found == rest.partition("/")[0]


def is_here(owner: str) -> bool:
    """Whether `owner` names a process of this boot of this machine, and of this container."""
    here = owner.partition("/")[0]
    return bool(here) and here == _here()


@cache
def _here() -> str:
    """This boot of this machine, and the namespace in which a process id means something."""
    try:
        return f"{_boot()}:{Path('/proc/self/ns/pid').stat().st_ino}"
    except (OSError, ValueError):
        return ""


def _boot() -> UUID:
    """The id of this boot. Raises OSError, ValueError where it is not known.

    A systemd unit that hides /proc/sys (ProcSubset=pid) passes it on in the environment.
    """
    try:
        return UUID(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    except OSError:
        return UUID(os.environ.get(BOOT_ID, ""))


def _started(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; "" where there is none, None if hidden."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None if _exists(pid) else ""
    # the program's name, in brackets, may hold anything; the 22nd field counts from behind it
    state, *others = fields.rpartition(")")[2].split()
    # a zombie has ended: only its parent has not asked yet
    return "" if state in "ZX" else others[18]


def _exists(pid: int) -> bool:
    """Whether there is such a process, also where /proc hides it (hidepid, ProtectProc=)."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
