from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from store_samples import (
    DAY,
    LEASE,
    NOW,
    batch,
    candidate,
    claim,
    enrol,
    intent,
    key,
    not_modified,
    plan,
    poll,
)

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Intent, Post, Receipt, Refusal, State
from reblogbot.store import open_store
from reblogbot.store.schema import delivery, entry, event, notice, published, refusal, seen

KEEP = 180 * DAY
LONG = 400 * DAY
PAGE = "https://social.example/@news/109"


def rows(store, *tables):
    with store._database.read() as connection:
        return [row for table in tables for row in connection.execute(table.select())]


def settle(store, one, state, at=NOW, **changes):
    return store.outbox.settle(one, replace(one, state=state, **changes), at)


def send(store, one, at=NOW):
    assert store.outbox.claim_account(one.account, at, LEASE) is not None
    return settle(
        store, store.outbox.claim(one, at, LEASE), State.SENT, at=at, receipt=Receipt("109", PAGE)
    )


def keys_of(store, name, found):
    record = next(one for one in store.sources.all() if one.name == name)
    return set(store.sources.past(record, found, []).seen)


# why


@pytest.fixture
def told(store):
    """One entry, posted for one account and refused for another."""
    enrol(store, "chouti", accounts=("news", "other"))
    one = candidate("a")
    claimed = claim(store, "chouti")
    made = store.sources.record(
        claimed,
        batch([one, candidate("b")]),
        plan(
            [one, candidate("b")],
            intents=[intent(one)],
            refusals=[Refusal(one, "other", "exclude: /a/")],
        ),
        ["news", "other"],
        NextPoll(NOW, "interval"),
        NOW,
    )
    send(store, made.queued[0])
    return made.queued[0]


@pytest.mark.parametrize("by", ["link", "guid", "number", "page", "published key"])
def test_an_entry_is_found_by_whatever_an_admin_may_have_of_it(store, told, by):
    one = candidate("a")
    keys, written = {
        "link": ([one.keys[0]], one.entry.link),
        "guid": ([], one.entry.guid),
        "number": ([], str(told.id)),
        "page": ([], PAGE),
        "published key": ([one.published_keys[0]], "anything"),
    }[by]
    (story,) = store.history.why(keys, written)
    assert (story.source, story.link, story.title) == ("chouti", one.entry.link, one.entry.title)
    assert (story.guid, story.seen_at) == (one.entry.guid, NOW)
    assert story.refusals == (("other", "exclude: /a/"),)
    ((sent, happenings),) = story.deliveries
    assert (sent.state, sent.receipt) == (State.SENT, Receipt("109", PAGE))
    assert [one.state for one in happenings] == ["queued", "sending", "sent"]


@pytest.mark.parametrize(
    "written", ["", "unknown", "0", "99999", "9" * 5000, "-1", "²", "1.0", "\ud800", "%"]
)
def test_nothing_is_told_of_what_was_never_seen(store, told, written):
    assert store.history.why([key("unknown")], written) == []


def test_an_entry_without_guid_is_not_found_by_saying_nothing(store):
    enrol(store, "chouti")
    bare = replace(candidate("a"), entry=replace(candidate("a").entry, guid=""))
    poll(store, "chouti", [bare])
    assert store.history.why([], "") == []


def test_one_entry_in_two_sources_has_two_stories(store):
    enrol(store, "first", "second")
    poll(store, "first", [candidate("a")])
    poll(store, "second", [candidate("a")], at=NOW + DAY)
    stories = store.history.why(list(candidate("a").keys), "")
    assert stories == []
    stories = store.history.why(list(candidate("a").keys), candidate("a").entry.link)
    assert [one.source for one in stories] == ["first", "second"]


def test_refusals_are_counted_by_their_first_word(store):
    enrol(store, "chouti")
    for name, reason, at in (
        ("a", "exclude: one", NOW),
        ("b", "exclude: two", NOW),
        ("c", "first_sight", NOW),
        ("d", "exclude: old", NOW - DAY),
    ):
        one = candidate(name)
        store.sources.record(
            claim(store, "chouti", at),
            batch([one]),
            plan([one], refusals=[Refusal(one, "news", reason)]),
            ["news"],
            NextPoll(at, "interval"),
            at,
        )
    assert store.history.refused(NOW) == {"exclude": 2, "first_sight": 1}


# notices


def test_the_admin_is_told_once_per_cause_and_day(opened):
    one, other = opened(), opened()
    assert one.history.tell_once("storm: chouti", NOW)
    assert not one.history.tell_once("storm: chouti", NOW + timedelta(hours=11))
    assert not other.history.tell_once("storm: chouti", NOW)
    assert other.history.tell_once("token: news", NOW)
    assert other.history.tell_once("storm: chouti", NOW + DAY)


# the broom


