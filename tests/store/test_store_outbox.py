from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from store_samples import DAY, LEASE, NOW, SERVER, candidate, enrol, key, poll

from reblogbot.model import OPEN, TRANSITIONS, Limits, Receipt, Sent, State

MINUTE = timedelta(minutes=1)
RECEIPT = Receipt("109", "https://social.example/@news/109")
_number = count()


def queued(store, *names, source="chouti", account="news", at=NOW):
    """New deliveries of a source, in the queue of an account that is leased to us."""
    enrol(store, source, accounts=(account,))
    made = poll(store, source, [candidate(name) for name in names], accounts=(account,), at=at)
    assert store.outbox.claim_account(account, at, LEASE) is not None
    return made.queued


def settle(store, one, state, at=NOW, **changes):
    return store.outbox.settle(one, replace(one, state=state, **changes), at)


def brought_to(store, state):
    """A delivery of our own that stands in this state."""
    (one,) = queued(store, f"n{next(_number)}")
    if state in {State.SENDING, State.DOUBT, State.DEAD}:
        one = store.outbox.claim(one, NOW, LEASE)
    return one if one.state == state else settle(store, one, state)


def events(store, one):
    (story,) = [
        story
        for story in store.history.why([], str(one.id))
        if any(told.id == one.id for told, _ in story.deliveries)
    ]
    return [(told.state, told.note) for told in dict(_by_id(story))[one.id]]


def _by_id(story):
    return ((told.id, happenings) for told, happenings in story.deliveries)


# states

# a doubt that was looked into in vain, a boost whose status could not be looked at
MAY_STAY = frozenset({State.DOUBT, State.QUEUED})


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("after", State)
def test_the_store_takes_the_transitions_of_the_table_and_no_others(store, before, after):
    one = brought_to(store, before)
    told = events(store, one)
    if after in TRANSITIONS[before] or before == after in MAY_STAY:
        assert settle(store, one, after).state == after
        assert events(store, one) == [*told, (after, "")]
    else:
        with pytest.raises(AssertionError, match="is no transition"):
            settle(store, one, after)
        assert store.outbox.find([one.id]) == [one]
        assert events(store, one) == told


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(walk=st.lists(st.sampled_from(State), max_size=12))
def test_whatever_is_tried_a_delivery_walks_along_the_table_alone(sqlite_store, walk):
    store = sqlite_store
    (one,) = queued(store, f"n{next(_number)}")
    for number, state in enumerate(walk):
        try:
            moved = settle(store, one, state, at=NOW + number * MINUTE, error=f"step {number}")
        except AssertionError:
            moved = None
        now = store.outbox.find([one.id])[0]
        assert now == (moved or one)
        if moved is not None:
            assert moved.state in TRANSITIONS[one.state] | (MAY_STAY & {one.state})
            assert (moved.settled_at is None) == (moved.state in OPEN)
            one = moved
    path = [State(state) for state, _ in events(store, one)]
    assert path[0] == State.QUEUED
    assert path[-1] == one.state


def test_what_is_settled_is_kept_whole(store):
    (one,) = queued(store, "a")
    sending = store.outbox.claim(one, NOW, LEASE)
    after = replace(
        sending,
        state=State.QUEUED,
        post=replace(sending.post, text="shorter", shorter=""),
        due=NOW + MINUTE,
        key_version=3,
        attempts=2,
        failed_lookups=1,
        sent_from=None,
        error="HTTP 422",
    )
    assert store.outbox.settle(sending, after, NOW) == after
    assert store.outbox.waiting("news") == [after]


def test_a_receipt_comes_with_sent_and_the_instant(store):
    (one,) = queued(store, "a")
    sending = store.outbox.claim(one, NOW, LEASE)
    sent = settle(store, sending, State.SENT, at=NOW + MINUTE, receipt=RECEIPT)
    assert (sent.receipt, sent.settled_at, sent.error) == (RECEIPT, NOW + MINUTE, "")
    assert store.outbox.receipts("news", ["109", "110"]) == {"109"}
    assert store.outbox.receipts("other", ["109"]) == set()


