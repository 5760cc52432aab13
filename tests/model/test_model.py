from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from reblogbot.model import OPEN_STATES, POSTED_STATES, TRANSITIONS, DeliveryState, Entry

SETTLED = frozenset(DeliveryState) - OPEN_STATES


def reachable(start):
    found, new = set(), {start}
    while new:
        found |= new
        new = {after for before in new for after in TRANSITIONS[before]} - found
    return found


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(DeliveryState)
    assert all(after <= set(DeliveryState) for after in TRANSITIONS.values())


def test_what_was_sent_can_only_be_taken_back():
    assert TRANSITIONS[DeliveryState.SENT] == {DeliveryState.RETRACTING}
    assert TRANSITIONS[DeliveryState.RETRACTING] == {DeliveryState.RETRACTED, DeliveryState.SENT}
    assert TRANSITIONS[DeliveryState.RETRACTED] == frozenset()


def test_no_state_leads_to_itself():
    assert all(state not in after for state, after in TRANSITIONS.items())


def test_only_a_queued_delivery_is_sent():
    assert {before for before in DeliveryState if DeliveryState.SENDING in TRANSITIONS[before]} == {
        DeliveryState.QUEUED
    }


def test_only_a_delivery_that_was_being_sent_is_in_doubt():
    assert {before for before in DeliveryState if DeliveryState.DOUBT in TRANSITIONS[before]} == {
        DeliveryState.SENDING
    }


def test_a_doubt_is_never_skipped_nor_sent_again_without_the_queue():
    assert TRANSITIONS[DeliveryState.DOUBT].isdisjoint(
        {DeliveryState.SENDING, DeliveryState.SKIPPED}
    )


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_can_be_reached_from_the_queue(state):
    assert state in reachable(DeliveryState.QUEUED)


@pytest.mark.parametrize("state", sorted(frozenset(DeliveryState) - POSTED_STATES))
def test_an_admin_can_queue_everything_again_that_was_not_sent(state):
    assert DeliveryState.QUEUED in reachable(state)


def test_open_states_are_those_that_are_not_final():
    assert {
        DeliveryState.SENT,
        DeliveryState.SKIPPED,
        DeliveryState.DEAD,
        DeliveryState.RETRACTED,
    } == SETTLED


def test_states_are_words_of_the_contract():
    words = "queued sending doubt sent held skipped dead retracting retracted"
    assert {state.value for state in DeliveryState} == set(words.split())
    assert f"{DeliveryState.SENT}" == "sent"


def test_values_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Entry().title = "another"
