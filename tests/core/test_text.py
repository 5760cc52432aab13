"""Plain text: cleaning, HTML, length, shortening, hashtags and language tags."""

import pytest
import regex
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from mastodon import Mastodon
from mastodon._url_regex import URL_REGEX_SOURCE

from reblogbot.core.text import clean, html_to_text, language_of, language_tag, one_line
from reblogbot.core.text.hashtags import hashtags
from reblogbot.core.text.links import LINK, top_level_domains
from reblogbot.core.text.measure import graphemes, length, size
from reblogbot.core.text.patterns import matches, replaced
from reblogbot.core.text.shortening import shorten
from reblogbot.model import ServerLimits

MASTODON = ServerLimits(500, 23)
# Mastodon, account.rb: what it takes for a mention, wherever it stands
MENTION = regex.compile(r"(?<![=/\w])@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*", regex.IGNORECASE)
# Mastodon, tag.rb, in the widest of its versions
HASHTAG = regex.compile(r"(?:^|[^/)A-Za-z0-9_])[#＃][\p{L}\p{M}\p{N}_·・]*[\p{L}_·・]")

FAMILY = "👨\u200d👩\u200d👧"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
fragments = st.lists(
    st.sampled_from(
        [
            " ",
            "\n",
            "word",
            "two words",
            "抽屉新热榜",
            "，",
            "。",
            "…",
            "(",
            ")",
            "【",
            "】",
            "“",
            "”",
            "-",
            "@",
            "#",
            "＠",
            "＃",
            "@alice",
            "@alice@example.org",
            "bob@example.org",
            "#tag",
            "＃标签",
            "#1",
            "don't",
            "3.14",
            "https://example.org/a/b?c=d&e=f",
            "https://example.org/@alice",
            "http://localhost:3000/x",
            "HTTPS://例子.中国/路",
            "https://example.org/,@bob",
            "https://example.org",
            "https://example.co.unregistered/path",
            "https://social.example/@alice",
            "_",
            "x",
            ".",
            "!",
            FAMILY,
            "e\u0301",
            "&amp;",
            "<p>",
        ]
    ),
    max_size=30,
).map("".join)
anything = st.text(st.characters(), max_size=60)


# clean


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("zero\u200bwidth\ufeff \u2060here\u00ad", "zerowidth here"),
        ("\u202eright\u202c \u2066to\u2069 left\u200f", "right to left"),
        ("bell\a null\0 esc\x1b[31m", "bell null esc[31m"),
        ("lone \ud83d surrogate", "lone surrogate"),
        ("Latin\u200cletters", "Latinletters"),
        ("tabs\tand  \u00a0 blanks", "tabs and blanks"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("  indented\n   \n\n\n　段落", "indented\n\n段落"),
        ("a" + "\u0301" * 50, "a" + "\u0301" * 8),
        ("watermark\ufe0f\U000e0041", "watermark"),
    ],
)
def test_no_invisible_character_is_left(dirty, cleaned):
    assert clean(dirty) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        FAMILY,
        SCOTLAND,
        "❤\ufe0f\u200d🔥",
        "☎\ufe0e",
        "#\ufe0f\u20e3",
        "👍🏽",
        "🇨🇳",
        "می\u200cخواهم",
        "क्\u200dष",
        "葛\U000e0100城",
        "e\u0301",
        "豈",
        "ﬁne ①",
        "100\u00a0€",
        "\u0600",
    ],
)
def test_visible_characters_stay(text):
    assert clean(text) == text


@settings(deadline=None)
@given(anything | fragments)
def test_cleaning_is_idempotent(text):
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)


@given(st.text(st.sampled_from("aZ0<& \t~")))
@example("a  b")
@example(" a ")
def test_ascii_is_cleaned_as_any_other_text(text):
    assert clean(f"{text}\n中") == f"{clean(text)}\n中".strip()


def test_one_line_is_one_line():
    assert one_line(" a\n\n b\u3000c\t\u200bd ") == "a b c d"


