"""Rights that a process drops for good, so that foreign code in it can reach nothing (ADR 0019).

Linux enforces all of it, other systems only the resource limits.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ctypes import CDLL

_MAX_DESCRIPTORS = 16
"""Descriptors of the child: its pipes, and a module while it is imported."""

# <linux/prctl.h>
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
# <linux/capability.h>: version 3 of the call, whose sets are of 64 bits
_CAPABILITY_VERSION = 0x20080522

# <linux/landlock.h>; these system calls have the same numbers on every architecture
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION = 1
_PATH_BENEATH = 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
# The number of file rights since each version of the interface. A kernel refuses unknown rights.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
_TCP = 0b11
_SCOPES = 0b11

# <linux/seccomp.h>, <linux/filter.h>, <linux/audit.h>
_MODE_FILTER = 2
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_CALL, _ARCHITECTURE, _FIRST_ARGUMENT, _SECOND_ARGUMENT = 0, 4, 16, 24
_EPERM, _ENOSYS = 1, 38
_CLONE_THREAD = 0x10000
_X32 = 0x40000000
# no filter for 32-bit programs and other machines: their system calls have other numbers
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# the numbers on x86_64 and aarch64 (<asm/unistd_64.h>, <asm-generic/unistd.h>); -1 for none
_REFUSED = {
    # new processes and programs; threads are allowed below
    "fork": (57, -1),
    "vfork": (58, -1),
    "execve": (59, 221),
    "execveat": (322, 281),
    # sockets of every family, and io_uring, which opens them without a system call
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "io_uring_setup": (425, 425),
    # other processes
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    # changes of files that Landlock does not restrict
    "chmod": (90, -1),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, -1),
    "fchown": (93, 55),
    "lchown": (94, -1),
    "fchownat": (260, 54),
    "utime": (132, -1),
    "utimes": (235, -1),
    "utimensat": (280, 88),
    "futimesat": (261, -1),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    # memory and queues that the user's processes share
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    # large parts of the kernel that no parser needs
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
}
_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)
# commands that choose which process gets a signal when a descriptor is ready
# (<fcntl.h>, <asm/sockios.h>)
_REFUSED_COMMANDS = (
    ((72, 25), (8, 10, 15)),  # fcntl: F_SETOWN, F_SETSIG, F_SETOWN_EX
    ((16, 29), (0x8901, 0x8902)),  # ioctl: FIOSETOWN, SIOCSPGRP
)


def hide_memory() -> None:
    """Hide this process's memory and environment from other processes of the same user (Linux).

    There is no core dump and no ptrace, and /proc/PID belongs to root: see PR_SET_DUMPABLE(2const).
    Programs that it starts are not affected.
    """
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent(parent: int) -> bool:
    """Let the kernel kill this process when its parent ends; False if it has ended already."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return os.getppid() == parent


def confine(readable: Iterable[str], memory: int) -> tuple[str, ...]:
    """Confine this process; the names of the protections that hold beside the resource limits.

    Only files below `readable` can be read. `memory` bounds the address space, in bytes.
    Protections that the kernel lacks are left out of the names, at best ("Landlock 7", "seccomp").
    """
    _limit_resources(memory)
    libc = _libc()
    if libc is None:
        return ()
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    protections = []
    with suppress(OSError):
        protections.append(f"Landlock {_restrict_files(libc, readable)}")
    # drop all capabilities: root in a container has some that could lift the limits again
    libc.capset(struct.pack("=Ii", _CAPABILITY_VERSION, 0), bytes(24))
    with suppress(OSError):
        _filter_calls(libc)
        protections.append("seccomp")
    return tuple(protections)


def _libc() -> CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        from ctypes import CDLL  # noqa: PLC0415  Python built without it, or no memory for it
    except (ImportError, MemoryError):
        return None
    return CDLL(None, use_errno=True)


def _limit_resources(memory: int) -> None:
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _MAX_DESCRIPTORS,
    }
    for name, limit in limits.items():
        # not every system can bound an address space; the deadline holds everywhere
        with suppress(OSError, ValueError):
            resource.setrlimit(name, (limit, limit))


