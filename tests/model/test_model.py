from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from reblogbot.model import OPEN, TRANSITIONS, Entry, State

SETTLED = frozenset(State) - OPEN


def reachable(start):
    found, new = set(), {start}
    while new:
        found |= new
        new = {after for before in new for after in TRANSITIONS[before]} - found
    return found


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(State)
    assert all(after <= set(State) for after in TRANSITIONS.values())


def test_sent_is_final():
    assert TRANSITIONS[State.SENT] == frozenset()


def test_no_state_leads_to_itself():
    assert all(state not in after for state, after in TRANSITIONS.items())


def test_only_a_queued_delivery_is_sent():
    assert {before for before in State if State.SENDING in TRANSITIONS[before]} == {State.QUEUED}


def test_only_a_delivery_that_was_being_sent_is_in_doubt():
    assert {before for before in State if State.DOUBT in TRANSITIONS[before]} == {State.SENDING}


def test_a_doubt_is_never_skipped_nor_sent_again_without_the_queue():
    assert TRANSITIONS[State.DOUBT].isdisjoint({State.SENDING, State.SKIPPED})


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_from_the_queue(state):
    assert state in reachable(State.QUEUED)


@pytest.mark.parametrize("state", sorted(frozenset(State) - {State.SENT}))
def test_an_admin_can_queue_everything_again_that_was_not_sent(state):
    assert State.QUEUED in reachable(state)


def test_open_states_are_those_that_are_not_final():
    assert {State.SENT, State.SKIPPED, State.DEAD} == SETTLED


def test_states_are_words_of_the_contract():
    words = "queued sending doubt sent held skipped dead"
    assert {state.value for state in State} == set(words.split())
    assert f"{State.SENT}" == "sent"


def test_values_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Entry().title = "another"
