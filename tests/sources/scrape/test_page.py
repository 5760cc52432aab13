"""The kind page: entries read from a web page by CSS selectors."""

import pytest

from loopback import answer
from reblogbot.app import load_config
from reblogbot.errors import ConfigError, SourceError
from reblogbot.model import Media, Validators
from reblogbot.sources.scrape.parse_page import parse
from reblogbot.sources.scrape.selectors import read_item, read_selector, split
from reblogbot.sources.shared.response_body import ResponseBody

NOTHING = Validators()
PAGE = """<!DOCTYPE html><html lang="zh-cn"><head><title>Hot &amp;
 list</title></head><body><ul class="list">
 <li><h3><a class="t" href="/topic/1?a=1&amp;b=2">One &amp;amp; <b>bold</b></a></h3><p>First<br>text</p>
   <img data-src="//img.example/1.png" src="data:image/gif;base64,x" alt="A red dog"></li>
 <li><a class="t" href="https://other.example/2" title="The whole title">Tw…</a><img src="2.png"></li>
 <li class="ad"></li>
 <li><span class="t">No link</span></li></ul></body></html>"""


def parsed(html=PAGE, url="https://site.example/hot/", **select):
    whole = dict.fromkeys(("title", "link", "summary", "image"), "") | {"item": "li"} | select
    return parse(ResponseBody(html.encode(), "text/html", url, "", "UTC", None), whole)


@pytest.mark.parametrize(
    ("encoding", "meta"),
    [
        ("gbk", '<meta charset="gb2312">'),
        (
            "windows-1250",
            "<meta http-equiv=Content-Type content='text/html; charset=windows-1250'>",
        ),
        ("gbk", ""),
    ],
)
def test_a_page_is_read_in_its_declared_or_detected_encoding(encoding, meta):
    words = "热榜上的第一条新闻" if encoding == "gbk" else "Zażółć gęślą jaźń"
    page = f"<html><head>{meta}</head><li>{words}</li></html>".encode(encoding)
    select = dict.fromkeys(("title", "link", "summary", "image"), "") | {"item": "li"}
    body = ResponseBody(page, "text/html", "https://site.example/", "", "UTC", None)
    assert [entry.title for entry in parse(body, select).entries] == [words]


def test_every_element_becomes_an_entry():
    batch = parsed(title=".t", summary="p", image="img")
    first, second, third = batch.entries
    assert (batch.title, batch.language) == ("Hot & list", "zh-CN")
    assert first.title == "One &amp; bold"
    assert first.link == "https://site.example/topic/1?a=1&b=2"
    assert first.summary == "First\ntext"
    assert first.media == (Media("https://img.example/1.png", "image/*", "A red dog"),)
    assert (second.link, second.media[0].url) == (
        "https://other.example/2",
        "https://site.example/hot/2.png",
    )
    assert (third.title, third.link, third.media) == ("No link", "", ())


def test_without_title_and_link_the_first_link_is_both():
    first, second, third = parsed().entries
    assert (first.title, first.link) == (
        "One &amp; bold",
        "https://site.example/topic/1?a=1&b=2",
    )
    assert second.title == "Tw…"
    assert (third.title, third.link) == ("No link", "")


def test_an_attribute_is_written_behind_an_at_sign():
    entries = parsed(item="li:nth-child(2)", title="a.t@title", image="img@src").entries
    assert [entry.title for entry in entries] == ["The whole title"]
    assert entries[0].media[0].url == "https://site.example/hot/2.png"


def test_the_element_itself_can_be_the_link():
    html = '<a class=x href=/1 data-to=/9>One</a><a class=x href="javascript:void(0)">Two</a>'
    assert [entry.link for entry in parsed(html, item="a.x").entries] == [
        "https://site.example/1",
        "",
    ]
    assert parsed(html, item="a.x", link="@data-to").entries[0].link == "https://site.example/9"


def test_links_are_relative_to_the_pages_base():
    html = "<base href='/deep/'><li><a href=1>One</a></li>"
    assert parsed(html).entries[0].link == "https://site.example/deep/1"


