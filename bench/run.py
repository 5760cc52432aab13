"""A process run to its end and timed: itself, and all of its children it waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.bench import ROOT

LAUNCH = Path(__file__).with_name("launch.py")
LOG = ROOT / "build" / "bench" / "said.log"
"""What the processes that run meanwhile complain of."""
# ru_maxrss counts kilobytes, but bytes on macOS
_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """The process did not do what it was timed for."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process cost: seconds of CPU and by the wall, and the most memory in MB."""

    cpu: float
    wall: float
    memory: float
    out: str


def run(command: Sequence[object], folder: Path, *, seconds: float = 0.0, given: str = "") -> Run:
    """The cost of this command, run in `folder`, with `given` on its standard input.

    With `seconds` it is asked to end after so many. Raises Failed when it does not exit with 0.
    """
    log, read, cost = (folder / name for name in ("output.log", "input.txt", "cost.txt"))
    read.write_text(given, encoding="utf-8")
    words = [str(word) for word in command]
    begun = time.perf_counter()
    with log.open("wb") as out, read.open("rb") as stdin:
        code = subprocess.call(
            [sys.executable, "-I", "-S", LAUNCH, cost, str(round(seconds)), *words],
            cwd=folder,
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environ(),
        )
    wall = time.perf_counter() - begun
    text = log.read_text(encoding="utf-8", errors="replace")
    if code:
        raise Failed(f"{' '.join(words)}: exit code {code}\n{text[-2000:]}")
    cpu, memory = map(float, cost.read_text(encoding="utf-8").split())
    return Run(cpu, wall, memory / _PER_MB, text)


@contextmanager
def speaking(
    command: Sequence[object], folder: Path
) -> Iterator[tuple[IO[str], subprocess.Popen[str]]]:
    """A process that runs meanwhile, and what it says; ended at the end."""
    words = [str(word) for word in command]
    # what it says is waited for
    LOG.parent.mkdir(parents=True, exist_ok=True)
    at_once = environ() | {"PYTHONUNBUFFERED": "1"}
    with (
        LOG.open("ab") as log,
        subprocess.Popen(
            words, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True, env=at_once
        ) as process,
    ):
        if process.stdout is None:
            raise Failed
        try:
            yield process.stdout, process
        finally:
            process.terminate()


def environ() -> dict[str, str]:
    """The environment of an installed program: its modules stand compiled."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
