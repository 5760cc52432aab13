"""What steps return, cleaned: hostile texts, and how models write, to the letter."""

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from growth import FACTOR, growth
from reblogbot.core.generated import cleaned
from reblogbot.core.text.measure import size

OWN = "https://dig.chouti.com/link/7"
OTHER_OWN = "https://zh.example/wiki/北京"


def result(text, *, keep_links=False, most=4000):
    return cleaned(
        text, own_links=[OWN, OTHER_OWN], own_tags=["#AI"], keep_links=keep_links, most=most
    )


@pytest.mark.parametrize(
    ("written", "posted"),
    [
        # links: the address goes, the text stays
        ("[click](https://evil.example/x) me", "click me"),
        ("[click](javascript:alert(1)) me", "click me"),
        ("[click]( <https://evil.example/a b> 'title' ) me", "click me"),
        ("[click](//evil.example) me", "click me"),
        ("[click](mailto:a@evil.example) me", "click me"),
        ("![a pixel](https://evil.example/x.png) me", "a pixel me"),
        ("[![a](http://evil.example/i)](http://evil.example/x) me", "a me"),
        ("[text][1]\n[1]: https://evil.example/x 'title'", "[text] [1]"),
        ('<a href="https://evil.example">click</a> me', "click me"),
        ("<A HREF=https://evil.example>click</A> me", "click me"),
        ("<https://evil.example/x> me", "me"),
        ("See https://evil.example/a_(b). Then this.", "See. Then this."),
        ("Look (https://evil.example) here", "Look here"),
        ("One https://a.example/1, https://b.example/2 two", "One, two"),
        ("详见https://evil.example/x，谢谢", "详见，谢谢"),
        ("详见https://evil.example/x这个链接", "详见这个链接"),
        ("HTTPS://EVIL.EXAMPLE/X me", "me"),
        ("ftp://evil.example/x me", "me"),
        ("ＨＴＴＰＳ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ／ｘ me", "me"),
        ("𝗵𝘁𝘁𝗽𝘀://evil.example/x me", "me"),
        ("https://evil。example/x me", "me"),
        ("http://пример.рф/путь me", "me"),
        ("h\u200bttps://ev\u200bil.exam\u2060ple/x me", "me"),
        ("https:&#47;&#47;evil.example/x me", "me"),
        ("https&colon;//evil.example/x me", "me"),
        ("https&amp;colon;//evil.example/x me", "me"),
        ("https%3A%2F%2Fevil.example%2Fx me", "me"),
        ("https:evil.example me", "me"),
        ("https:/evil.example me", "me"),
        (r"https:\\evil.example me", "me"),
        ("javascript:alert(1) me", "me"),
        ("JavaScript:alert`1` me", "1 me"),
        ("点javascript:alert(1) me", "点 me"),
        ("data:text/html;base64,PHNjcmlwdD4= me", "me"),
        ("mailto:bob@evil.example?subject=x me", "me"),
        ("tel:+491234 me", "me"),
        ("//evil.example/x me", "me"),
        ("www.evil.example me", "me"),
        ("evil.com/login me", "me"),
        ("xn--e1afmkfd.xn--p1ai/x me", "me"),
        ("https://dig.chouti.com@evil.example/link/7 me", "me"),
        ("https://dig.chouti.com.evil.example/link/7 me", "me"),
        ("https://dig.chouti.com/link/77 me", "me"),
        ("https://user:password@dig.chouti.com/link/7 me", "me"),
        # the entry's own link stays, in its own spelling
        (f"Source: {OWN}", f"Source: {OWN}"),
        (f"({OWN})", f"({OWN})"),
        (f"**{OWN}**.", f"{OWN}."),
        ("http://m.chouti.com/link/7?utm_source=x me", f"{OWN} me"),
        (f"[原文]({OWN})", f"原文 {OWN}"),
        (f"[{OWN}]({OWN})", OWN),
        (f"<a href='{OWN}'>原文</a>", f"原文 {OWN}"),
        (f"见{OWN}这个链接", f"见{OWN} 这个链接"),
        (f"见 {OTHER_OWN}。", f"见 {OTHER_OWN}。"),
        # no link at all
        (
            "Node.js, example.com, 1.5/2, TCP/IP, and/or, 3:1, src/main.rs, C::D, a // b",
            "Node.js, example.com, 1.5/2, TCP/IP, and/or, 3:1, src/main.rs, C::D, a // b",
        ),
        ("Write to bob@example.org.", "Write to bob@example.org."),
        # mentions and hashtags
        ("@bob, ask @eve@evil.example!", "bob, ask eve (evil.example)!"),
        ("＠bob 你好", "bob 你好"),
        ("#spam and #AI, #ai, #AIx, ＃标签", "spam and #AI, #ai, AIx, 标签"),
        ("\u200b@\u200bbob &#64;eve &commat;mal", "bob eve mal"),
        ("#️⃣ &num;tag", "#️⃣ tag"),
        ("$[spin text] <center>middle</center>", "$ [spin text] middle"),
        # HTML
        ("<script>steal()</script>a<style>b{}</style>c", "ac"),
        ("a<script>never closed", "a"),
        ("&lt;script&gt;steal()&lt;/script&gt;a", "a"),
        ("&amp;lt;script&amp;gt;steal()&amp;lt;/script&amp;gt;a", "a"),
        ("<scr<script></script>ipt>steal()", ""),
        ("<img src=x onerror=steal()>a", "a"),
        ("<iframe src='https://evil.example'>x</iframe>a", "a"),
        ("<!-- note -->a<!doctype html>", "a"),
        ("a <b>bold</b> word<br>next<p>paragraph</p>", "a bold word\nnext\n\nparagraph"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("a <a href='https://evil.example/", "a"),
        ("x < y and y > z, i<3", "x < y and y > z, i<3"),
        # what a model thinks aloud
        ("<think>The page asks me to lie.</think>\n\nThe answer.", "The answer."),
        ("The page asks me to lie.</think>The answer.", "The answer."),
        # characters
        ("a\u202eb\u0000c\u0007\u2066d", "abcd"),
        ("a\ufdd0b\ufdd9\u0030\ufddac", "ab0c"),
        ("ignore\u00ad me\U000e0041\U000e0042", "ignore me"),
    ],
)
def test_a_hostile_result_can_change_words_and_nothing_else(written, posted):
    assert result(written) == posted


@pytest.mark.parametrize(
    ("written", "posted"),
    [
        ("## Heading ##\n\ntext", "Heading\n\ntext"),
        ("Heading\n=====\n\ntext\n\n---\n\nmore", "Heading\n\ntext\n\nmore"),
        ("**bold**, *it*, ***both***, __strong text__, _it_", "bold, it, both, strong text, it"),
        ("这是**重点**内容，*强调*。", "这是重点内容，强调。"),
        ("`code` and ~~gone~~", "code and gone"),
        (
            "__init__, snake_case, 2**3, 5*3*2, a * b * c",
            "__init__, snake_case, 2**3, 5*3*2, a * b * c",
        ),
        ("* one\n+ two\n- three\n• four\n1. five", "- one\n- two\n- three\n- four\n1. five"),
        ("- [x] done\n- [ ] open", "- done\n- open"),
        ("> a quotation\n> of two lines", "a quotation\nof two lines"),
        ("```python\nprint(1)\n```\nend", "print(1)\nend"),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a | b\n1 | 2"),
        ("\n\n\nFirst.\n\n\n\nSecond.  \n", "First.\n\nSecond."),
    ],
)
def test_the_markdown_of_a_model_becomes_plain_text(written, posted):
    assert result(written) == posted


def test_kept_links_are_of_the_web_and_hashtags_stay_but_never_mentions():
    text = "见 https://a.example/x?utm_source=y 和 #tag @bob [t](https://b.example/y) javascript:x"
    assert result(text, keep_links=True) == (
        "见 https://a.example/x 和 #tag bob t https://b.example/y"
    )


@pytest.mark.parametrize(
    ("written", "most", "posted"),
    [
        ("One is here. Two is there. Three.", 27, "One is here. Two is there."),
        ("第一句话。第二句话！第三句话。", 11, "第一句话。第二句话！"),
        ("Dr. No met Mr. J. Bond at 3.14 p.m. today. And then", 45, None),
        ("A sentence that is far too long to end within the limit of it.", 30, None),
        ("short", 5, "short"),
    ],
)
def test_a_long_result_is_cut_at_a_sentence_else_at_a_word(written, most, posted):
    expected = posted or {
        45: "Dr. No met Mr. J. Bond at 3.14 p.m. today.",
        30: "A sentence that is far too…",
    }.get(most)
    assert result(written, most=most) == expected


PIECES = (
    "<|a |href=|>|</a>|[|]|(|)|](|![|https://evil.example/x|javascript:|*|**|_|__|`|```\n|#|＃|@|&|"
    "amp;|lt;|#38;|\\|\n|\n\n|---|> |- |# | |\u200b|。|. |word|标签|#AI|@bob@e.example|"
    "//e.example/|www.e.com|e.com/x|%3A%2F%2F|<script>|</script>|<think>|</think>|~~|http:|data:|$[|"
    "…|1|\ufdd0|<!--|-->|e\u0301|👩\u200d👩\u200d👧|#️⃣|://|:|/|?|=|\"|'"
)
hostile = st.lists(st.sampled_from([*PIECES.split("|"), "|", OWN]), max_size=25).map("".join)
RUNS = regex.compile(r"(?<![a-z0-9])(?:https?:/*\w|javascript:\S)", regex.IGNORECASE)


@settings(max_examples=400)
@given(hostile, st.booleans(), st.integers(1, 200))
def test_any_result_is_bounded_and_as_clean_as_it_gets(text, keep_links, most):
    posted = result(text, keep_links=keep_links, most=most)
    assert size(posted) <= most
    assert result(posted, keep_links=keep_links, most=most) == posted
    if not keep_links:
        assert not RUNS.search(posted.replace(OWN, ""))


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "[a](",
        "<a ",
        "<!--",
        "*",
        "_a",
        "&amp;",
        "&#38;#38;",
        "a.",
        "//e.e",
        "[x[b]",
        "|a",
        "(",
    ],
)
def test_the_time_grows_with_the_length(piece):
    def make(characters):
        return (piece * characters)[:characters]

    assert growth(lambda text: result(text, most=len(text)), make, 1 << 12) <= FACTOR
