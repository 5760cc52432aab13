"""No status between two polls is missed or shown twice, on any kind of server."""

import pytest
from fediverse_world import PROFILES, START, world
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ANN, BOB = "ann@remote.example", "bob@far.example"
KINDS = {
    "account": {"acct": f"@{ANN}"},
    "hashtag": {"tag": "tag"},
    "home": {},
    "mentions": {"from": "anyone"},
    "bookmarks": {},
    "actor": {},
}


class Story:
    """One server, what happens on it, and which statuses a source of a kind has to show."""

    def __init__(self, world, kind):
        self.world = world
        self.sandbox = world.sandbox
        self.kind = kind
        self.sandbox.add_account(ANN)
        self.sandbox.follow("news", ANN)
        self.author = "pen" if kind == "actor" else ANN
        self.old = [self.sandbox.add_status(BOB, f"old {n} #tag") for n in range(3)]
        self.sandbox.add_account("pen")
        keys = {"acct": f"@pen@{world.host}"} if kind == "actor" else KINDS[kind]
        self.follower = world.source(kind, **keys)
        self.boostable = self._boosted_before() if kind in ("account", "home") else []
        self.shown = []
        self.due = []

    def happens(self, count):
        """Adds `count` statuses that the source has to show, every third a boost if boosts show."""
        if self.kind == "bookmarks":
            self._mark(count)
            return
        for number in range(count):
            if number % 3 == 0 and self.boostable:
                original = self.boostable.pop()
                self.sandbox.add_boost(ANN, original["id"])
                self.due.append(original["uri"])
                continue
            status = self.sandbox.add_status(self.author, f"number {number} #tag @news")
            self.due.append(status["uri"])

    def _boosted_before(self):
        """Adds statuses that another account boosted long ago: on snac a boost has their id."""
        originals = [self.sandbox.add_status(BOB, "to be boosted") for _ in range(45)]
        for original in originals:
            self.sandbox.add_boost("eve@other.example", original["id"])
        return originals

    def _mark(self, count):
        """Bookmarks statuses in another order than that of their dates."""
        statuses = [self.sandbox.add_status(BOB, f"number {number}") for number in range(count)]
        for status in sorted(statuses, key=lambda status: status["id"][::-1]):
            self.sandbox.mark("bookmark", "news", status["id"])
            self.due.append(status["uri"])

    def poll(self):
        self.shown += self.follower.uris()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", KINDS)
def test_bursts_of_any_size_are_read_completely(profile, kind):
    # One status, none, and more than two pages of them.
    with world(profile) as server:
        story = Story(server, kind)
        story.poll()
        for burst in (1, 0, 85):
            story.happens(burst)
            story.poll()
        assert set(story.due) <= set(story.shown)
        assert len(story.shown) == len(set(story.shown))
        story.happens(0)
        assert story.follower.uris() == []


@given(
    profile=st.sampled_from(PROFILES),
    kind=st.sampled_from(list(KINDS)),
    bursts=st.lists(st.integers(0, 90), min_size=1, max_size=4),
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_between_two_polls_is_missed(profile, kind, bursts):
    with world(profile) as server:
        story = Story(server, kind)
        story.poll()
        for burst in bursts:
            story.happens(burst)
            story.poll()
        assert set(story.due) <= set(story.shown)


@pytest.mark.parametrize("profile", PROFILES)
def test_statuses_from_before_the_first_poll_are_never_shown(profile):
    with world(profile) as server:
        story = Story(server, "account")
        story.happens(150)
        story.poll()
        first, story.due = set(story.shown), []
        for status in server.sandbox.statuses(ANN)[-100:]:
            if not status["reblog"]:
                server.sandbox.delete_status(status["id"])
        story.happens(3)
        story.poll()
        assert sorted(set(story.shown) - first) == sorted(story.due)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_late_status_is_found_below_newer_ones(profile):
    with world(profile) as server:
        story = Story(server, "account")
        story.happens(30)
        story.poll()
        posts = [status for status in server.sandbox.statuses(ANN) if not status["reblog"]]
        before = posts[-8]["created_at"]
        late = server.sandbox.add_status(ANN, "late", created_at=START.fromisoformat(before))
        assert story.follower.uris() == [late["uri"]]


def test_statuses_beyond_the_pages_of_one_poll_are_read_by_the_next():
    with world() as server:
        story = Story(server, "account")
        story.poll()
        story.happens(900)
        story.poll()
        assert len(story.shown) == 800
        story.happens(5)
        story.poll()
        assert set(story.due) == set(story.shown)


def test_a_server_that_ignores_max_id_too_is_asked_for_one_long_page():
    with world("snac") as server:
        ignored = {"since_id", "min_id", "max_id", "exclude_reblogs", "only_media", "tagged"}
        server.sandbox.adjust(ignored_paging=frozenset(ignored))
        story = Story(server, "account")
        story.poll()
        story.happens(39)
        story.poll()
        assert set(story.due) <= set(story.shown)


def test_a_timeline_that_repeats_statuses_gives_each_once():
    with world("gotosocial") as server:
        story = Story(server, "home")
        story.happens(10)
        entries = story.follower.poll().entries
        assert sorted(entry.uri for entry in entries) == sorted(story.due)
