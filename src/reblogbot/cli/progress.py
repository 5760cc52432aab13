"""How far long work has come, for whoever looks on."""

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
    """Shows a bar on stderr for what it is called with last; none where nobody looks."""
    if quiet or not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bars: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as shown:

        def on_progress(what: str, done: int, total: int) -> None:
            if what not in bars:
                for old in bars.values():
                    shown.update(old, visible=False)
                bars[what] = shown.add_task(what, total=None)
            # without an end that is known the bar only moves
            shown.update(bars[what], completed=done, total=total or None)

        yield on_progress
