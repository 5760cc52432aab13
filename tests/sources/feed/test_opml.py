"""OPML as programs export it, and as nobody should."""

from datetime import UTC, datetime

import pytest

from reblogbot.errors import SourceError
from reblogbot.sources.feed.opml import MAX_BYTES, MAX_DEPTH, MAX_OUTLINES, read_opml
from reblogbot.sources.shared.response_body import ResponseBody

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def read(document, encoding="utf-8"):
    octets = document if isinstance(document, bytes) else document.encode(encoding)
    return read_opml(ResponseBody(octets, "", "", "", "UTC", NOW))


def opml(body, version="2.0", encoding="utf-8"):
    head = "<head><title>订阅 list</title></head>"
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n'
        f'<opml version="{version}">{head}<body>{body}</body></opml>'
    )


def rows(document, encoding="utf-8"):
    return [(each.title, each.url, each.folders) for each in read(document, encoding).outlines]


def refusal(document):
    with pytest.raises(SourceError) as caught:
        read(document)
    return caught.value


NESTED = """
<outline text="News"><outline text="新闻"><outline text="A" type="rss" xmlUrl="https://a.example/f"/>
</outline><outline title="B" xmlUrl=" https://b.example/f "/></outline><outline text="C" xmlUrl="x"/>
"""


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_folders_are_kept_and_feeds_stand_in_their_order(version):
    assert rows(opml(NESTED, version)) == [
        ("A", "https://a.example/f", ("News", "新闻")),
        ("B", "https://b.example/f", ("News",)),
        ("C", "x", ()),
    ]
    assert read(opml(NESTED)).title == "订阅 list"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_the_declared_or_apparent_encoding_is_read(encoding):
    body = '<outline text="新聞 訂閱" xmlUrl="https://a.example/f"/>'
    head = opml(body, encoding=encoding.removesuffix("-sig")).replace("订阅 ", "")
    assert rows(head, encoding) == [("新聞 訂閱", "https://a.example/f", ())]


def test_bare_ampersands_html_names_and_control_characters_are_repaired():
    body = '<outline text="Tom & Jerry&nbsp;caf&eacute;\x01" xmlUrl="https://a.example/f?a=1&b=2&copy=3"/>'
    assert rows(opml(body)) == [("Tom & Jerry café", "https://a.example/f?a=1&b=2&copy=3", ())]


def test_a_leaf_without_an_address_is_an_outline_without_a_url_and_a_folder_is_none():
    body = '<outline text="full"><outline text="leaf"/></outline><outline text="empty"></outline>'
    assert rows(opml(body)) == [("leaf", "", ("full",)), ("empty", "", ())]


def test_attributes_are_read_in_any_case_and_an_rss_outline_may_have_a_plain_url():
    body = '<outline TEXT="A" XMLURL="https://a.example/f"/><outline text="B" type="rss" url="https://b.example/f"/>'
    body += '<outline text="C" type="link" url="https://c.example/"/>'
    assert [url for _, url, _ in rows(opml(body))] == [
        "https://a.example/f",
        "https://b.example/f",
        "",
    ]


def test_categories_are_folders():
    body = '<outline text="A" xmlUrl="https://a.example/f" category="/news/world,sport,"/>'
    assert rows(opml(body))[0][2] == ("news", "world", "sport")


@pytest.mark.parametrize(
    "document",
    [
        "",
        "x",
        "<html><body>hello</body></html>",
        '<rss version="2.0"/>',
        '{"version": 1}',
        b"\0" * 99,
    ],
)
def test_another_document_is_called_no_opml(document):
    error = refusal(document)
    assert error.slug == "opml_invalid"
    assert "no OPML" in error.message


def test_a_broken_document_is_refused_with_its_line():
    error = refusal(opml('\n\n<outline text="a" <outline>'))
    assert error.slug == "opml_invalid"
    assert "line 4 is broken" in error.message


def test_entities_are_refused_and_no_external_dtd_is_read():
    bomb = '<!DOCTYPE opml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml><body>&b;</body></opml>'
    assert refusal(bomb).slug == "entity_declared"
    outside = (
        '<!DOCTYPE opml [<!ENTITY a SYSTEM "file:///etc/passwd">]><opml><body>&a;</body></opml>'
    )
    assert refusal(outside).slug == "entity_declared"
    dtd = '<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/x.dtd"><opml><body/></opml>'
    assert rows(dtd) == []


def test_size_depth_and_number_are_bounded():
    assert refusal(b"<opml>" + b" " * MAX_BYTES).slug == "opml_too_large"
    deep = refusal(opml("<outline>" * (MAX_DEPTH + 1)))
    assert deep.slug == "opml_too_large"
    many = refusal(opml('<outline xmlUrl="x"/>' * (MAX_OUTLINES + 1)))
    assert (many.slug, many.outcome) == ("opml_too_large", "refused")


def test_texts_are_cut():
    (outline,) = read(opml(f'<outline text="{"a" * 999}" xmlUrl="h{"x" * 9999}"/>')).outlines
    assert len(outline.title) == 300
    assert len(outline.url) == 4097
