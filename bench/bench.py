"""The options that every measure gets: its folder, its size, and where it reports progress."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Bench:
    """A run of the bench. All its files are below `root`."""

    is_quick: bool = False
    root: Path = ROOT / "build" / "bench"
    out: TextIO = field(default=sys.stderr)

    @property
    def rounds(self) -> int:
        """How often a quick program is run. The median is reported."""
        return 3 if self.is_quick else 5

    @property
    def feeds(self) -> int:
        """The number of feeds: a thousand, as in the targets, or fewer with `is_quick`."""
        return 200 if self.is_quick else 1000

    def folder(self, name: str) -> Path:
        """Make an empty folder of this name."""
        folder = self.root / "work" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def say(self, text: str) -> None:
        """Print a line of progress."""
        print(text, file=self.out, flush=True)