def test_scripts_in_an_element_are_not_text():
    (entry,) = parsed("<li>Text<script>alert(1)</script><style>b{}</style></li>").entries
    assert entry.title == "Text"


@pytest.mark.parametrize(
    ("html", "select", "words"),
    [
        (PAGE, {"item": "div.gone"}, 'select.item = "div.gone" finds nothing.*"Hot & list"'),
        (PAGE, {"item": "li.ad"}, "none of the 1 elements of select.item has a title"),
        (" \n", {}, "is empty"),
        ("\x89PNG\x00\x00", {}, "finds nothing on this page"),
        ('{"data": []}', {}, "finds nothing on this page"),
    ],
)
def test_a_page_that_does_not_fit_is_an_error(html, select, words):
    with pytest.raises(SourceError, match=words):
        parsed(html, **select)


async def test_a_page_is_polled_like_any_document(site, source):
    page = source(
        "page", {"select": {"item": "li"}}, url=site.url("/gone"), fallbacks=[site.url("/p")]
    )
    site.pages["/p"] = answer(PAGE, ETag='"1"')
    batch = await page.poll(NOTHING)
    assert len(batch.entries) == 3
    assert batch.entries[0].link == site.url("/topic/1?a=1&b=2")
    assert "text/html" in site.requests[0].headers["accept"]
    assert (await page.poll(batch.validators)).not_modified


async def test_changed_selectors_parse_an_unchanged_page_again(site, source):
    site.pages["/p"] = answer(PAGE, ETag='"1"')
    old = await source("page", {"select": {"item": "li"}}, url=site.url("/p")).poll(NOTHING)
    new = source("page", {"select": {"item": "li", "title": "@class"}}, url=site.url("/p"))
    batch = await new.poll(old.validators)
    assert [entry.title for entry in batch.entries] == ["ad"]


# selectors in the config


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("a.title@href", ("a.title", "href")),
        ("a.title", ("a.title", "")),
        ("@data-id", ("", "data-id")),
        ("a[href*='@x']", ("a[href*='@x']", "")),
        (" a @ href", ("a @ href", "")),
        ("img @src", ("img", "src")),
    ],
)
def test_a_selector_and_its_attribute(written, parts):
    assert split(written) == parts


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("//div[@class='x']", "looks like XPath"),
        ("div[", "not closed"),
        ("a:contains(x)", "lexbor-contains"),
        ("a::text", 'written "a@href"'),
        ("li:first-chidl", 'did you mean ":first-child"'),
        ("li:zzzz", '":zzzz" is not known'),
        ("div..x", "write one such as"),
        ("", "write one such as"),
        ("div > ", "write one such as"),
        ("a" * 2000, "at most 1000 characters"),
    ],
)
def test_each_error_of_a_selector_has_its_message(written, words):
    with pytest.raises(ValueError, match=words):
        read_selector(written)


def test_an_item_is_no_attribute():
    with pytest.raises(ValueError, match="an item is an element"):
        read_item("li@id")


def test_a_wrong_selector_is_a_fault_of_the_config_with_its_line(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        '[accounts.a]\nserver = "https://s.example"\ntoken_file = "t"\n'
        '[sources.p]\nkind = "page"\nurl = "https://x.example/"\nto = ["a"]\n'
        '[sources.p.select]\nitem = "li"\ntitel = "a"\nlink = "a["\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    faults = {(fault.line, fault.path) for fault in caught.value.faults}
    assert faults == {(10, "sources.p.select.titel"), (11, "sources.p.select.link")}
    assert 'did you mean "title"?' in caught.value.message


def test_a_page_needs_a_url_and_an_item(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(
        '[accounts.a]\nserver = "https://s.example"\ntoken_file = "t"\n'
        '[sources.p]\nkind = "page"\nto = ["a"]\n[sources.p.select]\ntitle = "a"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert {fault.path for fault in caught.value.faults} == {
        "sources.p.url",
        "sources.p.select.item",
    }
