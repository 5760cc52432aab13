"""Line breaks: which only wrap a paragraph, and which are intended."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core.text.line_breaks import unwrapped

PROSE = (
    "We show that small models read long documents slowly but well, which nobody had expected of "
    "them, and that the time they take grows with the length of the document and not with its "
    "square, as long as one lets them read twice."
)


@pytest.mark.parametrize("width", [60, 72, 78])
def test_wrapped_lines_are_joined(width):
    wrapped = textwrap.fill(PROSE, width)
    assert wrapped.count("\n") >= 2
    assert unwrapped(wrapped) == PROSE
    assert unwrapped(f"{wrapped}\n\n{wrapped}\n\nEnd") == f"{PROSE}\n\n{PROSE}\n\nEnd"


@given(st.integers(50, 95))
def test_whatever_the_width_no_word_is_lost(width):
    assert unwrapped(textwrap.fill(PROSE, width)).split() == PROSE.split()


@pytest.mark.parametrize(
    "text",
    [
        "One line, however long it may be, stays the one line that it was before, and no more.",
        "Whose woods these are I think I know.\nHis house is in the village though;\nHe will not see me stopping here\nTo watch his woods fill up with snow.",
        "- the first of several things, which takes up all of the line it is on\n- the second, which takes up even more of its line than the first one did\n- a third",
        "1. the first of several things, which takes up all of the line it is on\n2. the second, which takes up even more of its line than the first one did",
        "> the first of several things, which takes up all of the line it is on\n> the second, which takes up even more of its line than the first one did",
        "Monday the train leaves at nine in the morning and at noon as well\nTuesday at ten\nWednesday at eleven in the morning, and then once more at nine",
        "天文台拍到一颗没人要的彗星它按时来了三次前两次都是阴天天文台拍到一颗没人要的彗星它按时来了\n天文台拍到一颗没人要的彗星",
        "name: Ann\nplace: Bern\nyear: 2026",
        "",
    ],
)
def test_intended_line_breaks_stay(text):
    assert unwrapped(text) == text
