"""What waits for steps, what they returned, and how often they were called."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from store_samples import DAY, LEASE, NOW, batch, candidate, claim, enrol, intent, key, plan, post
from test_store_growth import FEW, MANY, filled, steps

from reblogbot.core.identity import follow_up_key
from reblogbot.core.schedule import NextPoll
from reblogbot.model import (
    REVIEW_NOTE,
    STEP_FAILED_NOTE,
    STORM_NOTE,
    DeliveryState,
    FollowUp,
    Post,
    Receipt,
    StepAnswer,
    StepPause,
    StepText,
)
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import open_store
from reblogbot.store.copying import copy_store
from reblogbot.store.steps import StepCall, StepTally
from reblogbot.store.transitions import NO_POST_NOTE

MINUTE = timedelta(minutes=1)
THERE = "another-boot:4026531836/1/1/abcd"
FAILED = STEP_FAILED_NOTE.filled(name="explain", reason="no")


def call(name="a", *, step="explain", mark="m", entry_id=None):
    return StepCall(f"{step} {name}".encode().ljust(32, b"."), step, entry_id, mark, "Explain", 7)


def record(store, items, *, at=NOW, source="hot", **fields):
    """Queue entries that wait for `explain` and then `translate`; return all their deliveries."""
    intents = [
        replace(intent(item), **{"waits_for": ("explain", "translate"), **fields}) for item in items
    ]
    recorded = store.sources.record(
        claim(store, source, at),
        batch(items),
        plan(items, intents=intents),
        ["news"],
        NextPoll(at + timedelta(minutes=15), "interval"),
        at,
    )
    return recorded.queued


def queue(store, *names, **fields):
    return record(store, [candidate(name) for name in names], **fields)


def queue_with_reply(store, name="a", **fields):
    """Queue a post that waits for nothing and its reply, which waits for `explain`."""
    item = candidate(name)
    reply = FollowUp(post(item), follow_up_key(item.published_keys[0]), ("explain",))
    return record(store, [item], follow_up=reply, waits_for=(), **fields)


def waiting(store, at=NOW, sources=("hot",), accounts=("news",), limit=100):
    return store.steps.waiting(sources, accounts, at, limit)


def waiting_ids(store, at=NOW, **options):
    return [each.delivery.id for each in waiting(store, at, **options)]


def settle(store, before, state, error="", at=NOW, **fields):
    after = replace(before, state=DeliveryState(state), error=error, **fields)
    return store.outbox.settle(before, after, at)


def send(store, delivery, remote_id="r1", at=NOW):
    assert store.outbox.claim_account("news", at, LEASE)
    claimed = store.outbox.claim(delivery, at, LEASE)
    return settle(store, claimed, "sent", at=at, receipt=Receipt(remote_id))


def finish(store, made, text="words", at=NOW):
    answer = StepAnswer(text, model="m1", tokens_in=1, tokens_out=2, cost=0.5)
    store.steps.finish(made, answer, StepText(text), 1.5, at)


def fail(store, made, due=None, *, is_attempt=True):
    store.steps.fail(made, "step_empty", "no", due, is_attempt=is_attempt, seconds=1)


def result(store, made):
    return store.steps.find([made.key]).get(made.key)


@pytest.fixture(autouse=True)
def enrolled(request):
    if "store" in request.fixturenames:
        enrol(request.getfixturevalue("store"), "hot", "tech", accounts=("news", "more"))


# calls and results


def test_a_result_is_kept_and_never_asked_for_again(store):
    made = call()
    assert store.steps.begin(made, NOW, LEASE, 10)
    assert result(store, made).state == "running"
    assert result(store, made).result is None
    finish(store, made)
    stored = result(store, made)
    assert (stored.result, stored.model, stored.cost) == (StepText("words"), "m1", 0.5)
    assert (stored.prompt, stored.input_size, stored.seconds) == ("Explain", 7, 1.5)
    assert not store.steps.begin(made, NOW + 9 * DAY, LEASE, 10)
    assert len(store.steps.calls("explain", NOW - DAY)) == 1


def test_a_call_of_a_living_process_is_waited_for_until_its_lease_ends(opened):
    first, second = opened(), opened(THERE)
    assert first.steps.begin(call(), NOW, LEASE, 10)
    assert not second.steps.begin(call(), NOW + LEASE - MINUTE, LEASE, 10)
    assert not first.steps.begin(call(), NOW, LEASE, 10)
    assert second.steps.begin(call(), NOW + LEASE, LEASE, 10)
    # the first one comes too late with its failure, and early enough with an answer
    fail(first, call())
    assert result(second, call()).state == "running"
    finish(first, call(), "of the first")
    finish(second, call(), "of the second")
    assert result(second, call()).text == "of the first"


def test_a_call_of_a_process_that_died_here_is_made_again_at_once(opened):
    place, _, _ = new_lease_owner().partition("/")
    # no process has this number: it is beyond the greatest that Linux gives
    dead, living = opened(f"{place}/4194305/1/abcd"), opened()
    assert dead.steps.begin(call(), NOW, LEASE, 10)
    assert living.steps.begin(call(), NOW, LEASE, 10)
    assert len(living.steps.calls("explain", NOW - DAY)) == 2


def test_of_several_processes_one_makes_a_call_and_none_exceeds_the_limit(opened):
    stores, barrier, begun = [opened(f"far:1/{n}/1/x") for n in range(4)], Barrier(4), []

    def work(store):
        barrier.wait()
        begun.extend(n for n in range(9) if store.steps.begin(call(n), NOW, LEASE, 6))

    threads = [Thread(target=work, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == len(set(begun)) == 6
    assert len(stores[0].steps.calls("explain", NOW - DAY)) == 6


def test_the_limit_of_a_day_counts_the_calls_of_one_step_whatever_became_of_them(store):
    for number in range(2):
        assert store.steps.begin(call(number), NOW, LEASE, 2)
    fail(store, call(0))
    assert not store.steps.begin(call(2), NOW + DAY - MINUTE, LEASE, 2)
    assert store.steps.begin(call(2, step="translate"), NOW, LEASE, 2)
    assert store.steps.begin(call(3), NOW, LEASE, None)
    assert not store.steps.begin(call(2), NOW + MINUTE, LEASE, 3)
    assert store.steps.begin(call(2), NOW + DAY, LEASE, 2)


def test_calls_that_a_clock_ahead_has_noted_block_nothing(store):
    assert store.steps.begin(call(0), NOW + 40 * DAY, LEASE, 1)
    assert store.steps.begin(call(1), NOW, LEASE, 1)


def test_attempts_are_counted_with_the_same_settings_alone(store):
    for attempts in (1, 2):
        assert store.steps.begin(call(), NOW, LEASE, 10)
        fail(store, call(), NOW)
        assert result(store, call()).attempts == attempts
    assert store.steps.begin(call(), NOW, LEASE, 10)
    fail(store, call(), NOW, is_attempt=False)
    assert result(store, call()).attempts == 2
    other = call(mark="other")
    assert store.steps.begin(other, NOW, LEASE, 10)
    fail(store, other, NOW)
    assert (result(store, other).attempts, result(store, other).mark) == (1, "other")


def test_what_is_refused_without_a_call_costs_none_and_replaces_no_result(store):
    store.steps.refuse(call(0), "step_unauthorised", "no key", NOW)
    assert (result(store, call(0)).state, result(store, call(0)).due) == ("failed", None)
    assert store.steps.calls("explain", NOW - DAY) == []
    assert store.steps.begin(call(1), NOW, LEASE, 10)
    finish(store, call(1))
    store.steps.refuse(call(1), "step_unauthorised", "no key", NOW)
    assert result(store, call(1)).result == StepText("words")


def test_a_forgotten_result_is_asked_for_again(store):
    assert store.steps.begin(call(), NOW, LEASE, 10)
    finish(store, call())
    store.steps.forget(call().key)
    assert store.steps.begin(call(), NOW, LEASE, 10)


def test_the_results_of_an_entry_are_listed_as_they_were_called(store):
    queue(store, "a")
    (first,) = waiting(store)
    for number, name in enumerate(("b", "a")):
        made = call(name, entry_id=first.entry_id)
        assert store.steps.begin(made, NOW + number * MINUTE, LEASE, 10)
    # one that was previewed before gets its entry with its next call
    assert store.steps.begin(call("c"), NOW, LEASE, 10)
    fail(store, call("c"), NOW)
    made = call("c", entry_id=first.entry_id)
    assert store.steps.begin(made, NOW + 2 * MINUTE, LEASE, 10)
    keys = [each.key for each in store.steps.of_entry(first.entry_id)]
    assert keys == [call(name).key for name in "bac"]


def test_a_pause_ends_with_the_next_result(store):
    pause = StepPause(NOW + MINUTE, 3, "step_rate_limited", "too many", "m")
    store.steps.pause("explain", replace(pause, failures=2))
    store.steps.pause("explain", pause)
    assert store.steps.pauses() == {"explain": pause}
    assert store.steps.begin(call(), NOW, LEASE, 10)
    finish(store, call())
    assert store.steps.pauses() == {}


# what waits


def test_deliveries_wait_in_the_order_in_which_they_were_queued(store):
    queued = queue(store, "a", "b", "c")
    assert waiting_ids(store) == [each.id for each in queued]
    assert waiting_ids(store, limit=2) == [each.id for each in queued[:2]]
    assert waiting_ids(store, NOW - MINUTE) == []
    assert waiting_ids(store, sources=("tech",)) == []
    assert waiting_ids(store, accounts=("more",)) == []
    assert waiting(store)[0].entry.title == "Title of a"
    assert store.steps.next_due(["news"]) == [("hot", "explain", NOW)]
    assert store.steps.next_due(["more"]) == []


def test_what_waits_is_neither_sent_nor_bundled_nor_makes_its_account_busy(store):
    one, other = queue(store, "a", "b")
    assert store.outbox.waiting("news") == []
    assert store.outbox.busy_accounts(NOW) == []
    assert store.outbox.open_accounts() == []
    assert store.outbox.queue_heads("news") == []
    assert store.tallies.overdue(NOW + 9 * DAY) == {}
    assert store.outbox.claim_account("news", NOW, LEASE)
    assert store.outbox.claim(one, NOW, LEASE) is None
    assert not store.outbox.bundle(one, [other], NOW)


def test_what_is_postponed_says_what_is_missing_and_until_when(store):
    (queued,) = queue(store, "a")
    at = NOW + MINUTE
    (after,) = store.steps.postpone([queued], ["translate"], at, "too many")
    assert (after.waits_for, after.step_at, after.error) == (("translate",), at, "too many")
    assert waiting_ids(store) == []
    assert waiting_ids(store, at) == [queued.id]
    assert store.steps.next_due(["news"]) == [("hot", "translate", at)]
    # it is not as it was any more
    assert store.steps.postpone([queued], ["explain"], NOW, "") == []


def test_what_is_held_for_review_is_written_and_keeps_its_reason(store):
    (queued,) = queue(store, "a", state=DeliveryState.HELD, reason=REVIEW_NOTE)
    assert waiting_ids(store) == [queued.id]
    (after,) = store.steps.postpone([queued], ["explain"], NOW, "too many")
    assert after.error == REVIEW_NOTE


@pytest.mark.parametrize("reason", [STORM_NOTE.filled(reason="much"), "held by the admin", FAILED])
def test_what_is_held_for_another_reason_costs_nothing_until_it_is_released(store, reason):
    (held,) = queue(store, "a", state=DeliveryState.HELD, reason=reason)
    assert waiting(store) == []
    assert store.steps.next_due(["news"]) == []
    settle(store, held, "queued")
    assert store.steps.next_due(["news"]) == [("hot", "explain", NOW)]
    assert waiting_ids(store) == [held.id]


def test_the_text_of_the_results_is_written_once(store):
    (queued,) = queue(store, "a")
    after = replace(queued, post=replace(queued.post, text="done"), waits_for=())
    settled = store.steps.settle(queued, after, NOW, "note")
    assert (settled.post.text, settled.state, settled.waits_for) == ("done", "queued", ())
    assert settled.step_at is None
    assert settled.key_version == queued.key_version + 1
    assert [each.id for each in store.outbox.waiting("news")] == [queued.id]
    assert store.steps.settle(queued, after, NOW, "note") is None
    assert store.history.why([], str(queued.id))[0].deliveries[0][1][-1].note == "note"


def test_what_an_admin_or_a_poll_has_changed_meanwhile_is_left_alone(store):
    first, second = queue(store, "a", "b")
    settle(store, first, "held", "held by the admin")
    store.outbox.rewrite(second, replace(second, post=replace(second.post, text="x")), NOW, "")
    for before in (first, second):
        assert store.steps.settle(before, replace(before, waits_for=()), NOW, "") is None


def test_what_is_skipped_waits_no_more_and_again_once_the_admin_wants_it(store):
    (queued,) = queue(store, "a")
    (entry,) = waiting(store)
    made = call(entry_id=entry.entry_id)
    assert store.steps.begin(made, NOW, LEASE, 10)
    fail(store, made)
    skipped = store.steps.settle(queued, replace(queued, state="skipped", error="no"), NOW, "no")
    assert (skipped.waits_for, skipped.step_at) == (("explain", "translate"), None)
    assert store.steps.tallies(["explain"], NOW)["explain"].waiting == 0
    settle(store, skipped, "queued")
    assert waiting_ids(store) == [queued.id]
    # its failures are forgotten with it
    assert result(store, made) is None
    assert store.outbox.waiting("news") == []


# replies


def test_a_reply_is_written_once_its_post_is_published(store):
    first, reply = queue_with_reply(store)
    assert reply.post.continues == first.id
    assert waiting(store) == []
    assert store.steps.next_due(["news"]) == []
    send(store, first)
    (found,) = waiting(store)
    assert (found.delivery.id, found.previous.state) == (reply.id, "sent")
    assert store.steps.next_due(["news"]) == [("hot", "explain", NOW)]


@pytest.mark.parametrize(
    ("state", "is_over"), [("held", False), ("skipped", True), ("queued", False)]
)
def test_a_reply_waits_as_long_as_its_post_may_still_be_published(store, state, is_over):
    first, reply = queue_with_reply(store)
    if state != "queued":
        settle(store, first, state, "no")
    assert waiting_ids(store) == [reply.id] * is_over


def test_a_reply_comes_back_with_its_post(store):
    first, reply = queue_with_reply(store)
    skipped = settle(store, first, "skipped", "no")
    given_up = replace(reply, state=DeliveryState.SKIPPED, error=NO_POST_NOTE)
    store.steps.settle(reply, given_up, NOW, NO_POST_NOTE)
    settle(store, skipped, "queued")
    assert [each.state for each in store.outbox.find([first.id, reply.id])] == ["queued"] * 2
    send(store, store.outbox.find([first.id])[0])
    assert waiting_ids(store) == [reply.id]


def test_a_reply_whose_post_is_in_doubt_waits_and_one_of_a_dead_post_does_not(store):
    first, reply = queue_with_reply(store)
    assert store.outbox.claim_account("news", NOW, LEASE)
    claimed = store.outbox.claim(first, NOW, LEASE)
    assert waiting(store) == []
    doubt = settle(store, claimed, "doubt", "no answer")
    assert waiting(store) == []
    settle(store, doubt, "dead", "no")
    assert waiting_ids(store) == [reply.id]


def test_a_post_that_is_retracted_takes_its_reply_and_the_parts_of_it_along(store):
    first, reply = queue_with_reply(store)
    sent = send(store, first)
    (other,) = queue(store, "b", waits_for=(), at=NOW + MINUTE)
    send(store, other, "r9")
    text = replace(reply.post, text="one", is_generated=True, rest=("two", "three"))
    store.steps.settle(reply, replace(reply, post=text, waits_for=()), NOW, "")
    (written,) = store.outbox.waiting("news")
    send(store, written, "r2", NOW + MINUTE)
    (part,) = store.outbox.waiting("news")
    assert (part.post.text, part.post.part, part.post.continues) == ("two", 2, reply.id)
    retracting = store.retractions.begin([sent.id], NOW + MINUTE)
    assert {each.id for each in retracting} == {first.id, reply.id}
    assert store.outbox.find([part.id])[0].state == "skipped"
    assert store.outbox.find([other.id])[0].state == "sent"


def test_a_reply_that_is_retracted_leaves_its_post(store):
    first, reply = queue_with_reply(store)
    send(store, first)
    text = replace(reply.post, text="one", rest=("two",))
    store.steps.settle(reply, replace(reply, post=text, waits_for=()), NOW, "")
    sent = send(store, store.outbox.waiting("news")[0], "r2", NOW)
    part = send(store, store.outbox.waiting("news")[0], "r3", NOW)
    assert {each.id for each in store.retractions.begin([part.id], NOW)} == {sent.id, part.id}
    assert store.outbox.find([first.id])[0].state == "sent"


def test_a_waiting_reply_is_skipped_with_the_post_that_is_retracted(store):
    first, reply = queue_with_reply(store)
    sent = send(store, first)
    store.retractions.begin([sent.id], NOW)
    assert store.outbox.find([reply.id])[0].state == "skipped"
    assert waiting(store) == []


def test_each_part_of_a_thread_is_queued_once_when_the_one_before_is_sent(store):
    (queued,) = queue(store, "a", waits_for=())
    store.outbox.rewrite(
        queued, replace(queued, post=replace(queued.post, rest=("two", "three"))), NOW, ""
    )
    texts, previous = [], 0
    while left := store.outbox.waiting("news"):
        (part,) = left
        assert part.post.continues == previous
        texts.append(part.post.text.partition("\n")[0])
        send(store, part, f"r{part.id}")
        previous = part.id
    assert texts == ["Title of a", "two", "three"]


def test_an_entry_that_was_forgotten_and_is_shown_again_gets_no_second_reply(store):
    first, _ = queue_with_reply(store)
    settle(store, first, "skipped", "no")
    # its keys are pruned with it, while its reply is still there
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM delivery WHERE id = 1")
        connection.exec_driver_sql("DELETE FROM seen")
    (again,) = queue_with_reply(store, at=NOW + DAY)
    assert again.id > first.id


# failures for good


def failed_for_good(store, mark="m"):
    """A delivery that is held because `explain` failed with these settings."""
    (queued,) = queue(store, "a")
    made = call(entry_id=waiting(store)[0].entry_id, mark=mark)
    assert store.steps.begin(made, NOW, LEASE, 10)
    fail(store, made)
    held = replace(queued, state=DeliveryState.HELD, error=FAILED)
    return store.steps.settle(queued, held, NOW, FAILED)


def test_what_failed_for_good_is_tried_again_with_other_settings(store):
    held = failed_for_good(store)
    assert store.steps.queue_failed({"explain": "m"}, NOW) == []
    assert store.steps.queue_failed({"translate": "other"}, NOW) == []
    (queued,) = store.steps.queue_failed({"explain": "other"}, NOW + MINUTE)
    assert (queued.id, queued.state, queued.error) == (held.id, "queued", "")
    assert waiting_ids(store, NOW + MINUTE) == [held.id]


def test_what_is_held_for_another_reason_stays_held_with_other_settings(store):
    held = failed_for_good(store)
    with store._database.write() as connection:
        connection.exec_driver_sql("UPDATE delivery SET error = 'held by the admin'")
    assert store.steps.queue_failed({"explain": "other"}, NOW) == []
    assert store.outbox.find([held.id])[0].state == "held"


def test_what_waits_for_steps_that_are_gone_from_the_config_is_held(store):
    first, second = queue(store, "a", "b")
    store.steps.postpone([second], ["translate"], NOW, "")
    routes = {"hot": ["news"]}
    assert store.outbox.hold_unconfigured(routes, ["news"], NOW, ["explain", "translate"]) == []
    held = store.outbox.hold_unconfigured(routes, ["news"], NOW, ["explain"])
    assert [(each.id, each.state) for each in held] == [(second.id, "held")]
    assert "translate is not in the config" in held[0].error
    assert waiting_ids(store) == [first.id]


def test_the_tallies_tell_what_a_step_did_in_a_day_and_what_waits_for_it(store):
    queue(store, "a", "b", "c")
    queue(store, "d", source="tech", state=DeliveryState.HELD, reason=FAILED)
    queue(store, "e", at=NOW + DAY, state=DeliveryState.HELD, reason=STORM_NOTE.filled(reason="x"))
    assert store.steps.begin(call(0), NOW - DAY, LEASE, 10)
    finish(store, call(0))
    for number in (1, 2):
        assert store.steps.begin(call(number), NOW, LEASE, 10)
    finish(store, call(1))
    fail(store, call(2))
    assert store.steps.tallies(["explain", "translate"], NOW) == {
        "explain": StepTally(done=1, calls=2, waiting=3, failed=1),
        "translate": StepTally(),
    }


# care


def test_what_is_older_than_keep_is_pruned_and_the_results_of_kept_entries_are_not(store):
    queue(store, "a")
    entry_id = waiting(store)[0].entry_id
    for name, of in (("kept", entry_id), ("previewed", None)):
        assert store.steps.begin(call(name, entry_id=of), NOW, LEASE, 10)
        finish(store, call(name, entry_id=of))
    # a day's calls count, however little is kept
    store.history.prune(timedelta(hours=1), NOW + DAY)
    assert len(store.steps.calls("explain", NOW - DAY)) == 2
    assert result(store, call("previewed")) is None
    store.history.prune(30 * DAY, NOW + 3 * DAY)
    assert store.steps.calls("explain", NOW - DAY) == []
    assert result(store, call("kept")).result == StepText("words")


def test_the_results_of_an_entry_are_pruned_with_it(store):
    (queued,) = queue(store, "a")
    made = call(entry_id=waiting(store)[0].entry_id)
    assert store.steps.begin(made, NOW, LEASE, 10)
    finish(store, made)
    settle(store, queued, "skipped", "no")
    with store._database.write() as connection:
        connection.exec_driver_sql("DELETE FROM seen")
    store.history.prune(DAY, NOW + 9 * DAY)
    assert result(store, made) is None


def test_what_a_clock_ahead_has_postponed_is_brought_forward(store):
    (queued,) = queue(store, "a")
    late = NOW + 40 * DAY
    store.steps.postpone([queued], ["explain"], late, "")
    store.steps.pause("explain", StepPause(late, 3, "step_timeout", "no", "m"))
    assert store.steps.begin(call(), late, LEASE, 10)
    store.repair_future_timestamps(NOW, MINUTE, MINUTE, LEASE)
    assert waiting_ids(store) == [queued.id]
    assert store.steps.pauses()["explain"].until is None
    assert result(store, call()).lease_until == NOW
    soon = NOW + DAY
    store.steps.postpone([waiting(store)[0].delivery], ["explain"], soon, "")
    store.repair_future_timestamps(NOW, MINUTE, MINUTE, LEASE)
    assert waiting_ids(store) == []


def test_a_copy_has_the_results_the_calls_and_what_waits(url, tmp_path, request):
    store, _ = open_store(url, "far:1/1/1/x", NOW)
    enrol(store, "hot")
    queue(store, "a")
    assert store.steps.begin(call(0), NOW, LEASE, 10)
    finish(store, call(0))
    assert store.steps.begin(call(1), NOW, LEASE, 10)
    store.steps.pause("explain", StepPause(NOW, 3, "step_timeout", "no", "m"))
    store.close()
    to = f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    if url.startswith("sqlite"):
        to = request.getfixturevalue("postgres_url")
    copy_store(url, to)
    copy, _ = open_store(to, "far:1/2/1/x", NOW)
    assert waiting_ids(copy) == [1]
    assert result(copy, call(0)).result == StepText("words")
    assert not copy.steps.begin(call(0), NOW, LEASE, 10)
    assert copy.steps.begin(call(1), NOW + LEASE, LEASE, 10)
    assert len(copy.steps.calls("explain", NOW - DAY)) == 3
    assert copy.steps.pauses()["explain"].failures == 3
    copy.close()


# the cost of a look, in steps of SQLite

RESULTS = """
INSERT INTO step_result (key, step, entry_id, state, called_at, attempts, mark, slug, error, text, title,
    model, prompt, input_size) SELECT CAST(printf('%032d', id) AS BLOB), 'explain', id, 'done', seen_at,
    0, 'm', '', '', 'words', '', '', '', 0 FROM entry;
