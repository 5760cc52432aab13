"""How much a poll writes to a file: counted in the write-ahead log, where every commit goes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_samples import LEASE, NOW, batch, candidate, enrol, intent, plan

from reblogbot.core.schedule import NextPoll
from reblogbot.model import Batch, Refusal
from reblogbot.store.due import PollSlots
from reblogbot.store.sources import UnchangedPoll

KIB = 1024
FEEDS = 50
ENTRIES = 35
QUARTER = timedelta(minutes=15)


@pytest.fixture
def names(sqlite_store):
    """Feeds that have shown ENTRIES entries each, and are due at NOW."""
    names = [f"s{number}" for number in range(FEEDS)]
    enrol(sqlite_store, *names)
    for record in sqlite_store.sources.claim(names, "all", NOW - QUARTER, LEASE):
        record_batch(sqlite_store, record, entries(record.name), NOW - QUARTER)
    return names


def entries(name, count=ENTRIES):
    return [candidate(f"{name}-{number}") for number in range(count)]


def record_batch(store, record, items, at, new=(), refused=()):
    planned = plan(
        items,
        intents=[intent(item, held="review") for item in new],
        refusals=[Refusal(item, "news", "filtered") for item in refused],
    )
    following = NextPoll(at + QUARTER, "interval")
    assert store.sources.record(record, batch(items), planned, ["news"], following, at)


def record_unchanged(store, records):
    following = NextPoll(NOW + QUARTER, "interval")
    store.sources.record_unchanged(
        [UnchangedPoll(record, Batch(not_modified=True), following, NOW) for record in records]
    )


def claim_due(store, names, limit=FEEDS):
    return store.sources.claim_due(names, NOW, LEASE, PollSlots(limit))[0]


def written(store, work):
    """The bytes that `work` adds to the log."""
    log = store._database.path.with_name("store.sqlite3-wal")
    before = log.stat().st_size
    work()
    return log.stat().st_size - before


def test_quiet_polls_of_one_round_write_little_each(sqlite_store, names):
    def round_of_polls():
        records = claim_due(sqlite_store, names)
        assert len(records) == FEEDS
        record_unchanged(sqlite_store, records)

    assert 0 < written(sqlite_store, round_of_polls) / FEEDS <= 1 * KIB


def test_a_claim_writes_less_than_a_page_for_ten_sources(sqlite_store, names):
    claimed = written(sqlite_store, lambda: claim_due(sqlite_store, names))
    assert 0 < claimed / FEEDS <= 1 * KIB / 5


@pytest.mark.parametrize(("fate", "most"), [("refused", 14 * KIB), ("new", 24 * KIB)])
def test_a_poll_with_one_new_entry_writes_a_page_for_each_table_and_index(
    sqlite_store, names, fate, most
):
    first, second = claim_due(sqlite_store, names, 2)

    def changed(record):
        items = entries(record.name, ENTRIES + 1)
        record_batch(sqlite_store, record, items, NOW, **{fate: items[-1:]})

    # the first one makes the pages of empty tables
    changed(first)
    assert 0 < written(sqlite_store, lambda: changed(second)) <= most


def test_a_poll_that_shows_nothing_new_writes_little_more_than_a_quiet_one(sqlite_store, names):
    (record,) = claim_due(sqlite_store, names, 1)
    same = written(
        sqlite_store, lambda: record_batch(sqlite_store, record, entries(record.name), NOW)
    )
    assert 0 < same <= 6 * KIB
