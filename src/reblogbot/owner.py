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
    here, _, rest = owner.partition("/")
    pid, _, rest = rest.partition("/")
    if not here or here != _here() or not pid.isdecimal():
        return False
    found = _started(int(pid))
    return found is not None and found != rest.partition("/")[0]


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
