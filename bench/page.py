"""The table, as it is printed and as it stands in docs/performance.md between its marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.bench import ROOT
from bench.line import Line

PAGE = ROOT / "docs" / "performance.md"
_HEAD = ("what", "bar", "measured", "", "amounts")


def table(lines: Sequence[Line]) -> str:
    """The lines as a table in Markdown."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(line.cells() for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(mark: str, lines: Sequence[Line], about: Sequence[str], page: Path = PAGE) -> None:
    """Put table and machine between `<!-- bench:mark -->` and the next `<!-- bench:end -->`."""
    text = page.read_text(encoding="utf-8")
    told = "\n".join(f"* {line}" for line in about)
    block = f"<!-- bench:{mark} -->\n\n{table(lines)}\n\n{told}\n\n<!-- bench:end -->"
    pattern = rf"<!-- bench:{mark} -->.*?<!-- bench:end -->"
    made, times = re.subn(pattern, lambda _: block, text, count=1, flags=re.DOTALL)
    if not times:
        raise ValueError(f"{page} has no mark bench:{mark}")
    page.write_text(made, encoding="utf-8")