INSERT INTO step_call (step, at) SELECT 'explain', seen_at FROM entry;
"""
KEY = b"%032d" % 7
LOOKS = {
    "what waits": waiting,
    "the next to be due": lambda store: store.steps.next_due(["news"]),
    "a result": lambda store: store.steps.find([KEY]),
    "the results of an entry": lambda store: store.steps.of_entry(7),
    "a call": lambda store: store.steps.begin(call(), NOW, LEASE, 10_000),
    "the calls of a day": lambda store: store.steps.calls("explain", NOW - DAY),
    "what waits without a cause": lambda store: store.steps.bring_forward({"explain": "m"}, NOW),
    "what failed for good": lambda store: store.steps.queue_failed({"explain": "other"}, NOW),
    "tallies": lambda store: store.steps.tallies(["explain"], NOW),
    "a retraction": lambda store: store.retractions.begin([7], NOW),
}


@pytest.fixture(scope="module")
def files(sqlite_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("growth")
    paths = [filled(shutil.copyfile(sqlite_file, folder / f"{n}.sqlite3"), n) for n in (FEW, MANY)]
    for path in paths:
        raw = sqlite3.connect(path)
        raw.executescript(RESULTS)
        raw.close()
    return paths


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_at_steps_costs_no_more_with_more_results(files, look, tmp_path):
    few, many = (steps(Path(shutil.copyfile(path, tmp_path / path.name)), look) for path in files)
    assert few > 0
    assert many <= 1.5 * few + 50


def test_a_post_is_a_follow_up_unless_it_is_of_a_digest():
    assert Post("post", continues=1).is_follow_up
    assert not Post("post", continues=1, is_bundle=True).is_follow_up
    assert not Post("post").is_follow_up
    assert key("x") != follow_up_key(key("x"))
