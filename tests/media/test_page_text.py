"""The main text of pages: ten written for these tests, in `pages/`, and pages made to do harm."""

from datetime import timedelta
from pathlib import Path

import pytest

from reblogbot.core.ai_signals import TextRules
from reblogbot.errors import SourceError
from reblogbot.media.page_text import main_text, read_page
from reblogbot.runtime.parser_pool import ParserProcessPool

PAGES = Path(__file__).parent / "pages"
URL = "https://news.example/story"
MOST = 30_000
PARAGRAPH = "This paragraph is a sentence that has nothing to say, and says it at length."


def read(name, most_text=MOST):
    return read_page((PAGES / name).read_bytes(), "text/html", URL, 4, most_text)


def article(inner):
    return f"<html><body><article><h1>Head</h1><p>{PARAGRAPH}</p>{inner}</article></body></html>"


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("news.html", "Ferry line reopens after two winters\n\nThe ferry", "to half an hour."),
        ("blog.html", "Why I count lines of tests\n\nEvery spring", "than I like to say."),
        ("chinese.html", "经过一年半的修缮", "开放屋顶花园。"),
        (
            "japanese.html",
            "駅前の時計台、百年ぶりの修理\n\n駅前にある",
            "安心したと話していました。",
        ),
        ("abstract.html", "Title:Sparse gardens", "| Cite as: | 2611.04242 |"),
        ("cluttered.html", "How to dry mushrooms\n\nDry", "they are ready for the jar."),
        ("hostile.html", "Soup of the day\n\nThe soup", "on rainy days, says the cook."),
    ],
)
def test_the_main_text_of_a_page(name, first, last):
    text = read(name).text
    assert text.startswith(first)
    assert text.endswith(last)
    assert "INJECTED" not in text
    assert "样板" not in text
    assert "定型" not in text
    # an advertisement within the article cannot be told from it
    assert text.count("BOILERPLATE") == (name == "cluttered.html")


def test_paragraphs_are_apart_and_lists_together():
    assert "to half an hour" in read("news.html").text
    assert (
        "\n\n- Monthly passes of the bus are valid on board.\n- Dogs need a ticket of their own.\n\n"
        in read("news.html").text
    )


def test_a_page_without_a_main_text_has_none():
    assert read("menu.html").text == ""
    assert main_text("", MOST) == main_text("<!-- -->", MOST) == main_text("<p>", MOST) == ""


def test_a_long_page_is_cut_after_a_paragraph():
    text = read("repetitive.html").text
    assert 0.9 * MOST < len(text) <= MOST
    assert text.endswith("noted clouds at noon.")
    assert len(read("repetitive.html", 500).text) <= 500


def test_a_page_that_refuses_models_gives_images_but_no_text():
    page = read("noai.html")
    reason = "noai (meta robots of the page)"
    assert page.rules == TextRules(reason, reason)
    assert page.text == ""
    assert [image.url for image in page.images] == ["https://news.example/sketch.png"]


def test_no_text_is_extracted_where_none_is_wanted():
    assert read("news.html", 0).text == ""
    assert read("news.html", 0).images[0].alt == "A ferry leaves the pier"


@pytest.mark.parametrize(
    "hidden",
    [
        f"<p hidden>{PARAGRAPH} SECRET</p>",
        f"<p hidden=until-found>{PARAGRAPH} SECRET</p>",
        f"<div style='color:red; display:\tnone'><p>{PARAGRAPH} SECRET</p></div>",
        f"<p style='visibility: collapse'>{PARAGRAPH} SECRET</p>",
        f"<div aria-hidden=' true '>{PARAGRAPH} SECRET</div>",
        f"<p DATA-NOSNIPPET>{PARAGRAPH} SECRET</p>",
        f"<div class='a Visually-Hidden b'><p>{PARAGRAPH} SECRET</p></div>",
        f"<p style='font-size:0'>{PARAGRAPH} SECRET</p>",
        f"<dialog>{PARAGRAPH} SECRET</dialog>",
        f"<!--><p>x--><!-- {PARAGRAPH} SECRET -->",
        f"<?php {PARAGRAPH} SECRET ?>",
        f'<script type=\'application/ld+json\'>{{"articleBody": "{PARAGRAPH} SECRET"}}</script>',
        f"<p title='{PARAGRAPH} SECRET'>x</p><img alt='{PARAGRAPH} SECRET'>",
    ],
)
def test_what_people_do_not_see_is_no_text(hidden):
    text = main_text(article(f"{hidden}<p>After it: {PARAGRAPH}</p>"), MOST)
    assert "SECRET" not in text
    assert f"After it: {PARAGRAPH}" in text


def test_what_is_nearly_hidden_is_text():
    shown = f"<p style='opacity:0.9; font-size:0.8em'>SHOWN {PARAGRAPH}</p><dialog open>x</dialog>"
    assert f"SHOWN {PARAGRAPH}" in main_text(article(shown), MOST)


@pytest.mark.parametrize("control", ["\x00", "\x07", "&#7;", "&#x1f;", "\u202e", "\ufeff", "\x9b"])
def test_invisible_characters_are_removed_and_hide_no_text(control):
    assert main_text(article(f"<p>Before{control}after, {PARAGRAPH}</p>"), MOST).endswith(
        f"Beforeafter, {PARAGRAPH}"
    )


def test_a_page_of_xhtml_with_a_declaration_is_read():
    page = '<?xml version="1.0" encoding="iso-8859-1"?>' + article("<p>ünïcode</p>")
    assert (
        "ünïcode" in read_page(page.encode("latin-1"), "application/xhtml+xml", URL, 0, MOST).text
    )


HARMFUL = {
    "nested": "<div>" * 10_000 + PARAGRAPH,
    "repeated": "<article>" + f"<p>{PARAGRAPH}</p>" * 25_000,
    "links": "<article><p>" + "<a href=x>ab cd</a> " * 100_000,
    "headings": "<article>" + "<h2>a</h2>" * 200_000,
    "unclosed": "<article>" + "<p><i><b>x " * 180_000,
    "breaks": "<article><p>" + "word<br>" * 250_000,
    "hidden": "<article>" + "<i hidden>a</i>b" * 130_000,
    "attributes": "<p " + "".join(f"a{number}=b " for number in range(250_000)) + ">",
}


@pytest.mark.parametrize("name", HARMFUL)
async def test_no_page_breaks_the_bounds_of_the_child(name):
    async with ParserProcessPool() as pool:
        page = await pool(read_page, HARMFUL[name].encode(), "text/html", URL, 4, MOST)
    assert len(page.text) <= MOST


async def test_a_page_of_a_hundred_thousand_levels_is_stopped_by_the_deadline():
    page = b"<div>" * 100_000
    async with ParserProcessPool() as pool:
        with pytest.raises(SourceError) as failed:
            await pool(read_page, page, "text/html", URL, 4, MOST, deadline=timedelta(seconds=2))
    assert failed.value.slug == "parse_deadline"
