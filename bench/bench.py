"""The options that every measure gets: its folder, its size, and where it reports progress."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent


BUILD = ROOT / "build" / "bench"
"""The folder of what is installed for the bench."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A run of the bench. All its files are below `root`."""

    is_quick: bool = False
    root: Path = BUILD
    out: TextIO = field(default=sys.stderr)

    @property
    def pairs(self) -> int:
        """How often two programs are run by turns. The median of the ratios is reported."""
        return 3 if self.is_quick else 5

    @property
    def feeds(self) -> int:
        """The number of feeds: a thousand, as in the targets, or fewer with `is_quick`."""
        return 200 if self.is_quick else 1000

    def folder_of(self, name: str) -> Path:
        """The folder of this name, as it was left."""
        return self.root / "work" / name

    def folder(self, name: str) -> Path:
        """Make an empty folder of this name."""
        folder = self.folder_of(name)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def together(self, *works: Callable[[], object]) -> None:
        """Do all of these at once, and wait for them: for preparations, which are not measured."""
        with ThreadPoolExecutor() as pool:
            for work in [pool.submit(work) for work in works]:
                work.result()

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(text, file=self.out, flush=True)
