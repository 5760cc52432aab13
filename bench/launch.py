"""Runs a command and writes what it cost to a file: `launch.py FILE SECONDS COMMAND…`.

A process starts with the memory of the one it was forked from as its highest so far, so that a
large program cannot measure a smaller one: this one imports next to nothing. With SECONDS other
than 0 the command is asked to end after so many.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Exit as the command did."""
    told, seconds, *command = sys.argv[1:]
    child = os.posix_spawn(command[0], command, os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGTERM))
    signal.alarm(int(seconds))
    # its children's time is in there, as far as it waited for them itself
    _, status, usage = os.wait4(child, 0)
    signal.alarm(0)
    with open(told, "w", encoding="utf-8") as file:  # noqa: PTH123  pathlib is no small import
        file.write(f"{usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}")
    sys.exit(max(os.waitstatus_to_exitcode(status), -1) & 0xFF)


if __name__ == "__main__":
    main()
