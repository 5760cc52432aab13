"""JSON Feed of both versions, and JSON that is not a feed."""

import json
from datetime import UTC, datetime

import pytest
from documents import batch_of
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.model import Entry, Media

MORNING = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def feed(*items, **head):
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "Site", **head}
    return json.dumps({**head, "items": list(items)})


def only(item, **head):
    (entry,) = batch_of(feed(item, **head)).entries
    return entry


def test_all_fields_of_a_version_1_1_item_are_read():
    item = {
        "id": "1",
        "url": "/1",
        "title": "A & B <c>",
        "content_html": "<p>Long &amp; more</p>",
        "summary": "Short",
        "date_published": "2026-11-22T16:30:00+08:00",
        "date_modified": "2026-11-23T16:30:00+08:00",
        "authors": [{"name": "Ann"}, {"name": "Ben"}, {"url": "x"}],
        "tags": ["x", "y", "x", ""],
        "language": "zh-cn",
        "image": "/i.jpg",
        "attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "title": "Sound"}],
    }
    assert only(item) == Entry(
        title="A & B <c>",
        link="https://site.example/1",
        guid="1",
        summary="Short",
        authors=("Ann", "Ben"),
        published_at=MORNING,
        updated_at=datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
        categories=("x", "y"),
        language="zh-CN",
        media=(
            Media("https://site.example/a.mp3", "audio/mpeg", "Sound"),
            Media("https://site.example/i.jpg", "image/*"),
        ),
    )


def test_version_1_has_one_author_and_numbers_for_ids():
    entry = only(
        {"id": 42, "external_url": "https://x.example/", "content_text": "A note\nof two lines"},
        version="https://jsonfeed.org/version/1",
        author={"name": "Ann"},
        language="en",
    )
    assert (entry.guid, entry.link, entry.authors, entry.language) == (
        "42",
        "https://x.example/",
        ("Ann",),
        "en",
    )
    assert (entry.title, entry.summary) == ("", "A note\nof two lines")


def test_title_language_and_order_are_the_feeds():
    batch = batch_of(feed({"id": "2"}, {"id": "1"}, {"id": "2"}, title="Site\nName"))
    assert batch.title == "Site Name"
    assert [entry.guid for entry in batch.entries] == ["2", "1", "2"]


HEARD = {"id": "1", "attachments": [{"url": "/1.mp3", "mime_type": "audio/mpeg"}]}


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ({"url": "/1", "external_url": "https://o.example/1"}, "https://site.example/1"),
        ({"url": "mailto:a@b", "external_url": "https://o.example/1"}, "https://o.example/1"),
        ({"id": "https://x.example/1"}, "https://x.example/1"),
        (HEARD, "https://site.example/1.mp3"),
        ({"id": "1"}, ""),
    ],
)
def test_a_link_is_the_page_or_the_next_best(item, link):
    assert only({"title": "T", **item}).link == link


def test_a_feed_cut_off_says_so():
    with pytest.raises(SourceError) as caught:
        batch_of(feed({"id": "1", "title": "T"})[:-9])
    assert caught.value.slug == "feed_truncated"


def test_lines_broken_within_a_text_are_read():
    document = feed({"id": "1", "title": "A title", "content_text": "Some words"})
    (entry,) = batch_of(
        document.replace("A title", "A\n\ttitle").replace("Some ", "Some\n")
    ).entries
    assert (entry.title, entry.summary) == ("A title", "Some\nwords")


def test_a_feed_without_items_is_no_error():
    assert batch_of(feed()).entries == ()


@pytest.mark.parametrize(
    ("key", "value", "attribute", "read"),
    [
        ("title", None, "title", ""),
        ("title", ["x"], "title", ""),
        ("title", "\ud800lone\u0000", "title", "\ufffdlone\ufffd"),
        ("url", "javascript:alert(1)", "link", ""),
        ("url", "http://[", "link", ""),
        ("date_published", 1795336200, "published_at", MORNING),
        ("date_published", "soon", "published_at", None),
        ("date_published", True, "published_at", None),
        ("authors", "Ann", "authors", ()),
        ("tags", "x", "categories", ()),
        ("tags", [1, None, {}], "categories", ("1",)),
        ("attachments", {"url": 1}, "media", ()),
        ("attachments", ["x", {"url": 1}], "media", (Media("https://site.example/blog/1"),)),
    ],
)
def test_a_value_of_the_wrong_type_is_ignored(key, value, attribute, read):
    assert getattr(only({"id": "1", key: value}), attribute) == read


@pytest.mark.parametrize(
    "document",
    ["{}", "[]", "{", '{"items": {}}', '{"items": [{}]}', '{"items": ["x"]}', "[" * 100_000, '{"version": "https://jsonfeed.org/version/1"}', '{"data": [{"url": "x"}]}'],
)  # fmt: skip
def test_json_that_is_no_feed_is_an_error(document):
    with pytest.raises(SourceError) as caught:
        batch_of(document)
    assert caught.value.slug == "not_a_feed"


def test_items_that_are_no_objects_are_skipped():
    assert [entry.guid for entry in batch_of(feed("x", None, {"id": "1"}, 3)).entries] == ["1"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = "id url external_url title content_html content_text summary image date_published date_modified authors author tags language attachments"  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(KEYS.split()), VALUES), max_size=3))
def test_no_json_makes_parsing_a_feed_fail(items):
    for entry in batch_of(feed(*items)).entries:
        json.dumps(entry.title + entry.link + entry.guid + entry.summary).encode()
        assert entry.link[:4].lower() in ("", "http")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("AT&amp;T &#8217;s <em>new</em> plan", "AT&T ’s new plan"),
        ("Set<U> and a < b", "Set<U> and a < b"),
        ("Q&A", "Q&A"),
    ],
)
def test_a_title_in_html_is_read_as_html(written, title):
    assert only({"id": "1", "title": written}).title == title


def test_an_escaped_ampersand_of_a_link_is_undone():
    entry = only({"id": "1", "title": "T", "url": "https://h.example/d?id=2&amp;tab=hot&#38;x=1"})
    assert entry.link == "https://h.example/d?id=2&tab=hot&x=1"


def test_relative_links_resolve_against_the_homepage_when_another_host_serves_the_feed():
    entry = only({"id": "1", "url": "/a"}, home_page_url="https://other.example/en/")
    assert entry.link == "https://other.example/a"


def test_images_in_the_text_are_used_when_there_are_no_others():
    html = '<p><img src="/in.png" alt="A &amp; B"></p>'
    entry = only({"id": "1", "title": "T", "content_html": html})
    assert entry.media == (Media("https://site.example/in.png", "image/*", "A & B"),)
    entry = only({"id": "1", "title": "T", "content_html": html, "image": "/out.png"})
    assert [media.url for media in entry.media] == ["https://site.example/out.png"]
