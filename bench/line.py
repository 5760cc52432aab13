"""One line of the table: what was measured, and the bar it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sense = Literal["≥", "≤"]


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured; without a `bar` it is told for the sake of others.

    `number` is in `unit`, "×" for a ratio of one run. `sense` says whether the bar is the least
    or the most that is good. `detail` has the amounts that the number was made of.
    """

    what: str
    number: float
    bar: float | None = None
    sense: Sense = "≤"
    unit: str = "×"
    detail: str = ""

    @property
    def verdict(self) -> str:
        """Whether the bar was reached; "" where there is none."""
        if self.bar is None:
            return ""
        is_reached = self.number >= self.bar if self.sense == "≥" else self.number <= self.bar
        return "reached" if is_reached else "**missed**"

    def cells(self) -> tuple[str, str, str, str, str]:
        """As a row of the table."""
        bar = "" if self.bar is None else f"{self.sense} {shown(self.bar, self.unit)}"
        return (self.what, bar, shown(self.number, self.unit), self.verdict, self.detail)


def shown(number: float, unit: str) -> str:
    """The number with its unit, to three digits."""
    digits = f"{number:.0f}" if abs(number) >= 100 else f"{number:.3g}"
    return f"{digits} {unit}".rstrip()
