"""Titles that a text repeats at its start."""

import pytest

from reblogbot.core.text.repetition import end_of_title, without_heading


@pytest.mark.parametrize(
    ("title", "text", "beginning"),
    [
        ("今天天气真好，我们一家人去了城西", "今天天气真好，我们一家人去了城西的公园", "今天天气真好，我们一家人去了城西"),
        ("Night trains return", "Night  trains\nreturn. In spring", "Night  trains\nreturn"),
        ("NIGHT TRAINS", "Night trains, at last", "Night trains"),
        ("Night trains ret…", "Night trains return", "Night trains ret"),
        ("Night trains ret...", "Night trains return", "Night trains ret"),
        ("“Night trains!”", "Night trains return", "Night trains"),
        ("Night trains", "Night trains", "Night trains"),
    ],
)  # fmt: skip
def test_punctuation_does_not_count_between_title_and_text(title, text, beginning):
    assert text[: end_of_title(title, text)] == beginning


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Rust", "Rusty nails"),
        ("Night trains ret", "Night trains return"),
        ("Night trains", "Day trains"),
        ("Night trains return", "Night trains"),
        ("Night trains", ""),
        ("…", "Night trains"),
        ("!!!", "Night"),
    ],
)
def test_another_word_is_no_repetition(title, text):
    assert end_of_title(title, text) == 0


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Title\n\nAnother text", "Another text"),
        ("Title:\nAnother text", "Another text"),
        ("Title.", ""),
        ("Title", ""),
        ("Title. Another text", None),
        ("Title of a text", None),
    ],
)
def test_a_title_on_a_line_of_its_own_is_a_heading(text, rest):
    assert without_heading(text, len("Title")) == rest
