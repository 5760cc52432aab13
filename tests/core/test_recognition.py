"""Which entries are the same: in a batch, over time, across sources, after an upgrade."""

import gc
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_histories import Bot
from reblogbot.core import identity
from reblogbot.core.habits import remarks
from reblogbot.core.identity.evidence import SHARED, Evidence
from reblogbot.core.identity.match_fields import CONFIRMATIONS
from reblogbot.core.recognition import (
    candidates,
    lookup_keys,
    recognise,
)
from reblogbot.model import Batch, Entry
from reblogbot.model.evidence import SourceHabits
from reblogbot.model.history import SourceHistory

NOW = datetime(2026, 11, 22, 12, 7, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOME = "https://tool.example/"
SITE = "https://site.example"


def entry(name, hours=1.0, **fields):
    at = None if hours is None else NOW - hours * HOUR
    given = {"title": f"Title {name}", "link": f"{SITE}/{name}", "published_at": at}
    return Entry(**{**given, **fields})


class Reader:
    """Polls one source repeatedly and returns the new entries."""

    def __init__(self):
        self.past = SourceHistory()
        self.at = NOW

    def new(self, *entries):
        batch = candidates("s", Batch(tuple(entries)), self.past.habits)
        looked_up = {key for candidate in batch for key in candidate.lookups}
        stored = {key: value for key, value in self.past.seen.items() if key in looked_up}
        result = recognise("s", batch, replace(self.past, seen=stored))
        self.past = replace(
            self.past,
            seen={**self.past.seen, **result.sightings},
            habits=result.habits,
            last_batch_at=self.at,
        )
        self.at += HOUR
        return [candidate.entry for candidate in result.new]


@pytest.fixture
def reader():
    return Reader()


# within a batch


@pytest.mark.parametrize("count", [2, 3, 99])
@pytest.mark.parametrize(
    "fields",
    [
        lambda name: {"guid": name, "link": HOME},
        lambda name: {"guid": name, "link": HOME, "title": "Jerusalem", "summary": name},
        lambda name: {"guid": name, "link": HOME, "title": "Alert", "hours": int(name)},
        lambda name: {"guid": HOME, "link": HOME},
        lambda name: {"link": HOME},
        lambda name: {"link": HOME, "title": "", "summary": name},
        lambda name: {"guid": f"{HOME}#{name}", "link": f"{HOME}#{name}"},
        lambda name: {"guid": f"{HOME}#{name}", "link": HOME},
        lambda name: {"link": f"{HOME}#{name}", "title": "Change"},
        lambda name: {"guid": HOME},
        lambda name: {"guid": "0"},
        lambda name: {"guid": "0", "link": HOME},
        lambda name: {"guid": name, "link": ""},
        lambda name: {"redirector": f"https://count.example/{name}", "link": HOME},
    ],
)
def test_a_value_that_several_entries_of_a_batch_share_identifies_none(fields, count):
    entries = tuple(
        entry(str(number), **{"hours": 1 + number / 100, **fields(str(number))})
        for number in range(count)
    )
    batch = candidates("s", Batch(entries))
    assert len(batch) == count
    assert len({key for candidate in batch for key in candidate.keys[:1]}) == count
    assert len({candidate.published_keys[0] for candidate in batch}) == count


@pytest.mark.parametrize(
    "other",
    [
        entry("a"),
        entry("a", link=f"{SITE}/a?utm_source=rss"),
        entry("a", link="https://www.site.example/a/", guid="2"),
        entry("a", guid="2"),
        entry("a", hours=2, guid="1"),
        entry("a", hours=2, title="Title a", summary="longer"),
        # a corrected link, shown beside the first
        entry("a", link=f"{SITE}/corrected", guid="2", summary="Text"),
    ],
)
def test_an_entry_shown_twice_counts_once(other):
    first = entry("a", guid="1" if other.guid else "", summary=other.summary)
    assert len(candidates("s", Batch((first, other)))) == 1


def test_the_same_words_at_two_places_are_two_entries():
    batch = Batch(tuple(entry("a", link=f"{SITE}/{name}", guid=name) for name in "xy"))
    assert len(candidates("s", batch)) == 2


# over time


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Corrected"},
        {"hours": 0.1},
        {"title": "Corrected", "hours": 0.1},
        {"link": f"{SITE}/corrected", "guid": "2"},
        {"link": f"{SITE}/corrected", "title": "Corrected"},
        {"link": f"{SITE}/corrected", "hours": 0.1},
        {"guid": "2"},
        {"guid": "2", "title": "Corrected"},
        {"guid": "2", "hours": None},
        {"guid": ""},
        {"link": "http://www.site.example/a/amp/?utm_source=x#comments"},
        {"link": "", "title": "Corrected"},
        {"summary": "Edited", "score": 4.0, "categories": ("a",)},
    ],
)
def test_an_entry_that_changed_is_still_the_same(reader, changed):
    first = entry("a", guid="1", summary="Text")
    reader.new(first)
    hours = changed.pop("hours", 1.0)
    later = replace(first, published_at=None if hours is None else NOW - hours * HOUR, **changed)
    assert reader.new(later) == []