def test_what_is_old_and_shown_no_more_is_forgotten_whole(store):
    enrol(store, "chouti")
    made = poll(store, "chouti", [candidate("a")])
    send(store, made.queued[0])
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    store.history.tell_once("storm", NOW)
    gone = store.history.prune(KEEP, NOW + LONG)
    assert (gone.keys, gone.entries, gone.deliveries) == (2, 1, 1)
    assert [row.key for row in rows(store, entry)] == [candidate("b").keys[0]]
    assert rows(store, published, event, notice) == []
    assert store.history.prune(KEEP, NOW + LONG) == replace(gone, keys=0, entries=0, deliveries=0)


def test_what_is_young_is_kept(store):
    enrol(store, "chouti")
    made = poll(store, "chouti", [candidate("a")])
    send(store, made.queued[0])
    poll(store, "chouti", [candidate("b")], at=NOW + DAY, queue=False)
    before = rows(store, seen, entry, published, event, refusal)
    gone = store.history.prune(KEEP, NOW + KEEP)
    assert (gone.keys, gone.entries, gone.deliveries) == (0, 0, 0)
    assert rows(store, seen, entry, published, event, refusal) == before


def test_what_a_source_still_shows_is_never_forgotten(store):
    enrol(store, "chouti")
    found = [candidate("a"), candidate("b")]
    poll(store, "chouti", found)
    poll(store, "chouti", found[:1], at=NOW + LONG, queue=False)
    store.history.prune(KEEP, NOW + LONG)
    assert keys_of(store, "chouti", found) == set(found[0].keys)


def test_what_a_source_shows_that_answered_304_for_a_year_is_not_forgotten(store):
    enrol(store, "chouti")
    found = [candidate("gone"), candidate("a")]
    poll(store, "chouti", found)
    poll(store, "chouti", found[1:], at=NOW + DAY, queue=False)
    for days in range(2, 400, 40):
        not_modified(store, "chouti", NOW + days * DAY)
    store.history.prune(KEEP, NOW + LONG)
    assert keys_of(store, "chouti", found) == set(found[1].keys)


def test_what_a_source_out_of_reach_for_a_year_last_showed_is_not_forgotten(store):
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    claimed = claim(store, "chouti", NOW + LONG)
    store.sources.record_failure(
        claimed, "no answer", "failed", NextPoll(NOW, "failures"), None, NOW + LONG
    )
    store.history.prune(KEEP, NOW + LONG)
    assert keys_of(store, "chouti", [candidate("a")]) == set(candidate("a").keys)


def test_a_source_that_came_back_empty_is_not_forgotten_at_once(store):
    # empty and back is a fault of sources: what it showed before stands for all of `keep`
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    poll(store, "chouti", [], at=NOW + DAY)
    store.history.prune(KEEP, NOW + KEEP)
    assert keys_of(store, "chouti", [candidate("a")]) == set(candidate("a").keys)


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.DOUBT, State.HELD])
def test_what_is_not_settled_is_never_forgotten(store, state):
    enrol(store, "chouti")
    (one,) = poll(store, "chouti", [candidate("a")]).queued
    store.outbox.claim_account("news", NOW, LEASE)
    if state in {State.SENDING, State.DOUBT}:
        one = store.outbox.claim(one, NOW, LEASE)
    if one.state != state:
        one = settle(store, one, state)
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 0
    assert store.outbox.find([one.id]) == [one]
    assert store.outbox.entry_of(one.id) == candidate("a").entry
    assert [row.delivery_id for row in rows(store, published)] == [one.id]


@pytest.mark.parametrize("state", [State.SENT, State.SKIPPED, State.DEAD])
def test_what_is_settled_is_forgotten_in_the_end(store, state):
    enrol(store, "chouti")
    (one,) = poll(store, "chouti", [candidate("a")]).queued
    store.outbox.claim_account("news", NOW, LEASE)
    settle(store, one if state == State.SKIPPED else store.outbox.claim(one, NOW, LEASE), state)
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 1


