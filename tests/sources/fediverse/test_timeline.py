"""Catching up with a timeline: all items between two polls are read, older ones are not."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reblogbot.errors import SourceError
from reblogbot.sources.fediverse import timeline
from reblogbot.sources.fediverse.timeline import (
    MAX_PAGES,
    TimelineItem,
    TimelinePage,
    catch_up,
    first_pages,
)
from reblogbot.sources.fediverse.timeline_cursor import TimelineCursor

START = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 4


@dataclass
class Server:
    """A timeline with pages of SIZE; bookmarks are not `dated`, statuses are.

    `finds` is whether it still knows where a deleted element stood; else it begins anew.
    """

    ids: list[str] = field(default_factory=list)
    dated: bool = True
    finds: bool = True
    pages: bool = True
    asked: int = 0
    count: int = 0
    places: dict[str, int] = field(default_factory=dict)

    def arrive(self, count=1, below=0):
        """Adds new items below so many existing ones; their ids."""
        names = []
        for _ in range(count):
            self.count += 1
            # The order of the ids is not that of the items.
            names.append(f"{self.count * 7919 % 10007:05}-{self.count}")
            self.ids.insert(below, names[-1])
            self.places[names[-1]] = self.count
        return names

    def at(self, name):
        return START + timedelta(minutes=self.places[name]) if self.dated else None

    async def page(self, older):
        self.asked += 1
        at = 0
        if older and self.pages:
            if older in self.ids:
                at = self.ids.index(older) + 1
            elif self.finds:
                place = self.places[older]
                at = next((n for n, x in enumerate(self.ids) if self.places[x] < place), 10**6)
        return self._shown(self.ids[at : at + SIZE])

    async def longest(self):
        return self._shown(self.ids[: 5 * SIZE])

    def _shown(self, names):
        items = tuple(TimelineItem(name, self.at(name), name) for name in names)
        return TimelinePage(items, names[-1] if names else "", is_short=len(names) < SIZE)


@pytest.fixture(scope="module", autouse=True)
def runner():
    with asyncio.Runner() as Follower.runner:
        yield


class Follower:
    runner: asyncio.Runner

    def __init__(self, server):
        self.server = server
        self.cursor = TimelineCursor("own")
        self.seen = []

    def poll(self, first="none"):
        """The items of this poll that no earlier poll has shown."""
        now = START + timedelta(minutes=self.server.count)
        cursor = TimelineCursor.load(self.cursor.dump(), "own")
        items, self.cursor = self.runner.run(catch_up(self.server, cursor, now, first, SIZE))
        news = [item.id for item in items if item.id not in self.seen]
        self.seen += news
        return news


def follow(server):
    follower = Follower(server)
    follower.poll()
    return follower


def test_the_first_poll_reads_some_pages():
    server = Server()
    server.arrive(100)
    assert follow(server).seen == server.ids[: timeline.FIRST_POLL_PAGES * SIZE]


@pytest.mark.parametrize(("first", "pages"), [("none", 1), ("all", 2), (10, 2)])
def test_a_first_poll_ends_with_a_short_page_unless_all_is_wanted(first, pages):
    server = Server()
    server.arrive(SIZE - 1)
    follower = Follower(server)
    assert follower.poll(first) == server.ids
    assert server.asked == pages


@pytest.mark.parametrize("dated", [True, False])
def test_items_below_a_short_first_page_are_history_and_later_ones_are_new(dated):
    server = Server(dated=dated)
    old = server.arrive(3)
    hidden = server.ids.pop()
    follower = follow(server)
    server.ids.append(hidden)
    news = server.arrive(2)
    assert sorted(follower.poll()) == sorted(news)
    assert hidden in old


def test_nothing_new_costs_one_page():
    server = Server()
    server.arrive(100)
    follower = follow(server)
    server.asked = 0
    # Late items are looked for only within half an hour.
    follower.cursor = replace(follower.cursor, read_at=START + timedelta(days=1))
    assert follower.poll() == []
    assert server.asked == 1


def test_items_beyond_one_poll_are_read_by_the_next_ones_newest_last():
    server = Server()
    server.arrive(50)
    follower = follow(server)
    burst = server.arrive(3 * MAX_PAGES * SIZE)
    assert len(follower.poll()) == MAX_PAGES * SIZE
    server.asked = 0
    late = server.arrive(2)
    polls = [follower.poll() for _ in range(4)]
    assert not set(late) & set(polls[0])
    assert sorted(follower.seen[12:]) == sorted([*burst, *late])
    assert server.asked <= 4 * MAX_PAGES


def test_an_item_that_arrives_late_is_found_below_known_ones():
    server = Server()
    server.arrive(60)
    follower = follow(server)
    (late,) = server.arrive(below=6)
    server.places[late] = server.places[server.ids[7]]
    assert follower.poll() == [late]


def test_history_that_appears_after_deletions_is_not_new():
    server = Server()
    server.arrive(200)
    follower = follow(server)
    del server.ids[: timeline.FIRST_POLL_PAGES * SIZE - 1]
    (news,) = server.arrive()
    assert follower.poll() == [news]


@pytest.mark.parametrize("dated", [True, False])
def test_a_timeline_that_was_empty_at_first_has_no_history(dated):
    server = Server(dated=dated)
    follower = follow(server)
    names = server.arrive(9)
    assert sorted(follower.poll()) == sorted(names)


def test_an_item_that_moves_to_the_top_hides_no_new_ones():
    server = Server(dated=False)
    server.arrive(40)
    follower = follow(server)
    names = server.arrive(6)
    again = server.ids.pop(8)
    server.ids.insert(0, again)
    assert sorted(follower.poll()) == sorted(names)


def test_a_server_that_cannot_page_is_asked_for_its_longest_page():
    server = Server(pages=False)
    server.arrive(3)
    follower = follow(server)
    names = server.arrive(4 * SIZE)
    assert sorted(follower.poll()) == sorted(names)


def test_an_item_dropped_from_the_cursor_is_new_at_the_next_poll():
    server = Server()
    server.arrive(10)
    follower = follow(server)
    (name,) = server.arrive()
    follower.poll()
    follower.cursor = follower.cursor.without([name])
    follower.seen.remove(name)
    assert follower.poll() == [name]


def test_a_page_that_fails_loses_nothing():
    server = Server()
    server.arrive(10)
    follower = follow(server)
    names = server.arrive(10)

    class Failing(Server):
        async def page(self, older):
            if older:
                raise SourceError("broken", "no")
            return await server.page(older)

    follower.server = Failing(count=server.count)
    with pytest.raises(SourceError):
        follower.poll()
    follower.server = server
    assert sorted(follower.poll()) == sorted(names)


@pytest.mark.parametrize(
    ("first", "pages"), [("none", 3), (5, 3), (200, 6), (9999, 20), ("all", 20)]
)
def test_the_first_poll_reads_as_many_pages_as_first_needs(first, pages):
    assert first_pages(first, 40) == pages


@pytest.mark.parametrize(
    "cursor", ["", "nonsense", "[]", '{"own": "own"}', '{"own": "other"}', "[" * 9999, "\udcff"]
)
def test_an_unreadable_cursor_means_a_first_poll(cursor):
    assert TimelineCursor.load(cursor, "own") == TimelineCursor("own")


def test_a_cursor_stays_short():
    server = Server()
    follower = follow(server)
    for _ in range(5):
        server.arrive(500)
        follower.poll()
    assert len(follower.cursor.dump()) < 5000


arrivals = st.tuples(st.just("arrive"), st.integers(0, 130))
late = st.tuples(st.just("late"), st.integers(0, SIZE - 1))
deletions = st.tuples(st.just("delete"), st.integers(0, 60))
polls = st.tuples(st.just("poll"), st.just(0))
histories = st.lists(arrivals | late | deletions | polls, max_size=25)


@given(st.integers(0, 60), histories, st.booleans())
@settings(max_examples=150, deadline=None)
def test_nothing_between_polls_is_missed_and_nothing_before_them_is_shown(before, acts, finds):
    server = Server(finds=finds)
    server.arrive(before)
    history = set(server.ids)
    follower = follow(server)
    history -= set(follower.seen)
    for act, number in acts:
        if act == "arrive":
            server.arrive(number)
        elif act == "late" and number < len(server.ids) and len(follower.seen) > 2 * SIZE:
            (name,) = server.arrive(below=number)
            server.places[name] = server.places[server.ids[number + 1]]
            follower.poll()
        elif act == "delete" and number < len(server.ids):
            server.ids.pop(number)
        else:
            follower.poll()
    while follower.poll() or follower.cursor.gap:
        assert server.asked < 10_000
    assert not follower.cursor.gap
    assert set(server.ids) - history <= set(follower.seen)
    assert not history & set(follower.seen)
