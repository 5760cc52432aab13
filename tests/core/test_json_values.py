"""Values of foreign JSON: text, numbers and counts, in whatever type they come."""

import pytest

from reblogbot.core.json_values import count_of, number_of, text_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  a ", "a"),
        (5, "5"),
        (5.0, "5"),
        (5.5, "5.5"),
        (1795336200000000, "1795336200000000"),
        ("a\x00\ud800b", "a��b"),
        (True, ""),
        (None, ""),
        ([1], ""),
        ({"a": 1}, ""),
        (float("nan"), ""),
        (float("inf"), ""),
    ],
)
def test_text(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0),
        ("5", 5.0),
        ("12.5", 12.5),
        ("1.5e3", 1500.0),
        ("-3", -3.0),
        ("1,234", 1234.0),
        ("1,234,567 次", 1234567.0),
        ("56.7 万热度", 567000.0),
        ("热度 1.2亿", 120_000_000.0),
        ("3.4k", 3400.0),
        ("12 minutes", 12.0),
        ("no number", None),
        ("", None),
        ("NaN", None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        ([5], None),
    ],
)
def test_numbers_however_they_are_written(value, number):
    assert number_of(value) == pytest.approx(number)


def test_a_count_is_whole_and_not_negative():
    assert [count_of(value) for value in (7, "7", 7.9, -1, "x", None)] == [
        7,
        7,
        7,
        None,
        None,
        None,
    ]
