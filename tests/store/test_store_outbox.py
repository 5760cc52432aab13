from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from store_samples import DAY, LEASE, NOW, SERVER, candidate, enrol, key, poll

from reblogbot.model import OPEN_STATES, TRANSITIONS, DeliveryState, Receipt, SentPost, ServerLimits

MINUTE = timedelta(minutes=1)
RECEIPT = Receipt("109", "https://social.example/@news/109")
_number = count()


def queued(store, *names, source="chouti", account="news", at=NOW):
    """New deliveries of a source, in the queue of an account that is leased to us."""
    enrol(store, source, accounts=(account,))
    queued_now = poll(
        store, source, [candidate(name) for name in names], accounts=(account,), at=at
    )
    assert store.outbox.claim_account(account, at, LEASE) is not None
    return queued_now.queued


def settle(store, delivery, state, at=NOW, **changes):
    return store.outbox.settle(delivery, replace(delivery, state=state, **changes), at)


def brought_to(store, state):
    """A delivery of our own that stands in this state."""
    (delivery,) = queued(store, f"n{next(_number)}")
    if state in {DeliveryState.SENDING, DeliveryState.DOUBT, DeliveryState.DEAD}:
        delivery = store.outbox.claim(delivery, NOW, LEASE)
    if state in {DeliveryState.RETRACTING, DeliveryState.RETRACTED}:
        delivery = settle(store, delivery, DeliveryState.SENT)
        delivery = settle(store, delivery, DeliveryState.RETRACTING)
    return delivery if delivery.state == state else settle(store, delivery, state)


def events(store, delivery):
    (story,) = [
        story
        for story in store.history.why([], str(delivery.id))
        if any(each.id == delivery.id for each, _ in story.deliveries)
    ]
    return [(each.state, each.note) for each in dict(_by_id(story))[delivery.id]]


def _by_id(story):
    return ((each.id, happenings) for each, happenings in story.deliveries)


# states

# a doubt that was looked into in vain, a boost whose status could not be looked at, a post that
# could not be deleted
MAY_STAY = frozenset({DeliveryState.DOUBT, DeliveryState.QUEUED, DeliveryState.RETRACTING})


@pytest.mark.parametrize("before", DeliveryState)
@pytest.mark.parametrize("after", DeliveryState)
def test_the_store_takes_the_transitions_of_the_table_and_no_others(store, before, after):
    delivery = brought_to(store, before)
    before_events = events(store, delivery)
    if after in TRANSITIONS[before] or before == after in MAY_STAY:
        assert settle(store, delivery, after).state == after
        assert events(store, delivery) == [*before_events, (after, "")]
    else:
        with pytest.raises(AssertionError, match="is no transition"):
            settle(store, delivery, after)
        assert store.outbox.find([delivery.id]) == [delivery]
        assert events(store, delivery) == before_events


@settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(walk=st.lists(st.sampled_from(DeliveryState), max_size=12))
def test_whatever_is_tried_a_delivery_walks_along_the_table_alone(sqlite_store, walk):
    store = sqlite_store
    (delivery,) = queued(store, f"n{next(_number)}")
    for number, state in enumerate(walk):
        try:
            moved = settle(store, delivery, state, at=NOW + number * MINUTE, error=f"step {number}")
        except AssertionError:
            moved = None
        now = store.outbox.find([delivery.id])[0]
        assert now == (moved or delivery)
        if moved is not None:
            assert moved.state in TRANSITIONS[delivery.state] | (MAY_STAY & {delivery.state})
            # what is taken back was sent nevertheless
            is_unsettled = moved.state in OPEN_STATES - {DeliveryState.RETRACTING}
            assert (moved.settled_at is None) == is_unsettled
            delivery = moved
    path = [DeliveryState(state) for state, _ in events(store, delivery)]
    assert path[0] == DeliveryState.QUEUED
    assert path[-1] == delivery.state


