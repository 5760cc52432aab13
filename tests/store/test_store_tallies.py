"""Numbers are told by account, state and source, and say when the oldest began."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import DAY, LEASE, NOW, SERVER, candidate, enrol, intent, plan

from reblogbot.core.schedule import NextPoll
from reblogbot.errors import StoreError
from reblogbot.model import Batch, DeliveryState, Receipt, Refusal
from reblogbot.store.tallies import FAILING_AFTER


@pytest.fixture
def polled(store):
    """Records a batch of a source: these intents, at this time."""

    def record(source, intents, at=NOW):
        store.sources.enrol({source: "https://feeds.example/"}, at)
        (claimed,) = store.sources.claim([source], "all", at, LEASE)
        planned = plan([delivery.candidate for delivery in intents], intents=intents)
        return store.sources.record(
            claimed, Batch(), planned, ["news", "other"], NextPoll(at + DAY, "interval"), at
        ).queued

    store.outbox.enrol({"news": SERVER, "other": SERVER})
    return record


def test_the_open_and_the_dead_are_counted_by_account_and_state(store, polled):
    first, second, third = (candidate(name) for name in "abc")
    first = polled("hot", [intent(first), intent(second), intent(first, "other")])
    polled("hot", [intent(third)], NOW + timedelta(hours=1))
    store.outbox.claim_account("news", NOW, LEASE)
    sending = store.outbox.claim(first[0], NOW + timedelta(minutes=2), LEASE)
    doubt = replace(sending, state=DeliveryState.DOUBT)
    store.outbox.settle(sending, doubt, NOW)
    skipped = replace(first[2], state=DeliveryState.SKIPPED)
    store.outbox.settle(first[2], skipped, NOW)
    counts = store.tallies.deliveries()
    assert [(tally.account, tally.state, tally.count) for tally in counts] == [
        ("news", DeliveryState.DOUBT, 1),
        ("news", DeliveryState.QUEUED, 2),
    ]
    assert counts[0].sent_from == NOW + timedelta(minutes=2)
    assert (counts[1].queued_at, counts[1].sent_from) == (NOW, None)


def test_a_storm_counts_each_entry_once_however_many_accounts_hold_it(store, polled):
    reason = "storm: 2 new entries in one poll, max_per_poll = 1"
    both = [candidate("a"), candidate("b")]
    polled(
        "hot",
        [intent(delivery, name, held=reason) for delivery in both for name in ("news", "other")],
    )
    polled("calm", [intent(candidate("c"), held="review")])
    assert store.tallies.storms() == {"hot": (2, reason)}
    for delivery in store.outbox.find(states={DeliveryState.HELD}):
        store.outbox.settle(delivery, replace(delivery, state=DeliveryState.SKIPPED), NOW)
    assert store.tallies.storms() == {}


def test_sources_fail_for_long_or_are_gone(store):
    names = ("gone", "long", "new", "short")
    store.sources.enrol(dict.fromkeys(names, "https://feeds.example/"), NOW)
    for record in store.sources.claim(names, "all", NOW, LEASE):
        if record.name != "new":
            state = "gone" if record.name == "gone" else "failed"
            at = NOW - DAY if record.name == "long" else NOW
            store.sources.record_failure(
                record, f"{record.name} failed", state, NextPoll(NOW, "failures"), None, at
            )
    counts = store.tallies.failing(NOW - DAY)
    assert [(tally.name, tally.state, tally.error) for tally in counts] == [
        ("gone", "gone", "gone failed"),
        ("long", "failed", "long failed"),
    ]
    assert counts[1].since == NOW - DAY
    assert store.tallies.unhealthy_sources() == {
        "gone": "gone", "long": "failed", "new": "new", "short": "failed"
    }  # fmt: skip


def test_a_store_that_was_deleted_is_not_writable(store, url):
    store.check_writable(NOW)
    store.check_writable(NOW + DAY)
    if url.startswith("sqlite"):
        from pathlib import Path  # noqa: PLC0415

        Path(url.removeprefix("sqlite:///")).unlink()
        with pytest.raises(StoreError) as refused:
            store.check_writable(NOW)
        assert refused.value.slug == "store_missing"


def test_what_storms_hold_is_counted_by_account_and_for_one_source_alone(store, polled):
    reason = "storm: 2 new entries in one poll, max_per_poll = 1"
    polled(
        "hot", [intent(candidate("a"), held=reason), intent(candidate("a"), "other", held=reason)]
    )
    polled("hot", [intent(candidate("b"), held=reason), intent(candidate("c"))])
    polled("cold", [intent(candidate("d"), held=reason), intent(candidate("e"), held="review")])
    assert store.tallies.held_by_storms("hot") == {"news": 2, "other": 1}
    assert store.tallies.held_by_storms("cold") == {"news": 1}


def test_the_next_source_that_will_have_failed_for_a_day_is_known(store):
    store.sources.enrol(dict.fromkeys(("old", "new"), "https://feeds.example/"), NOW)
    assert store.tallies.next_failing(NOW) is None
    for name, hours in (("old", 30), ("new", 3)):
        at = NOW - timedelta(hours=hours)
        (claimed,) = store.sources.claim([name], "all", NOW, LEASE)
        store.sources.record_failure(claimed, "down", "failed", NextPoll(NOW, "failures"), None, at)
    assert store.tallies.next_failing(NOW) == NOW - timedelta(hours=3) + FAILING_AFTER
    assert store.tallies.next_failing(NOW + DAY) is None


def settle(store, queued, state, at):
    """Let a queued delivery have been sent, skipped or given up."""
    delivery, receipt = queued, None
    if state != DeliveryState.SKIPPED:
        store.outbox.claim_account(queued.account, at, LEASE)
        delivery = store.outbox.claim(queued, at, LEASE)
    if state == DeliveryState.SENT:
        receipt = Receipt(f"r{queued.id}")
    assert store.outbox.settle(delivery, replace(delivery, state=state, receipt=receipt), at)


def test_what_a_source_brought_is_counted_by_days_before_now(store, polled):
    early, late = NOW - timedelta(hours=25), NOW - timedelta(hours=23)
    first = polled("hot", [intent(candidate(name)) for name in "abc"], early)
    second = polled("hot", [intent(candidate("d")), intent(candidate("d"), "other")], late)
    polled("calm", [intent(candidate("e"))], NOW - 8 * DAY)
    settle(store, first[0], DeliveryState.SENT, early)
    settle(store, first[1], DeliveryState.DEAD, late)
    settle(store, second[0], DeliveryState.SENT, NOW)
    settle(store, second[1], DeliveryState.SKIPPED, NOW)
    counts = store.tallies.of_sources(["hot", "calm", "never polled"], NOW, 3)
    assert counts["hot"].new == [1, 3, 0]
    assert counts["hot"].posted == [1, 1, 0]
    assert counts["hot"].failed == [1, 0, 0]
    assert counts["hot"].filtered == [0, 0, 0]
    assert counts["calm"].new == counts["never polled"].new == [0, 0, 0]
    assert store.tallies.new_entries(["hot", "calm"], NOW - DAY) == {"hot": 1, "calm": 0}


def test_an_entry_is_filtered_until_an_account_gets_it(store):
    refused, shared = candidate("a"), candidate("b")
    enrol(store, "hot")
    planned = plan(
        [refused, shared],
        intents=[intent(shared)],
        refusals=[Refusal(refused, "news", "bots"), Refusal(shared, "other", "bots")],
    )
    (record,) = store.sources.claim(["hot"], "all", NOW, LEASE)
    following = NextPoll(NOW + DAY, "interval")
    assert store.sources.record(record, Batch(), planned, ["news", "other"], following, NOW)
    counts = store.tallies.of_sources(["hot"], NOW, 30)["hot"]
    assert (counts.new[0], counts.filtered[0]) == (2, 1)
    assert store.history.refused(NOW - DAY, "hot") == {"bots": 1}
    store.sources.record_requested(record, [intent(refused)], NOW, "")
    counts = store.tallies.of_sources(["hot"], NOW, 30)["hot"]
    assert (counts.new[0], counts.filtered[0]) == (2, 0)
    assert store.history.refused(NOW - DAY, "hot") == {}


def test_an_edit_of_a_post_is_no_post_of_its_own(store, polled):
    edit = intent(candidate("a"))
    edit = replace(edit, post=replace(edit.post, action="edit", uri="r1"))
    (delivery,) = polled("hot", [edit])
    settle(store, delivery, DeliveryState.SENT, NOW)
    assert store.tallies.of_sources(["hot"], NOW, 30)["hot"].posted == [0] * 30


def test_an_entry_from_a_clock_that_is_ahead_is_of_today(store, polled):
    polled("hot", [intent(candidate("a"))], NOW + timedelta(hours=30))
    assert store.tallies.of_sources(["hot"], NOW, 2)["hot"].new == [1, 0]