@pytest.mark.parametrize(
    "other",
    [
        # last year's id
        entry("b", hours=0.5, guid="1"),
        # an id and a link that stay, and nothing else
        entry("a", hours=0.5, guid="2", title="Episode 2"),
        entry("a", hours=0.5, guid="2", title="Title a", summary="Another"),
        entry("a", hours=0.5, guid="2", title="Title a", summary="Text"),
        # the same title on another day
        entry("b", hours=0.5, guid="2", title="Title a"),
    ],
)
def test_another_entry_with_one_field_of_the_first_is_another(reader, other):
    first = entry("a", guid="1", summary="Text")
    reader.new(first)
    reader.new(first)
    assert reader.new(other) == [other]
    assert reader.new(other) == []
    assert reader.new(first, other) == []


@pytest.mark.parametrize("hours", [lambda number: 9 - number, lambda _number: 9])
def test_ids_that_are_positions_in_the_list_lose_no_entry(reader, hours):
    # also where all entries bear the date of the list
    stories = [entry(str(number), hours=hours(number)) for number in range(8)]
    news = []
    for newest in range(3, 9):
        entries = stories[:newest][-4:][::-1]
        entries = [replace(story, guid=str(position)) for position, story in enumerate(entries)]
        news.append([story.title for story in reader.new(*entries)])
        assert reader.new(*entries) == []
    assert news == [["Title 0", "Title 1", "Title 2"]] + [[f"Title {n}"] for n in range(3, 8)]
    assert "ids are given to other entries" in " ".join(remarks(reader.past.habits))


def test_a_page_once_shared_is_never_again_an_entrys_own_link(reader):
    reader.new(entry("1", link=HOME), entry("2", hours=0.9, link=HOME))
    third = entry("3", hours=0.5, link=HOME)
    assert reader.new(third) == [third]
    fourth = entry("4", hours=0.4, link=HOME)
    assert reader.new(fourth) == [fourth]


def test_an_id_that_is_the_link_with_a_count_of_its_edits_is_the_link(reader):
    first = entry("a", guid=f"{SITE}/a#0")
    reader.new(first)
    edited = entry("a", hours=0.2, title="Edited", guid=f"{SITE}/a#1")
    assert reader.new(edited) == []


def test_one_title_on_one_day_at_two_places_is_two_entries_if_the_words_differ(reader):
    midnight = {"published_at": NOW.replace(hour=0, minute=0, second=0), "title": "Correction"}
    reader.new(entry("a", guid="1", **midnight, summary="One"))
    other = entry("b", guid="2", **midnight, summary="Two")
    assert reader.new(other) == [other]
    assert reader.new(entry("c", guid="3", **midnight, summary="Two")) == []


# habits


def with_session(number, poll, **fields):
    link = f"{SITE}/view?t={number}&sid=x{poll}"
    return entry(str(number), hours=9 - number, link=link, **fields)


def test_a_changing_parameter_is_recognised_and_ignored(reader):
    for poll in range(3):
        entries = [with_session(number, poll) for number in (1, 2, 3)]
        news = reader.new(*entries)
        assert (news == []) == (poll > 0)
    assert reader.past.habits.parameters == ("sid",)
    assert remarks(reader.past.habits) == (
        "links carry changing parameters, which are ignored: sid",
    )
    rows = len(reader.past.seen)
    edited = with_session(1, 9, title="Edited", summary="Text")
    assert reader.new(edited) == []
    # the title alone is another
    assert len(reader.past.seen) == rows + 1


def test_a_parameter_that_names_the_entry_is_not_ignored(reader):
    entries = [entry(str(n), hours=9 - n, link=f"{SITE}/view?sid={n}") for n in range(8)]
    for newest in range(3, 9):
        reader.new(*entries[:newest][-3:])
    assert reader.past.habits.parameters == ()


