"""A line of the table knows whether its bar was reached."""

import pytest

from bench.line import Line


@pytest.mark.parametrize(
    ("number", "bar", "sense", "verdict"),
    [
        (0.5, 0.5, "≤", "reached"),
        (0.51, 0.5, "≤", "**missed**"),
        (40, 40, "≥", "reached"),
        (39.9, 40, "≥", "**missed**"),
        (7, None, "≤", ""),
    ],
)
def test_the_verdict_follows_the_bar(number, bar, sense, verdict):
    assert Line("a", number, bar, sense).verdict == verdict


def test_a_row_has_the_bar_with_its_sense_and_both_numbers_with_their_unit():
    line = Line("memory", 139.6, 140, unit="MB", detail="at the highest")
    assert line.cells() == ("memory", "≤ 140 MB", "140 MB", "reached", "at the highest")
    assert Line("metrics", 7.236, unit="ms").cells() == ("metrics", "", "7.24 ms", "", "")
