"""Measure reblogbot and similar programs, print a table, and write the results to a file."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from bench import machine, page, plan
from bench.bench import BUILD, Bench
from bench.line import Line
from bench.results import Results


def main() -> None:
    """Run the measures, or make the documents from the results of runs."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer feeds and repetitions")
    parser.add_argument("--large", action="store_true", help="the measures that take long")
    parser.add_argument(
        "--folder",
        type=Path,
        default=BUILD,
        help="where bots are made; on the disk to which written bytes are to be counted",
    )
    parser.add_argument(
        "--docs", action="store_true", help="only write the last full runs into docs/"
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="run only these measures; writes no results"
    )
    options = parser.parse_args()
    if options.docs:
        publish()
        return
    bench = Bench(options.quick, options.folder.absolute())
    results = Results()
    for name in options.names or (plan.LARGE if options.large else plan.BAR):
        started = time.monotonic()
        bench.say(f"{name} …")
        for result in plan.measure(name)(bench):
            results.add(result)
            if isinstance(result, Line):
                cells = " ".join(filter(None, result.cells()[1:]))
                bench.say(f"  {result.name}: {cells}")
        bench.say(f"  took {time.monotonic() - started:.0f} s")
    print(page.lines_table(results.lines))
    if results.days:
        print(f"\n{page.days_tables(results.days)}")
    if not options.names and not options.quick:
        results.about.extend(machine.describe(bench))
        results.write(_file("large" if options.large else "bar"))


def publish() -> None:
    """Write the results of the last full runs, and what is made of them, into docs/."""
    for name, path in page.RESULTS.items():
        if _file(name).exists():
            path.write_bytes(_file(name).read_bytes())
    page.write()


def _file(name: str) -> Path:
    """The file of the results of a full run."""
    return BUILD / f"{name}.json"


if __name__ == "__main__":
    main()