@pytest.mark.parametrize(
    ("habit", "changed"),
    [
        ("ids change", lambda poll: {"guid": f"random-{poll}"}),
        ("dates change", lambda poll: {"hours": 1 - poll / 100}),
        ("links change", lambda poll: {"link": f"{SITE}/{poll}/a", "guid": "1"}),
    ],
)
def test_fields_that_change_with_every_poll_are_ignored_and_stored_no_more(reader, habit, changed):
    for poll in range(4):
        assert (reader.new(entry("a", summary="x", **changed(poll))) == []) == (poll > 0)
    assert habit in " ".join(remarks(reader.past.habits))
    rows = len(reader.past.seen)
    for poll in range(4, 20):
        assert reader.new(entry("a", summary="x", **changed(poll))) == []
    assert len(reader.past.seen) <= rows + 1


def test_a_habit_that_ended_is_forgotten(reader):
    for poll in range(4):
        reader.new(entry("a", guid=f"random-{poll}"))
    assert reader.past.habits.id_changes == CONFIRMATIONS
    reader.new(entry("a", guid="random-3"))
    assert reader.past.habits.id_changes == 0


# across sources


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({}, {"link": "http://www.site.example/a/"}),
        ({}, {"link": f"{SITE}/a?amp=1", "guid": "7"}),
        ({"link": f"{SITE}/v?a=1&b=2"}, {"link": f"{SITE}/v?b=2&a=1"}),
        ({"guid": "x"}, {"link": "https://count.example/7", "redirector": f"{SITE}/a"}),
        ({}, {"link": "https://count.example/7", "guid": f"{SITE}/a", "is_permalink": True}),
        ({"link": f"{SITE}/v?t=1&sid=1"}, {"link": f"{SITE}/v?t=1&sid=2"}),
        ({"link": f"{SITE}/slug"}, {"link": f"{SITE}/corrected"}),
        ({"link": f"{SITE}/c#v1"}, {"link": "https://www.site.example/c#v1", "title": "v1"}),
    ],
)
def test_an_entry_of_two_sources_goes_out_once(here, there):
    bot = Bot()
    bot.poll("one", Batch((entry("old", hours=3),)), NOW - HOUR)
    bot.poll("two", Batch((entry("old", hours=3),)), NOW - HOUR)
    assert len(bot.poll("one", Batch((entry("a", **here),)), NOW)) == 1
    assert bot.poll("two", Batch((entry("a", **there),)), NOW) == []


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ({"guid": "1", "link": ""}, {"guid": "1", "link": ""}),
        ({}, {"link": "https://count.example/7", "guid": f"{SITE}/a"}),
        ({"link": f"{SITE}/c#v1"}, {"link": f"{SITE}/c#v2", "title": "v2"}),
    ],
)
def test_entries_known_only_within_their_source_go_out_from_both(here, there):
    bot = Bot()
    bot.poll("one", Batch((entry("old", hours=3),)), NOW - HOUR)
    bot.poll("two", Batch((entry("old", hours=3),)), NOW - HOUR)
    assert len(bot.poll("one", Batch((entry("a", **here),)), NOW)) == 1
    assert len(bot.poll("two", Batch((entry("a", **{"hours": 0.5, **there}),)), NOW)) == 1


def test_a_show_with_one_page_posts_each_episode_though_the_account_knows_the_page():
    bot = Bot()
    episodes = [entry(str(n), hours=5 - n, guid=str(n), link=HOME) for n in range(5)]
    posted = [
        bot.poll("s", Batch((episode,)), episode.published_at + HOUR / 2) for episode in episodes
    ]
    assert [[episode.guid for episode in posts] for posts in posted] == [
        [],
        ["1"],
        ["2"],
        ["3"],
        ["4"],
    ]


# keys of 0.1.0


def legacy_keys(*entries):
    uris = [identity.key("uri", entry.uri) for entry in entries if entry.uri]
    return dict.fromkeys(
        [*uris, *(key for entry in entries for key in identity.legacy_keys(entry))]
    )


@pytest.mark.parametrize(
    "known",
    [
        entry("a"),
        entry("a", link="http://www.site.example/a/?utm_source=x"),
        entry("a", link=f"{SITE}/a#place"),
        entry("a", guid="1", link=""),
        entry("a", link=""),
        entry("a", link=f"{SITE}/view?b=1&a=2", guid=f"{SITE}/?p=1"),
        entry("a", redirector="https://www.count.example/7/"),
        Entry(uri="https://social.example/1", title="a"),
    ],
)
def test_an_entry_that_0_1_0_has_seen_is_not_new(reader, known):
    reader.past = replace(reader.past, seen=legacy_keys(known), last_batch_at=NOW)
    assert reader.new(known) == []
    assert None not in [reader.past.seen[key] for key in candidates("s", Batch((known,)))[0].keys]
    assert reader.new(replace(known, title="Edited")) == [] or not (known.link or known.guid)


