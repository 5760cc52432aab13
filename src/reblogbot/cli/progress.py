"""Progress bars for long work."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from reblogbot.ports import ProgressCallback


LINE_INTERVAL = 0.5
"""Seconds between two JSON lines of a task; its first and its last step always make one."""


@contextmanager
def progress(*, quiet: bool = False, as_json: bool = False) -> Iterator[ProgressCallback]:
    """A callback that shows a bar on stderr for the latest task; none if `quiet` or no terminal.

    With `as_json` it prints JSON lines instead, whatever stderr is.
    """
    if as_json:
        yield _json_lines()
        return
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as bars:

        def on_progress(task: str, completed: int, total: int) -> None:
            if task not in tasks:
                for earlier in tasks.values():
                    bars.update(earlier, visible=False)
                tasks[task] = bars.add_task(task, total=None)
            # a bar without a total pulses instead of filling
            bars.update(tasks[task], completed=completed, total=total or None)

        yield on_progress


def _json_lines() -> ProgressCallback:
    """A callback that prints `{"task", "completed", "total"}`; an unknown `total` is 0."""
    printed_at: dict[str, float] = {}

    def on_progress(task: str, completed: int, total: int) -> None:
        now = time.monotonic()
        is_last = 0 < total <= completed
        if is_last or now - printed_at.get(task, -LINE_INTERVAL) >= LINE_INTERVAL:
            printed_at[task] = now
            line = {"task": task, "completed": completed, "total": total}
            print(json.dumps(line), file=sys.stderr, flush=True)

    return on_progress
