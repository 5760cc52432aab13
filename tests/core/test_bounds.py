"""A batch is bounded in its number of entries, of which the newest stay, and in their fields."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reblogbot.core import bounds
from reblogbot.core.bounds import MOST_ENTRIES, bounded
from reblogbot.core.recognition import candidates
from reblogbot.model import Batch, Entry, Media

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def keys(entry):
    (candidate,) = candidates("s", Batch((entry,)))
    return candidate.keys


def dated(number, minutes):
    return Entry(title=str(number), published_at=NOW - timedelta(minutes=minutes))


def test_of_a_longer_document_the_newest_entries_are_kept_and_the_others_counted():
    entries = tuple(dated(number, minutes=number) for number in range(MOST_ENTRIES + 7))
    kept = bounded(Batch(entries))
    assert kept.entries == entries[:MOST_ENTRIES]
    assert kept.left_out == 7
    assert bounded(kept) == kept


def test_dates_decide_which_entries_are_the_newest_at_any_position():
    oldest_first = tuple(dated(number, minutes=-number) for number in range(MOST_ENTRIES + 3))
    assert bounded(Batch(oldest_first)).entries == oldest_first[3:]


def test_without_dates_the_first_entries_are_the_newest():
    entries = tuple(Entry(title=str(number)) for number in range(MOST_ENTRIES + 1))
    assert bounded(Batch(entries)).entries == entries[:-1]


def test_an_entry_within_all_bounds_is_left_as_it_is():
    entry = Entry("title", "https://a.example/", "guid", "https://a.example/u", "summary", ("me",))
    assert bounded(Batch((entry,))).entries[0] is entry


LONG = "x" * 10_000_000


@pytest.mark.parametrize(
    "entry",
    [
        Entry(title=LONG),
        Entry(summary=LONG),
        Entry(link=f"https://a.example/{LONG}"),
        Entry(redirector=f"https://a.example/{LONG}"),
        Entry(uri=f"https://a.example/{LONG}"),
        Entry(guid=LONG),
        Entry(authors=(LONG,) * 3),
        Entry(authors=("me",) * 1_000_000),
        Entry(categories=(LONG,)),
        Entry(language=LONG),
        Entry(spoiler=LONG),
        Entry(media=(Media("https://a.example/a.png", LONG, LONG),)),
        Entry(media=(Media(f"https://a.example/{LONG}"),)),
        Entry(media=(Media("https://a.example/a.png"),) * 100_000),
    ],
)
def test_every_field_of_an_entry_is_bounded(entry):
    assert len(repr(bounded(Batch((entry,))).entries[0])) < 100_000


def test_long_ids_still_distinguish_entries():
    first, second = (Entry(guid=f"{'x' * 5000}{number}") for number in range(2))
    (first_bounded, second_bounded) = bounded(Batch((first, second))).entries
    assert keys(first_bounded) != keys(second_bounded)
    assert bounded(Batch((first,))).entries == (first_bounded,)


def test_identity_ignores_the_same_long_links():
    entry = Entry(title="t", guid="g", link=f"https://a.example/{'x' * bounds.LONGEST_LINK}")
    assert keys(bounded(Batch((entry,))).entries[0]) == keys(entry) == keys(replace(entry, link=""))
