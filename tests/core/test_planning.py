"""From a batch to intents: order, and what makes a storm."""

from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.config.settings import SourceSettings
from reblogbot.core.planning import plan
from reblogbot.core.recognition import candidates, oldest_first
from reblogbot.model import Batch, Candidate, Entry, Past

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entry(name, hours=1.0, **fields):
    at = None if hours is None else NOW - timedelta(hours=hours)
    given = {"title": name, "link": f"https://a.example/{name}", "published_at": at}
    return Entry(**{**given, **fields})


def titles(found):
    return [one.entry.title if isinstance(one, Candidate) else one.title for one in found]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ([("c", 1), ("b", 2), ("a", 3)], "abc"),
        ([("a", 3), ("b", 2), ("c", 1)], "abc"),
        ([("b", 2), ("c", 1), ("a", 3)], "abc"),
        # what dates do not tell, the reversed order does
        ([("c", None), ("b", None), ("a", None)], "abc"),
        ([("c", 1), ("b", 1), ("a", 1)], "abc"),
        # a dateless entry stays beside its neighbour
        ([("d", 1), ("c", None), ("b", 3), ("a", None)], "abcd"),
    ],
)
def test_entries_go_out_oldest_first(shown, expected):
    entries = [entry(name, hours) for name, hours in shown]
    assert "".join(titles(oldest_first(entries))) == expected


def storm(entries, *, known=(), changed=False, last=NOW - timedelta(hours=2), **keys):
    settings = SourceSettings(name="s", kind="feed", to=("news",), **keys)
    batch = Batch(tuple(entries))
    found = candidates("s", batch)
    seen = {key: one.evidence for one in candidates("s", Batch(tuple(known))) for key in one.keys}
    past = Past(seen, {}, last, changed)
    return plan(settings, batch, found, [], past, NOW).storm


def many(count, hours=1.0):
    return [entry(str(number), hours) for number in range(count)]


def test_more_news_than_max_per_poll_is_a_storm():
    old = entry("old", 9)
    assert storm([*many(20), old], known=[old]) == ""
    assert "21 new entries" in storm([*many(21), old], known=[old])
    assert storm([*many(21), old], known=[old], max_per_poll=21) == ""


def test_first_sight_is_never_a_storm():
    assert storm(many(500), last=None) == ""


def test_a_list_whose_old_entries_all_changed_at_once_is_a_storm():
    assert "all 5 entries" in storm(many(5, hours=3))
    assert "all 5 entries" in storm(many(5, hours=None))


@pytest.mark.parametrize("count", range(1, 6))
def test_a_short_list_whose_entries_are_all_older_than_the_last_poll_is_a_storm(count):
    assert f"all {count} entries" in storm(many(count, hours=3))


@pytest.mark.parametrize("count", range(1, 5))
def test_another_url_with_few_entries_all_of_them_new_is_a_storm(count):
    assert f"all {count} entries" in storm(many(count, hours=1), changed=True)


@pytest.mark.parametrize("hours", [None, 1])
def test_a_short_list_with_an_entry_that_may_be_news_is_no_storm(hours):
    assert storm([entry("news", hours), *many(3, hours=3)]) == ""


def test_a_date_without_a_time_may_be_any_time_of_that_day():
    today = NOW.replace(hour=0)
    assert storm([entry("a", published_at=today)]) == ""
    assert "all 1 entries" in storm([entry("a", published_at=today - timedelta(days=1))])


def test_a_list_of_nothing_but_news_is_no_storm():
    assert storm(many(10, hours=1)) == ""


def test_a_list_that_was_empty_until_now_is_no_other_list():
    settings = SourceSettings(name="s", kind="feed", to=("news",))
    batch = Batch(tuple(many(6, hours=9)))
    past = Past({}, {}, NOW - timedelta(hours=2), is_blank=True)
    assert plan(settings, batch, candidates("s", batch), [], past, NOW).storm == ""


def test_another_url_that_shows_nothing_known_is_a_storm():
    assert "all 6 entries" in storm(many(6, hours=1), changed=True)
    old = entry("old", 9)
    assert storm([*many(6), old], known=[old], changed=True) == ""
