"""The whole pipeline between simulated ports, judged by the server's journal."""

import logging
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from reblogbot.model import DeliveryState
from simulation import (
    ACCOUNT_OF,
    ACCOUNTS,
    FEEDS,
    JUMPS,
    LOOKS,
    PROCESSES,
    PUBLISH,
    QUESTIONS,
    STALE,
    STRIKES,
    Life,
    World,
)
from virtual_time import set_machine_clock

KEYS = ("none", "first", "error", "replay", "burnt")
VERBS = ("hold", "release", "skip", "retry")
COMMON = ("kill", "bad token", "clock set forward", "clock set back", "stop", "older store")
"""What a long simulation must have met; every fault is also tried by itself."""


@pytest.fixture(autouse=True)
def quiet():
    """Log nothing: what is told of faults on purpose is long."""
    logger = logging.getLogger("reblogbot")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(before)


@pytest.fixture
def make_world(workshop, clock, monkeypatch):
    """Makes worlds, each in a folder of its own that is gone with it."""
    worlds = []

    def make(**options):
        folder = tempfile.TemporaryDirectory()
        world = World(Path(folder.name), workshop.empty_store(clock), **options)
        worlds.append((world, folder))
        set_machine_clock(monkeypatch, world.loop)
        return world

    yield make
    for world, folder in worlds:
        world.close()
        folder.cleanup()


def settled(world):
    """The tally, after everything is mended and the admin has answered."""
    world.heal()
    return world.judge()


def some_entries(world):
    for names in (("hot",), ("hot", "tech"), ("notes",), ("crowd",), ("crowd",)):
        world.show(*names)


def judged(world, entries=5):
    tally = settled(world)
    assert tally.complaints == []
    assert (tally.entries, tally.lost, tally.doubled, tally.out_of_order) == (entries, 0, 0, 0)


def test_without_a_fault_each_entry_is_posted_once(make_world):
    world = make_world()
    some_entries(world)
    world.live(Life())
    tally = settled(world)
    assert tally.complaints == []
    assert (tally.entries, tally.posts) == (5, 5)


# one fault at a time, each shown to have struck


@pytest.mark.parametrize("keys", KEYS)
def test_each_answer_to_a_post_or_boost_loses_and_doubles_nothing(make_world, keys):
    world = make_world(keys=keys)
    for answer in PUBLISH:
        world.show("hot")
        world.show("crowd")
        for _ in ACCOUNTS:
            world.lay("publish", answer)
        while world.is_open():
            world.live(Life())
            world.wait(timedelta(hours=1))
    assert {name for name in PUBLISH if world.struck[f"publish: {name}"]} == set(PUBLISH)
    judged(world, 2 * len(PUBLISH))


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_answer_to_a_question_loses_and_doubles_nothing(make_world, question):
    world = make_world()
    for answer in (*LOOKS, "403"):
        world.show("crowd")
        world.lay("publish", "403" if question == "verify" else "request lost")
        if answer in LOOKS:
            world.lay(question, answer)
        for _ in range(3):
            world.live(Life(rounds=2))
            world.wait(timedelta(hours=1))
    assert {name for name in LOOKS if world.struck[f"{question}: {name}"]} == set(LOOKS)
    judged(world, len(LOOKS) + 1)


@pytest.mark.parametrize("strike", STRIKES)
def test_a_process_struck_at_any_call_loses_and_doubles_nothing(make_world, strike):
    struck = Counter()
    for calls in range(1, 130, 25):
        world = make_world()
        some_entries(world)
        world.live(Life("one", 1, strike, calls), Life("other", 3), seed=calls)
        struck += world.struck
        judged(world)
    assert struck[strike] > 2


def test_a_process_that_stood_still_amid_a_request_sends_no_more_when_it_wakes(make_world):
    struck = Counter()
    for requests in range(1, 9):
        world = make_world()
        world.show("hot")
        world.live(Life("one", 1, "freeze", requests, requests=True))
        world.live(Life("other"))
        struck += world.struck
        judged(world, 1)
    assert struck["lease lapsed"] > 0


