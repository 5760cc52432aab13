"""Articles as HTML and Markdown: every renderer shows the text, and no element but ours."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import markdown
import mistune
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reblogbot.core.article_markup import escape_markdown, to_html, to_markdown
from reblogbot.model import Block, Span

OURS = {"p", "h2", "blockquote", "br", "a"}
RENDERERS = {
    "markdown-it": MarkdownIt("commonmark").render,
    "markdown-it with tables": MarkdownIt("commonmark").enable(["table", "strikethrough"]).render,
    "mistune": mistune.create_markdown(
        escape=False,
        plugins=["strikethrough", "footnotes", "table", "url", "task_lists", "def_list", "abbr",
                 "mark", "insert", "superscript", "subscript", "math"],
    ),
    "Python-Markdown": markdown.markdown,
    "Python-Markdown with extras": lambda text: markdown.markdown(
        text, extensions=["extra", "admonition", "sane_lists", "toc"]
    ),
}  # fmt: skip
MARKED = [
    *"\\*_`~[]<>#&!|-+=:.)(123 \nab国^{}$%@\"'", "**", "__", "~~", "```", "~~~", "---", "===", "- ", "1. ", "1) ", "# ",
    "> ", "![a](http://evil.example/x.png)", "[a](http://evil.example)", "[a]: http://evil.example", "[^1]", "[^1]: x",
    "<b>", "<script>x</script>", "<!-- more -->", "&lt;", "&amp;", "&#42;", "&nosuch;", "\\*", "  \n", "\\\n", "\n\n",
    "a | b\n--|--\nc | d", ":--|--", "    x", "\tx", ":-)", "<3", ":beer:", "{{< x >}}", "{{% x %}}", "{{ x }}",
    "{% raw %}", "{:.a}", "{#id}", "(c)", "\r\n", "\u2028", "\x85", "\x0b", "\x02", "\x03", "\x00", "\ud800", "\u3000",
    "\xa0", "١.", "http://evil.example/", "www.evil.example", "me@evil.example", "<http://evil.example>", "+++", "$$x$$",
    "*[ab]: c", "ab\n: c", "!!! note", "\\(", "^", "wzxhzdk:0", "\x02amp\x03", "==a==", "H~2~O",
]  # fmt: skip
texts = st.lists(st.sampled_from(MARKED) | st.text(max_size=3), max_size=10).map("".join)
links = st.sampled_from(
    ["", "", "", "https://x.example/a_b*c?d=1&copy=2&lt;=3#e(f)", "https://x例.example/国 x<y>{{z}}|",
     "javascript:alert(1)", "//x.example", "https://", "http://[", "https://x.example/`\\\"'"]
)  # fmt: skip
blocks = st.lists(
    st.builds(
        Block,
        st.sampled_from(["paragraph", "heading", "quotation"]),
        st.lists(st.builds(Span, texts, links), max_size=3).map(tuple),
    ),
    max_size=4,
)


class Page(HTMLParser):
    """The text, the elements and the links of a rendered page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.elements, self.hrefs, self.attributes = "", [], [], set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "a":
            self.hrefs.append(dict(attrs)["href"])
        self.text += " "

    def handle_endtag(self, tag):
        if tag != "a":
            self.text += " "

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")


