"""The page of numbers says what a run gave, and nothing else."""

import pytest

from bench import page
from bench.line import Day, Line
from bench.page import blocks, days_tables, fill, seconds, size
from bench.picture import svg
from bench.results import Results, read

PAGE = page.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", page.RESULTS)
def test_the_tables_of_the_page_are_made_from_the_results_beside_it(name):
    assert fill(PAGE, blocks(name, read(page.RESULTS[name]))) == PAGE


def test_the_picture_is_made_from_the_results_beside_it():
    assert page.PICTURE.read_text(encoding="utf-8") == svg(read(page.RESULTS["bar"]).days)


def test_only_the_text_between_the_marks_is_replaced():
    text = "before\n<!-- bench:bar -->\nold\n<!-- bench:end -->\nafter\n<!-- bench:end -->"
    filled = fill(text, {"bar": r"new \1"})
    assert filled == (
        "before\n<!-- bench:bar -->\n\nnew \\1\n\n<!-- bench:end -->\nafter\n<!-- bench:end -->"
    )
    assert fill(filled, {"bar": r"new \1"}) == filled


def test_a_page_without_the_mark_is_refused():
    with pytest.raises(ValueError, match="bench:bar"):
        fill("<!-- bench:large -->\n<!-- bench:end -->", {"bar": "new"})


def test_lines_become_rows_and_the_machine_is_named_below():
    results = Results([Line("start", 0.4, 0.5, detail="1 s, 2.5 s")], about=["two cores"])
    assert blocks("bar", results) == {
        "bar": "| what | bar | measured |  | amounts |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| start | ≤ 0.5 × | 0.4 × | reached | 1 s, 2.5 s |\n\n"
        "* two cores"
    }


def test_days_become_a_table_each_of_cpu_memory_written_bytes_and_time():
    days = [Day("bot", 20, 90, 80_000_000, 5_400_000, 0.25), Day("peer", 5000, 17_280, wall=600)]
    tables = [table.splitlines() for table in days_tables(days).split("\n\n")]
    assert [table[0] for table in tables] == [
        f"| {title} | 20 feeds | 5000 feeds |"
        for title in ("CPU a day", "memory", "written a day", "a round takes")
    ]
    assert [table[2:] for table in tables] == [
        ["| bot | 90 s | – |", "| peer | – | 4.8 h |"],
        ["| bot | 80 MB | – |"],
        ["| bot | 5.4 MB | – |"],
        ["| bot | 0.25 s | – |", "| peer | – | 10 min |"],
    ]


def test_large_amounts_are_given_in_large_units():
    assert [seconds(span) for span in (0.5, 99, 600, 36_000)] == ["0.5 s", "99 s", "10 min", "10 h"]
    assert [size(count) for count in (None, 0, 1.5e6, 2e9)] == ["–", "0 MB", "1.5 MB", "2 GB"]
