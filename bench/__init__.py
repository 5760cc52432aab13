"""Measures reblogbot and similar programs against the targets of docs/performance.md.

`make bench` runs it. Each module that measures something has a function

    def measure(bench: Bench) -> Iterable[Line]

that may write to `bench.folder("name")`, does less if `bench.is_quick`, reports progress by
`bench.say("…")`, and yields a `Line` for each line of the table. Add its name to a tuple of
`bench.plan`: to `BAR`, which `make bench` runs in minutes, or to `LARGE`, which `make bench-large`
runs. Each of the two has a block in docs/performance.md, between `<!-- bench:bar -->` or
`<!-- bench:large -->` and the next `<!-- bench:end -->`. Only a full run writes it:
`python -m bench NAME…` runs only these measures and writes nothing.
"""