def test_a_token_revoked_and_replaced_loses_and_doubles_nothing(make_world):
    world = make_world()
    world.server.valid.clear()
    some_entries(world)
    world.live(Life(rounds=3))
    assert world.struck["bad token"] > 0
    world.tokens["news"] = "ANOTHER"
    judged(world)


def test_an_older_store_repeats_nothing_and_holds_a_text_without_a_link(make_world):
    world = make_world()
    world.keep_backup()
    some_entries(world)
    world.live(Life())
    world.restore()
    world.live(Life())
    (held,) = (delivery for delivery in world.find() if delivery.state == DeliveryState.HELD)
    assert held.post.text.startswith("Note")
    assert "the same text is on the server already" in held.error
    judged(world)


def test_what_was_deleted_by_hand_is_not_made_again(make_world):
    world = make_world()
    some_entries(world)
    world.live(Life())
    world.delete_by_hand(0)
    assert world.struck["deleted by hand"] == 1
    judged(world)


@pytest.mark.parametrize(("verb", "back"), [("hold", "release"), ("skip", "retry")])
def test_what_an_admin_did_and_undid_goes_out_once(make_world, verb, back):
    world = make_world()
    world.stop()
    some_entries(world)
    world.live(Life())
    world.steer(verb, 1)
    world.start()
    world.live(Life(), Life("other"))
    world.steer(back, 1)
    assert world.struck[f"{verb}: done"] == world.struck[f"{back}: done"] == 1
    judged(world)


@pytest.mark.parametrize("how", FEEDS)
def test_a_feed_that_is_disturbed_loses_and_repeats_nothing(make_world, how):
    world = make_world()
    some_entries(world)
    world.live(Life())
    for name in ACCOUNT_OF:
        world.disturbed[name] = how
        world.show(name)
    world.live(Life(rounds=2))
    assert world.struck[f"feed: {how}"] == len(ACCOUNT_OF)
    judged(world, 9)


# what the simulation found


def test_what_was_queued_before_the_clock_was_set_back_goes_out_first(make_world):
    """The clock's instants decided between two sources, not the order of queueing."""
    world = make_world()
    world.stop()
    world.show("hot")
    world.live(Life())
    world.jump(timedelta(hours=-3))
    world.show("notes")
    world.live(Life())
    judged(world, 2)


def test_what_a_process_leased_before_the_clock_was_set_back_is_polled_again_soon(make_world):
    """After a power cut on a machine whose clock was ahead nothing was polled for weeks."""
    world = make_world()
    some_entries(world)
    world.live(Life("one", 1, "kill", 12))
    world.jump(timedelta(days=-40))
    judged(world)


# any faults in any order

SEEDS = st.integers(0, 99)
ANSWERS = st.sampled_from([name for name, one in PUBLISH.items() if not one.hides])
ASKED = st.tuples(st.sampled_from(QUESTIONS), st.sampled_from([*LOOKS]))
WHERE = st.sampled_from((("hot",), ("tech",), ("hot", "tech"), ("notes",), ("crowd",)))


@dataclass(frozen=True)
class Chance:
    """What else befalls a round: a disturbed feed, an admin's verb and a set clock amid it."""

    seed: int
    source: str
    feed: str
    verb: str
    number: int
    jump: timedelta


CHANCES = st.builds(
    Chance,
    SEEDS,
    st.sampled_from([*ACCOUNT_OF]),
    st.sampled_from(("", *FEEDS)),
    st.sampled_from(("", *VERBS)),
    SEEDS,
    st.sampled_from((timedelta(), timedelta(), *JUMPS)),
)
LIVES = st.builds(
    Life,
    st.sampled_from(PROCESSES),
    st.integers(1, 3),
    st.sampled_from(("", *STRIKES)),
    st.integers(1, 90),
)