# HTML


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\n\ntwo\nthree"),
        ("<h1>Head</h1>text<ul><li>a</li><li>b</li></ul>end", "Head\n\ntext\n\na\nb\n\nend"),
        ("a <b>bold</b>\n   <i>move</i>", "a bold move"),
        ("x<script>if (a < b) evil()</script><style>p{}</style>y", "xy"),
        ("<svg><title>icon</title></svg>text<template>no</template>", "text"),
        ("<script>never closed", ""),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"),
        (
            '<span class="invisible">https://</span><span>example.org/a</span><span>bc</span>',
            "https://example.org/abc",
        ),
        ('wow<img class="wp-smiley emoji" alt="🎉"><img alt="not this">', "wow🎉"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("<![CDATA[inner]]> <![endif]>", "inner <![endif]>"),
        ("<![CDATA[<![CDATA[<b>nested</b>]]>]]>", "nested"),
        ("<![CDATA[never closed", "never closed"),
        ("closed twice]]>]]>", "closed twice"),
        ("<!-- gone -->kept", "kept"),
        ("<!-- gone > --><b>kept</b>", "kept"),
        ('<p title="a > b" class=x>kept</p> 2 > 1', "kept\n\n2 > 1"),
        ("<p class=don't>kept</p> it's", "kept\n\nit's"),
        ('<p class=x">kept</p> 5"', 'kept\n\n5"'),
        ("one <b>two</b> <!-- three", "one two <!-- three"),
    ],
)
def test_html_reads_as_a_reader_sees_it(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("10<sup>9</sup> km<sup>2</sup> 10<sup>-6</sup>", "10⁹ km² 10⁻⁶"),
        ("H<sub>2</sub>O, CO<sub>2</sub>, C<sub>60</sub>", "H₂O, CO₂, C₆₀"),
        ("x<sup>n</sup> x<sup>2n+1</sup> e<sup>x</sup>", "xⁿ x²ⁿ⁺¹ e^x"),
        ("2<sup>0.5</sup> 2<sup>a+b</sup> f<sup>(k)</sup>", "2^0.5 2^(a+b) f^(k)"),
        ("x<sub>i</sub> x<sub>max</sub> log<sub>10</sub>", "xᵢ x_max log₁₀"),
        ("1<sup>st</sup>, 2<sup>nd</sup>, n<sup>th</sup>", "1st, 2nd, nth"),
        ("XIX<sup>e</sup>, M<sup>me</sup>, 1<sup>er</sup>, 2<sup>o</sup>", "XIXe, Mme, 1er, 2º"),
        ("Brand<sup>TM</sup>, Brand<sup>®</sup>", "Brand™, Brand®"),
        ("word<sup>1</sup>, word<sup>[2]</sup>, word<sup>*</sup>", "word¹, word[2], word*"),
        ('Smith<sup><a href="#n">1</a>,<a href="#m">2</a></sup>', "Smith¹,²"),
        ("E = mc<sup> 2 </sup>", "E = mc²"),
        ("text <sub>Photo: Ann</sub>", "text Photo: Ann"),
        ("2<sup>10<sup>3</sup></sup>", "2¹⁰³"),
        ("a<sup>2 never closed", "a2 never closed"),
        ("<sub></sub><sup></sup>nothing", "nothing"),
    ],
)
def test_raised_and_lowered_text_keeps_its_meaning(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>です",
        "<ruby>漢字<rt>かんじ</rt></ruby>です",
        "<ruby><rb>漢字<rt>かんじ</ruby>です",
        "<ruby>漢字<rt></rt><rt>かんじ</ruby>です",
    ],
)
def test_a_ruby_reading_is_put_in_parentheses(html):
    assert html_to_text(html) == "漢字(かんじ)です"


@pytest.mark.parametrize(
    ("image", "text"),
    [
        ('<img draggable="false" role="img" class="wp-smiley" alt="🎉" src="1f389.svg">', "🎉"),
        ('<img class="emojione" alt=":tada:">', ":tada:"),
        ('<img class="smiley" alt=":-)">', ":-)"),
        ('<img alt="👩‍🚀" src="x.png">', "👩‍🚀"),
        ('<span class="url-icon"><img alt="[允悲]" style="width:1em"></span>', "[允悲]"),
        ('<img alt="A dog">', ""),
        ('<img alt="3">', ""),
        ("<img>", ""),
    ],
)
def test_an_emoji_image_becomes_its_alternative_text(image, text):
    assert html_to_text(f"<p>We did it {image} today</p>") == f"We did it {text} today".replace(
        "  ", " "
    )


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("?a=1&section=2&copy=3", "?a=1&section=2&copy=3"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&lt;b&gt; AT&amp;T &copy; &hellip;", "<b> AT&T © …"),
        ("&nbspx &sect x", "&nbspx § x"),
        ("&#8220;q&#x201D; &#39;s", "“q” 's"),
        ("&section; &nosuch;", "&section; &nosuch;"),
        ("&#xD800;&#1114112;ok", "\ufffd\ufffdok"),
        ("&#;&&;", "&#;&&;"),
    ],
)
def test_entities_are_unescaped_exactly_once(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>A long story, <a href="https://news.exa', "A long story,"),
        ("<p>A story</p><img class='wide", "A story"),
        ("<b>A story</", "A story"),
        ("<b>A story</b", "A story"),
        ("where x <y", "where x <y"),
    ],
)
def test_a_tag_that_was_cut_is_removed(html, text):
    assert html_to_text(html) == text


