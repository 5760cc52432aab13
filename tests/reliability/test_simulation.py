"""The whole pipeline between simulated ports; the server's record is compared with the entries."""

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
    CLOCK_CHANGES,
    FEED_FAULTS,
    PROCESS_FAULTS,
    PROCESSES,
    PUBLISH,
    QUESTIONS,
    READ_ANSWERS,
    STALE_READ,
    STEP_FAULTS,
    ProcessRun,
    World,
)
from virtual_time import set_machine_clock

KEYS = ("none", "first", "error", "replay", "burnt")
VERBS = ("hold", "release", "skip", "retry")
COMMON = ("kill", "bad token", "clock set forward", "clock set back", "stop", "older store")
"""Faults that a long simulation must meet. Each fault also has a test of its own."""


@pytest.fixture(autouse=True)
def quiet():
    """Switch off logging: the many planned faults would fill the log."""
    logger = logging.getLogger("reblogbot")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    yield
    logger.setLevel(before)


@pytest.fixture
def make_world(shared, clock, monkeypatch):
    """A function that makes worlds, each with a folder that is deleted with it."""
    worlds = []

    def make(**options):
        folder = tempfile.TemporaryDirectory()
        world = World(Path(folder.name), shared.empty_store(clock), **options)
        worlds.append((world, folder))
        set_machine_clock(monkeypatch, world.loop)
        return world

    yield make
    for world, folder in worlds:
        world.close()
        folder.cleanup()


def recovered_tally(world):
    """Let the world recover and return its tally."""
    world.recover()
    return world.final_tally()


def add_entries(world):
    for names in (("hot",), ("hot", "tech"), ("notes",), ("crowd",), ("crowd",)):
        world.show(*names)


def assert_nothing_lost(world, entries=5):
    tally = recovered_tally(world)
    assert tally.complaints == []
    assert (tally.entries, tally.lost, tally.doubled, tally.out_of_order) == (entries, 0, 0, 0)


def test_without_a_fault_each_entry_is_posted_once(make_world):
    world = make_world()
    add_entries(world)
    world.run_processes(ProcessRun())
    tally = recovered_tally(world)
    assert tally.complaints == []
    assert (tally.entries, tally.posts) == (5, 5)


# one fault at a time; each test checks that it was met


@pytest.mark.parametrize("keys", KEYS)
def test_each_answer_to_a_post_or_boost_loses_and_doubles_nothing(make_world, keys):
    world = make_world(keys=keys)
    for answer in PUBLISH:
        world.show("hot")
        world.show("crowd")
        for _ in ACCOUNTS:
            world.plan_answer("publish", answer)
        while world.has_open_deliveries():
            world.run_processes(ProcessRun())
            world.wait(timedelta(hours=1))
    assert {name for name in PUBLISH if world.faults_met[f"publish: {name}"]} == set(PUBLISH)
    assert_nothing_lost(world, 2 * len(PUBLISH))


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_answer_to_a_question_loses_and_doubles_nothing(make_world, question):
    world = make_world()
    for answer in (*READ_ANSWERS, "403"):
        world.show("crowd")
        world.plan_answer("publish", "403" if question == "verify" else "request lost")
        if answer in READ_ANSWERS:
            world.plan_answer(question, answer)
        for _ in range(3):
            world.run_processes(ProcessRun(rounds=2))
            world.wait(timedelta(hours=1))
    assert {name for name in READ_ANSWERS if world.faults_met[f"{question}: {name}"]} == set(
        READ_ANSWERS
    )
    assert_nothing_lost(world, len(READ_ANSWERS) + 1)


@pytest.mark.parametrize("fault", PROCESS_FAULTS)
def test_a_process_with_a_fault_at_any_call_loses_and_doubles_nothing(make_world, fault):
    faults_met = Counter()
    for calls in range(1, 130, 25):
        world = make_world()
        add_entries(world)
        world.run_processes(
            ProcessRun("first", 1, fault, calls), ProcessRun("second", 3), seed=calls
        )
        faults_met += world.faults_met
        assert_nothing_lost(world)
    assert faults_met[fault] > 2


def test_a_process_frozen_during_a_request_sends_no_more_when_it_resumes(make_world):
    faults_met = Counter()
    for requests in range(1, 9):
        world = make_world()
        world.show("hot")
        world.run_processes(ProcessRun("first", 1, "freeze", requests, only_requests=True))
        world.run_processes(ProcessRun("second"))
        faults_met += world.faults_met
        assert_nothing_lost(world, 1)
    assert faults_met["lease expired"] > 0


def test_a_token_revoked_and_replaced_loses_and_doubles_nothing(make_world):
    world = make_world()
    world.server.valid_tokens.clear()
    add_entries(world)
    world.run_processes(ProcessRun(rounds=3))
    assert world.faults_met["bad token"] > 0
    world.tokens["news"] = "ANOTHER"
    assert_nothing_lost(world)


