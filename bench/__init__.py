"""reblogbot timed beside its peers, against the bar of docs/performance.md; `make bench` runs it.

One module measures one thing: it has a function

    def measure(bench: Bench) -> Iterable[Line]

that may use `bench.folder("name")` for its files, is brief where `bench.is_quick`, tells where
it stands with `bench.say("…")`, and yields a `Line` for every line of the table. Its name stands
in one of two tuples of `bench.plan`: `BAR` is what `make bench` runs, in minutes; `LARGE` is what
takes longer, run by `make bench-large`. Each of the two has a block of its own in
docs/performance.md, between `<!-- bench:bar -->` or `<!-- bench:large -->` and the next
`<!-- bench:end -->`, and only a whole run writes it. `python -m bench NAME…` runs some measures
and writes nothing.
"""
