"""What a measure yields: a line of the table of targets, or what a program costs in a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sense = Literal["≥", "≤"]


@dataclass(frozen=True, slots=True)
class Line:
    """A measured number. Without a `bar` it is only for information.

    `number` is in `unit`; "×" means a ratio. `sense` says whether the bar is the least or the
    greatest good number. `detail` has the amounts that the number was computed from.
    """

    name: str
    number: float
    bar: float | None = None
    sense: Sense = "≤"
    unit: str = "×"
    detail: str = ""

    @property
    def verdict(self) -> str:
        """Whether the bar was reached, "" without a bar."""
        if self.bar is None:
            return ""
        is_reached = self.number >= self.bar if self.sense == "≥" else self.number <= self.bar
        return "reached" if is_reached else "**missed**"

    def cells(self) -> tuple[str, str, str, str, str]:
        """The cells of the table's row."""
        bar = "" if self.bar is None else f"{self.sense} {format_number(self.bar, self.unit)}"
        return (self.name, bar, format_number(self.number, self.unit), self.verdict, self.detail)


@dataclass(frozen=True, slots=True)
class Day:
    """What a program costs in a day in which it polls all feeds every 15 minutes, without news.

    `cpu` is in seconds. The others are None where they were not measured: `memory` the bytes of all
    processes at their highest, `written` the bytes written to disk, `wall` the seconds that a
    round takes where answers take no time.
    """

    program: str
    feeds: int
    cpu: float
    memory: int | None = None
    written: float | None = None
    wall: float | None = None


def format_number(number: float, unit: str) -> str:
    """The number, to three digits, with its unit."""
    digits = f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return f"{digits} {unit}".rstrip()
