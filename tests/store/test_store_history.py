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
from reblogbot.model import DeliveryState, Intent, Post, Receipt, Refusal
from reblogbot.store import open_store
from reblogbot.store.schema import delivery, entry, event, notice, published, refusal, seen

KEEP = 180 * DAY
LONG = 400 * DAY
PAGE = "https://social.example/@news/109"


def rows(store, *tables):
    with store._database.read() as connection:
        return [row for table in tables for row in connection.execute(table.select())]


def settle(store, queued, state, at=NOW, **changes):
    return store.outbox.settle(queued, replace(queued, state=state, **changes), at)


def send(store, queued, at=NOW):
    assert store.outbox.claim_account(queued.account, at, LEASE) is not None
    return settle(
        store,
        store.outbox.claim(queued, at, LEASE),
        DeliveryState.SENT,
        at=at,
        receipt=Receipt("109", PAGE),
    )


def keys_of(store, name, items):
    record = next(source for source in store.sources.all() if source.name == name)
    return set(store.sources.past(record, items, []).seen)


# why


@pytest.fixture
def posted(store):
    """One entry, posted for one account and refused for another."""
    enrol(store, "chouti", accounts=("news", "other"))
    item = candidate("a")
    claimed = claim(store, "chouti")
    recorded = store.sources.record(
        claimed,
        batch([item, candidate("b")]),
        plan(
            [item, candidate("b")],
            intents=[intent(item)],
            refusals=[Refusal(item, "other", "exclude: /a/")],
        ),
        ["news", "other"],
        NextPoll(NOW, "interval"),
        NOW,
    )
    send(store, recorded.queued[0])
    return recorded.queued[0]


@pytest.mark.parametrize("by", ["link", "guid", "number", "page", "published key"])
def test_an_entry_is_found_by_whatever_an_admin_may_have_of_it(store, posted, by):
    item = candidate("a")
    keys, written = {
        "link": ([item.keys[0]], item.entry.link),
        "guid": ([], item.entry.guid),
        "number": ([], str(posted.id)),
        "page": ([], PAGE),
        "published key": ([item.published_keys[0]], "anything"),
    }[by]
    (story,) = store.history.why(keys, written)
    assert (story.source, story.link, story.title) == ("chouti", item.entry.link, item.entry.title)
    assert (story.guid, story.seen_at) == (item.entry.guid, NOW)
    assert story.refusals == (("other", "exclude: /a/"),)
    ((sent, happenings),) = story.deliveries
    assert (sent.state, sent.receipt) == (DeliveryState.SENT, Receipt("109", PAGE))
    assert [line.state for line in happenings] == ["queued", "sending", "sent"]


@pytest.mark.parametrize(
    "written", ["", "unknown", "0", "99999", "9" * 5000, "-1", "²", "1.0", "\ud800", "%"]
)
def test_there_is_no_story_of_an_entry_never_seen(store, posted, written):
    assert store.history.why([key("unknown")], written) == []


def test_an_entry_without_guid_is_not_found_by_an_empty_text(store):
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
    assert [story.source for story in stories] == ["first", "second"]


def test_refusals_are_counted_by_their_first_word(store):
    enrol(store, "chouti")
    for name, reason, at in (
        ("a", "exclude: one", NOW),
        ("b", "exclude: two", NOW),
        ("c", "first_sight", NOW),
        ("d", "exclude: old", NOW - DAY),
    ):
        item = candidate(name)
        store.sources.record(
            claim(store, "chouti", at),
            batch([item]),
            plan([item], refusals=[Refusal(item, "news", reason)]),
            ["news"],
            NextPoll(at, "interval"),
            at,
        )
    assert store.history.refused(NOW) == {"exclude": 2, "first_sight": 1}


# notices


def test_the_admin_is_told_once_per_cause_and_day(opened):
    first, second = opened(), opened()
    assert first.history.record_notice("storm: chouti", NOW)
    assert not first.history.record_notice("storm: chouti", NOW + timedelta(hours=11))
    assert not second.history.record_notice("storm: chouti", NOW)
    assert second.history.record_notice("token: news", NOW)
    assert second.history.record_notice("storm: chouti", NOW + DAY)


# the broom