def test_an_older_store_repeats_nothing_and_holds_a_text_without_a_link(make_world):
    world = make_world()
    world.back_up()
    add_entries(world)
    world.run_processes(ProcessRun())
    world.restore()
    world.run_processes(ProcessRun())
    (held,) = (delivery for delivery in world.find() if delivery.state == DeliveryState.HELD)
    assert held.post.text.startswith("Note")
    assert "the same text is on the server already" in held.error
    assert_nothing_lost(world)


def test_a_post_deleted_by_hand_is_not_sent_again(make_world):
    world = make_world()
    add_entries(world)
    world.run_processes(ProcessRun())
    world.delete_by_hand(0)
    assert world.faults_met["deleted by hand"] == 1
    assert_nothing_lost(world)


@pytest.mark.parametrize(("verb", "undo"), [("hold", "release"), ("skip", "retry")])
def test_what_an_admin_did_and_undid_goes_out_once(make_world, verb, undo):
    world = make_world()
    world.stop()
    add_entries(world)
    world.run_processes(ProcessRun())
    world.act_as_admin(verb, 1)
    world.start()
    world.run_processes(ProcessRun(), ProcessRun("second"))
    world.act_as_admin(undo, 1)
    assert world.faults_met[f"{verb}: ok"] == world.faults_met[f"{undo}: ok"] == 1
    assert_nothing_lost(world)


@pytest.mark.parametrize("fault", FEED_FAULTS)
def test_a_feed_that_is_disturbed_loses_and_repeats_nothing(make_world, fault):
    world = make_world()
    add_entries(world)
    world.run_processes(ProcessRun())
    for name in ACCOUNT_OF:
        world.feed_faults[name] = fault
        world.show(name)
    world.run_processes(ProcessRun(rounds=2))
    assert world.faults_met[f"feed: {fault}"] == len(ACCOUNT_OF)
    assert_nothing_lost(world, 12)


# bugs that the simulation found


def test_what_was_queued_before_the_clock_was_set_back_goes_out_first(make_world):
    """The clock's instants decided between two sources, not the order of queueing."""
    world = make_world()
    world.stop()
    world.show("hot")
    world.run_processes(ProcessRun())
    world.change_clock(timedelta(hours=-3))
    world.show("notes")
    world.run_processes(ProcessRun())
    assert_nothing_lost(world, 2)


def test_what_a_process_leased_before_the_clock_was_set_back_is_polled_again_soon(make_world):
    """After a power cut on a machine whose clock was ahead nothing was polled for weeks."""
    world = make_world()
    add_entries(world)
    world.run_processes(ProcessRun("first", 1, "kill", 12))
    world.change_clock(timedelta(days=-40))
    assert_nothing_lost(world)


# steps, and the replies and threads of their results


@pytest.mark.parametrize("fault", PROCESS_FAULTS)
def test_each_end_of_a_process_pays_and_posts_each_result_once(make_world, fault):
    world = make_world()
    for calls in range(1, 60, 2):
        world.show("papers")
        world.run_processes(ProcessRun("first", 1, fault, calls), ProcessRun("second"), seed=calls)
        world.wait(timedelta(minutes=20))
    assert_nothing_lost(world, 90)
    assert world.answers.total() >= 30


@pytest.mark.parametrize("answer", PUBLISH)
def test_each_answer_to_the_parts_of_a_thread_loses_and_doubles_nothing(make_world, answer):
    world = make_world()
    for number in range(3):
        world.show("papers")
        for _ in range(number):
            world.plan_answer("publish", "none")
        world.plan_answer("publish", answer)
        world.run_processes(ProcessRun())
        world.wait(timedelta(hours=1))
        world.run_processes(ProcessRun())
    assert_nothing_lost(world, 9)
    assert max(world.answers.values()) == 1


def test_each_failure_of_a_step_delays_and_loses_nothing(make_world):
    world = make_world()
    for fault in STEP_FAULTS:
        world.show("papers")
        world.step_faults.append(fault)
        world.run_processes(ProcessRun())
        world.wait(timedelta(hours=2))
    assert {name for name in STEP_FAULTS if world.faults_met[f"step: {name}"]} == set(STEP_FAULTS)
    assert_nothing_lost(world, 3 * len(STEP_FAULTS))
    assert max(world.answers.values()) == 1


def test_a_restored_store_recognises_the_parts_of_a_thread(make_world):
    world = make_world()
    world.back_up()
    world.show("papers")
    world.run_processes(ProcessRun())
    world.restore()
    assert_nothing_lost(world, 3)


# any faults in any order

SEEDS = st.integers(0, 99)
ANSWERS = st.sampled_from([name for name, answer in PUBLISH.items() if not answer.hides])
READ_PLANS = st.tuples(st.sampled_from(QUESTIONS), st.sampled_from([*READ_ANSWERS]))
SOURCES = st.sampled_from(
    (("hot",), ("tech",), ("hot", "tech"), ("notes",), ("crowd",), ("papers",))
)