def _call(libc: CDLL, number: int, *arguments: Any) -> int:
    """The result of a system call by its number. Raises OSError."""
    from ctypes import c_long, get_errno  # noqa: PLC0415

    widened = [c_long(value) if isinstance(value, int) else value for value in arguments]
    result = int(libc.syscall(c_long(number), *widened))
    if result < 0:
        raise OSError(get_errno(), os.strerror(get_errno()))
    return result


def _restrict_files(libc: CDLL, readable: Iterable[str]) -> int:
    """Restrict files, TCP, signals and abstract sockets; the version of Landlock that does so.

    See landlock(7). Raises OSError where the kernel has no Landlock, or it is switched off.
    """
    version = _call(libc, _CREATE_RULESET, None, 0, _GET_VERSION)
    rights = max(count for since, count in _FILE_RIGHTS.items() if since <= version)
    handled = [(1 << rights) - 1, *[_TCP] * (version >= 4), *[_SCOPES] * (version >= 6)]
    attributes = struct.pack(f"={len(handled)}Q", *handled)
    ruleset = _call(libc, _CREATE_RULESET, attributes, len(attributes), 0)
    try:
        for path in readable:
            with suppress(FileNotFoundError, PermissionError, NotADirectoryError):
                _allow_reading(libc, ruleset, path)
        _call(libc, _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow_reading(libc: CDLL, ruleset: int, path: str) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights = _READ_FILE | (_READ_DIR if os.path.isdir(path) else 0)  # noqa: PTH112
        rule = struct.pack("=Qi", rights, descriptor)
        _call(libc, _ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
    finally:
        os.close(descriptor)


def _filter_calls(libc: CDLL) -> None:
    """Refuse system calls by number. See seccomp(2). Raises OSError where that is impossible."""
    from ctypes import Structure, byref, c_char_p, c_ushort, get_errno  # noqa: PLC0415

    class Program(Structure):
        _fields_ = (("length", c_ushort), ("instructions", c_char_p))

    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in _program())
    program = Program(len(code) // 8, code)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, byref(program), 0, 0) != 0:
        raise OSError(get_errno(), os.strerror(get_errno()))


def _program() -> Iterator[tuple[int, int, int, int]]:
    """The filter's instructions: code, jump if true, jump if false, operand.

    Raises OSError on a machine whose system calls have other numbers.
    """
    machine = os.uname().machine
    if machine not in _MACHINES or sys.maxsize < 2**32:
        raise OSError(_ENOSYS, f"no filter for {machine}")
    architecture, column = _MACHINES[machine]
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _CALL
    yield _AT_LEAST, 0, 1, _X32
    yield _RETURN, 0, 0, _REFUSE | _EPERM
    for numbers in _REFUSED.values():
        if numbers[column] >= 0:
            yield from _refuse(numbers[column])
    # A filter cannot read the flags of clone3, which are in memory. Refused with ENOSYS, the C
    # library uses clone instead.
    yield _EQUAL, 0, 1, _CLONE3[column]
    yield _RETURN, 0, 0, _REFUSE | _ENOSYS
    # clone only for threads, which image libraries start
    yield _EQUAL, 0, 4, _CLONE[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _ANY_BIT, 1, 0, _CLONE_THREAD
    yield _RETURN, 0, 0, _REFUSE | _EPERM
    yield _RETURN, 0, 0, _ALLOW
    # prlimit only for the process itself
    yield _EQUAL, 0, 4, _PRLIMIT[column]
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    yield _EQUAL, 1, 0, 0
    yield _RETURN, 0, 0, _REFUSE | _EPERM
    yield _RETURN, 0, 0, _ALLOW
    for numbers, commands in _REFUSED_COMMANDS:
        yield _EQUAL, 0, 2 + 2 * len(commands), numbers[column]
        yield _LOAD, 0, 0, _SECOND_ARGUMENT
        for command in commands:
            yield from _refuse(command)
        yield _RETURN, 0, 0, _ALLOW
    yield _RETURN, 0, 0, _ALLOW


def _refuse(value: int) -> Iterator[tuple[int, int, int, int]]:
    yield _EQUAL, 0, 1, value
    yield _RETURN, 0, 0, _REFUSE | _EPERM