@pytest.mark.parametrize("nonsense", ["<a ", '<a b="', "<!-- ", "</a ", "<? "])
def test_endless_malformed_html_is_read_quickly(nonsense):
    # the standard library's parser would be at some of these for minutes
    assert html_to_text("<b>kept</b> " + nonsense * 40_000).startswith("kept " + nonsense)


@settings(deadline=None)
@given(anything | st.text("<>!-[]/&;#ab \"='", max_size=60))
def test_no_malformed_html_raises(html):
    assert "\0" not in html_to_text(html)


# length


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("plain", 5),
        (FAMILY, 1),
        ("e\u0301🇨🇳", 2),
        ("抽屉新热榜", 5),
        ("https://example.org/" + "x" * 100, 23),
        ("http://e.org", 23),
        ("看https://example.org/abc。好", 1 + 23 + 2),
        ("(https://example.org/a_(b))", 1 + 23 + 1),
        ("https://example.org/a. Next", 23 + 6),
        ("https://example.org，https://example.org", 23 + 1 + 23),
        ("xhttps://example.org/long/long/long", 35),
        ("hi @alice@a.very.long.example.org!", len("hi @alice!")),
        ("HTTP://EXAMPLE.ORG/A", 23),
        ("https://例子.中国/" + "x" * 30, 23),
        ("https://xn--fsqu00a.xn--fiqs8s/" + "x" * 30, 23),
        ("https://example.travelersinsurance/" + "x" * 30, 23),
        # reserved, run into the next word, and registered after Mastodon's list was made
        ("https://news.example/" + "x" * 30, 51),
        ("https://example.orgwordword/" + "x" * 10, 38),
        ("https://example.kids/" + "x" * 30, 51),
        # a link ends where its domain could
        ("https://example.co.unregistered/", 23 + len(".unregistered/")),
    ],
)
def test_length_is_counted_as_mastodon_counts(text, count):
    assert length(text, MASTODON) == count
    assert Mastodon.get_status_length(text) == count


def test_links_count_in_full_where_the_server_does_not_shorten_them():
    link = "https://example.org/" + "x" * 100
    assert length(f"a {link}", ServerLimits()) == 2 + len(link)


def test_a_link_without_a_public_name_is_not_counted_short():
    link = "http://localhost:3000/" + "x" * 50
    assert length(link, MASTODON) == len(link)
    assert length("http://127.0.0.1/", MASTODON) >= Mastodon.get_status_length("http://127.0.0.1/")


def test_the_top_level_domains_are_those_mastodon_knows():
    # its two lists of them, generic and of countries, as Mastodon.py carries them
    lists = regex.findall(r"\(\?:((?:[^|()\\\[\]]+\|){99,}[^|()\\\[\]]+)\)", URL_REGEX_SOURCE)
    assert len(lists) == 2
    assert top_level_domains() == {name.lower() for names in lists for name in names.split("|")}


def test_the_content_warning_counts():
    assert length("text", MASTODON, "warning 👨\u200d👩\u200d👧") == 4 + 9


@settings(max_examples=300, deadline=None)
@given(fragments)
def test_length_is_never_less_than_the_server_counts(text):
    # two links run into one are nonsense that is counted in more than one way
    assume(not regex.search(r"(?i)[\x21-\x7e]https?://", text))
    assert length(text, MASTODON) >= Mastodon.get_status_length(text)


@settings(deadline=None)
@given(anything)
def test_graphemes_are_the_text(text):
    assert "".join(graphemes(text)) == text
    assert size(text) == len(graphemes(text)) == len(regex.findall(r"\X", text))


# shorten


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("short enough", 12, "short enough"),
        ("The quick brown fox", 12, "The quick…"),
        ("Hello, world of news", 9, "Hello…"),
        ("He left - and then", 10, "He left…"),
        ("Costs 3.14 euros", 9, "Costs…"),
        ("I don't know", 6, "I…"),
        ("Unbelievablelongword", 8, "Unbelie…"),
        ("中国车企，困在流量焦虑里", 6, "中国车企…"),
        ("中国车企，困在流量焦虑里", 7, "中国车企，困…"),
        ("【中国车企困在流量】非车圈", 8, "【中国车企困…】"),
        ("他说“一点流量也不能错过”。", 8, "他说“一点流…”"),
        ("an (open bracket that closes) here", 16, "an (open…)"),
        ("smile :( and go on", 13, "smile :( and…"),
        (f"{FAMILY}{FAMILY}{FAMILY}", 2, f"{FAMILY}…"),
        ("see https://example.org/long/path now", 20, "see…"),
        ("see https://example.org/a/ and more", 30, "see https://example.org/a/ …"),
        ("https://example.org/long/path", 20, ""),
        ("anything", 0, ""),
    ],
)
def test_texts_are_cut_between_words(text, limit, short):
    assert shorten(text, limit) == short


