"""Boilerplate in the texts of a feed: which is removed, and which similar text stays."""

import pytest
import regex

from reblogbot.core.text.boilerplate import _rules, without_boilerplate

WORDS = "The council voted nine to two for the new tram."


@pytest.mark.parametrize(
    "added",
    [
        "The post New tram appeared first on City News.",
        "The post New tram first appeared on City News.",
        "Der Beitrag Neue Bahn erschien zuerst auf Stadtnachrichten.",
        "L’article Nouveau tram est apparu en premier sur La Ville.",
        "La entrada Nuevo tranvía se publicó primero en La Ciudad.",
        "投稿 新しい路面電車 は 町の新聞 に最初に表示されました。",
        "新电车最先出现在城市新闻。",
        "Continue reading New tram →",
        "Continue reading on City News »",
        "Read more",
        "Read More…",
        "[Read more...]",
        "Read the full article at City News",
        "(Weiterlesen)",
        "Lire la suite »",
        "Читать далее",
        "阅读全文",
        "続きを読む",
        "(more…)",
        "submitted by /u/ann to /r/trams\n[link] [12 comments]",
        "submitted by ann\n[link] [comments]",
        "submitted byanntotrams\n[link][1 comment]",
        "Article URL: https://news.example/1\n\nComments URL: https://list.example/1\n\nPoints: 12\n\n# Comments: 3",
        "Comments",
        "Read more of this story at Slashdot.",
        "2 posts - 1 participant\n\nRead full topic",
        "Statistics: Posted by ann — Sat Apr 12, 2025 8:28 am",
        "New tram was originally published in City News on Medium, where people are continuing the conversation by highlighting and responding to this story.",
        "Email this • Add to del.icio.us • Digg This! • Share on Facebook",
        "Read more\n\nThe post New tram appeared first on City News.",
    ],
)
def test_boilerplate_is_removed(added):
    assert without_boilerplate(f"{WORDS}\n\n{added}") == WORDS
    assert without_boilerplate(added) == ""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("I fell in love with one of them […]", "I fell in love with one of them…"),
        ("I fell in love [...] Read more", "I fell in love…"),
        ("I fell in love … Continue reading “Love” →", "I fell in love …"),
        ("Short. Read more", "Short."),
        ("They start in spring. […]", "They start in spring."),
        ("“They start!” [...]", "“They start!”"),
        ("submitted by ann to trams\n12 points | 3 comments\nhttps://a.example/1\nWords", "Words"),
        ("submitted by ann to trams\n-1 points | 0 comments", ""),
        ("ann posted a photo:\n\nA tram", "A tram"),
    ],
)
def test_text_around_boilerplate_stays(text, left):
    assert without_boilerplate(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Where I learned to read more",
        "Take your time, Read more",
        "It is a habit to Continue reading",
        "We moderate Comments",
        "The post office appeared first on the list of closures, said the mayor. It will stay.",
        "[link] to the past",
        "Points: 12 of them, and why they matter",
        "Ann submitted by post to us",
        "[…] is how it began",
        "He posted a photo: it went round the world",
        "Weiterlesen lohnt sich",
        "我喜欢阅读全文的人",
    ],
)
def test_similar_text_written_by_people_stays(text):
    assert without_boilerplate(text) == text


def test_only_the_start_and_end_of_a_text_are_searched():
    text = f"{WORDS} [link] [comments]\n" + "More words. " * 300 + "The end."
    assert without_boilerplate(text) == text


def test_every_pattern_is_for_one_line_or_names_its_line_breaks():
    for edge in ("start", "end"):
        assert _rules(edge)
        for pattern, _ in _rules(edge):
            assert not pattern.flags & regex.DOTALL
            assert not pattern.search("words of people")
