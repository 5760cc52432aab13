"""Fields of which the source does not say whether they are HTML."""

import pytest

from reblogbot.sources.shared.plain_text import plain, plain_line


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("<b>Bold</b> news", "Bold news"),
        ("<span class='keyword'>红</span>字", "红字"),
        ("1 < 2 > 0", "1 < 2 > 0"),
        ("if a<b and b>c", "if a<b and b>c"),
        ("Use <script> well", "Use <script> well"),
        ("Set<U> and the <p> element", "Set<U> and the <p> element"),
        ("<p>One<p>Two", "One Two"),
        ("one<br>two", "one two"),
        ("a\tb\nc\u200bd", "a b cd"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
    ],
)
def test_a_title_is_unescaped_once_and_loses_its_tags(written, text):
    assert plain_line(written) == text


def test_paragraphs_stay_apart():
    assert plain("<p>One</p><p>Two</p>") == "One\n\nTwo"


def test_endless_text_is_cut():
    assert len(plain("x" * 1_000_000)) <= 5000