@settings(max_examples=300, deadline=None)
@given(fragments, st.integers(-1, 80))
def test_a_shortened_text_fits_and_breaks_no_link(text, limit):
    short = shorten(text, limit)
    assert size(short) <= max(0, limit)
    assert set(LINK.findall(short)) <= set(LINK.findall(text))
    assert shorten(short, limit) == short


# hashtags


def test_categories_become_hashtags():
    found = hashtags(
        [
            "machine learning",
            "科技",
            "AI 人工智能",
            "Women's rights",
            "iPhone 15",
            "snake_case",
            "挨踢1024",
        ],
        9,
        (),
    )
    assert found == (
        "#MachineLearning",
        "#科技",
        "#AI人工智能",
        "#WomensRights",
        "#iPhone15",
        "#snake_case",
        "#挨踢1024",
    )


@pytest.mark.parametrize(
    "category",
    [
        "",
        "2024",
        "C++",
        "!!!",
        "https://example.org/cat",
        "Uncategorized",
        "a whole sentence as category",
        "friends of the family",
        "cs.ZZ",
        "u/ann",
        "x" * 60,
    ],
)
def test_categories_that_make_no_hashtag_are_left_out(category):
    assert hashtags([category], 9, ()) == ()


@pytest.mark.parametrize(
    ("category", "tags"),
    [
        ("cs.CL", ("#NLP",)),
        ("cs.SE", ("#SoftwareEngineering",)),
        ("math.AG", ("#Mathematics",)),
        ("quant-ph", ("#QuantumPhysics",)),
        ("math", ("#math",)),
        ("r/rust", ("#rust",)),
        ("/r/AskScience", ("#AskScience",)),
        ("Tips & Tricks", ("#Tips", "#Tricks")),
        ("Gowanus Canal (Brooklyn, NY)", ("#GowanusCanal",)),
        ("Atlanta, Georgia", ("#Atlanta", "#Georgia")),
        ("Help: Trains", ("#Help", "#Trains")),
        ("News/Story", ("#News", "#Story")),
        ("TCP/IP", ("#TCPIP",)),
        ("R&D", ("#RD",)),
        ("U.S. News", ("#USNews",)),
    ],
)
def test_a_category_becomes_the_subjects_it_names(category, tags):
    assert hashtags([category], 9, ()) == tags


def test_the_subjects_of_a_category_count_each():
    assert hashtags(["Tips & Tricks", "Trains"], 2, ()) == ("#Tips", "#Tricks")


def test_hashtags_are_limited_and_each_appears_once():
    assert hashtags(["news", "AI", "ai", "科技", "Art"], 2, ["News", "News"]) == (
        "#AI",
        "#科技",
        "#News",
    )
    assert hashtags(["news"], 0, ["bot"]) == ("#bot",)


@settings(deadline=None)
@given(st.lists(anything, max_size=8))
def test_every_hashtag_is_one_to_mastodon(categories):
    for tag in hashtags(categories, 8, ()):
        found = HASHTAG.match(tag)
        assert found
        assert regex.fullmatch(r"#[\p{L}\p{M}\p{N}_]+", tag)


# language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("中国车企 OpenAI GPT", "zh"),
        ("优の良品，中国制造的一天", "zh"),
        ("これはペンです", "ja"),
        ("안녕하세요 world", "ko"),
        ("Привет, мир", ""),
        ("Мы увидели мир", "ru"),
        ("Привіт світ", "uk"),
        ("سلام می‌گفت", "fa"),
        ("مرحبا", "ar"),
        ("שלום", "he"),
        ("Hello 你", ""),
        ("https://example.org/中文 plain", ""),
        ("123 …", ""),
    ],
)
def test_the_script_determines_the_language(text, language):
    assert language_of(text) == language


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("zh_cn", "zh-CN"),
        ("EN", "en"),
        ("zh-hans-cn", "zh-Hans-CN"),
        ("es-419", "es-419"),
        ("de-DE-1996", "de-DE"),
        ("und", ""),
        ("english", ""),
        ("x", ""),
        ("", ""),
        ("en us", ""),
    ],
)
def test_language_tags_are_written_the_usual_way(written, tag):
    assert language_tag(written) == tag


# patterns


def test_an_endless_pattern_ends():
    endless = regex.compile(r"(a|aa|a?)+$")
    assert matches(endless, "a" * 60 + "b") is None
    assert replaced(endless, "x", "a" * 60 + "b") == "a" * 60 + "b"


def test_a_pattern_that_cannot_be_replaced_leaves_the_text():
    assert replaced(regex.compile("a"), r"\9", "banana") == "banana"
    assert replaced(regex.compile("(a)"), r"<\1>", "ban") == "b<a>n"