class Simulation(RuleBasedStateMachine):
    """Anything in any order, on worlds that `make` makes; what struck is added to `struck`."""

    make: ClassVar = World
    struck: ClassVar = Counter()

    def __init__(self):
        super().__init__()
        self.is_restored = False

    @initialize(keys=st.sampled_from(KEYS), boosts_twice=st.booleans(), deletes=st.booleans())
    def begin(self, keys, boosts_twice, deletes):
        self.world = self.make(keys=keys, boosts_twice=boosts_twice)
        # a backup brings back what was deleted by hand: nobody could know
        self.deletes = deletes
        some_entries(self.world)

    @rule(where=WHERE, number=st.integers(1, 4))
    def show(self, where, number):
        for _ in range(number):
            self.world.show(*where)

    @precondition(lambda self: self.is_sighted())
    @rule(question=st.sampled_from((("publish", "committed late"), ("recent", STALE))))
    def hide(self, question):
        self.world.lay(*question)

    @rule(
        where=WHERE,
        answers=st.lists(ANSWERS, max_size=3),
        questions=st.lists(ASKED, max_size=2),
        lives=st.lists(LIVES, min_size=1, max_size=2, unique_by=lambda one: one.process),
        chance=CHANCES,
    )
    def live(self, where, answers, questions, lives, chance):
        world = self.world
        for answer in answers:
            world.lay("publish", answer)
        for question in questions:
            world.lay(*question)
        world.show(*where)
        world.disturbed[chance.source] = chance.feed

        def meanwhile():
            if chance.verb:
                world.steer(chance.verb, chance.number)
            if chance.jump:
                world.jump(chance.jump)

        world.live(*lives, seed=chance.seed, meanwhile=meanwhile)

    @rule(minutes=st.sampled_from((1, 2, 10, 100, 1000)))
    def wait(self, minutes):
        self.world.wait(timedelta(minutes=minutes))

    @rule(verb=st.sampled_from(VERBS), number=SEEDS)
    def steer(self, verb, number):
        self.world.steer(verb, number)

    @rule(on=st.sampled_from((True, True, False)))
    def switch(self, on):
        self.world.start() if on else self.world.stop()

    @rule(account=st.sampled_from(ACCOUNTS), revoked=st.sampled_from((True, False, False)))
    def change_token(self, account, revoked):
        self.world.server.valid.discard(self.world.tokens[account])
        if not revoked:
            self.world.tokens[account] += "X"
            self.world.server.valid.add(self.world.tokens[account])

    @precondition(lambda self: self.deletes)
    @rule(number=SEEDS)
    def delete(self, number):
        self.world.delete_by_hand(number)

    @precondition(lambda self: not self.deletes and self.world.backup is None)
    @rule()
    def back_up(self):
        self.world.keep_backup()

    @precondition(lambda self: self.world.backup is not None and self.is_sighted())
    @rule()
    def restore(self):
        self.world.restore()
        self.is_restored = True

    def is_sighted(self):
        """Whether a look may miss something: not twice what is looked for."""
        return not self.is_restored and not self.world.server.hides and not self.world.doubts()

    def teardown(self):
        tally = settled(self.world)
        self.struck.update(self.world.struck)
        assert tally.complaints == []


def simulate(make_world, examples, steps):
    """What struck in so many examples."""
    struck = Counter()
    run_state_machine_as_test(
        type("Seeded", (Simulation,), {"make": staticmethod(make_world), "struck": struck}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
    return struck


def test_a_short_simulation_loses_and_doubles_nothing(make_world):
    assert simulate(make_world, 5, 12).total() > 10


@pytest.mark.slow
def test_a_long_simulation_meets_every_fault_and_loses_and_doubles_nothing(make_world):
    struck = simulate(make_world, 30, 25)
    missed = [name for name in COMMON if not struck[name]]
    assert missed == [], struck
