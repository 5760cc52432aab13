"""Sentences: where they end, and texts that are cut behind one."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core.text.measure import size
from reblogbot.core.text.sentences import cut, sentence_ends


def sentences(text):
    ends = [0, *sentence_ends(text)]
    return [text[start:end].strip() for start, end in pairwise(ends)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… Five", ["One.", "Two!", "Three?", "Four…", "Five"]),
        (
            "第一句。第二句！第三句？第四……第五",
            ["第一句。", "第二句！", "第三句？", "第四……", "第五"],
        ),
        ("他说：“好。”然后走了。", ["他说：“好。”", "然后走了。"]),
        (
            'He said "no." Then he (it rained.) left.',
            ['He said "no."', "Then he (it rained.) left."],
        ),
        (
            "Dr. No met Mr. J. Bond. It cost 3.14 at example.org. End.",
            ["Dr. No met Mr. J. Bond.", "It cost 3.14 at example.org.", "End."],
        ),
        ("See Fig. 3 and Smith et al. 2020. Next", ["See Fig. 3 and Smith et al. 2020.", "Next"]),
        ("a line\nanother", ["a line", "another"]),
        ("- point one\n- point two", ["- point one", "- point two"]),
        ("", []),
    ],
)
def test_where_sentences_end(text, expected):
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "limit", "beginning"),
    [
        ("One is here. Two is there.", 20, "One is here."),
        ("One is here. Two is there.", 26, "One is here. Two is there."),
        ("One is here. Two is there.", 12, "One is here."),
        ("A. A far longer sentence follows it.", 30, "A. A far longer sentence…"),
        ("第一句在这里。第二句在那里。", 10, "第一句在这里。"),
        ("- a point\n- another point", 15, "- a point"),
        ("word", 0, ""),
        ("https://example.org/a-very-long-address", 20, ""),
    ],
)
def test_a_text_is_cut_behind_a_sentence_unless_too_little_would_be_left(text, limit, beginning):
    assert cut(text, limit) == beginning


@given(st.text(max_size=80), st.integers(0, 60))
def test_a_cut_text_fits_and_cut_again_is_the_same(text, limit):
    beginning = cut(text, limit)
    assert size(beginning) <= limit
    assert cut(beginning, limit) == beginning
