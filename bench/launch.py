"""Runs a command and writes its CPU time and memory to a file: `launch.py FILE SECONDS COMMAND…`.

The peak memory of a process starts at that of the process it was forked from, so a large program
cannot measure a smaller one. This program therefore imports very little. With SECONDS other than 0
the command gets SIGTERM after that time.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command and exit with its exit code."""
    cost_file, seconds, *command = sys.argv[1:]
    child = os.posix_spawn(command[0], command, os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGTERM))
    signal.alarm(int(seconds))
    # includes the time of those of its children that it waited for
    _, status, usage = os.wait4(child, 0)
    signal.alarm(0)
    with open(cost_file, "w", encoding="utf-8") as file:  # noqa: PTH123  pathlib would add memory
        file.write(f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
    sys.exit(max(os.waitstatus_to_exitcode(status), -1) & 0xFF)


if __name__ == "__main__":
    main()
