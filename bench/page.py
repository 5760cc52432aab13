"""The table, as it is printed and as docs/performance.md has it between two marks."""

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
    """Replace the text from `<!-- bench:mark -->` to the next `<!-- bench:end -->`."""
    text = page.read_text(encoding="utf-8")
    machine = "\n".join(f"* {line}" for line in about)
    block = f"<!-- bench:{mark} -->\n\n{table(lines)}\n\n{machine}\n\n<!-- bench:end -->"
    pattern = rf"<!-- bench:{mark} -->.*?<!-- bench:end -->"
    changed, count = re.subn(pattern, lambda _: block, text, count=1, flags=re.DOTALL)
    if not count:
        raise ValueError(f"{page} has no mark bench:{mark}")
    page.write_text(changed, encoding="utf-8")
