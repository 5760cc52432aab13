"""Runs a process and measures it, including the children it waited for."""

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
LOG = ROOT / "build" / "bench" / "stderr.log"
"""Standard error of the processes that run in the background."""
# ru_maxrss counts kilobytes, but bytes on macOS
_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A process ended with an error."""


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of a process: seconds of CPU and wall time, peak memory in MB; and its output."""

    cpu: float
    wall: float
    memory: float
    out: str


def run(command: Sequence[object], folder: Path, *, seconds: float = 0.0, given: str = "") -> Run:
    """Run a command in `folder` with `given` on its standard input, and measure it.

    With `seconds` it gets SIGTERM after that time. Raises Failed unless its exit code is 0.
    """
    log, input_file, cost = (folder / name for name in ("output.log", "input.txt", "cost.txt"))
    input_file.write_text(given, encoding="utf-8")
    words = [str(word) for word in command]
    start = time.perf_counter()
    with log.open("wb") as out, input_file.open("rb") as stdin:
        code = subprocess.call(
            [sys.executable, "-I", "-S", LAUNCH, cost, str(round(seconds)), *words],
            cwd=folder,
            stdin=stdin,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environ(),
        )
    wall = time.perf_counter() - start
    text = log.read_text(encoding="utf-8", errors="replace")
    if code:
        raise Failed(f"{' '.join(words)}: exit code {code}\n{text[-2000:]}")
    cpu, memory = map(float, cost.read_text(encoding="utf-8").split())
    return Run(cpu, wall, memory / _PER_MB, text)


@contextmanager
def running(command: Sequence[object], folder: Path) -> Iterator[IO[str]]:
    """Run a command in the background, yield its standard output, and end it afterwards."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # callers wait for lines of its output
    unbuffered = environ() | {"PYTHONUNBUFFERED": "1"}
    with (
        LOG.open("ab") as log,
        subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=unbuffered,
        ) as process,
    ):
        if process.stdout is None:
            raise Failed
        try:
            yield process.stdout
        finally:
            process.terminate()


def environ() -> dict[str, str]:
    """The environment without PYTHON variables, which might switch off compiled modules."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