def test_what_is_old_and_shown_no_more_is_forgotten_whole(store):
    enrol(store, "chouti")
    recorded = poll(store, "chouti", [candidate("a")])
    send(store, recorded.queued[0])
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    store.history.record_notice("storm", NOW)
    gone = store.history.prune(KEEP, NOW + LONG)
    assert (gone.keys, gone.entries, gone.deliveries) == (2, 1, 1)
    assert [row.key for row in rows(store, entry)] == [candidate("b").keys[0]]
    assert rows(store, published, event, notice) == []
    assert store.history.prune(KEEP, NOW + LONG) == replace(gone, keys=0, entries=0, deliveries=0)


def test_what_is_young_is_kept(store):
    enrol(store, "chouti")
    recorded = poll(store, "chouti", [candidate("a")])
    send(store, recorded.queued[0])
    poll(store, "chouti", [candidate("b")], at=NOW + DAY, queue=False)
    before = rows(store, seen, entry, published, event, refusal)
    gone = store.history.prune(KEEP, NOW + KEEP)
    assert (gone.keys, gone.entries, gone.deliveries) == (0, 0, 0)
    assert rows(store, seen, entry, published, event, refusal) == before


def test_what_a_source_still_shows_is_never_forgotten(store):
    enrol(store, "chouti")
    items = [candidate("a"), candidate("b")]
    poll(store, "chouti", items)
    poll(store, "chouti", items[:1], at=NOW + LONG, queue=False)
    store.history.prune(KEEP, NOW + LONG)
    assert keys_of(store, "chouti", items) == set(items[0].keys)


def test_what_a_source_shows_that_answered_304_for_a_year_is_not_forgotten(store):
    enrol(store, "chouti")
    items = [candidate("gone"), candidate("a")]
    poll(store, "chouti", items)
    poll(store, "chouti", items[1:], at=NOW + DAY, queue=False)
    for days in range(2, 400, 40):
        not_modified(store, "chouti", NOW + days * DAY)
    store.history.prune(KEEP, NOW + LONG)
    assert keys_of(store, "chouti", items) == set(items[1].keys)


def test_the_last_batch_of_a_source_unreachable_for_a_year_is_not_forgotten(store):
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


@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DOUBT, DeliveryState.HELD]
)
def test_what_is_not_settled_is_never_forgotten(store, state):
    enrol(store, "chouti")
    (queued,) = poll(store, "chouti", [candidate("a")]).queued
    store.outbox.claim_account("news", NOW, LEASE)
    if state in {DeliveryState.SENDING, DeliveryState.DOUBT}:
        queued = store.outbox.claim(queued, NOW, LEASE)
    if queued.state != state:
        queued = settle(store, queued, state)
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 0
    assert store.outbox.find([queued.id]) == [queued]
    assert store.outbox.entry_of(queued.id) == candidate("a").entry
    assert [row.delivery_id for row in rows(store, published)] == [queued.id]


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.DEAD])
def test_what_is_settled_is_forgotten_in_the_end(store, state):
    enrol(store, "chouti")
    (queued,) = poll(store, "chouti", [candidate("a")]).queued
    store.outbox.claim_account("news", NOW, LEASE)
    settle(
        store,
        queued if state == DeliveryState.SKIPPED else store.outbox.claim(queued, NOW, LEASE),
        state,
    )
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 1


