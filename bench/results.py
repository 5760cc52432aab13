"""The results of a run, as they are kept in a file that the documents are made from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.line import Day, Line


@dataclass(frozen=True, slots=True)
class Results:
    """What the measures of a run gave. `about` are lines on the machine and the versions."""

    lines: list[Line] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)
    about: list[str] = field(default_factory=list)

    def add(self, result: Line | Day) -> None:
        """Add what a measure yielded."""
        if isinstance(result, Line):
            self.lines.append(result)
        else:
            self.days.append(result)

    def write(self, path: Path) -> None:
        """Write the file."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8")


def read(path: Path) -> Results:
    """The results in a file."""
    document = json.loads(path.read_text(encoding="utf-8"))
    return Results(
        [Line(**line) for line in document["lines"]],
        [Day(**day) for day in document["days"]],
        document["about"],
    )
