"""What a process and its descendants cost, as the kernel counts it: CPU, memory, bytes written."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What processes have used since they began: seconds of CPU, and bytes written to disk."""

    cpu: float
    written: int

    def __sub__(self, earlier: Usage) -> Usage:
        return Usage(self.cpu - earlier.cpu, self.written - earlier.written)


def usage(processes: Iterable[int], field: str) -> Usage:
    """The usage of these processes and of the children they waited for.

    `field` is the counter of written bytes in /proc/PID/io, "write_bytes" or "wchar".
    """
    seconds, written = 0.0, 0
    for process in processes:
        try:
            seconds += cpu(process) + _cpu_of_ended_children(process)
            written += _fields(process, "io")[field]
        except OSError:
            # it ended meanwhile, and its parent has its numbers from now on
            continue
    return Usage(seconds, written)


def memory(processes: Iterable[int]) -> int:
    """The memory of processes of the same program in bytes, as if they were alone on the machine.

    That is what each has for itself, and the files they have mapped, libraries mostly, once: as
    much as the process with the most of them. (PSS would be less the more other programs use the
    same libraries, and the sum of RSS counts the libraries several times.)
    """
    own, mapped = 0, 0
    for process in processes:
        try:
            sizes = _fields(process, "smaps_rollup") | _fields(process, "status")
        except OSError:
            continue
        own += sizes.get("Pss_Anon", 0) + sizes.get("Pss_Shmem", 0)
        mapped = max(mapped, sizes.get("RssFile", 0))
    return (own + mapped) * 1024


def tree(root: int) -> list[int]:
    """The process and its living descendants."""
    processes = [root]
    for process in processes:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                processes += map(int, children.read_text(encoding="ascii").split())
            except OSError:
                continue
    return processes


def counter(folder: Path) -> str:
    """The counter of /proc/PID/io by which bytes written below this folder are counted.

    That is "write_bytes", pages that go to a disk; or "wchar", whatever was passed to a call that
    writes, where the folder's file system has no disk, as tmpfs.
    """
    before = _fields(os.getpid(), "io")["write_bytes"]
    probe = folder / "probe"
    probe.write_bytes(bytes(64 * 1024))
    probe.unlink()
    return "write_bytes" if _fields(os.getpid(), "io")["write_bytes"] > before else "wchar"


def flush(folder: Path) -> None:
    """Write all files of the folder to disk, as the kernel does half a minute after a change.

    A page that is changed again before that is counted, and written, only once.
    """
    for path in folder.rglob("*"):
        if path.is_file():
            try:
                file = os.open(path, os.O_RDONLY)
            except OSError:
                continue
            try:
                os.fdatasync(file)
            finally:
                os.close(file)


def _fields(process: int, name: str) -> dict[str, int]:
    """The numbers in a file of /proc/PID with lines like "Name: 17 kB"."""
    text = Path(f"/proc/{process}/{name}").read_text(encoding="utf-8", errors="replace")
    lines = (line.split() for line in text.splitlines())
    return {
        words[0].removesuffix(":"): int(words[1])
        for words in lines
        if len(words) > 1 and words[1].isdecimal()
    }


def cpu(process: int) -> float:
    """The seconds of CPU of a process without its children, to the nanosecond.

    Its clock is the one of clock_getcpuclockid(3).
    """
    return time.clock_gettime((~process << 3) | 2)


def _cpu_of_ended_children(process: int) -> float:
    """The seconds of CPU of the children it waited for, to a hundredth."""
    stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    # fields are counted from behind the name, which may contain spaces: proc(5)
    fields = stat.rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / _TICKS_PER_SECOND
