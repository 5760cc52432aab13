"""`python -m bench [--quick] [--large] [NAME…]`: measure, print the table, write the page."""

from __future__ import annotations

import argparse
import time

from bench import machine, page, plan
from bench.bench import Bench
from bench.line import Line


def main() -> None:
    """Run the measures; a whole run that is not brief writes the page."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer feeds, fewer times")
    parser.add_argument("--large", action="store_true", help="what takes longer")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these measures alone")
    options = parser.parse_args()
    bench = Bench(options.quick)
    names = options.names or (plan.LARGE if options.large else plan.BAR)
    lines: list[Line] = []
    for name in names:
        begun = time.monotonic()
        bench.say(f"{name} …")
        for line in plan.measure(name)(bench):
            lines.append(line)
            bench.say(f"  {line.what}: {' '.join(filter(None, line.cells()[1:]))}")
        bench.say(f"  took {time.monotonic() - begun:.0f} s")
    print(page.table(lines))
    if not options.names and not options.quick:
        page.write("large" if options.large else "bar", lines, machine.described(bench))


if __name__ == "__main__":
    main()
