"""Statuses as real servers write them are read as published statuses and receipts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core.mastodon_json import instant
from reblogbot.model import Receipt
from reblogbot.targets.mastodon.entities import published_status, receipt
from reblogbot.targets.shared.html_links import links_in

LINK = "https://paper.example/a?id=3&section=9"


@pytest.mark.parametrize(
    "content",
    [
        # Mastodon
        '<p>Title<br /><a href="https://paper.example/a?id=3&amp;section=9" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">https://</span><span class="ellipsis">paper.example/a?id=3&amp;se</span><span class="invisible">ction=9</span></a></p>',
        # GoToSocial
        '<p>Title<br><a href="https://paper.example/a?id=3&amp;section=9" rel="nofollow noreferrer noopener" target="_blank">https://paper.example/a?id=3&amp;section=9</a></p>',
        # snac and others that forget to escape
        '<p>Title<br><a href="https://paper.example/a?id=3&section=9" target="_blank">https://paper.example/a?id=3&section=9</a></p>',
        # Pleroma
        'Title<br/><a href="https://paper.example/a?id=3&amp;section=9" rel="ugc">https://paper.example/a?id=3&amp;section=9</a>',
        # plain text
        "Title\nhttps://paper.example/a?id=3&section=9",
        "<p>Title https://paper.example/a?id=3&amp;section=9</p>",
    ],
)
def test_the_link_is_found_however_a_server_writes_it(content):
    assert links_in(content) == (LINK,)
    assert published_status({"id": "1", "content": content}).text.startswith("Title")


def test_mentions_and_hashtags_are_no_links():
    content = (
        '<p><span class="h-card"><a href="https://x/@ann" class="u-url mention">@<span>ann</span></a></span>'
        ' <a href="https://x/tags/news" class="mention hashtag" rel="tag">#<span>news</span></a>'
        ' <a href="https://y/tag/a" rel="tag">#a</a> <a name="z">no target</a>'
        f' <a href="{LINK}">paper</a></p>'
    )
    assert links_in(content) == (LINK,)


def test_the_card_is_a_link_too():
    assert published_status({"id": "1", "card": {"url": LINK}}).links == (LINK,)


def test_a_boost_has_the_addresses_of_the_boosted_status_and_no_text():
    original = {
        "id": "2",
        "uri": "https://far/ap/2",
        "url": "https://far/@a/2",
        "content": f"<a href={LINK}>x</a>",
    }
    published = published_status({"id": "9", "content": original["content"], "reblog": original})
    assert published.boosted_uri == "https://far/ap/2"
    assert published.links == ("https://far/ap/2", "https://far/@a/2")
    assert published.text == ""


def test_a_boost_without_a_page_shows_the_boosted_page():
    original = {"id": "2", "uri": "https://far/ap/2", "url": "https://far/@a/2"}
    assert receipt({"id": "9", "url": None, "reblog": original}) == Receipt("9", "https://far/@a/2")


def test_a_boosts_link_is_the_boosted_page_and_never_an_activity():
    """Mastodon calls `…/statuses/9/activity` the url of a boost: people got a dead link."""
    activity = "https://home/users/news/statuses/9/activity"
    original = {"id": "2", "uri": "https://far/ap/2", "url": "https://far/@a/2"}
    boost = {"id": "9", "uri": activity, "url": activity, "reblog": original}
    assert receipt(boost) == Receipt("9", "https://far/@a/2")
    assert receipt(boost | {"reblog": {"id": "2"}}) == Receipt("9", activity)


def test_a_boost_of_a_status_without_addresses_is_still_a_boost():
    published = published_status({"id": "9", "reblog": {"id": "2"}})
    assert published.boosted_uri == "2"
    assert published_status({"id": "9", "reblog": {}}).boosted_uri == ""


@pytest.mark.parametrize(
    "page", ["javascript:alert(1)", "tag:x,2026:1", "", None, 7, ["https://x"]]
)
def test_a_receipt_has_web_pages_only(page):
    assert receipt({"id": "1", "url": page, "uri": page}) == Receipt("1", "")


@pytest.mark.parametrize("strange", [None, 3, "x", [], {}, {"id": None}, {"id": False}, {"id": {}}])
def test_what_is_no_status_is_no_published_status(strange):
    assert published_status(strange) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-03-01T11:00:00.000Z", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T12:00:00+01:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("2026-03-01T11:00:00", datetime(2026, 3, 1, 11, tzinfo=UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (17, None),
        (None, None),
    ],
)
def test_instants_are_read_as_utc_or_not_at_all(written, read):
    assert instant({"created_at": written}, "created_at") == read


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("id", "uri", "url", "content", "card", "reblog", "created_at", "visibility")


@given(st.dictionaries(st.sampled_from(FIELDS), json))
def test_no_status_however_odd_breaks_the_reading(status):
    published = published_status(status)
    assert published is None or published.receipt.remote_id


@given(st.text(alphabet="<>a&;=\"'/![]-# hrefx:\n", max_size=80))
def test_no_content_however_garbled_breaks_the_reading(content):
    assert isinstance(links_in(content), tuple)


def test_the_link_at_the_end_of_a_very_long_post_is_found():
    content = f"<p>{'word ' * 20_000}</p><p><a href='{LINK}'>x</a></p>"
    assert published_status({"id": "1", "content": content}).links == (LINK,)


def test_a_link_that_became_an_attachment_is_found():
    image = "https://news.example/chart.png"
    published = published_status(
        {"id": "1", "content": "<p>Title</p>", "media_attachments": [{"url": image}]}
    )
    assert published.links == (image,)
    assert published_status({"id": "1", "media_attachments": ["nonsense", {"url": 7}]}).links == ()