def test_what_somebody_else_has_settled_meanwhile_stays(opened):
    admin, sender = opened(), opened()
    (one,) = queued(sender, "a")
    settle(admin, one, State.HELD, error="held by the admin")
    assert settle(sender, one, State.SKIPPED) is None
    assert sender.outbox.find([one.id])[0].error == "held by the admin"


def test_a_doubt_resolved_and_raised_again_is_not_settled_by_the_first_look(opened):
    slow, quick = opened(), opened()
    (one,) = queued(slow, "a")
    doubt = settle(slow, slow.outbox.claim(one, NOW, LEASE), State.DOUBT, attempts=1)
    later = NOW + LEASE
    assert quick.outbox.claim_account("news", later, LEASE) is not None
    again = quick.outbox.claim(settle(quick, doubt, State.QUEUED), later, LEASE)
    settle(quick, again, State.DOUBT, attempts=2, due=later + MINUTE)
    assert settle(slow, doubt, State.DOUBT, failed_lookups=1) is None
    assert quick.outbox.in_doubt("news")[0].failed_lookups == 0


# claims


def test_a_claim_is_durable_and_tells_when_its_key_was_first_used(opened):
    first, second = opened(), opened()
    (one,) = queued(first, "a")
    sending = first.outbox.claim(one, NOW, LEASE)
    assert (sending.state, sending.sent_from) == (State.SENDING, NOW)
    assert second.outbox.find([one.id]) == [sending]
    back = settle(first, sending, State.QUEUED, due=NOW + MINUTE)
    again = first.outbox.claim(back, NOW + MINUTE, LEASE)
    assert again.sent_from == NOW


def test_a_repeat_still_knows_how_often_it_was_looked_for(store):
    (one,) = queued(store, "a")
    doubt = settle(store, store.outbox.claim(one, NOW, LEASE), State.DOUBT)
    repeat = settle(store, doubt, State.QUEUED, failed_lookups=2)
    assert store.outbox.claim(repeat, NOW, LEASE).failed_lookups == 2


def test_a_delivery_is_claimed_once(store):
    (one,) = queued(store, "a")
    assert store.outbox.claim(one, NOW, LEASE) is not None
    assert store.outbox.claim(one, NOW, LEASE) is None


def test_nobody_claims_a_delivery_without_the_lease_on_its_account(opened):
    first, second = opened(), opened()
    (one,) = queued(first, "a")
    assert second.outbox.claim(one, NOW, LEASE) is None
    first.outbox.release_account("news")
    assert first.outbox.claim(one, NOW, LEASE) is None


def test_a_lease_that_has_run_out_claims_nothing(store):
    (one,) = queued(store, "a")
    assert store.outbox.claim(one, NOW + LEASE, LEASE) is None


def test_each_claim_makes_the_lease_last(opened):
    first, second = opened(), opened()
    one, two = queued(first, "a", "b")
    assert first.outbox.claim(one, NOW + LEASE - MINUTE, LEASE) is not None
    assert second.outbox.claim_account("news", NOW + LEASE, LEASE) is None
    assert first.outbox.claim(two, NOW + LEASE, LEASE) is not None


def test_what_another_sender_was_sending_is_not_ours_to_settle(opened):
    slow, quick = opened(), opened()
    (one,) = queued(slow, "a")
    sending = slow.outbox.claim(one, NOW, LEASE)
    assert settle(quick, sending, State.SENT, receipt=RECEIPT) is None
    later = NOW + LEASE
    assert quick.outbox.claim_account("news", later, LEASE) is not None
    (doubt,) = quick.outbox.recover_interrupted("news", later, later + MINUTE)
    assert settle(slow, sending, State.SENT, receipt=RECEIPT) is None
    assert quick.outbox.find([one.id]) == [doubt]


