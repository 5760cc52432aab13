"""The fediverse kinds pass the checks of every kind, and read any JSON without failing."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.fediverse import activitypub, statuses
from reblogbot.sources.registry import factory
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.testing import CHECKS, Case, fault_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = {
    "id": "7",
    "username": "ann",
    "acct": "ann@remote.example",
    "display_name": "Ann",
    "url": "https://remote.example/@ann",
    "note": "<p>hello</p>",
    "fields": [{"name": "site", "value": "https://ann.example"}],
}
NOTE = {
    "id": "01J",
    "uri": "https://remote.example/users/ann/statuses/1",
    "url": "https://remote.example/@ann/1",
    "content": "<p>你好 &amp; <b>hi</b></p>",
    "created_at": "2026-02-28T10:00:00.000Z",
    "visibility": "unlisted",
    "language": "zh",
    "account": ANN,
    "tags": [{"name": "tag"}],
    "media_attachments": [
        {"type": "image", "url": "https://remote.example/1.png", "description": "dots"}
    ],
}
BOOST = {**NOTE, "id": "02J", "content": "", "reblog": NOTE}
CARD = {"url": "https://news.example/1", "title": "One", "description": "two", "history": []}
ME = {"id": "1", "username": "news", "acct": "news", "url": "https://home.example/@news"}
API = {
    "/api/v1/accounts/verify_credentials": ME,
    "/api/v1/accounts/relationships": [{"id": "7", "followed_by": True}],
    "/api/v1/accounts/lookup": ANN,
    "/api/v1/accounts/7/statuses": [BOOST, NOTE],
    "/api/v1/timelines/tag/tag": [NOTE],
    "/api/v1/timelines/home": [BOOST, NOTE, BOOST, NOTE],
    "/api/v1/lists": [{"id": "3", "title": "People"}],
    "/api/v1/timelines/list/3": [NOTE],
    "/api/v1/notifications": [{"id": "9", "type": "mention", "account": ANN, "status": NOTE}],
    "/api/v1/trends/statuses": [NOTE],
    "/api/v1/trends/links": [CARD],
    "/api/v1/bookmarks": [NOTE],
    "/api/v1/favourites": [NOTE],
}
KEYS = {
    "account": {"acct": "@ann@remote.example"},
    "hashtag": {"tag": "#tag"},
    "list": {"list": "People"},
    "home": {},
    "mentions": {"from": "followers"},
    "trends": {"trends": "statuses"},
    "bookmarks": {},
    "favourites": {},
}
PERSON = {
    "id": "https://b.example/ann",
    "type": "Person",
    "preferredUsername": "ann",
    "outbox": "https://b.example/outbox",
}
OBJECT = {
    "id": "https://b.example/notes/1",
    "type": "Note",
    "content": "<p>One</p>",
    "attributedTo": PERSON["id"],
    "to": "as:Public",
    "published": "2026-02-28T10:00:00Z",
}
ACTS = [
    {"id": "https://b.example/acts/1", "type": "Create", "object": OBJECT},
]
FINGER = {
    "links": [{"rel": "self", "type": "application/activity+json", "href": PERSON["id"]}],
}
PAGES = {
    "/.well-known/webfinger": FINGER,
    "/ann": PERSON,
    "/outbox": {"type": "OrderedCollection", "orderedItems": ACTS},
}
CASES = {
    kind: Case(
        factory(kind),
        settings={"kind": kind, "via": "account", **keys},
        api=API,
        now=NOW,
    )
    for kind, keys in KEYS.items()
}
CASES["links"] = Case(
    factory("trends"), settings={"kind": "trends", "via": "account", "trends": "links"}, api=API
)
CASES["actor"] = Case(
    factory("actor"),
    {path: json.dumps(page).encode() for path, page in PAGES.items()},
    {"acct": "@ann@b.example"},
    "application/activity+json",
    now=NOW,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_a_fediverse_kind(case, check):
    await check(case)


# any JSON, often with the names and values that the readers look for

SAMPLES = (
    NOTE,
    BOOST,
    ANN,
    CARD,
    PERSON,
    OBJECT,
    FINGER,
    {"orderedItems": [], "first": {}, "next": "x"},
)
NAMES = sorted(
    {name for sample in SAMPLES for name in sample} | {"object", "status", "items", "cc"}
)
WORDS = "Note Create Announce Article OrderedCollection mention 2026-02-28 as:Public direct <p>x"
LINKS = ["https://b.example/1", "http://[", "\udcff"]
TEXTS = st.text() | st.sampled_from([*WORDS.split(), *LINKS])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANY = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8)
    ),
    max_leaves=30,
)


def spoilt(sample):
    """The sample with one field replaced by any JSON."""
    return st.builds(lambda name, value: {**sample, name: value}, st.sampled_from(NAMES), ANY)


ODD = ANY | st.sampled_from(SAMPLES).flatmap(spoilt)


@given(st.lists(ODD, max_size=3), st.sampled_from(["status", "notification", "mark", "card"]))
def test_no_json_makes_the_reading_of_statuses_fail(elements, form):
    for entry in statuses.read_all(elements, form, NOW):
        assert entry is None or fault_of(entry, NOW) == ""


@given(ODD)
def test_no_json_makes_the_reading_of_activitypub_fail(document):
    body = ResponseBody(json.dumps(document).encode(), "", "https://b.example/x", "", "UTC", NOW)
    for parse in (activitypub.webfinger, activitypub.actor, activitypub.author):
        try:
            parse(body)
        except SourceError as error:
            assert error.slug == "not_activitypub"
    try:
        entries = [activitypub.note(body).entry]
        entries += [
            activity.note.entry
            for activity in activitypub.outbox_page(body).activities
            if activity.note
        ]
    except SourceError as error:
        assert error.slug == "not_activitypub"
        return
    assert [fault_of(entry, NOW) for entry in entries if entry.uri] == [""] * sum(
        bool(entry.uri) for entry in entries
    )


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reading_of_activitypub_fail(octets):
    body = ResponseBody(octets, "", "https://b.example/x", "", "UTC", NOW)
    slugs = set()
    for parse in (activitypub.webfinger, activitypub.actor, activitypub.outbox_page):
        try:
            parse(body)
        except SourceError as error:
            slugs.add(error.slug)
    assert slugs <= {"not_activitypub", "not_json", "empty_body"}
    assert slugs
