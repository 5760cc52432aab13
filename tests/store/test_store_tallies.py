"""Numbers are told by account, state and source, and say when the oldest began."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import DAY, LEASE, NOW, SERVER, candidate, intent, plan

from reblogbot.core.schedule import NextPoll
from reblogbot.errors import StoreError
from reblogbot.model import Batch, State


@pytest.fixture
def polled(store):
    """Records a batch of a source: these intents, at this time."""

    def record(source, intents, at=NOW):
        store.sources.enrol({source: "https://feeds.example/"}, at)
        (claimed,) = store.sources.claim([source], "all", at, LEASE)
        found = plan([one.candidate for one in intents], intents=intents)
        return store.sources.record(
            claimed, Batch(), found, ["news", "other"], NextPoll(at + DAY, "interval"), at
        ).queued

    store.outbox.enrol({"news": SERVER, "other": SERVER})
    return record


def test_the_open_and_the_dead_are_counted_by_account_and_state(store, polled):
    one, two, three = (candidate(name) for name in "abc")
    first = polled("hot", [intent(one), intent(two), intent(one, "other")])
    polled("hot", [intent(three)], NOW + timedelta(hours=1))
    store.outbox.claim_account("news", NOW, LEASE)
    sending = store.outbox.claim(first[0], NOW + timedelta(minutes=2), LEASE)
    doubt = replace(sending, state=State.DOUBT)
    store.outbox.settle(sending, doubt, NOW)
    skipped = replace(first[2], state=State.SKIPPED)
    store.outbox.settle(first[2], skipped, NOW)
    told = store.tallies.deliveries()
    assert [(one.account, one.state, one.count) for one in told] == [
        ("news", State.DOUBT, 1),
        ("news", State.QUEUED, 2),
    ]
    assert told[0].sent_from == NOW + timedelta(minutes=2)
    assert (told[1].queued_at, told[1].sent_from) == (NOW, None)


def test_a_storm_counts_each_entry_once_however_many_accounts_hold_it(store, polled):
    why = "storm: 2 new entries in one poll, max_per_poll = 1"
    both = [candidate("a"), candidate("b")]
    polled("hot", [intent(one, name, held=why) for one in both for name in ("news", "other")])
    polled("calm", [intent(candidate("c"), held="review")])
    assert store.tallies.storms() == {"hot": (2, why)}
    for one in store.outbox.find(states={State.HELD}):
        store.outbox.settle(one, replace(one, state=State.SKIPPED), NOW)
    assert store.tallies.storms() == {}


def test_sources_fail_for_long_or_are_gone(store):
    names = ("gone", "long", "new", "short")
    store.sources.enrol(dict.fromkeys(names, "https://feeds.example/"), NOW)
    for one in store.sources.claim(names, "all", NOW, LEASE):
        if one.name != "new":
            state = "gone" if one.name == "gone" else "failed"
            at = NOW - DAY if one.name == "long" else NOW
            store.sources.record_failure(
                one, f"{one.name} failed", state, NextPoll(NOW, "failures"), None, at
            )
    told = store.tallies.failing(NOW - DAY)
    assert [(one.name, one.state, one.error) for one in told] == [
        ("gone", "gone", "gone failed"),
        ("long", "failed", "long failed"),
    ]
    assert told[1].since == NOW - DAY
    assert store.tallies.unhealthy_sources() == {
        "gone": "gone", "long": "failed", "new": "new", "short": "failed"
    }  # fmt: skip


def test_a_store_that_was_deleted_takes_no_line(store, url):
    store.check_writable(NOW)
    store.check_writable(NOW + DAY)
    if url.startswith("sqlite"):
        from pathlib import Path  # noqa: PLC0415

        Path(url.removeprefix("sqlite:///")).unlink()
        with pytest.raises(StoreError) as refused:
            store.check_writable(NOW)
        assert refused.value.slug == "store_missing"


def test_what_storms_hold_is_counted_by_account_and_for_one_source_alone(store, polled):
    why = "storm: 2 new entries in one poll, max_per_poll = 1"
    polled("hot", [intent(candidate("a"), held=why), intent(candidate("a"), "other", held=why)])
    polled("hot", [intent(candidate("b"), held=why), intent(candidate("c"))])
    polled("cold", [intent(candidate("d"), held=why), intent(candidate("e"), held="review")])
    assert store.tallies.held_by_storms("hot") == {"news": 2, "other": 1}
    assert store.tallies.held_by_storms("cold") == {"news": 1}
