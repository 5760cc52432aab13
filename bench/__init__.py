"""Measures reblogbot and similar programs against the targets of docs/performance.md.

`make bench` runs it. Each module that measures something has a function

    def measure(bench: Bench) -> Iterable[Line | Day]

that may write to `bench.folder("name")`, does less if `bench.is_quick`, reports progress by
`bench.say("…")`, and yields a `Line` for each line of the table of targets, and a `Day` for what a
program costs in a day. Add its name to a tuple of `bench.plan`: to `BAR`, which `make bench` runs
in a quarter of an hour, or to `LARGE`, which `make bench-large` runs.

A full run leaves its results in build/bench/bar.json or large.json; `make bench-docs` copies them
into docs/ and makes the tables and the picture of docs/performance.md from them. A test holds the
page to these results. `python -m bench NAME…` runs only these measures and leaves no results.
"""
