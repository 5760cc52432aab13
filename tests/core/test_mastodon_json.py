"""Fields of the Mastodon API's entities, with whatever a server puts into them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.core import mastodon_json

NOTE = {"id": "1", "uri": "https://a.example/1", "url": "https://a.example/@ann/1"}


@pytest.mark.parametrize(
    ("entity", "id_"),
    [
        ({"id": "01J-x"}, "01J-x"),
        ({"id": 5}, "5"),
        ({"id": 0}, "0"),
        ({"id": True}, ""),
        ({"id": None}, ""),
        ({"id": ["1"]}, ""),
        ({}, ""),
        (None, ""),
        ("1", ""),
    ],
)
def test_an_id_is_a_string_or_a_number(entity, id_):
    assert mastodon_json.id_of(entity) == id_


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-03-01T12:00:00.000Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("0001-01-01T00:00:00+02:00", None),
        ("yesterday", None),
        (1772366400, None),
        (None, None),
    ],
)
def test_a_date_is_iso_8601_and_utc_without_a_zone(written, instant):
    assert mastodon_json.instant({"created_at": written}, "created_at") == instant


def test_a_boost_is_read_as_its_original_at_any_depth_a_server_sends():
    boost = {"id": "2", "reblog": {"id": "3", "reblog": NOTE}}
    assert mastodon_json.original(boost) == NOTE
    assert mastodon_json.original(NOTE) == NOTE
    assert mastodon_json.boosted(NOTE) is None


def test_a_boost_with_the_id_of_its_original_is_recognised():
    assert mastodon_json.has_borrowed_id({"id": "1", "reblog": NOTE})
    assert not mastodon_json.has_borrowed_id({"id": "2", "reblog": NOTE})
    assert not mastodon_json.has_borrowed_id(NOTE)
    assert not mastodon_json.has_borrowed_id({})


def test_the_addresses_of_a_status_are_its_id_and_its_page_each_once():
    assert mastodon_json.addresses_of(NOTE) == (NOTE["uri"], NOTE["url"])
    assert mastodon_json.addresses_of({**NOTE, "url": NOTE["uri"]}) == (NOTE["uri"],)
    assert mastodon_json.addresses_of({"uri": None}) == ()


def test_an_account_has_the_address_of_its_profile():
    account = {"username": "Ann", "url": "https://a.example/@Ann", "uri": "https://b.example/1"}
    assert mastodon_json.account_address(account) == "ann@a.example"
    assert mastodon_json.account_address({**account, "url": None}) == "ann@b.example"
    assert mastodon_json.account_address({}) == ""


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "uri", "url", "reblog", "username"]), inner)
    ),
    max_leaves=10,
)


@given(ANY)
def test_no_json_makes_the_reading_fail(value):
    mastodon_json.id_of(value)
    mastodon_json.addresses_of(value)
    mastodon_json.account_address(value)
    mastodon_json.instant(value, "uri")
    mastodon_json.has_borrowed_id(value)
