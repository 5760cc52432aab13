"""What another bot has posted of a feed, and what is left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.core.importing import BotMemory, verdicts
from reblogbot.model import Entry

RUN = datetime(2026, 11, 27, 12, tzinfo=UTC)


def entry(name, hours=None, guid=""):
    """An entry dated so many hours after the last run."""
    at = None if hours is None else RUN + timedelta(hours=hours)
    return Entry(title=name, link=f"https://a.example/{name}", guid=guid, published_at=at)


def words(entries, **memory):
    values = frozenset(memory.pop("values", ()))
    return "".join(
        verdict[0] for verdict in verdicts(entries, BotMemory("bot", RUN, values, **memory))
    )


def test_an_entry_is_posted_by_its_id_its_link_or_another_address_of_its_page():
    entries = [entry("a", 1, "id-a"), entry("b", 1), entry("c", 1), entry("d", 1)]
    values = ["id-a", "https://a.example/b", "http://www.a.example/c/?utm_source=feed"]
    assert words(entries, values=values) == "pppn"


def test_a_date_alone_divides_the_posted_from_the_new():
    entries = [entry("new", 1), entry("same", 0), entry("old", -1), entry("dateless")]
    assert words(entries, is_dated_only=True) == "nooo"


def test_a_text_that_was_remembered_besides_the_date_is_posted():
    entries = [entry("new", 1), entry("title", 1)]
    assert words(entries, is_dated_only=True, values=["title"]) == "np"


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ({}, "npnpoo"),
        # it looks at the first two alone, so that the third may be as old as it likes
        ({"first_entries": 2}, "npopoo"),
        # it has forgotten its first posts: only what is newer than all it knows is new
        ({"may_forget": True}, "npopoo"),
    ],
)
def test_an_entry_between_posted_ones_was_missed(memory, expected):
    hours = [-1, -2, -3, -4, -5, -6]
    entries = [entry(str(hour), hour) for hour in hours]
    values = ["https://a.example/-2", "https://a.example/-4"]
    assert words(entries, values=values, **memory) == expected


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ({}, "nppn"),
        ({"first_entries": 3}, "nppo"),
        ({"may_forget": True}, "nppo"),
    ],
)
def test_without_dates_the_place_in_the_feed_decides(memory, expected):
    entries = [entry(name) for name in "abcd"]
    values = ["https://a.example/b", "https://a.example/c"]
    assert words(entries, values=values, **memory) == expected


def test_a_link_of_several_entries_is_not_taken_for_an_id():
    entries = [replace(entry("a", 1, f"id-{number}"), link="https://a.example/") for number in "12"]
    values = ["https://a.example/", "id-1"]
    assert words(entries, values=values, prefers_ids=True) == "pn"
    assert words(entries, values=values) == "pp"


def test_a_title_is_compared_with_remembered_texts_alone():
    assert words([entry("5", 1, "x")], values=["5"], prefers_ids=True) == "n"


def test_dates_are_not_believed_of_a_feed_that_gives_old_entries_the_present_time():
    entries = [entry(name, 1) for name in "abcd"]
    values = ["https://a.example/b", "https://a.example/c"]
    assert words(entries, values=values, first_entries=3) == "nppo"


def test_what_is_older_than_the_memory_may_have_been_posted():
    entries = [entry("a", -1), entry("b", -30), entry("c", -50)]
    values = ["https://a.example/c"]
    assert words(entries, values=values, memory_span=timedelta(days=1)) == "nop"


def test_of_a_feed_that_the_bot_knows_nothing_of_only_what_is_later_is_new():
    assert words([entry("a", 1), entry("b", -1), entry("c")], values=["other"]) == "noo"