def test_orphans_are_in_doubt_and_due_for_reading_back(opened):
    dead, heir = opened(), opened()
    one, two, three = queued(dead, "a", "b", "c")
    dead.outbox.claim(one, NOW, LEASE)
    later = NOW + LEASE
    assert heir.outbox.claim_account("news", later, LEASE) is not None
    (doubt,) = heir.outbox.recover_interrupted("news", later, later + MINUTE)
    assert (doubt.id, doubt.state, doubt.attempts) == (one.id, State.DOUBT, 1)
    assert (doubt.due, doubt.sent_from) == (later + MINUTE, NOW)
    assert "ended before" in doubt.error
    assert heir.outbox.in_doubt("news") == [doubt]
    assert heir.outbox.waiting("news") == [two, three]
    assert heir.outbox.recover_interrupted("news", later, later + MINUTE) == []


def test_nobody_declares_orphans_of_an_account_he_does_not_hold(opened):
    sender, stranger = opened(), opened()
    (one,) = queued(sender, "a")
    sending = sender.outbox.claim(one, NOW, LEASE)
    assert stranger.outbox.recover_interrupted("news", NOW, NOW) == []
    assert sender.outbox.find([one.id]) == [sending]


# the switch


def test_while_stopped_nothing_is_claimed_by_anyone(opened):
    admin, sender = opened(), opened()
    (one,) = queued(sender, "a")
    admin.outbox.stop(NOW)
    assert sender.outbox.stopped_at() == NOW
    assert sender.outbox.claim(one, NOW, LEASE) is None
    admin.outbox.start()
    assert sender.outbox.stopped_at() is None
    assert sender.outbox.claim(one, NOW, LEASE) is not None


def test_stopping_twice_keeps_the_first_instant_and_starts_at_once(store):
    store.outbox.stop(NOW)
    store.outbox.stop(NOW + DAY)
    assert store.outbox.stopped_at() == NOW
    store.outbox.start()
    store.outbox.start()
    assert store.outbox.stopped_at() is None


def test_what_is_on_the_wire_is_settled_while_stopped(store):
    (one,) = queued(store, "a")
    sending = store.outbox.claim(one, NOW, LEASE)
    store.outbox.stop(NOW)
    assert settle(store, sending, State.SENT, receipt=RECEIPT).state == State.SENT


# accounts


def test_an_account_has_one_sender(opened):
    first, second = opened(), opened()
    enrol(first)
    assert first.outbox.claim_account("news", NOW, LEASE) is not None
    assert second.outbox.claim_account("news", NOW, LEASE) is None
    assert first.outbox.claim_account("news", NOW, LEASE) is not None
    first.outbox.release_account("news")
    assert second.outbox.claim_account("news", NOW, LEASE) is not None
    first.outbox.release_account("news")
    assert first.outbox.claim_account("news", NOW, LEASE) is None


def test_an_account_nobody_configured_has_no_sender(store):
    assert store.outbox.claim_account("news", NOW, LEASE) is None
    assert store.outbox.account("news").limits == Limits()


def test_a_pause_stands_with_its_cause_until_the_account_resumes(store):
    enrol(store)
    store.outbox.claim_account("news", NOW, LEASE)
    store.outbox.pause("news", NOW + DAY, "token", "the token was refused", "mark")
    store.outbox.pause("news", NOW + DAY, "token", "the token was refused", "mark")
    (paused,) = store.outbox.accounts()
    assert (paused.paused_until, paused.cause, paused.pauses) == (NOW + DAY, "token", 2)
    assert (paused.reason, paused.token_mark) == ("the token was refused", "mark")
    store.outbox.resume("news")
    (resumed,) = store.outbox.accounts()
    assert (resumed.paused_until, resumed.cause, resumed.pauses) == (None, "", 0)
    assert (resumed.reason, resumed.token_mark) == ("", "")


def test_a_pause_by_one_who_lost_the_account_does_not_hinder_the_next(opened):
    slow, quick = opened(), opened()
    enrol(slow)
    slow.outbox.claim_account("news", NOW, LEASE)
    quick.outbox.claim_account("news", NOW + LEASE, LEASE)
    slow.outbox.pause("news", NOW + DAY, "http", "no answer")
    assert quick.outbox.account("news").paused_until is None


