"""Replies of the parser child: values are decoded as they were sent, anything else is refused."""

import json
import os
import pickle
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reblogbot.media.convert import convert
from reblogbot.media.page_text import read_page
from reblogbot.media.robots_txt import rules_for
from reblogbot.model import (
    Author,
    Batch,
    Candidate,
    DeliveryState,
    Entry,
    Intent,
    Media,
    Plan,
    Post,
    Validators,
)
from reblogbot.runtime import parser_replies
from reblogbot.runtime.parser_replies import ReplyError
from reblogbot.sources.chouti import parse as parse_chouti
from reblogbot.sources.fediverse import activitypub, statuses
from reblogbot.sources.feed import page_feeds, worker
from reblogbot.sources.feed import parse as parse_feed
from reblogbot.sources.scrape import parse_json_list, parse_page


def there_and_back(kind, value):
    return parser_replies.decode(kind, parser_replies.encode(value))


# no lone surrogates: they have a test of their own
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
INSTANTS = st.datetimes(timezones=st.just(UTC))
SPANS = st.timedeltas()
MEDIA = st.builds(Media, url=TEXTS, mime=TEXTS, alt=TEXTS)
ENTRIES = st.builds(
    Entry,
    title=TEXTS,
    authors=st.lists(TEXTS).map(tuple),
    published_at=st.none() | INSTANTS,
    score=st.none() | st.floats(allow_nan=False),
    comments=st.none() | st.integers(),
    media=st.lists(MEDIA).map(tuple),
    is_reply=st.booleans(),
)
BATCHES = st.builds(
    Batch,
    entries=st.lists(ENTRIES, max_size=3).map(tuple),
    validators=st.builds(Validators, cursor=TEXTS),
    fresh_for=st.none() | SPANS,
)


@given(BATCHES)
def test_a_batch_comes_back_as_it_was(batch):
    assert there_and_back(Batch, batch) == batch


@given(st.binary(), INSTANTS, SPANS)
def test_bytes_instants_and_durations_come_back_as_they_were(octets, instant, span):
    kind = tuple[bytes, datetime, timedelta]
    back = there_and_back(kind, (octets, instant, span))
    assert back == (octets, instant, span)
    assert back[1].tzinfo is UTC


class Pair(NamedTuple):
    number: int
    author: Author | None


@dataclass(frozen=True, slots=True)
class Sorted:
    names: frozenset[str]
    by_name: dict[str, tuple[Pair, ...]]
    state: DeliveryState


def test_named_tuples_sets_mappings_and_enums_come_back_as_they_were():
    pairs = (Pair(1, None), Pair(2, Author()))
    value = Sorted(frozenset({"a", "b"}), {"k": pairs}, DeliveryState.HELD)
    back = there_and_back(Sorted, value)
    assert back == value
    assert isinstance(back.by_name["k"][0], Pair)
    assert back.state is DeliveryState.HELD


def test_the_programs_own_values_come_back_as_they_were():
    candidate = Candidate(Entry(title="题"), (b"\x00\xff", b""), ())
    plan = Plan((candidate,), intents=(Intent(candidate, "news", Post("post", "text")),))
    assert there_and_back(Plan, plan) == plan


def test_an_instant_elsewhere_comes_back_in_utc():
    shanghai = datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    assert there_and_back(datetime, shanghai).isoformat() == "2026-01-01T00:00:00+00:00"


def test_half_a_surrogate_pair_does_not_lose_the_entry():
    assert there_and_back(str, "a\ud800b") == "a?b"


NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize("value", [object(), 1j, NAIVE, os.getcwd, {1: 2}.keys()])
def test_a_value_of_an_unsupported_type_is_not_sent(value):
    with pytest.raises(TypeError):
        parser_replies.encode(value)


ENTRY = json.loads(parser_replies.encode(Entry()))[0]
REFUSED = {
    "a number for text": (Entry, [ENTRY | {"title": 1}]),
    "text for a number": (Entry, [ENTRY | {"comments": "1"}]),
    "truth for a number": (Entry, [ENTRY | {"comments": True}]),
    "a word that is none of the few": (Entry, [ENTRY | {"visibility": "everywhere"}]),
    "an instant without a zone": (Entry, [ENTRY | {"published_at": "2026-01-01T00:00:00"}]),
    "an instant beyond the calendar": (datetime, ["9999-12-31T23:00:00-05:00"]),
    "an instant as a number": (datetime, [1_800_000_000]),
    "octets that are no Base64": (bytes, ["ÿ"]),
    "a field left out": (Entry, [{k: v for k, v in ENTRY.items() if k != "spoiler"}]),
    "all fields left out": (Entry, [{}]),
    "nothing": (Entry, []),
    "two values": (int, [1, 2]),
    "an object for a list": (tuple[str, ...], [{"0": "a"}]),
    "another state": (DeliveryState, ["stolen"]),
}


@pytest.mark.parametrize(("kind", "sent"), REFUSED.values(), ids=REFUSED)
def test_a_value_of_another_type_is_refused(kind, sent):
    with pytest.raises(ReplyError) as caught:
        parser_replies.decode(kind, json.dumps(sent).encode())
    assert len(str(caught.value)) < 100


@given(st.binary() | st.recursive(st.none() | st.integers() | TEXTS, st.lists).map(json.dumps))
def test_no_bytes_cause_any_other_error(octets):
    octets = octets.encode() if isinstance(octets, str) else octets
    with pytest.raises(ReplyError):
        parser_replies.decode(Batch, octets)


@pytest.mark.parametrize(
    "sent",
    [pickle.dumps(os.getcwd), b"[" * 1_000_000, b'[{"a":' * 100_000, b"[" + b"9" * 100_000 + b"]"],
    ids=["a pickle", "lists in lists", "objects in objects", "a number without end"],
)
def test_a_reply_made_to_exhaust_the_reader_is_refused(sent):
    with pytest.raises(ReplyError):
        parser_replies.decode(tuple[int, ...] | Batch, sent)


def test_the_first_error_ends_the_validation():
    # one error per element would take a hundred times the reply's memory
    with pytest.raises(ValidationError) as caught:
        parser_replies._validator(tuple[Entry, ...]).validate_json(b"[[" + b"0," * 1000 + b"0]]")
    assert caught.value.error_count() == 1


OFFLOADED = [
    activitypub.actor,
    activitypub.author,
    activitypub.outbox_page,
    activitypub.note,
    activitypub.webfinger,
    worker.outline_feed,
    worker.read_entries,
    worker.read_feed,
    page_feeds.named_feeds,
    convert,
    read_page,
    rules_for,
    parse_chouti.parse_json,
    parse_chouti.parse_official_feed,
    parse_chouti.parse_page,
    parse_feed.parse_body,
    parse_json_list.parse,
    parse_page.parse,
    statuses.read_all,
]


@pytest.mark.parametrize(
    "function", OFFLOADED, ids=lambda function: f"{function.__module__}.{function.__name__}"
)
def test_every_function_that_runs_in_the_child_has_a_usable_return_type(function):
    assert parser_replies.return_type(function) is not Any


@pytest.mark.parametrize(
    "annotations",
    [{}, {"return": "Nowhere"}, {"return": json}],
    ids=["nothing", "an unknown name", "no type"],
)
def test_a_function_without_a_usable_return_type_is_named_in_the_error(annotations):
    def careless(): ...

    careless.__annotations__ = annotations
    with pytest.raises(TypeError, match="careless is not annotated"):
        parser_replies.return_type(careless)
