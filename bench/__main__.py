"""Measure reblogbot and similar programs, print a table, and write it to docs/performance.md."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bench import machine, page, plan
from bench.bench import BUILD, Bench
from bench.line import Day, Line


def main() -> None:
    """Run the measures. A full run, not `--quick` and without names, writes the page."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer feeds and repetitions; writes no page"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=BUILD,
        help="where bots are made; on the disk to which written bytes are to be counted",
    )
    parser.add_argument("--large", action="store_true", help="the measures that take long")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="run only these measures; writes no page"
    )
    options = parser.parse_args()
    bench = Bench(options.quick, options.folder.absolute())
    names = options.names or (plan.LARGE if options.large else plan.BAR)
    lines: list[Line] = []
    for name in names:
        started = time.monotonic()
        bench.say(f"{name} …")
        for line in plan.measure(name)(bench):
            if isinstance(line, Line):
                lines.append(line)
            bench.say(f"  {line}")
            bench.say(f"  {line.name}: {' '.join(filter(None, line.cells()[1:]))}")
        bench.say(f"  took {time.monotonic() - started:.0f} s")
    print(page.table(lines))
    if not options.names and not options.quick:
        page.write("large" if options.large else "bar", lines, machine.describe(bench))


if __name__ == "__main__":
    main()