def test_a_post_some_source_still_shows_is_remembered_so_that_no_other_brings_it_again(store):
    enrol(store, "shows", "other")
    items = [candidate("a", published=[candidate("a").entry.link])]
    send(store, poll(store, "shows", items).queued[0])
    assert items[0].published_keys[0] in items[0].keys
    poll(store, "shows", items, at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 0
    assert poll(store, "other", items, at=NOW + LONG).queued == ()


def test_a_queue_of_text_without_link_is_pruned_like_any_other(store):
    enrol(store, "chouti")
    item = candidate("a", published=["text of a in chouti"])
    recorded = store.sources.record(
        claim(store, "chouti"),
        batch([item]),
        plan([item], intents=[Intent(item, "news", Post("post", text="a"))]),
        ["news"],
        NextPoll(NOW, "interval"),
        NOW,
    )
    send(store, recorded.queued[0])
    poll(store, "chouti", [candidate("b")], at=NOW + LONG, queue=False)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 1


def test_pruning_reads_the_seen_keys_once_and_not_for_each_delivery(sqlite_store):
    store = sqlite_store
    enrol(store, "old", "shows")
    items = [candidate(f"n{number}") for number in range(3000)]
    poll(store, "old", items)
    with store._database.write() as connection:
        connection.execute(update(delivery).values(state=DeliveryState.SKIPPED, settled_at=NOW))
    poll(store, "old", [], at=NOW + LONG)
    poll(store, "shows", items[:500], at=NOW + LONG, queue=False)
    thousands_of_steps = []
    with store._database.engine.connect() as connection:
        raw = connection.connection.driver_connection
        # a scan for each delivery would take more than 30 000
        raw.set_progress_handler(lambda: thousands_of_steps.append(1) or None, 1000)
    assert store.history.prune(KEEP, NOW + LONG).deliveries == 2500
    assert len(thousands_of_steps) < 2000


def test_pruning_reports_its_progress(store):
    enrol(store, "chouti", "other")
    recorded = poll(store, "chouti", [candidate("a")])
    send(store, recorded.queued[0])
    poll(store, "chouti", [], at=NOW + LONG)
    progress = []
    store.history.prune(KEEP, NOW + LONG, lambda *far: progress.append(far))
    assert progress == [("keys", 2, 2), ("deliveries", 1, 1), ("entries", 1, 1)]


def test_pruning_that_was_stopped_continues_the_next_time(store):
    enrol(store, "chouti")
    recorded = poll(store, "chouti", [candidate("a")])
    send(store, recorded.queued[0])
    poll(store, "chouti", [], at=NOW + LONG)
    progress = []
    first = store.history.prune(
        KEEP, NOW + LONG, lambda *far: progress.append(far), lambda: bool(progress)
    )
    assert (first.keys, first.deliveries) == (2, 0)
    then = store.history.prune(KEEP, NOW + LONG)
    assert (then.keys, then.deliveries, then.entries) == (0, 1, 1)


def test_other_processes_write_during_pruning(sqlite_store, tmp_path):
    enrol(sqlite_store, *(f"n{number}" for number in range(450)))
    impatient, _ = open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}", "other", NOW, busy_ms=1)
    progress = []

    def write(*far):
        impatient.check_writable(NOW)
        progress.append(far)

    sqlite_store.history.prune(KEEP, NOW + LONG, write)
    impatient.close()
    assert progress == [("keys", count, 450) for count in (200, 400, 450)]


def test_many_old_deliveries_are_forgotten_a_few_thousand_at_a_time(sqlite_store):
    with sqlite_store._database.write() as connection:
        columns = dict.fromkeys(("source", "error", "remote_id", "remote_url"), "")
        columns |= {"post": {}, "due": NOW, "queued_at": NOW, "settled_at": NOW}
        columns |= {"key_version": 0, "attempts": 1, "negatives": 0, "state": DeliveryState.SENT}
        # of two accounts, half of them settled at the same instant
        rows = [
            columns | {"account": f"account-{number % 2}", "identity": key(f"n{number}")}
            for number in range(12_000)
        ]
        connection.execute(delivery.insert(), rows)
    progress = []
    gone = sqlite_store.history.prune(KEEP, NOW + LONG, lambda *far: progress.append(far))
    assert gone.deliveries == 12_000
    assert progress == [("deliveries", count, 6000) for count in (5000, 6000, 5000, 6000)]


def test_a_delivery_retried_during_pruning_is_kept(store):
    enrol(store, "chouti")
    (queued,) = poll(store, "chouti", [candidate("a")]).queued
    store.outbox.claim_account("news", NOW, LEASE)
    dead = settle(store, store.outbox.claim(queued, NOW, LEASE), DeliveryState.DEAD)
    poll(store, "chouti", [], at=NOW + LONG)

    def retry(table, *_):
        if table == "keys":
            settle(store, dead, DeliveryState.QUEUED, at=NOW + LONG)

    assert store.history.prune(KEEP, NOW + LONG, retry).deliveries == 0
    assert [left.id for left in store.outbox.find()] == [queued.id]


def test_an_entry_that_was_only_seen_says_so(store):
    enrol(store, "chouti")
    item, other = candidate("a"), candidate("b")
    claimed = claim(store, "chouti")
    kept = plan([item, other], refusals=[Refusal(item, "news", "left_out: 2 entries")])
    store.sources.record(
        claimed, batch([item, other]), kept, ["news"], NextPoll(NOW, "interval"), NOW
    )
    (story,) = store.history.why(list(other.keys), other.entry.link)
    assert (story.source, story.deliveries) == ("chouti", ())
    assert [reason.partition(":")[0] for _, reason in story.refusals] == ["left_out"]
    (story,) = store.history.why(list(item.keys), item.entry.link)
    assert story.refusals == (("news", "left_out: 2 entries"),)
    assert store.history.why([key("never shown")], "never shown") == []