def test_entries_that_0_1_0_took_for_one_are_not_posted_after_the_upgrade(reader):
    old = [entry(name, hours=hours, link=HOME) for name, hours in (("a", 3), ("b", 2))]
    reader.past = replace(reader.past, seen=legacy_keys(old[0]), last_batch_at=NOW - HOUR)
    news = entry("c", hours=0.5, link=HOME)
    assert reader.new(news, *old) == [news]


def test_an_id_stored_by_0_1_0_does_not_hide_later_entries(reader):
    first = entry("a", guid="1")
    reader.past = replace(reader.past, seen=legacy_keys(first), last_batch_at=NOW)
    reader.new(first)
    other = entry("b", hours=0.2, guid="1")
    assert reader.new(other) == [other]


# bounds


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            Entry,
            title=st.sampled_from(["", "a", "b"]),
            summary=st.sampled_from(["", "x"]),
            link=st.sampled_from(["", HOME, f"{HOME}#1", f"{SITE}/a", "javascript:x", "\ud800"]),
            guid=st.sampled_from(["", "0", "1", HOME, f"{SITE}/a", "\ud800"]),
            uri=st.sampled_from(["", "", "https://social.example/1"]),
            redirector=st.sampled_from(["", "", f"{HOME}r"]),
            is_permalink=st.booleans(),
            published_at=st.sampled_from([None, NOW, NOW - HOUR, NOW.replace(hour=0, minute=0)]),
        ),
        max_size=8,
    ),
    st.lists(st.integers(0, 7), max_size=4),
)
def test_every_entry_has_few_keys_and_is_new_only_once(entries, again):
    reader = Reader()
    reader.new(*entries)
    batch = candidates("s", Batch(tuple(entries)))
    for candidate in batch:
        assert 1 <= len(candidate.keys) <= 3
        assert set(candidate.keys) <= set(candidate.lookups)
        assert set(candidate.published_keys) <= set(candidate.published_lookups)
        assert all(
            len(key) == identity.KEY_BYTES
            for key in (*candidate.lookups, *candidate.published_lookups)
        )
    assert len(reader.past.seen) <= 4 * len(entries)
    assert reader.new(*entries) == []


@pytest.mark.parametrize(
    "fields",
    [
        lambda number: {},
        lambda number: {"link": HOME, "guid": "0", "title": "Same", "summary": str(number)},
        lambda number: {"link": HOME, "guid": str(number), "title": "Same"},
        lambda number: {"link": f"{HOME}#{number}", "guid": HOME},
    ],
)
def test_the_work_grows_with_the_batch_alone(fields):
    def cpu(count):
        entries = [entry(str(n), **{"hours": n / 1000, **fields(n)}) for n in range(count)]
        reader = Reader()
        reader.new(*entries)
        # a collection of garbage would go through all that earlier tests have left
        gc.disable()
        start = time.process_time()
        assert reader.new(*entries) == []
        seconds = time.process_time() - start
        gc.enable()
        return seconds

    small, large = (min(cpu(count) for _ in range(3)) for count in (500, 2000))
    assert large < 12 * small


def test_evidence_is_kept_as_twenty_bytes():
    (candidate,) = candidates("s", Batch((entry("a", guid="1"),)))
    assert len(candidate.evidence) == 20
    assert Evidence.unpack(candidate.evidence).pack() == candidate.evidence
    assert Evidence.unpack(SHARED).pack() == bytes(20)


def test_an_admin_finds_an_entry_by_any_spelling_of_its_link_and_by_its_id():
    (candidate,) = candidates("s", Batch((entry("a", guid="tag:1"),)))
    for written in (f"{SITE}/a", "http://www.site.example/a/", "tag:1"):
        assert set(lookup_keys(written)) & set(candidate.keys)
    (status,) = candidates("s", Batch((Entry(uri="https://social.example/1", title="a"),)))
    assert set(lookup_keys("https://social.example/1")) & set(status.keys)


def test_without_habits_there_are_no_remarks():
    assert remarks(SourceHabits()) == ()
