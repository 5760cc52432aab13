"""Feeds of what was posted: they keep the rules of RFC 4287 and of JSON Feed 1.1, whatever is in them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import feedparser
import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.core.outgoing_feeds import FeedEntry, OutgoingFeed, atom, json_feed, urn

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
URI = r"^(https?://\S+|urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"
INSTANT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"
text = {"type": "string", "minLength": 1}
uri = {"type": "string", "pattern": URI}
authors = {
    "type": "array", "minItems": 1,
    "items": {"type": "object", "minProperties": 1, "properties": {"name": text}, "additionalProperties": False},
}  # fmt: skip
# https://www.jsonfeed.org/version/1.1/ as far as we use it
SCHEMA = {
    "type": "object",
    "required": ["version", "title", "items"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": text, "home_page_url": uri, "feed_url": uri, "authors": authors,
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content_html", "date_published"],
                "additionalProperties": False,
                "properties": {
                    "id": uri, "url": uri, "external_url": uri, "title": text, "content_html": text,
                    "date_published": {"type": "string", "pattern": INSTANT},
                    "date_modified": {"type": "string", "pattern": INSTANT},
                    "authors": authors, "tags": {"type": "array", "items": text, "uniqueItems": True}, "language": text,
                },
            },
        },
    },
}  # fmt: skip
texts = st.lists(
    st.sampled_from(
        [
            "<b>",
            "]]>",
            "&amp;",
            "&",
            "\x00",
            "\x0b",
            "\x85",
            "\ud800",
            "\ufffe",
            "\r\n",
            "\u2028",
            "😀",
            "国",
            '"',
            "'",
            " ",
        ]
    )
    | st.text(max_size=3),
    max_size=6,
).map("".join)
links = st.sampled_from(["", "https://x.example/?a=1&b=2#c", "https://x.example/国"])
instants = st.integers(0, 10**6).map(lambda seconds: AT + timedelta(seconds=seconds))
entries = st.builds(
    FeedEntry,
    id=st.uuids().map(lambda uuid: uuid.urn),
    title=texts,
    html=texts,
    published=st.just(AT),
    updated=instants,
    url=links,
    via=links,
    author=st.just("news") | texts,
    tags=st.lists(texts, max_size=3).map(tuple),
    language=st.sampled_from(["", "en", "zh-Hans"]),
)
feeds = st.builds(
    OutgoingFeed,
    id=st.uuids().map(lambda uuid: uuid.urn),
    title=st.just("news"),
    updated=st.just(AT),
    entries=st.lists(entries, max_size=4, unique_by=lambda entry: entry.id),
    url=links,
    page=links,
    author=st.just("reblogbot"),
)


def check_atom(document: bytes) -> ET.Element:
    """The rules of RFC 4287 §4.1.1 and §4.1.2 that a feed of ours may break."""
    root = ET.fromstring(document)
    assert root.tag == f"{ATOM}feed"
    assert len({element.text for element in root.iter(f"{ATOM}id")}) == len(
        list(root.iter(f"{ATOM}id"))
    )
    feed_authors = root.findall(f"{ATOM}author")
    for element in [root, *root.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1, name
        assert re.fullmatch(URI, element.findtext(f"{ATOM}id"))
        assert re.fullmatch(INSTANT, element.findtext(f"{ATOM}updated"))
        assert element.findall(f"{ATOM}author") or feed_authors
        assert all(
            author.findtext(f"{ATOM}name") is not None
            for author in element.findall(f"{ATOM}author")
        )
        kinds = [
            (link.get("rel"), link.get("type"), link.get("hreflang"))
            for link in element.findall(f"{ATOM}link")
        ]
        assert len(kinds) == len(set(kinds))
        assert all(link.get("href") for link in element.findall(f"{ATOM}link"))
        assert all(category.get("term") for category in element.findall(f"{ATOM}category"))
    for entry in root.findall(f"{ATOM}entry"):
        (content,) = entry.findall(f"{ATOM}content")
        assert content.get("type") == "html"
        # §4.1.2: without content there would have to be an alternate link
        assert len(content) == 0
    return root


@given(feeds)
@settings(max_examples=80, deadline=None)
def test_each_atom_feed_keeps_the_rules(feed):
    root = check_atom(atom(feed))
    parsed = feedparser.parse(atom(feed), sanitize_html=False)
    assert not parsed.bozo
    assert [entry.id for entry in parsed.entries] == [entry.id for entry in feed.entries]
    found = [link.get("href") for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert found == ([feed.url] if feed.url else [])


@given(feeds)
@settings(max_examples=80, deadline=None)
def test_each_json_feed_keeps_the_rules(feed):
    document = json.loads(json_feed(feed))
    jsonschema.validate(document, SCHEMA)
    assert [item["id"] for item in document["items"]] == [entry.id for entry in feed.entries]


ENTRY = FeedEntry(
    "urn:uuid:12345678-1234-5678-1234-567812345678",
    "Trains <return> & go",
    '<p>Text <a href="https://x.example/?a=1&amp;b=2">x</a></p>',
    published=AT,
    updated=datetime(2026, 11, 22, 20, 0, 0, 999, timezone(timedelta(hours=8))),
    url="https://social.example/@news/1",
    via="https://x.example/?a=1&b=2",
    author="news",
    tags=("Trains", "Trains", " ", "国"),
    language="en",
)


def test_readers_get_what_was_posted():
    feed = OutgoingFeed("urn:uuid:0", "news", AT, [ENTRY], "https://bot.example/feeds/news.atom")
    parsed = feedparser.parse(atom(feed), sanitize_html=False)
    (entry,) = parsed.entries
    assert parsed.feed.title == "news"
    assert parsed.feed.updated == entry.updated == "2026-11-22T12:00:00Z"
    assert entry.published == "2026-11-22T09:30:00Z"
    assert entry.content[0].value == ENTRY.html
    assert entry.link == ENTRY.url
    assert [tag.term for tag in entry.tags] == ["Trains", "国"]
    (item,) = json.loads(json_feed(feed))["items"]
    assert item == {
        "id": ENTRY.id,
        "url": ENTRY.url,
        "external_url": ENTRY.via,
        "title": ENTRY.title,
        "content_html": ENTRY.html,
        "date_published": "2026-11-22T09:30:00Z",
        "date_modified": "2026-11-22T12:00:00Z",
        "authors": [{"name": "news"}],
        "tags": ["Trains", "国"],
        "language": "en",
    }


def test_an_empty_feed_is_a_feed():
    feed = OutgoingFeed("urn:uuid:00000000-0000-0000-0000-000000000000", "news", AT)
    check_atom(atom(feed))
    assert json.loads(json_feed(feed))["items"] == []


def test_an_id_is_always_the_same_and_another_for_other_names():
    assert urn("a", "b") == urn("a", "b") == "urn:uuid:" + urn("a", "b").removeprefix("urn:uuid:")
    assert len({urn("a", "b"), urn("ab"), urn("a", "b", ""), urn("b", "a")}) == 4
