"""What a compromised parser child may attempt; each returns "done" or the name of its error.

test_confinement.py runs them in a child, and some of them outside, where they succeed.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import resource
import signal
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)


def outcome(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, repr(error))
    return "done"


def called(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "")


def read_file(path: str) -> str:
    return outcome(Path(path).read_bytes)


def list_folder(path: str) -> str:
    return outcome(lambda: os.listdir(path))


def write_file(path: str) -> str:
    return outcome(lambda: Path(path).write_bytes(b"x"))


def append_to_file(path: str) -> str:
    return outcome(lambda: os.open(path, os.O_WRONLY | os.O_APPEND))


def remove_file(path: str) -> str:
    return outcome(lambda: os.unlink(path))


def make_folder(path: str) -> str:
    return outcome(lambda: os.mkdir(path))


def change_mode(path: str) -> str:
    return outcome(lambda: os.chmod(path, 0o666))


def change_times(path: str) -> str:
    return outcome(lambda: os.utime(path, (0, 0)))


def change_attribute(path: str) -> str:
    return outcome(lambda: os.setxattr(path, "user.x", b"x"))


def grow_memory_file() -> str:
    """Write to a file without a path, which only the limit on file sizes prevents."""
    return outcome(lambda: os.write(os.memfd_create("x"), b"x"))


def connect_tcp(port: int) -> str:
    return outcome(lambda: socket.create_connection(("127.0.0.1", port)).close())


def send_udp(port: int) -> str:
    def attempt() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"x", ("127.0.0.1", port))

    return outcome(attempt)


def connect_unix(path: str) -> str:

    def attempt() -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)

    return outcome(attempt)


def talk_through_own_socket(path: str) -> str:
    """Connect the standard input, which may be a socket, to another address."""

    def attempt() -> None:
        with socket.socket(fileno=os.dup(0)) as given:
            given.connect(path)

    return outcome(attempt)


def fork() -> str:
    def attempt() -> None:
        if os.fork() == 0:
            os._exit(0)

    return outcome(attempt)


def execute(program: str) -> str:
    return outcome(lambda: os.execve(program, [program], {}))


def start_program(program: str) -> str:
    return outcome(lambda: os.posix_spawn(program, [program], {}))


def start_thread() -> str:
    results = []
    try:
        thread = threading.Thread(target=results.append, args=("done",))
        thread.start()
    except RuntimeError as error:
        return str(error)
    thread.join()
    return results[0]


def signal_process(pid: int) -> str:
    return outcome(lambda: os.kill(pid, signal.SIGTERM))


def queue_signal(pid: int) -> str:
    return outcome(lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGTERM))


def signal_by_descriptor(pid: int) -> str:
    """Let the kernel signal another process when one of our descriptors is ready."""
    return outcome(lambda: fcntl.fcntl(0, fcntl.F_SETOWN, pid))


def trace(pid: int) -> str:
    attach = 16
    return outcome(lambda: called(LIBC.ptrace(attach, pid, None, None)))


def read_memory(pid: int, address: int) -> str:
    """Read eight bytes of another process by process_vm_readv(2)."""
    here = ctypes.create_string_buffer(8)
    local = struct.pack("PN", ctypes.addressof(here), 8)
    remote = struct.pack("PN", address, 8)
    return outcome(lambda: called(LIBC.process_vm_readv(pid, local, 1, remote, 1, 0)))


def limit_process(pid: int) -> str:
    return outcome(lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))


def raise_own_limit() -> str:
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    except (OSError, ValueError) as error:
        return str(error)
    return "done"


def capabilities() -> list[int]:
    """The effective, permitted and inheritable capabilities, low and high words; capget(2)."""
    sets = ctypes.create_string_buffer(24)
    called(LIBC.capget(struct.pack("=Ii", 0x20080522, 0), sets))
    return list(struct.unpack("=6I", sets.raw))


def slow_process(pid: int) -> str:
    return outcome(lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))


def ring() -> str:
    setup = 425
    return outcome(lambda: called(LIBC.syscall(setup, 1, ctypes.create_string_buffer(120))))


def leave_namespace() -> str:
    new_user = 0x10000000
    return outcome(lambda: called(LIBC.unshare(new_user)))


def environment() -> dict[str, str]:
    return dict(os.environ)


def descriptors() -> list[int]:
    """The open descriptors."""
    return [
        number
        for number in range(1000)
        if outcome(lambda number=number: os.fstat(number)) == "done"
    ]


def open_many() -> str:
    return outcome(lambda: [os.dup(0) for _ in range(1000)])


def limits() -> dict[str, list[int]]:
    names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS")
    return {name: list(resource.getrlimit(getattr(resource, name))) for name in names}


def is_dumpable() -> bool:
    get_dumpable = 3
    return bool(LIBC.prctl(get_dumpable, 0, 0, 0, 0))


def crash() -> int:
    return int(mmap.PAGESIZE + ctypes.string_at(0)[0])


def call_as_32_bit() -> str:
    """Call getpid by a number of the x32 interface, which the filter must refuse too."""
    return outcome(lambda: called(LIBC.syscall(0x40000000 + 39)))
