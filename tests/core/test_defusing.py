"""Foreign text: no parser of any server finds a mention, hashtag or hidden link in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from growth import FACTOR, growth
from reblogbot.core.identity import clean_link
from reblogbot.core.text import clean
from reblogbot.core.text.mentions import defuse, mentions
from server_parsers import RULES, node_parsers

NASTY = [
    *"@#＠＃ \n_-.,:;/\\|~*`'\"()[]{}<>!?$&%+=^aZ9é国",
    "「", "」", "【", "】", "（", "）", "。", "，", "…", "·", "\u200d", "\ufe0f", "\u20e3", "👍", "e\u0301",
    "@alice", "@alice@host.example", "＠alice", "#tag", "#标签", "＃标签", "#1", "#2024", "bob@example.org",
    "#\ufe0f\u20e3", "_@", "/@", "word", "https://", "http://x.example/", "https://x.example/@alice",
    "https://news.example/a?b=c&d=(e)#f", "HTTPS://例子.中国/路#段", "https://example.org/é/@alice@h", "x.example/é/",
    "](", "[https://good.example](https://evil.example)", "?[", "[a][b]", "[b]: https://evil.example",
    "$[", "$[x2 ", "<plain>", "</plain>", "<center>", "<b>", "<a href=https://evil.example>", "</a>", "<!--",
    "xmpp:", "mailto:", "**", "~~", "```", "\\(", "&lt;", "&#64;",
]  # fmt: skip
nasty = st.lists(st.sampled_from(NASTY), max_size=14).map("".join)
links = st.lists(
    st.sampled_from([*"@#/?&=.-_()[];,'~%aé国", "x.example", "@alice", "#tag", "//"]), max_size=10
).map(lambda parts: "https://" + "".join(parts))


@pytest.fixture(scope="module")
def node():
    with node_parsers() as parsers:
        yield parsers


def found_by_misskey(node, text):
    hazards = {"mention", "hashtag", "link", "fn", "plain", "center", "small", "bold", "italic"}
    # ** and the like merely format, and are nobody's words but the text's own
    nodes = [part for part in node.ask(text)["misskey"] if part["type"] in hazards]
    # *** is a function to it, and formats as well
    is_big = "$[" not in text
    return [
        node
        for node in nodes
        if node["type"] not in {"bold", "italic", "small"}
        and not (is_big and node["type"] == "fn" and node["name"] == "tada")
    ]


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("@alice said", "alice said"),
        ("Hello.@alice, (@bob)", "Hello.alice, (bob)"),
        ("＠alice and @alice@example.org", "alice and alice (example.org)"),
        ("x@victim@example.org", "x victim (example.org)"),
        ("回复@某人：好", "回复 某人：好"),
        ("_@alice", "_ alice"),
        ("&bob@example.org, +bob@example.org", "& bob@example.org, + bob@example.org"),
        ("josé@example.org", "josé example.org"),
        ("x.example/é/@alice@h", "x.example/é/ alice (h)"),
        ("#MeToo and ＃标签", "MeToo and 标签"),
        ("#话题#标题", "话题 标题"),
        ("看#话题#，#iPhone15# 来了", "看 话题，iPhone15 来了"),
        ("_#tag", "_ tag"),
        ("#\ufe0f\u20e3tag", "#\ufe0f\u20e3 tag"),
        ("#1, #2024 and #3rd", "1, 2024 and 3rd"),
        ("@#both #@ways @@twice", "both ways twice"),
        ("so there @", "so there "),
        ("so @ # there @ # @ ", "so @ # there @ # @ "),
        ("@a@b#tag", "a (b)tag"),
        ("bob@#a@example.org", "bob a@example.org"),
    ],
)
def test_foreign_mentions_and_hashtags_become_words(hostile, harmless):
    assert defuse(hostile) == harmless


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("https://x.example/,@bob", "https://x.example/,%40bob"),
        ("「http://medium.example/@friend」", "「http://medium.example/%40friend」"),
        ("xhttp://medium.example/@friend", "xhttp://medium.example/%40friend"),
        ("https://example.org/é/@alice@h", "https://example.org/é/%40alice%40h"),
        (
            "https://zh.example/wiki/中国#历史",
            "https://zh.example/wiki/%E4%B8%AD%E5%9B%BD#历史",
        ),
        ("「https://x.example/#about」", "「 https://x.example/#about」"),
    ],
)
def test_links_within_a_text_keep_working_and_name_nobody(hostile, harmless):
    assert defuse(hostile) == harmless


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("[https://good](https://evil)", "[https://good] (https://evil)"),
        ("![x](//evil/x.png) ?[a](b)", "![x] (//evil/x.png) ?[a] (b)"),
        ("[good][1]\n[1]: https://evil", "[good] [1]\n[1] : https://evil"),
        ("$[x2 big]", "$ [x2 big]"),
        ("<plain>x</plain>", "< plain>x< /plain>"),
        ('<a href="https://evil">good</a>', '< a href="https://evil">good</a>'),
    ],
)
def test_no_link_is_disguised(hostile, harmless):
    assert defuse(hostile) == harmless


@pytest.mark.parametrize(
    "text",
    [
        "bob@example.org",
        "C# and F#m",
        "C#",
        "#\ufe0f\u20e3 tag",
        "lunch @ noon",
        "a #, b",
        "Vec<T>, 1 < 2 and x <y",
        "costs $5 [net] (gross)",
        "see https://example.org/page#part and go",
        "https://example.org/#/route",
    ],
)
def test_text_without_mentions_is_unchanged(text):
    assert defuse(text) == text


def test_numbers_keep_their_sign_where_they_are_asked_to():
    assert defuse("#1, (#2024) and #3rd", numbers=False) == "#1, (#2024) and 3rd"


@settings(max_examples=400, deadline=None)
@given(nasty)
def test_no_rule_of_any_server_finds_anything_in_defused_text(text):
    harmless = defuse(clean(text))
    for server, rule in RULES.items():
        assert rule(harmless) == [], server
    assert defuse(harmless) == harmless


@settings(max_examples=400, deadline=None)
@given(nasty)
def test_misskeys_own_parser_finds_nothing_in_defused_text(node, text):
    assert found_by_misskey(node, defuse(clean(text))) == []


@settings(max_examples=200, deadline=None)
@given(nasty, nasty)
def test_two_defused_texts_side_by_side_are_still_harmless(node, first, second):
    first, second = defuse(clean(first)), defuse(clean(second))
    # where GoToSocial or Takahe lets no link begin, the fragment of one is a hashtag to it
    assume(not second.lower().startswith("http") or re.search(r"(\A|[\s*~(])\Z", first))
    text = first + second
    for server, rule in RULES.items():
        # the address that follows a lone & or + is seen only where both stand in one text
        assert [
            match for match in rule(text) if not match.startswith(("&", "+", "(&", "(+"))
        ] == [], server
    assert found_by_misskey(node, text) == []


@settings(max_examples=200, deadline=None)
@given(nasty)
def test_no_letter_is_lost(text):
    def letters(words):
        return sorted(sign for sign in words if sign.isalnum())

    # links may have letters encoded
    text = clean(text).replace("://", ":")
    assert letters(defuse(text)) == letters(text)


@settings(max_examples=400, deadline=None)
@given(links)
def test_an_entrys_own_link_on_its_line_names_nobody(node, link):
    link = clean_link(link)
    text = f"Title\n{link}"
    assert not [part for part in found_by_misskey(node, text) if part["type"] == "mention"]
    for server, rule in RULES.items():
        assert not [match for match in rule(text) if match.lstrip("( \n").startswith("@")], server


@pytest.mark.parametrize("end", ["", "x"])
@pytest.mark.parametrize(
    "fragment",
    [*NASTY, "@ ", "# ", "#@", "a@", "@a ", "@a@", "#a", "@!", "@1#", "x@.", "@a.", "<a ", "#ab"],
)
def test_fragments_without_end_cost_no_more_than_their_number(fragment, end):
    assert growth(defuse, lambda size: fragment * (size // len(fragment)) + end, 1 << 14) <= FACTOR


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (
            "Thanks, @ada@trains.example and ＠bob, @ada@trains.example!",
            ["@ada@trains.example", "＠bob"],
        ),
        ("(@ada) “@bob.x”", ["@ada", "@bob.x"]),
        ("me@home.example https://far.example/@ada https://x.example/?a=@b @", []),
    ],
)
def test_the_accounts_that_a_text_mentions_are_named(text, named):
    assert list(mentions(text)) == named
