"""Links, tags, mentions and lengths, as Mastodon finds and counts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mastodon import Mastodon

from reblogbot.sandbox.text import html, length, pieces

ORIGIN = "http://127.0.0.1:1"


def links(text: str) -> list[str]:
    return [piece.name for piece in pieces(text) if piece.kind == "link"]


def names(text: str, kind: str) -> list[str]:
    return [piece.name for piece in pieces(text) if piece.kind == kind]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("see https://a.example/x?y=1&z=2.", ["https://a.example/x?y=1&z=2"]),
        ("(https://en.example/wiki/A_(b))", ["https://en.example/wiki/A_(b)"]),
        ("看 https://a.example/路径 好", ["https://a.example/路径"]),
        ("链接：https://a.example/x。下一句", ["https://a.example/x。下一句"]),
        ("末尾 https://a.example/x。", ["https://a.example/x"]),
        ("https://a.example/#!/x", ["https://a.example/#!/x"]),
        ("http://127.0.0.1:8000/@news/1", ["http://127.0.0.1:8000/@news/1"]),
        ("https:// nothing http://", []),
        ("ftp://a.example javascript:alert(1)", []),
        ("https://a.example/<b>", ["https://a.example/"]),
    ],
)
def test_links_are_found_whole(text, expected):
    assert links(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#科技 ＃航天 #a_b", ["科技", "航天", "a_b"]),
        ("#1 #123 is none, #1st is", ["1st"]),
        ("https://a.example/#not x#not &#not", []),
    ],
)
def test_hashtags_are_found(text, expected):
    assert names(text, "tag") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@alice hi @bob@remote.example.", ["alice", "bob@remote.example"]),
        ("mail me@home.example", []),
        ("@news@127.0.0.1:8000 hi", ["news@127.0.0.1:8000"]),
        ("https://a.example/@alice", []),
    ],
)
def test_mentions_are_found(text, expected):
    assert names(text, "mention") == expected


@given(st.text(st.sampled_from(" ab@#.:/ht p\n中。👍🏽\u200dhttps://")))
def test_the_pieces_of_a_text_join_to_the_text(text):
    assert "".join(piece.text for piece in pieces(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "plain words",
        "中文标题，带标点。",
        "👩‍👩‍👧 é 🇨🇳",
        "a https://news.com.cn/very/long/path?with=query&and=more b",
        "@alice@remote.example and @bob",
        "标题\n\nhttps://arxiv.org/x #tag",
        "http://127.0.0.1:8000/counts/in/full",
    ],
)
def test_lengths_agree_with_mastodon_py(text):
    assert length(text, 23) == Mastodon.get_status_length(text)


def test_links_count_in_full_without_a_length_per_link():
    assert length("https://news.example/0123456789", None) == 31


def test_paragraphs_and_breaks_are_those_of_mastodon():
    assert html("one\ntwo\n\n\nthree", ORIGIN, str) == "<p>one<br />two</p><p>three</p>"


def test_only_known_accounts_are_linked():
    def mention_url(acct: str) -> str:
        return "https://r.example/@eve" if acct.startswith("eve") else ""

    markup = html("@eve@r.example @nobody", ORIGIN, mention_url)
    assert 'href="https://r.example/@eve" class="u-url mention">@<span>eve</span>' in markup
    assert markup.endswith(" @nobody</p>")


def test_a_long_link_hides_its_end_but_keeps_its_address():
    link = "https://www.news.example/" + "x" * 50
    markup = html(link, ORIGIN, str)
    assert f'href="{link}"' in markup
    assert '<span class="invisible">https://www.</span>' in markup
    assert 'class="ellipsis"' in markup