def test_a_post_that_went_out_ends_what_was_counted_against_the_account(store):
    (one,) = queued(store, "a")
    store.outbox.pause("news", NOW, "server", "no answer")
    settle(store, store.outbox.claim(one, NOW, LEASE), State.SENT, receipt=RECEIPT)
    assert store.outbox.account("news").pauses == 0


def test_limits_are_remembered_until_the_account_moves_to_another_server(store):
    enrol(store)
    store.outbox.claim_account("news", NOW, LEASE)
    limits = Limits(characters=5000, per_link=23, media=16, alt=1)
    store.outbox.release_account("news", limits=limits, rate_remaining=7)
    store.outbox.claim_account("news", NOW, LEASE)
    store.outbox.release_account("news")
    known = store.outbox.account("news")
    assert (known.limits, known.rate_remaining, known.server) == (limits, 7, SERVER)
    store.outbox.enrol({"news": SERVER})
    assert store.outbox.account("news") == known
    store.outbox.enrol({"news": "https://other.example"})
    moved = store.outbox.account("news")
    assert (moved.limits, moved.rate_remaining) == (Limits(), None)


def test_another_server_ends_a_pause(store):
    enrol(store)
    store.outbox.pause("news", NOW + DAY, "token", "the token was refused", "mark")
    store.outbox.enrol({"news": SERVER})
    assert store.outbox.account("news").cause == "token"
    store.outbox.enrol({"news": "https://other.example"})
    assert store.outbox.account("news").paused_until is None


def test_only_accounts_with_something_due_are_busy(store):
    for name in ("waits", "doubts", "sends", "later", "held", "done", "idle"):
        queued(store, name, source=f"of-{name}", account=name)
    (sends,) = store.outbox.waiting("sends")
    (doubts,) = store.outbox.waiting("doubts")
    (later,) = store.outbox.waiting("later")
    (held,) = store.outbox.waiting("held")
    (done,) = store.outbox.waiting("done")
    store.outbox.claim(sends, NOW, LEASE)
    settle(store, store.outbox.claim(doubts, NOW, LEASE), State.DOUBT)
    settle(store, store.outbox.claim(later, NOW, LEASE), State.QUEUED, due=NOW + MINUTE)
    settle(store, held, State.HELD)
    settle(store, done, State.SENT)
    settle(store, store.outbox.waiting("idle")[0], State.SKIPPED)
    assert sorted(store.outbox.busy_accounts(NOW)) == ["doubts", "sends", "waits"]
    assert "later" in store.outbox.busy_accounts(NOW + MINUTE)


# looking at the queue


def test_what_waits_comes_in_the_order_it_was_queued(store):
    made = queued(store, "a", "b", "c")
    more = queued(store, "d", source="other", at=NOW + MINUTE)
    assert store.outbox.waiting("news") == [*made, *more]
    assert store.outbox.find() == [*made, *more]
    assert store.outbox.find([made[2].id, made[0].id]) == [made[0], made[2]]
    assert store.outbox.waiting("nobody") == []


def test_every_state_is_counted(store):
    one, two, _ = queued(store, "a", "b", "c")
    settle(store, one, State.HELD)
    settle(store, store.outbox.claim(two, NOW, LEASE), State.SENT)
    counted = store.outbox.count()
    assert set(counted) == {state.value for state in State}
    assert {state: n for state, n in counted.items() if n} == {"held": 1, "sent": 1, "queued": 1}


def test_pace_looks_back_at_what_was_sent_and_nothing_else(store):
    one, two, three = queued(store, "a", "b", "c")
    (other,) = queued(store, "d", source="other")
    settle(store, store.outbox.claim(one, NOW, LEASE), State.SENT, at=NOW)
    settle(store, store.outbox.claim(other, NOW, LEASE), State.SENT, at=NOW + MINUTE)
    settle(store, two, State.SKIPPED, at=NOW + MINUTE)
    settle(store, store.outbox.claim(three, NOW, LEASE), State.DEAD, at=NOW + MINUTE)
    assert store.publications.sent("news", NOW) == [
        Sent(NOW, "chouti"),
        Sent(NOW + MINUTE, "other"),
    ]
    assert store.publications.sent("news", NOW + MINUTE) == [Sent(NOW + MINUTE, "other")]
    assert store.publications.sent("other", NOW) == []