def folded(text: str) -> str:
    """The text without white space, which renderers fold each in their way, and unprintable."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+", "", text)


def paragraph(*spans: str | Span) -> Block:
    return Block("paragraph", tuple(Span(s) if isinstance(s, str) else s for s in spans))


def assert_shows(page: Page, source) -> None:
    assert set(page.elements) <= OURS, page.elements
    spans = [span for block in source for span in block.spans]
    linked = [span for span in spans if span.link.startswith("https://x")]
    assert len(page.hrefs) == len(linked)
    assert all(href.startswith("https://x") for href in page.hrefs)
    # a link without text shows its address
    if all(folded(span.text) for span in linked):
        assert folded(page.text) == folded("".join(span.text for span in spans))


@given(blocks)
@settings(max_examples=60, deadline=None)
def test_html_shows_the_text_and_no_element_but_ours(source):
    page = Page(to_html(source))
    assert_shows(page, source)
    assert page.attributes <= {"href", "rel"}


@pytest.mark.parametrize("renderer", RENDERERS)
@given(source=blocks)
@example([paragraph("1", ". a")])
@example([paragraph("a!", Span("x", "https://x.example/"))])
@example([paragraph("ends with \\\nand \\")])
@example([Block("heading", (Span("C#"),)), paragraph("===")])
@settings(max_examples=60, deadline=None)
def test_each_renderer_shows_the_text_and_no_element_but_ours(renderer, source):
    assert_shows(Page(RENDERERS[renderer](to_markdown(source))), source)


@given(texts)
@settings(max_examples=60, deadline=None)
def test_nothing_is_left_to_the_template_languages_of_sites(text):
    markdown_text = to_markdown(
        [paragraph(text), paragraph(Span(text, f"https://x.example/{text}"))]
    )
    for opening in ("{{", "{%", "{#", "{:", "<!--"):
        assert opening not in markdown_text


@given(texts)
@settings(max_examples=60, deadline=None)
def test_a_text_on_one_line_stays_on_one_line(text):
    escaped = escape_markdown(text)
    assert len(escaped.splitlines()) <= 1
    assert folded(Page(MarkdownIt("commonmark").render(f"x {escaped}")).text) == "x" + folded(text)


SAMPLE = [
    Block("heading", (Span("Key points"),)),
    paragraph("First line\nsecond ", Span("the link", "https://x.example/?a=1&b=2"), "."),
    Block("quotation", (Span("One\n\nTwo"),)),
    Block("quotation", (Span("Three"),)),
    paragraph("3. not a list"),
]


def test_the_html_of_each_kind_of_block():
    assert to_html(SAMPLE) == (
        "<h2>Key points</h2>\n"
        '<p>First line<br>second <a href="https://x.example/?a=1&amp;b=2" rel="nofollow noopener">the link</a>.</p>\n'
        "<blockquote>\n<p>One</p>\n<p>Two</p>\n<p>Three</p>\n</blockquote>\n"
        "<p>3. not a list</p>\n"
    )


def test_the_markdown_of_each_kind_of_block():
    assert to_markdown(SAMPLE) == (
        "## Key points\n\n"
        "First line  \nsecond [the link](<https://x.example/?a=1&amp;b=2>).\n\n"
        "> One\n>\n> Two\n>\n> Three\n\n"
        "3\\. not a list\n"
    )


def test_nothing_becomes_nothing():
    empty = [paragraph(), paragraph("", "\n\n"), Block("quotation", (Span("\u2028"),))]
    assert to_html(empty) == to_markdown(empty) == ""


@pytest.mark.parametrize("renderer", [to_html, to_markdown])
def test_no_other_link_than_to_the_web_is_written(renderer):
    text = renderer(
        [paragraph(Span("click", "javascript:alert(1)"), Span(" me", "data:text/html,x"))]
    )
    assert "click me" in text
    assert "javascript" not in text
    assert "data:" not in text


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_link_leads_where_it_should(renderer):
    # mistune resolves references twice
    last = "" if renderer == "mistune" else "&copy;=2&lt;"
    link = f"https://x.example/a_b_*c*?d=1&e=[f](g)~~h~~{last}#i"
    page = Page(RENDERERS[renderer](to_markdown([paragraph("see ", Span("x", link), "!")])))
    assert [re.sub("%5B", "[", re.sub("%5D", "]", href)) for href in page.hrefs] == [link]


def test_no_shortcode_of_wordpress_is_left_in_html():
    assert "[gallery]" not in to_html([paragraph("[gallery]")])
    assert Page(to_html([paragraph("[gallery]")])).text.strip() == "[gallery]"
