"""The tables, as they are printed and as docs/performance.md has them, each between two marks.

A block begins with `<!-- bench:NAME -->` and ends with the next `<!-- bench:end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bench.bench import ROOT
from bench.line import Day, Line
from bench.picture import svg
from bench.results import Results, read

PAGE = ROOT / "docs" / "performance.md"
RESULTS = {name: ROOT / "docs" / f"performance-{name}.json" for name in ("bar", "large")}
"""The results that the page was made from."""
PICTURE = PAGE.with_suffix(".svg")
_HEAD = ("what", "bar", "measured", "", "amounts")
NOT_MEASURED = "–"


def write() -> None:
    """Make the page's tables and its picture from the results beside it."""
    text = PAGE.read_text(encoding="utf-8")
    for name, path in RESULTS.items():
        text = fill(text, blocks(name, read(path)))
    PAGE.write_text(text, encoding="utf-8")
    PICTURE.write_text(svg(read(RESULTS["bar"]).days), encoding="utf-8")


def blocks(name: str, results: Results) -> dict[str, str]:
    """The texts of the page's blocks with these results, by their names."""
    about = "\n".join(f"* {line}" for line in results.about)
    texts = {name: f"{lines_table(results.lines)}\n\n{about}"}
    if results.days:
        texts["days"] = days_tables(results.days)
    return texts


def fill(page: str, texts: dict[str, str]) -> str:
    """The page with these texts in its blocks. Raises ValueError if one is missing."""
    for name, text in texts.items():
        block = f"<!-- bench:{name} -->\n\n{text}\n\n<!-- bench:end -->"
        pattern = rf"<!-- bench:{name} -->.*?<!-- bench:end -->"
        page, count = re.subn(pattern, lambda _, block=block: block, page, count=1, flags=re.DOTALL)  # type: ignore[misc]
        if not count:
            raise ValueError(f"the page has no mark bench:{name}")
    return page


def lines_table(lines: Sequence[Line]) -> str:
    """The lines as a table in Markdown."""
    return _table(_HEAD, [line.cells() for line in lines])


def days_tables(days: Sequence[Day]) -> str:
    """A table in Markdown for each of CPU, memory, bytes written and the time of a round."""
    cells: dict[str, Callable[[Day], str]] = {
        "CPU a day": lambda day: seconds(day.cpu),
        "memory": lambda day: size(day.memory),
        "written a day": lambda day: size(day.written),
        "a round takes": lambda day: seconds(day.wall),
    }
    return "\n\n".join(_table(*_days_table(days, title, cell)) for title, cell in cells.items())


def _days_table(
    days: Sequence[Day], title: str, cell: Callable[[Day], str]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The head and the rows of a table."""
    counts = sorted({day.feeds for day in days})
    cells = {(day.program, day.feeds): cell(day) for day in days}
    rows: list[Sequence[str]] = [
        [program, *(cells.get((program, count), NOT_MEASURED) for count in counts)]
        for program in dict.fromkeys(day.program for day in days)
    ]
    rows = [row for row in rows if set(row[1:]) != {NOT_MEASURED}]
    return [title, *(f"{count} feeds" for count in counts)], rows


def seconds(span: float | None) -> str:
    """The span, in minutes or hours if it is long."""
    if span is None:
        return NOT_MEASURED
    if span < 100:
        return f"{span:.3g} s"
    return f"{span / 60:.3g} min" if span < 6000 else f"{span / 3600:.3g} h"


def size(count: float | None) -> str:
    """The number of bytes, in MB or GB."""
    if count is None:
        return NOT_MEASURED
    return f"{count / 1e6:.3g} MB" if count < 999.5e6 else f"{count / 1e9:.3g} GB"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
