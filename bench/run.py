"""Runs a process and measures it, including the children it waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench import processes
from bench.bench import BUILD

LAUNCH = Path(__file__).with_name("launch.py")
LOG = BUILD / "stderr.log"
"""Standard error of the processes that run in the background."""
SAMPLE_INTERVAL = 0.025
"""Seconds between two looks at the memory of a process."""


class Failed(Exception):
    """A process ended with an error."""


@dataclass(frozen=True, slots=True)
class Run:
    """The cost of a process with its children, and its output.

    `cpu` and `wall` are seconds, the others bytes: `memory` of all processes together at its
    highest, `largest` of the largest process (RSS), `written` by the counter of the file
    system, `processes.counter`.
    """

    cpu: float
    wall: float
    memory: int
    largest: int
    written: int
    out: str


def run(command: Sequence[object], folder: Path, *, given: str = "") -> Run:
    """Run a command in `folder` with `given` on its standard input, and measure it.

    Raises Failed unless its exit code is 0.
    """
    cost = folder / "cost.txt"
    words = [str(word) for word in command]
    # what an earlier run wrote would not be counted again while it is not on disk
    processes.flush(folder)
    with subprocess.Popen(
        [sys.executable, "-I", "-S", LAUNCH, cost, *words],
        cwd=folder,
        # pipes, because files would be counted among the bytes that the command writes
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ(),
        encoding="utf-8",
        errors="replace",
    ) as process:
        is_ended = threading.Event()
        with ThreadPoolExecutor(1) as sampler:
            memory = sampler.submit(_highest_memory, process.pid, is_ended)
            try:
                out, _ = process.communicate(given)
            finally:
                is_ended.set()
    if process.returncode:
        raise Failed(f"{' '.join(words)}: exit code {process.returncode}\n{out[-2000:]}")
    cpu, wall, largest, to_disk, in_all = cost.read_text(encoding="utf-8").split()
    cost.unlink()
    is_on_disk = processes.counter(folder) == "write_bytes"
    written = int(to_disk if is_on_disk else in_all)
    return Run(float(cpu), float(wall), memory.result(), int(largest), written, out)


def _highest_memory(launcher: int, is_ended: threading.Event) -> int:
    """The most memory that the descendants of the launcher had until the end."""
    highest = 0
    while not is_ended.wait(SAMPLE_INTERVAL):
        highest = max(highest, processes.memory(processes.tree(launcher)[1:]))
    return highest


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