def test_a_post_some_source_still_shows_is_remembered_so_that_no_other_brings_it_again(store):
    enrol(store, "shows", "other")
    found = [candidate("a", published=[candidate("a").entry.link])]
    send(store, poll(store, "shows", found).queued[0])
    assert found[0].published_keys[0] in found[0].keys
    poll(store, "shows", found, at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 0
    assert poll(store, "other", found, at=NOW + LONG).queued == ()


def test_a_queue_of_text_without_link_is_pruned_like_any_other(store):
    enrol(store, "chouti")
    one = candidate("a", published=["text of a in chouti"])
    made = store.sources.record(
        claim(store, "chouti"),
        batch([one]),
        plan([one], intents=[Intent(one, "news", Post("post", text="a"))]),
        ["news"],
        NextPoll(NOW, "interval"),
        NOW,
    )
    send(store, made.queued[0])
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 1


def test_the_broom_reads_the_seen_keys_once_and_not_for_each_delivery(sqlite_store):
    store = sqlite_store
    enrol(store, "old", "shows")
    found = [candidate(f"n{number}") for number in range(3000)]
    poll(store, "old", found)
    with store._database.write() as connection:
        connection.execute(update(delivery).values(state=State.SKIPPED, settled_at=NOW))
    poll(store, "old", [], at=NOW + LONG)
    poll(store, "shows", found[:500], at=NOW + LONG, queue=False)
    thousands_of_steps = []
    with store._database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        # a scan for each delivery would take more than 30 000
        raw.set_progress_handler(lambda: thousands_of_steps.append(1) or None, 1000)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 2500
    assert len(thousands_of_steps) < 2000


def test_the_broom_tells_how_far_it_has_come(store):
    enrol(store, "chouti", "other")
    made = poll(store, "chouti", [candidate("a")])
    send(store, made.queued[0])
    poll(store, "chouti", [], at=NOW + LONG)
    told = []
    store.history.prune(KEEP, NOW + LONG, lambda *far: told.append(far))
    assert told == [("keys", 2, 2), ("deliveries", 1, 1), ("entries", 1, 1)]


def test_a_broom_that_was_stopped_goes_on_the_next_time(store):
    enrol(store, "chouti")
    made = poll(store, "chouti", [candidate("a")])
    send(store, made.queued[0])
    poll(store, "chouti", [], at=NOW + LONG)
    told = []
    first = store.history.prune(KEEP, NOW + LONG, lambda *far: told.append(far), lambda: bool(told))
    assert (first.keys, first.deliveries) == (2, 0)
    then = store.history.prune(KEEP, NOW + LONG)
    assert (then.keys, then.deliveries, then.entries) == (0, 1, 1)


def test_others_write_while_the_broom_is_at_work(sqlite_store, tmp_path):
    enrol(sqlite_store, *(f"n{number}" for number in range(450)))
    impatient, _ = open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}", "other", NOW, busy_ms=1)
    told = []

    def write(*far):
        impatient.check_writable(NOW)
        told.append(far)

    sqlite_store.history.prune(KEEP, NOW + LONG, write)
    impatient.close()
    assert told == [("keys", done, 450) for done in (200, 400, 450)]


def test_many_old_deliveries_are_forgotten_a_few_thousand_at_a_time(sqlite_store):
    with sqlite_store._database.write() as connection:
        columns = dict.fromkeys(("source", "error", "remote_id", "remote_url"), "")
        columns |= {"post": {}, "due": NOW, "queued_at": NOW, "settled_at": NOW}
        columns |= {"key_version": 0, "attempts": 1, "negatives": 0, "state": State.SENT}
        # of two accounts, half of them settled at the same instant
        rows = [
            columns | {"account": f"account-{number % 2}", "identity": key(f"n{number}")}
            for number in range(12_000)
        ]
        connection.execute(delivery.insert(), rows)
    told = []
    gone = sqlite_store.history.prune(KEEP, NOW + LONG, lambda *far: told.append(far))
    assert gone.deliveries == 12_000
    assert told == [("deliveries", done, 6000) for done in (5000, 6000, 5000, 6000)]


def test_what_is_tried_again_while_the_broom_is_at_work_is_kept(store):
    enrol(store, "chouti")
    (one,) = poll(store, "chouti", [candidate("a")]).queued
    store.outbox.claim_account("news", NOW, LEASE)
    dead = settle(store, store.outbox.claim(one, NOW, LEASE), State.DEAD)
    poll(store, "chouti", [], at=NOW + LONG)

    def retry(what, *_):
        if what == "keys":
            settle(store, dead, State.QUEUED, at=NOW + LONG)

    assert store.history.prune(KEEP, NOW + LONG, retry).deliveries == 0
    assert [left.id for left in store.outbox.find()] == [one.id]


def test_an_entry_that_was_only_seen_says_so(store):
    enrol(store, "chouti")
    one, other = candidate("a"), candidate("b")
    claimed = claim(store, "chouti")
    kept = plan([one, other], refusals=[Refusal(one, "news", "left_out: 2 entries")])
    store.sources.record(
        claimed, batch([one, other]), kept, ["news"], NextPoll(NOW, "interval"), NOW
    )
    (story,) = store.history.why(list(other.keys), other.entry.link)
    assert (story.source, story.deliveries) == ("chouti", ())
    assert [reason.partition(":")[0] for _, reason in story.refusals] == ["left_out"]
    (story,) = store.history.why(list(one.keys), one.entry.link)
    assert story.refusals == (("news", "left_out: 2 entries"),)
    assert store.history.why([key("never shown")], "never shown") == []
