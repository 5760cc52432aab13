"""The results of a run survive their file."""

from bench.line import Day, Line
from bench.results import Results, read


def test_results_are_read_as_they_were_written(tmp_path):
    results = Results(about=["two cores"])
    for result in (
        Line("a", 1.25, 2, "≥", "×", "“b”"),
        Day("bot", 20, 90.5, 80, 5.5),
        Day("c", 1, 2),
    ):
        results.add(result)
    results.write(tmp_path / "bar.json")
    assert read(tmp_path / "bar.json") == results
    assert (len(results.lines), len(results.days)) == (1, 2)