@dataclass(frozen=True)
class Events:
    """Events of a round: a fault of a feed, an action of an admin, a change of the clock."""

    seed: int
    source: str
    feed: str
    step: str
    verb: str
    number: int
    clock_change: timedelta


EVENTS = st.builds(
    Events,
    SEEDS,
    st.sampled_from([*ACCOUNT_OF]),
    st.sampled_from(("", *FEED_FAULTS)),
    st.sampled_from(("", *STEP_FAULTS)),
    st.sampled_from(("", *VERBS)),
    SEEDS,
    st.sampled_from((timedelta(), timedelta(), *CLOCK_CHANGES)),
)
RUNS = st.builds(
    ProcessRun,
    st.sampled_from(PROCESSES),
    st.integers(1, 3),
    st.sampled_from(("", *PROCESS_FAULTS)),
    st.integers(1, 90),
)


class Simulation(RuleBasedStateMachine):
    """Events in any order, on worlds that `make` makes. `faults_met` counts their faults."""

    make: ClassVar = World
    faults_met: ClassVar = Counter()

    def __init__(self):
        super().__init__()
        self.is_restored = False

    @initialize(keys=st.sampled_from(KEYS), boosts_twice=st.booleans(), deletes=st.booleans())
    def begin(self, keys, boosts_twice, deletes):
        self.world = self.make(keys=keys, boosts_twice=boosts_twice)
        # either delete posts or restore a backup: after both, no client could tell a deleted post
        # from one it has yet to send
        self.deletes = deletes
        add_entries(self.world)

    @rule(sources=SOURCES, number=st.integers(1, 4))
    def show(self, sources, number):
        for _ in range(number):
            self.world.show(*sources)

    @precondition(lambda self: self.may_hide())
    @rule(question=st.sampled_from((("publish", "committed late"), ("recent", STALE_READ))))
    def hide(self, question):
        self.world.plan_answer(*question)

    @rule(
        sources=SOURCES,
        answers=st.lists(ANSWERS, max_size=3),
        questions=st.lists(READ_PLANS, max_size=2),
        runs=st.lists(RUNS, min_size=1, max_size=2, unique_by=lambda run: run.process),
        events=EVENTS,
    )
    def run_processes(self, sources, answers, questions, runs, events):
        world = self.world
        for answer in answers:
            world.plan_answer("publish", answer)
        for question in questions:
            world.plan_answer(*question)
        world.show(*sources)
        world.feed_faults[events.source] = events.feed
        world.step_faults += [events.step] if events.step else []

        def meanwhile():
            if events.verb:
                world.act_as_admin(events.verb, events.number)
            if events.clock_change:
                world.change_clock(events.clock_change)

        world.run_processes(*runs, seed=events.seed, meanwhile=meanwhile)

    @rule(minutes=st.sampled_from((1, 2, 10, 100, 1000)))
    def wait(self, minutes):
        self.world.wait(timedelta(minutes=minutes))

    @rule(verb=st.sampled_from(VERBS), number=SEEDS)
    def act_as_admin(self, verb, number):
        self.world.act_as_admin(verb, number)

    @rule(on=st.sampled_from((True, True, False)))
    def stop_or_start(self, on):
        self.world.start() if on else self.world.stop()

    @rule(account=st.sampled_from(ACCOUNTS), revoked=st.sampled_from((True, False, False)))
    def change_token(self, account, revoked):
        self.world.server.valid_tokens.discard(self.world.tokens[account])
        if not revoked:
            self.world.tokens[account] += "X"
            self.world.server.valid_tokens.add(self.world.tokens[account])

    @precondition(lambda self: self.deletes)
    @rule(number=SEEDS)
    def delete(self, number):
        self.world.delete_by_hand(number)

    @precondition(lambda self: not self.deletes and self.world.backup is None)
    @rule()
    def back_up(self):
        self.world.back_up()

    @precondition(lambda self: self.world.backup is not None and self.may_hide())
    @rule()
    def restore(self):
        self.world.restore()
        self.is_restored = True

    def may_hide(self):
        """Whether a post may be hidden from a read: not while another is hidden or in doubt."""
        return (
            not self.is_restored
            and not self.world.server.hides_statuses
            and not self.world.has_doubts()
        )

    def teardown(self):
        tally = recovered_tally(self.world)
        self.faults_met.update(self.world.faults_met)
        assert tally.complaints == []


def simulate(make_world, examples, steps):
    """Run that many examples and return the faults met."""
    faults_met = Counter()
    run_state_machine_as_test(
        type("Seeded", (Simulation,), {"make": staticmethod(make_world), "faults_met": faults_met}),
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
    return faults_met


def test_a_short_simulation_loses_and_doubles_nothing(make_world):
    assert simulate(make_world, 5, 12).total() > 10


@pytest.mark.slow
def test_a_long_simulation_meets_every_fault_and_loses_and_doubles_nothing(make_world):
    faults_met = simulate(make_world, 30, 25)
    missed = [name for name in COMMON if not faults_met[name]]
    assert missed == [], faults_met
