"""Progress bars for long work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID

    from reblogbot.ports import ProgressCallback


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[ProgressCallback]:
    """A callback that shows a bar on stderr for the latest task; none if `quiet` or no terminal."""
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