def test_what_is_settled_is_kept_whole(store):
    (delivery,) = queued(store, "a")
    sending = store.outbox.claim(delivery, NOW, LEASE)
    after = replace(
        sending,
        state=DeliveryState.QUEUED,
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
    (delivery,) = queued(store, "a")
    sending = store.outbox.claim(delivery, NOW, LEASE)
    sent = settle(store, sending, DeliveryState.SENT, at=NOW + MINUTE, receipt=RECEIPT)
    assert (sent.receipt, sent.settled_at, sent.error) == (RECEIPT, NOW + MINUTE, "")
    assert store.outbox.receipts("news", ["109", "110"]) == {"109"}
    assert store.outbox.receipts("other", ["109"]) == set()


def test_what_somebody_else_has_settled_meanwhile_stays(opened):
    admin, sender = opened(), opened()
    (delivery,) = queued(sender, "a")
    settle(admin, delivery, DeliveryState.HELD, error="held by the admin")
    assert settle(sender, delivery, DeliveryState.SKIPPED) is None
    assert sender.outbox.find([delivery.id])[0].error == "held by the admin"


def test_a_doubt_resolved_and_raised_again_is_not_settled_by_the_first_look(opened):
    slow, quick = opened(), opened()
    (delivery,) = queued(slow, "a")
    doubt = settle(slow, slow.outbox.claim(delivery, NOW, LEASE), DeliveryState.DOUBT, attempts=1)
    later = NOW + LEASE
    assert quick.outbox.claim_account("news", later, LEASE) is not None
    again = quick.outbox.claim(settle(quick, doubt, DeliveryState.QUEUED), later, LEASE)
    settle(quick, again, DeliveryState.DOUBT, attempts=2, due=later + MINUTE)
    assert settle(slow, doubt, DeliveryState.DOUBT, failed_lookups=1) is None
    assert quick.outbox.in_doubt("news")[0].failed_lookups == 0


# claims


def test_a_claim_is_durable_and_tells_when_its_key_was_first_used(opened):
    first, second = opened(), opened()
    (delivery,) = queued(first, "a")
    sending = first.outbox.claim(delivery, NOW, LEASE)
    assert (sending.state, sending.sent_from) == (DeliveryState.SENDING, NOW)
    assert second.outbox.find([delivery.id]) == [sending]
    back = settle(first, sending, DeliveryState.QUEUED, due=NOW + MINUTE)
    again = first.outbox.claim(back, NOW + MINUTE, LEASE)
    assert again.sent_from == NOW


def test_a_repeat_still_knows_how_often_it_was_looked_for(store):
    (delivery,) = queued(store, "a")
    doubt = settle(store, store.outbox.claim(delivery, NOW, LEASE), DeliveryState.DOUBT)
    repeat = settle(store, doubt, DeliveryState.QUEUED, failed_lookups=2)
    assert store.outbox.claim(repeat, NOW, LEASE).failed_lookups == 2


def test_a_delivery_is_claimed_once(store):
    (delivery,) = queued(store, "a")
    assert store.outbox.claim(delivery, NOW, LEASE) is not None
    assert store.outbox.claim(delivery, NOW, LEASE) is None


def test_a_delivery_whose_text_has_changed_since_it_was_read_is_not_claimed(store):
    (delivery,) = queued(store, "a")
    changed = replace(delivery, post=replace(delivery.post, text="corrected"))
    store.outbox.rewrite(delivery, changed, NOW, "corrected")
    assert store.outbox.claim(delivery, NOW, LEASE) is None
    assert store.outbox.claim(changed, NOW, LEASE).post.text == "corrected"


def test_nobody_claims_a_delivery_without_the_lease_on_its_account(opened):
    first, second = opened(), opened()
    (delivery,) = queued(first, "a")
    assert second.outbox.claim(delivery, NOW, LEASE) is None
    first.outbox.release_account("news")
    assert first.outbox.claim(delivery, NOW, LEASE) is None


def test_a_lease_that_has_run_out_claims_nothing(store):
    (delivery,) = queued(store, "a")
    assert store.outbox.claim(delivery, NOW + LEASE, LEASE) is None


def test_each_claim_makes_the_lease_last(opened):
    first, second = opened(), opened()
    early, late = queued(first, "a", "b")
    assert first.outbox.claim(early, NOW + LEASE - MINUTE, LEASE) is not None
    assert second.outbox.claim_account("news", NOW + LEASE, LEASE) is None
    assert first.outbox.claim(late, NOW + LEASE, LEASE) is not None


def test_what_another_sender_was_sending_is_not_ours_to_settle(opened):
    slow, quick = opened(), opened()
    (delivery,) = queued(slow, "a")
    sending = slow.outbox.claim(delivery, NOW, LEASE)
    assert settle(quick, sending, DeliveryState.SENT, receipt=RECEIPT) is None
    later = NOW + LEASE
    assert quick.outbox.claim_account("news", later, LEASE) is not None
    (doubt,) = quick.outbox.recover_interrupted("news", later, later + MINUTE)
    assert settle(slow, sending, DeliveryState.SENT, receipt=RECEIPT) is None
    assert quick.outbox.find([delivery.id]) == [doubt]


def test_interrupted_deliveries_are_in_doubt_and_due_for_reading_back(opened):
    dead, heir = opened(), opened()
    first, second, third = queued(dead, "a", "b", "c")
    dead.outbox.claim(first, NOW, LEASE)
    later = NOW + LEASE
    assert heir.outbox.claim_account("news", later, LEASE) is not None
    (doubt,) = heir.outbox.recover_interrupted("news", later, later + MINUTE)
    assert (doubt.id, doubt.state, doubt.attempts) == (first.id, DeliveryState.DOUBT, 1)
    assert (doubt.due, doubt.sent_from) == (later + MINUTE, NOW)
    assert "ended before" in doubt.error
    assert heir.outbox.in_doubt("news") == [doubt]
    assert heir.outbox.waiting("news") == [second, third]
    assert heir.outbox.recover_interrupted("news", later, later + MINUTE) == []


def test_without_the_lease_nothing_of_an_account_is_put_in_doubt(opened):
    sender, stranger = opened(), opened()
    (delivery,) = queued(sender, "a")
    sending = sender.outbox.claim(delivery, NOW, LEASE)
    assert stranger.outbox.recover_interrupted("news", NOW, NOW) == []
    assert sender.outbox.find([delivery.id]) == [sending]


# the switch


def test_while_stopped_nothing_is_claimed_by_anyone(opened):
    admin, sender = opened(), opened()
    (delivery,) = queued(sender, "a")
    admin.outbox.stop(NOW)
    assert sender.outbox.stopped_at() == NOW
    assert sender.outbox.claim(delivery, NOW, LEASE) is None
    admin.outbox.start()
    assert sender.outbox.stopped_at() is None
    assert sender.outbox.claim(delivery, NOW, LEASE) is not None


def test_stopping_twice_keeps_the_first_instant_and_starts_at_once(store):
    store.outbox.stop(NOW)
    store.outbox.stop(NOW + DAY)
    assert store.outbox.stopped_at() == NOW
    store.outbox.start()
    store.outbox.start()
    assert store.outbox.stopped_at() is None


def test_what_is_on_the_wire_is_settled_while_stopped(store):
    (delivery,) = queued(store, "a")
    sending = store.outbox.claim(delivery, NOW, LEASE)
    store.outbox.stop(NOW)
    assert settle(store, sending, DeliveryState.SENT, receipt=RECEIPT).state == DeliveryState.SENT


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
    assert store.outbox.account("news").limits == ServerLimits()


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
    (delivery,) = queued(store, "a")
    store.outbox.pause("news", NOW, "server", "no answer")
    settle(store, store.outbox.claim(delivery, NOW, LEASE), DeliveryState.SENT, receipt=RECEIPT)
    assert store.outbox.account("news").pauses == 0


def test_limits_are_remembered_until_the_account_moves_to_another_server(store):
    enrol(store)
    store.outbox.claim_account("news", NOW, LEASE)
    limits = ServerLimits(characters=5000, per_link=23, media=16, alt=1)
    store.outbox.release_account("news", limits=limits, rate_remaining=7)
    store.outbox.claim_account("news", NOW, LEASE)
    store.outbox.release_account("news")
    record = store.outbox.account("news")
    assert (record.limits, record.rate_remaining, record.server) == (limits, 7, SERVER)
    store.outbox.enrol({"news": SERVER})
    assert store.outbox.account("news") == record
    store.outbox.enrol({"news": "https://other.example"})
    moved = store.outbox.account("news")
    assert (moved.limits, moved.rate_remaining) == (ServerLimits(), None)


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
    (ended,) = store.outbox.waiting("done")
    store.outbox.claim(sends, NOW, LEASE)
    settle(store, store.outbox.claim(doubts, NOW, LEASE), DeliveryState.DOUBT)
    settle(store, store.outbox.claim(later, NOW, LEASE), DeliveryState.QUEUED, due=NOW + MINUTE)
    settle(store, held, DeliveryState.HELD)
    settle(store, ended, DeliveryState.SENT)
    settle(store, store.outbox.waiting("idle")[0], DeliveryState.SKIPPED)
    assert sorted(store.outbox.busy_accounts(NOW)) == ["doubts", "sends", "waits"]
    assert "later" in store.outbox.busy_accounts(NOW + MINUTE)


def test_the_first_instant_at_which_something_may_be_sent_is_known(store):
    (first,) = queued(store, "a")
    queued(store, "b", source="of-other", account="other", at=NOW + MINUTE)
    assert store.outbox.next_due(["news", "other"], NOW) == NOW
    assert store.outbox.next_due(["other"], NOW) == NOW + MINUTE
    sending = store.outbox.claim(first, NOW, LEASE)
    assert store.outbox.next_due(["news"], NOW + MINUTE) == NOW + MINUTE
    doubt = settle(store, sending, DeliveryState.DOUBT, due=NOW + DAY)
    assert store.outbox.next_due(["news"], NOW) == NOW
    settle(store, doubt, DeliveryState.SENT)
    assert store.outbox.next_due(["news"], NOW) is None
    store.outbox.pause("news", NOW + MINUTE, "asked", "too many requests")
    assert store.outbox.next_due(["news"], NOW) == NOW
    assert store.outbox.next_due(["news"], NOW + MINUTE) is None
    assert store.outbox.next_due([], NOW) is None


# looking at the queue


def test_what_waits_comes_in_the_order_it_was_queued(store):
    queued_now = queued(store, "a", "b", "c")
    more = queued(store, "d", source="other", at=NOW + MINUTE)
    assert store.outbox.waiting("news") == [*queued_now, *more]
    assert store.outbox.find() == [*queued_now, *more]
    assert store.outbox.find([queued_now[2].id, queued_now[0].id]) == [queued_now[0], queued_now[2]]
    assert store.outbox.find([]) == store.outbox.find([10**20]) == []
    assert store.outbox.waiting("nobody") == []


def test_every_state_is_counted(store):
    first, second, _ = queued(store, "a", "b", "c")
    settle(store, first, DeliveryState.HELD)
    settle(store, store.outbox.claim(second, NOW, LEASE), DeliveryState.SENT)
    counted = store.outbox.count()
    assert set(counted) == {state.value for state in DeliveryState}
    assert {state: n for state, n in counted.items() if n} == {"held": 1, "sent": 1, "queued": 1}


def test_only_sent_posts_count_for_the_pace(store):
    first, second, third = queued(store, "a", "b", "c")
    (other,) = queued(store, "d", source="other")
    settle(store, store.outbox.claim(first, NOW, LEASE), DeliveryState.SENT, at=NOW)
    settle(store, store.outbox.claim(other, NOW, LEASE), DeliveryState.SENT, at=NOW + MINUTE)
    settle(store, second, DeliveryState.SKIPPED, at=NOW + MINUTE)
    settle(store, store.outbox.claim(third, NOW, LEASE), DeliveryState.DEAD, at=NOW + MINUTE)
    assert store.publications.sent("news", NOW) == [
        SentPost(NOW, "chouti"),
        SentPost(NOW + MINUTE, "other"),
    ]
    assert store.publications.sent("news", NOW + MINUTE) == [SentPost(NOW + MINUTE, "other")]
    assert store.publications.sent("other", NOW) == []


def test_what_is_queued_for_no_source_or_account_any_more_is_held_not_lost(store):
    queued(store, "a", source="stays")
    queued(store, "b", source="removed")
    queued(store, "c", source="stays", account="left")
    queued(store, "d", source="stays", account="other")
    routes = {"stays": ["news"]}
    held = store.outbox.hold_unconfigured(routes, ["news", "other"], NOW)
    strays = [("removed", "news"), ("stays", "left"), ("stays", "other")]
    assert [(delivery.source, delivery.account) for delivery in held] == strays
    assert [delivery.error for delivery in held] == [
        "its source removed is not in the config any more",
        "its account left is not in the config any more",
        "its account other is not in `to` of stays",
    ]
    assert [delivery.source for delivery in store.outbox.waiting("news")] == ["stays"]
    assert store.outbox.hold_unconfigured(routes, ["news", "other"], NOW) == []


def test_what_was_sent_stays_sent_when_its_source_goes(store):
    (delivery,) = queued(store, "a")
    sent = settle(
        store, store.outbox.claim(delivery, NOW, LEASE), DeliveryState.SENT, receipt=RECEIPT
    )
    assert store.outbox.hold_unconfigured({}, [], NOW) == []
    assert store.outbox.find([delivery.id]) == [sent]


def test_a_queued_text_may_be_rewritten(store):
    (delivery,) = queued(store, "a")
    after = replace(
        delivery, post=replace(delivery.post, text="new"), key_version=1, due=NOW + MINUTE
    )
    assert store.outbox.rewrite(delivery, after, NOW, "corrected") == after
    assert store.outbox.waiting("news") == [after]


def test_a_text_being_sent_is_not_rewritten(store):
    (delivery,) = queued(store, "a")
    sending = store.outbox.claim(delivery, NOW, LEASE)
    changed = replace(delivery, post=replace(delivery.post, text="new"))
    assert store.outbox.rewrite(delivery, changed, NOW, "corrected") is None
    assert store.outbox.find([delivery.id]) == [sending]


def test_one_delivery_carries_the_others_of_a_digest(store):
    digest_delivery, *members = queued(store, "a", "b", "c")
    whole = replace(digest_delivery, post=replace(digest_delivery.post, text="a, b and c"))
    assert store.outbox.bundle(whole, members, NOW)
    assert store.outbox.waiting("news") == [whole]
    skipped = store.outbox.find(states=[DeliveryState.SKIPPED])
    assert [delivery.id for delivery in skipped] == [delivery.id for delivery in members]
    assert {delivery.error for delivery in skipped} == {
        f"digest: it is part of delivery {digest_delivery.id}"
    }


@pytest.mark.parametrize("which", [0, 2], ids=["the digest", "a member"])
def test_a_digest_of_which_something_is_queued_no_more_is_not_bundled(store, which):
    queued_now = queued(store, "a", "b", "c")
    settle(store, queued_now[which], DeliveryState.HELD)
    before = store.outbox.find(states=DeliveryState)
    digest_delivery = replace(queued_now[0], post=replace(queued_now[0].post, text="a, b and c"))
    assert not store.outbox.bundle(digest_delivery, queued_now[1:], NOW)
    assert store.outbox.find(states=DeliveryState) == before


def test_a_tick_reads_what_is_due_by_indexes_and_not_whole_tables(sqlite_store):
    store, asked = sqlite_store, []
    queued(store, "a")
    engine = store._database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
    store.outbox.busy_accounts(NOW)
    store.outbox.next_due(["news"], NOW)
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
    # a table of what is leased alone, and counted by host
    assert set(scans) <= {"SCAN source_lease"}


def test_the_entry_of_a_delivery_is_kept_with_it(store):
    (delivery,) = queued(store, "a")
    assert store.outbox.entry_of(delivery.id) == candidate("a").entry
    assert store.outbox.entry_of(delivery.id + 1) is None
    assert key("guid-a") in candidate("a").keys


def test_what_was_rewritten_meanwhile_is_not_overwritten(store):
    (delivery,) = queued(store, "a")
    edited = replace(delivery, post=replace(delivery.post, text="edited"), key_version=1)
    assert store.outbox.rewrite(delivery, edited, NOW, "edited") == edited
    rendered = replace(delivery, post=replace(delivery.post, text="rendered"), key_version=1)
    assert store.outbox.rewrite(delivery, rendered, NOW, "rendered") is None
    # nor by holding it as it was read before
    held = replace(delivery, state=DeliveryState.HELD, error="held by the admin")
    assert store.outbox.settle(delivery, held, NOW) is None
    assert store.outbox.find([delivery.id]) == [edited]


def test_a_page_is_of_some_accounts_sources_and_states(store):
    first, *others = queued(store, "a", "b", "c", "d")
    settle(store, first, DeliveryState.HELD, error="held by the admin")
    page, omitted = store.outbox.page({DeliveryState.QUEUED}, limit=2)
    assert ([each.id for each in page], omitted) == ([each.id for each in others[:2]], 1)
    page, omitted = store.outbox.page({DeliveryState.QUEUED}, after=others[1].id)
    assert ([each.id for each in page], omitted) == ([others[2].id], 0)
    assert store.outbox.page(set(DeliveryState), accounts=["nobody"]) == ([], 0)
    assert store.outbox.page(set(DeliveryState), sources=["nosuch"], limit=1) == ([], 0)
    assert len(store.outbox.page(set(DeliveryState), accounts=["news"], limit=9)[0]) == 4
