"""Runs a command and writes what it cost to a file: `launch.py FILE COMMAND…`.

The peak memory of a process starts at that of the process it was forked from, so a large program
cannot measure a smaller one. This program therefore imports very little.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Run the command and exit with its exit code.

    The file gets seconds of CPU, of wall time, the bytes of the largest process, and the bytes
    that all processes wrote, as `write_bytes` and `wchar` of proc(5).
    """
    cost_file, *command = sys.argv[1:]
    # processes that the command leaves behind become children of this one, and are counted too
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    written = _written()
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ)
    wall, code, cpu, memory = 0.0, 0, 0.0, 0
    while True:
        try:
            # includes the time of those of its children that it waited for
            process, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu += usage.ru_utime + usage.ru_stime
        memory = max(memory, usage.ru_maxrss * 1024)
        if process == child:
            wall, code = time.perf_counter() - start, os.waitstatus_to_exitcode(status)
    to_disk, in_all = (after - before for before, after in zip(written, _written(), strict=True))
    with open(cost_file, "w", encoding="utf-8") as file:  # noqa: PTH123  pathlib would add memory
        file.write(f"{cpu} {wall} {memory} {to_disk} {in_all}")
    sys.exit(max(code, -1) & 0xFF)


def _written() -> tuple[int, int]:
    """The bytes that this process and the children it waited for wrote: to disk, and in all."""
    with open("/proc/self/io", encoding="ascii") as file:  # noqa: PTH123
        fields = dict(line.split(": ") for line in file)
    return int(fields["write_bytes"]), int(fields["wchar"])


if __name__ == "__main__":
    main()
