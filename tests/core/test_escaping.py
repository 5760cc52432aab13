"""Escaping for servers that render a text: they show it as it was meant."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from growth import FACTOR, growth
from reblogbot.core.identity import canonical_link, clean_link
from reblogbot.core.text import clean, html_to_text, one_line
from reblogbot.core.text.escaping import escape
from reblogbot.core.text.mentions import defuse
from reblogbot.targets.shared.html_links import links_in
from server_parsers import node_parsers

MARKED = [
    *"\\*_`~[]<>#&!|-+=:.)(123 \nab国", "**", "__", "~~", "```", "---", "===", "- ", "1. ", "1) ", "# ", "> ",
    "![a](http://evil.example/x.png)", "[a](http://evil.example)", "<b>", "<script>x</script>", "&lt;", "&amp;", "&#42;",
    "&nosuch;", "\\*", "  \n", "\\\n", "a | b\n--|--\nc | d", ":--|--", "    x", ":-)", "8-o", "<3", ":beer:",
    "#1", "#2024", "C#", "F#m", "bob@example.org", "https://news.example/a_b_c?d=1&e=(f)", "www.example.com",
]  # fmt: skip
marked = st.lists(st.sampled_from(MARKED), max_size=12).map("".join)
own_links = st.text("abz09/?&=.-_~*+!'()[],;:@%#é国\"`|\\", max_size=20).map(
    lambda tail: clean_link("https://news.example/" + tail)
)


@pytest.fixture(scope="module")
def node():
    with node_parsers() as parsers:
        yield parsers


def stands_on_hollo(node, text):
    return node.ask(escape(text, "hollo"))["hollo"]


@pytest.mark.parametrize(
    "text", ["*a* _b_ `c` ~~d~~", "# a\n- b\n1. c\n=", "<b> & &lt; \\* [x](http://y)"]
)
def test_a_plain_server_gets_the_text_itself(text):
    assert escape(text, "plain") == text


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("__init__ is 5 * 3", "\\_\\_init\\_\\_ is 5 \\* 3"),
        ("- a\n1. b\n=", "\\- a  \n1\\. b  \n\\="),
        ("a\n\nb", "a\n\nb"),
        ("C# and #1", "C\\# and \\#1"),
        ("T\nhttps://x.example/a_b\n\n#Own_Tag", "T  \nhttps://x.example/a_b\n\n#Own_Tag"),
        ("https://x.example/a_(b*c)", "<https://x.example/a_(b*c)>"),
        ("by @my_bot@home.example", "by @my_bot@home.example"),
    ],
)
def test_hollo_gets_backslashes_and_hard_line_breaks(text, sent):
    assert escape(text, "hollo") == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("5 * 3 <b> &lt;", "5 &#42; 3 &#60;b&#62; &#38;lt;"),
        ("---\n:-)", "&#45;&#45;&#45;\n&#58;&#45;)"),
        ("bob@example.org #1 #Own", "bob&#64;example.org &#35;1 #Own"),
        ("T\nhttps://x.example/a_b*c?d&e", "T\nhttps://x.example/a_b*c?d&e"),
    ],
)
def test_snac_gets_numeric_references(text, sent):
    assert escape(text, "snac") == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("&lt;b&gt; AT&T &nosuch; &#42;", "&amp;lt;b&amp;gt; AT&T &nosuch; &amp;#42;"),
        ("C:\\*.txt \\o/", "C:\\\\*.txt \\o/"),
        ("*a* https://x.example/?a&lt;b", "*a* https://x.example/?a&lt;b"),
    ],
)
def test_gotosocial_gets_references_and_backslashes_it_will_undo(text, sent):
    assert escape(text, "gotosocial") == sent


@settings(max_examples=300, deadline=None)
@given(marked)
@example("![a](http://evil.example/x.png)#1\\")
@example("https://news.example/a_b_c?d=1&e=(f)\\")
@example("![a](http://evil.example/x.png)#1|")
@example("[a](http://evil.example)::")
@example("1https://news.example/a_b_c?d=1&e=(f)\\#1&lt;C#")
@example("国https://news.example/a_b_c#1 _https://news.example/a_b #1https://news.example/a_b#1")
@example("https://a.example/b|c https://a.example/b`c` https://a.example/b>c https://a.example/b<c")
def test_hollo_shows_a_text_unchanged(node, text):
    text = defuse(clean(text), numbers=False)
    assume("www." not in text)
    # a number behind a backslash behind a link becomes a hashtag, which notifies nobody
    assume("\\#" not in text)
    stands = stands_on_hollo(node, text)
    # what is percent-encoded in a link is shown decoded
    assert unquote(one_line(html_to_text(stands["html"]))) == unquote(one_line(text))
    assert stands["hashtags"] == stands["mentions"] == []


@pytest.mark.parametrize("text", ["one\ntwo", "one\n\ntwo", "Title\nhttps://x.example/a"])
def test_hollo_keeps_line_breaks(node, text):
    assert html_to_text(stands_on_hollo(node, text)["html"]) == text


@settings(max_examples=300, deadline=None)
@given(own_links)
@example("https://news.example/..:0")
@example("https://news.example/a--b---c")
def test_hollo_shows_the_link_unchanged(node, link):
    assume(link)
    stands = stands_on_hollo(node, f"Title\n{link}\n\n#Own_Tag")
    found = [canonical_link(link) for link in links_in(stands["html"]) if not link.startswith("#")]
    assert found == [canonical_link(link)]
    assert stands["hashtags"] == ["#Own_Tag"]


@pytest.mark.parametrize("markup", ["gotosocial", "hollo", "snac"])
@pytest.mark.parametrize(
    "fragment", ["*", "[a](", "&lt;", "\\", " ", "\n", "\n ", " -", "1.", "@a.", "#1a", "https://a"]
)
def test_escaping_costs_no_more_than_the_text_is_long(markup, fragment):
    def make(size):
        return fragment * (size // len(fragment))

    assert growth(lambda text: escape(text, markup), make, 1 << 14) <= FACTOR
