"""Similarity of titles: what counts as the same news."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.similarity import near_duplicate, similar


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Night trains return to Europe", "Night trains return to Europe!"),
        ("NIGHT TRAINS return", "Night trains return, says minister"),
        ("中国车企，困在流量焦虑里", "【中国车企困在流量焦虑里】非车圈的人"),
        ("ＡＩ 新闻 一二三", "AI新闻一二三"),
    ],
)
def test_titles_of_the_same_news_are_similar(first, second):
    assert similar(first, second) >= 0.8
    assert similar(second, first) == similar(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Night trains return", "Day ferries are leaving"),
        ("AI", "AI is everywhere this year"),
        ("中国车企困在流量焦虑里", "日本新干线今年将再次提速"),
        ("", ""),
        ("!!!", "???"),
    ],
)
def test_other_titles_are_not_similar(first, second):
    assert similar(first, second) < 0.5


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_similarity_is_symmetric_and_between_0_and_1(first, second):
    assert 0 <= similar(first, second) == similar(second, first) <= 1


def test_the_first_near_duplicate_is_returned():
    recent = ["Other things", "Night trains return, at last", "Night trains return"]
    assert near_duplicate("Night trains return", recent, 0.8) == "Night trains return, at last"
    assert near_duplicate("Night trains return", recent[:1], 0.8) == ""
    assert near_duplicate("Night trains return", recent, 0) == ""


def test_a_title_with_an_addition_is_similar_but_not_equal():
    """At a threshold of 1 only equal titles are dropped."""
    assert 0.8 < similar("Night trains return", "Night trains return, says minister") < 1
    assert similar("Night trains return!", "NIGHT TRAINS  return") == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Episode 12: the trees of the north", "Episode 13: the trees of the north"),
        ("中国经济观察第十二集：制造业", "中国经济观察第十三集：制造业"),
        ("A history of the railways, part II", "A history of the railways, part III"),
        ("Weather report of 2026-11-27", "Weather report of 2026-11-28"),
        ("Release notes of the compiler", "Release notes of the compiler 2"),
    ],
)
def test_titles_with_different_numbers_are_not_similar(first, second):
    assert similar(first, second) == similar(second, first) == 0


def test_leading_zeros_of_a_number_do_not_count():
    assert similar("Episode 07: the trees", "Episode 7: the trees!") > 0.8
