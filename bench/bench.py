"""What every measure is given: where it may write, how thorough it is, to whom it speaks."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TextIO

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the bench; everything it makes lies under `root`."""

    is_quick: bool = False
    root: Path = ROOT / "build" / "bench"
    out: TextIO = field(default=sys.stderr)

    @property
    def rounds(self) -> int:
        """How often what is quick is run; the median counts."""
        return 3 if self.is_quick else 5

    @property
    def feeds(self) -> int:
        """How many feeds are polled where the bar speaks of a thousand."""
        return 200 if self.is_quick else 1000

    def folder(self, name: str) -> Path:
        """An empty folder of this name."""
        made = self.root / "work" / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        return made

    def say(self, text: str) -> None:
        """Tell whoever waits what is done now."""
        print(text, file=self.out, flush=True)


def middle(numbers: list[float]) -> float:
    """The median."""
    return median(numbers)
