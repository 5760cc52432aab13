"""A process run to its end and timed: itself, and all of its children it waited for."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Failed(Exception):
    """The process did not do what it was timed for."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process cost: seconds of CPU and by the wall, and the most memory in MB."""

    cpu: float
    wall: float
    memory: float
    out: str


def run(command: Sequence[object], folder: Path, environ: Mapping[str, str] | None = None) -> Run:
    """The cost of this command, run in `folder`. Raises Failed when it does not exit with 0."""
    log = folder / "output.log"
    begun = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=_environ() | dict(environ or {}),
        )
        # its children's time is in there, as far as it waited for them itself
        _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(encoding="utf-8", errors="replace")
    if process.returncode:
        told = text[-2000:]
        raise Failed(f"{' '.join(map(str, command))}: exit code {process.returncode}\n{told}")
    return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, text)


def _environ() -> dict[str, str]:
    """The environment of an installed program: its modules stand compiled."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