def test_what_is_queued_for_no_source_or_account_any_more_is_held_not_lost(store):
    queued(store, "a", source="stays")
    queued(store, "b", source="removed")
    queued(store, "c", source="stays", account="left")
    queued(store, "d", source="stays", account="other")
    routes = {"stays": ["news"]}
    held = store.outbox.hold_unconfigured(routes, ["news", "other"], NOW)
    strays = [("removed", "news"), ("stays", "left"), ("stays", "other")]
    assert [(one.source, one.account) for one in held] == strays
    assert [one.error for one in held] == [
        "its source removed is not in the config any more",
        "its account left is not in the config any more",
        "its account other is not in `to` of stays",
    ]
    assert [one.source for one in store.outbox.waiting("news")] == ["stays"]
    assert store.outbox.hold_unconfigured(routes, ["news", "other"], NOW) == []


def test_what_was_sent_stays_sent_when_its_source_goes(store):
    (one,) = queued(store, "a")
    sent = settle(store, store.outbox.claim(one, NOW, LEASE), State.SENT, receipt=RECEIPT)
    assert store.outbox.hold_unconfigured({}, [], NOW) == []
    assert store.outbox.find([one.id]) == [sent]


def test_a_queued_text_may_be_frozen_anew(store):
    (one,) = queued(store, "a")
    after = replace(one, post=replace(one.post, text="new"), key_version=1, due=NOW + MINUTE)
    assert store.outbox.rewrite(after) == after
    assert store.outbox.waiting("news") == [after]


def test_a_text_on_the_wire_is_not_frozen_anew(store):
    (one,) = queued(store, "a")
    sending = store.outbox.claim(one, NOW, LEASE)
    assert store.outbox.rewrite(replace(one, post=replace(one.post, text="new"))) is None
    assert store.outbox.find([one.id]) == [sending]


def test_one_delivery_carries_the_others_of_a_digest(store):
    carrier, *members = queued(store, "a", "b", "c")
    whole = replace(carrier, post=replace(carrier.post, text="a, b and c"))
    assert store.outbox.bundle(whole, members, NOW)
    assert store.outbox.waiting("news") == [whole]
    skipped = store.outbox.find(states=[State.SKIPPED])
    assert [one.id for one in skipped] == [one.id for one in members]
    assert {one.error for one in skipped} == {f"digest: it is part of delivery {carrier.id}"}


@pytest.mark.parametrize("which", [0, 2], ids=["the carrier", "a member"])
def test_a_digest_of_which_something_is_queued_no_more_is_not_bundled(store, which):
    made = queued(store, "a", "b", "c")
    settle(store, made[which], State.HELD)
    before = store.outbox.find(states=State)
    carrier = replace(made[0], post=replace(made[0].post, text="a, b and c"))
    assert not store.outbox.bundle(carrier, made[1:], NOW)
    assert store.outbox.find(states=State) == before


def test_a_tick_looks_at_what_is_due_and_not_at_all_there_is(sqlite_store):
    store, asked = sqlite_store, []
    queued(store, "a")
    engine = store._database.engine
    event.listen(engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    store.outbox.busy_accounts(NOW)
    store.outbox.waiting("news")
    store.publications.sent("news", NOW)
    store.sources.claim(["chouti"], "due", NOW, LEASE)
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        steps = [
            step
            for statement, values in asked
            if statement.startswith("SELECT")
            for *_, step in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert any("SEARCH delivery" in step for step in steps)
    assert any("SEARCH source" in step for step in steps)
    scans = [step for step in steps if step.startswith(("SCAN delivery", "SCAN source"))]
    # an index of what is leased alone, and counted by host
    assert set(scans) <= {"SCAN source USING INDEX ix_source_leased"}


def test_the_entry_of_a_delivery_is_kept_with_it(store):
    (one,) = queued(store, "a")
    assert store.outbox.entry_of(one.id) == candidate("a").entry
    assert store.outbox.entry_of(one.id + 1) is None
    assert key("guid-a") in candidate("a").keys
