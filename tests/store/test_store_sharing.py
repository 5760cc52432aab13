"""Several daemons on one store: polite to a host together, each with what it can poll now."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import event, text
from store_samples import LEASE, NOW, candidate, enrol, poll

from harness import wait_until
from postgres import admin
from reblogbot.errors import StoreError, StoreInterrupted
from reblogbot.model import DeliveryState, Receipt
from reblogbot.runtime.clock import uptime
from reblogbot.store import StoreThread, open_store, schema
from reblogbot.store.database import Database
from reblogbot.store.due import PollSlots
from reblogbot.store.store_clock import SLACK, ServerClock
from store_processes import run, start

HERE = Path(__file__).parent
THERE = "another-boot:4026531836/1/1/abcd"
MINUTE = timedelta(minutes=1)


def crowd(store, **hosts):
    """Sources named after their hosts: `a.example=3` makes a.example-0 to a.example-2."""
    where = {f"{host}-{n}": host for host, many in hosts.items() for n in range(many)}
    store.sources.enrol({name: f"https://{name}/" for name in where}, NOW, where)
    return list(where)


def hosts_of(records):
    return Counter(record.name.rpartition("-")[0] for record in records)


def test_a_host_has_no_more_sources_polled_than_it_is_asked_at_once(opened):
    here, there = opened(), opened(THERE)
    names = crowd(here, a=5, b=1)
    first = here.sources.claim_due(names, NOW, LEASE, PollSlots(10, 2))[0]
    assert hosts_of(first) == {"a": 2, "b": 1}
    assert there.sources.claim_due(names, NOW, LEASE, PollSlots(10, 2))[0] == []
    here.sources.release(first[:1])
    assert hosts_of(there.sources.claim_due(names, NOW, LEASE, PollSlots(10, 2))[0]) == {"a": 1}


def test_sources_of_a_host_at_its_limit_do_not_block_those_of_others(store):
    names = crowd(store, crowded=100, quiet=1)
    claimed, is_all = store.sources.claim_due(names, NOW, LEASE, PollSlots(4, 2))
    assert hosts_of(claimed) == {"crowded": 2, "quiet": 1}
    assert not is_all


def test_a_claim_tells_whether_it_took_everything_that_is_due(store):
    names = crowd(store, a=2, b=2)
    for room, count, all_of_them in ((PollSlots(3, 2), 3, False), (PollSlots(1, 2), 1, True)):
        claimed, is_all = store.sources.claim_due(names, NOW, LEASE, room)
        assert (len(claimed), is_all) == (count, all_of_them)
    assert store.sources.claim_due(names, NOW, LEASE, PollSlots(9, 2)) == ([], True)


def test_leases_of_a_lost_daemon_count_for_the_host_until_they_end(opened):
    here, there = opened(), opened(THERE)
    names = crowd(here, a=3)
    assert len(there.sources.claim_due(names, NOW, LEASE, PollSlots(10, 1))[0]) == 1
    assert here.sources.claim_due(names, NOW + LEASE - MINUTE, LEASE, PollSlots(10, 1))[0] == []
    assert len(here.sources.claim_due(names, NOW + LEASE, LEASE, PollSlots(10, 1))[0]) == 1


def test_a_source_without_a_host_has_no_limit_per_host(store):
    store.sources.enrol({f"s{n}": "" for n in range(5)}, NOW)
    assert (
        len(store.sources.claim_due([f"s{n}" for n in range(5)], NOW, LEASE, PollSlots(10, 1))[0])
        == 5
    )


def test_a_source_that_moves_is_counted_where_it_is_asked_now(store):
    store.sources.enrol({"s": "https://a/"}, NOW, {"s": "a"})
    store.sources.enrol({"s": "https://b/", "t": "https://b/"}, NOW, {"s": "b", "t": "b"})
    assert len(store.sources.claim_due(["s", "t"], NOW, LEASE, PollSlots(10, 1))[0]) == 1


def test_a_lease_is_renewed_by_its_bearer_alone(opened):
    here, there = opened(), opened(THERE)
    names = crowd(here, a=1)
    claimed = here.sources.claim(names, "due", NOW, LEASE)
    there.sources.renew(claimed, NOW + 9 * LEASE)
    here.sources.renew(claimed, NOW + 2 * LEASE)
    assert there.sources.claim(names, "due", NOW + LEASE, LEASE) == []
    assert len(there.sources.claim(names, "due", NOW + 2 * LEASE, LEASE)) == 1
    here.sources.renew(claimed, NOW + 9 * LEASE)
    assert len(here.sources.claim(names, "due", NOW + 3 * LEASE, LEASE)) == 1


CLAIM_BY_HOST = """
import json, sys
from multiprocessing import get_context
sys.path.insert(0, sys.argv[2])
from store_samples import *
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import open_store
from reblogbot.store.due import PollSlots

NAMES = [f"a-{n}" for n in range(12)]

def attempt(barrier, answers):
    store, _ = open_store(sys.argv[1], new_lease_owner(), NOW)
    for _ in range(20):
        barrier.wait()
        got = store.sources.claim_due(NAMES, NOW, LEASE, PollSlots(2, 3))[0]
        barrier.wait()
        answers.put(len(got))
        barrier.wait()
        store.sources.release(got)
    store.close()

context = get_context("fork")
barrier, answers = context.Barrier(4), context.Queue()
children = [context.Process(target=attempt, args=(barrier, answers)) for _ in range(4)]
for child in children: child.start()
rounds = [sum(answers.get(timeout=90) for _ in children) for _ in range(20)]
for child in children: child.join()
print(json.dumps(rounds))
"""


def test_processes_that_claim_at_the_same_moment_keep_the_limit_per_host_together(store, url):
    crowd(store, a=12)
    assert run(CLAIM_BY_HOST, url, HERE) == [3] * 20


# the first tables, with something in them


def first_tables(url, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(schema, "REVISION", "0001")
        open_store(url, "me", NOW)[0].close()


def test_a_store_of_the_first_tables_goes_on_where_it_was(empty_url, monkeypatch):
    first_tables(empty_url, monkeypatch)
    database = Database(empty_url)
    later = ("host", "due_reason", "habits")
    columns = [c.name for c in schema.source.c if c.name not in ("id", *later)]
    given = {"name": "old", "address": "https://old/", "due": 1, "lease_until": None}
    row = {name: given.get(name, 0 if "time" in name or "fail" in name else "") for name in columns}
    row |= dict.fromkeys(("failing_since", "last_poll_at", "last_batch_at", "asked_until"))
    row |= {"address_changed": 0, "last_batch_size": 0, "lease_owner": None}
    values = ", ".join(f":{name}" for name in columns)
    with database.write() as connection:
        connection.execute(
            text(f"INSERT INTO source ({', '.join(columns)}) VALUES ({values})"), row
        )
        key = "CAST(name AS BLOB)" if database.is_sqlite else "name::bytea"
        connection.execute(text(f"INSERT INTO seen SELECT id, {key}, 1 FROM source"))
    database.close()
    store, message = open_store(empty_url, "me", NOW)
    assert f"migrated from 0001 to {schema.REVISION}" in message
    store.sources.enrol(
        {"old": "https://old/", "new": "https://old/"}, NOW, dict.fromkeys(["old", "new"], "old")
    )
    (record,) = store.sources.claim_due(["old", "new"], NOW, LEASE, PollSlots(10, 1))[0]
    assert record.name == "old"
    with store._database.read() as connection:
        assert connection.execute(text("SELECT source_id FROM seen")).scalars().all() == [record.id]
    store.close()


def test_a_source_that_was_leased_before_the_leases_moved_is_free(empty_url, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(schema, "REVISION", "0007")
        open_store(empty_url, "me", NOW)[0].close()
    database = Database(empty_url)
    columns = "name, address, due, lease_owner, lease_until, address_changed, title, etag, digest"
    columns += (
        ", last_modified, cursor, state, error, failures, moved_to, moved_times, last_batch_size"
    )
    texts = "'old', 'https://old/', 1, 'me', 9999999999999999, 0, '', '', ''"
    with database.write() as connection:
        connection.execute(
            text(f"INSERT INTO source ({columns}) VALUES ({texts}, '', '', 'ok', '', 0, '', 0, 0)")
        )
    database.close()
    store, message = open_store(empty_url, "other", NOW)
    assert "migrated from 0007" in message
    assert [record.name for record in store.sources.claim(["old"], "due", NOW, LEASE)] == ["old"]
    assert store.sources.claim(["old"], "due", NOW, LEASE) == []
    store.close()


def test_a_daemon_of_the_first_tables_would_notice(empty_url, monkeypatch):
    open_store(empty_url, "me", NOW)[0].close()
    monkeypatch.setattr(schema, "REVISION", "0001")
    with pytest.raises(StoreError) as caught:
        open_store(empty_url, "me", NOW)
    assert caught.value.slug == "store_newer"


# the clock


@pytest.fixture
def server_clock(postgres_url):
    database = Database(postgres_url)
    yield ServerClock(database)
    database.close()


def test_the_clock_of_a_server_is_the_servers(server_clock, postgres_url, monkeypatch):
    monkeypatch.setattr("reblogbot.store.store_clock.uptime", lambda: uptime() + 1e6)
    with admin(postgres_url) as connection:
        before = connection.scalar(text("SELECT clock_timestamp()"))
        server_clock.read()
        reading = server_clock.now()
        after = connection.scalar(text("SELECT clock_timestamp()"))
    assert before <= reading <= after


def test_a_slow_answer_sets_no_clock_back(server_clock, monkeypatch):
    before = server_clock._reading
    late = replace(before, server_time=before.server_time - SLACK / 2)
    monkeypatch.setattr(server_clock, "_ask", lambda: late)
    server_clock.read()
    assert server_clock._reading == before


def test_a_clock_that_was_set_is_followed_either_way(server_clock, monkeypatch):
    before = server_clock._reading
    for change in (timedelta(hours=-1), timedelta(hours=1)):
        reading = replace(before, server_time=before.server_time + change)
        monkeypatch.setattr(server_clock, "_ask", lambda reading=reading: reading)
        server_clock.read()
        assert server_clock._reading == reading


# locks that meet

SETTLE_AND_CLAIM = """
import json, sys, random
from multiprocessing import get_context
sys.path.insert(0, sys.argv[2])
from dataclasses import replace
from store_samples import *
from reblogbot.errors import StoreInterrupted
from reblogbot.model import DeliveryState, Receipt
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import open_store

def polled(*given, **named):
    while True:
        try:
            return poll(*given, **named)
        except ValueError:
            # a source that another process changes at this moment is passed over
            continue

def attempt(barrier, number, answers):
    store, _ = open_store(sys.argv[1], new_lease_owner(), NOW)
    rng, cut = random.Random(number), 0
    barrier.wait()
    for turn in range(12):
        try:
            store.outbox.enrol(dict(rng.sample([("news", SERVER), ("other", SERVER)], 2)))
            store.repair_future_timestamps(NOW - DAY, DAY, DAY, 30 * DAY)
            at = NOW + turn * LEASE
            account = rng.choice(["news", "other"])
            if store.outbox.claim_account(account, at, LEASE) is None:
                continue
            store.outbox.recover_interrupted(account, at, at)
            store.outbox.pause(account, at, "x", "y")
            for doubt in store.outbox.in_doubt(account)[:3]:
                after = replace(doubt, state=DeliveryState.QUEUED)
                store.outbox.settle(doubt, after, at)
            for queued in store.outbox.waiting(account)[:3]:
                claimed = store.outbox.claim(queued, at, LEASE)
                if claimed and rng.random() < 0.5:
                    store.outbox.settle(claimed, replace(claimed, state=DeliveryState.SENT,
                        receipt=Receipt(str(queued.id))), at)
            name = f"source-{number}"
            items = [candidate(f"{number}-{turn}-{n}") for n in range(3)]
            both = ["news", "other"]
            rng.shuffle(both)
            polled(store, name, items, at=at, accounts=both)
            store.outbox.release_account(account)
            store.outbox.hold_unconfigured({"source-9": []}, [], NOW - DAY) if turn == 6 else None
            store.history.prune(DAY, at)
        except StoreInterrupted:
            cut += 1
    answers.put(cut)
    barrier.wait()
    store.close()

context = get_context("fork")
barrier, answers = context.Barrier(4), context.Queue()
children = [context.Process(target=attempt, args=(barrier, n, answers)) for n in range(4)]
for child in children: child.start()
results = [answers.get(timeout=90) for _ in children]
for child in children: child.join()
print(json.dumps(results))
"""


def test_processes_at_work_on_all_tables_never_wait_for_each_other(postgres_url):
    """Every transaction locks in the order source, account, delivery, and by key within each."""
    store, _ = open_store(postgres_url, "me", NOW)
    enrol(store, *(f"source-{n}" for n in range(4)), accounts=["news", "other"])
    for number in range(4):
        items = [candidate(f"first-{number}-{n}") for n in range(5)]
        poll(store, f"source-{number}", items, accounts=["news", "other"])
    store.close()
    assert run(SETTLE_AND_CLAIM, postgres_url, HERE) == [0] * 4


WAITS_FOR_US = text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)
CHANGES = {
    "recover_interrupted": lambda rows, _, __: rows.recover_interrupted("news", NOW, NOW),
    "claim": lambda rows, waiting, _: rows.claim(waiting, NOW, LEASE),
    "settle": lambda rows, _, sending: rows.settle(
        sending, replace(sending, state=DeliveryState.QUEUED), NOW
    ),
    "settle as sent": lambda rows, _, sending: rows.settle(
        sending, replace(sending, state=DeliveryState.SENT, receipt=Receipt("1")), NOW
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_who_changes_deliveries_waits_for_the_account_and_holds_none_meanwhile(
    postgres_url, change
):
    """Account, then delivery: else two would each hold what the other waits for."""
    store, _ = open_store(postgres_url, "me", NOW)
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a"), candidate("b")])
    store.outbox.claim_account("news", NOW, LEASE)
    first, second = store.outbox.waiting("news")
    sending = store.outbox.claim(first, NOW, LEASE)
    working = Thread(target=CHANGES[change], args=(store.outbox, second, sending))
    database = Database(postgres_url)
    with database.write() as holder:
        holder.execute(text("SELECT 1 FROM account FOR UPDATE"))
        working.start()
        wait_until(lambda: holder.scalar(WAITS_FOR_US) or not working.is_alive(), "it to wait")
        assert holder.scalar(WAITS_FOR_US) == 1
        free = holder.execute(text("SELECT id FROM delivery FOR UPDATE SKIP LOCKED")).all()
        assert len(free) == 2
    working.join()
    database.close()
    store.close()


async def test_a_transaction_that_was_cut_off_is_done_once_more(postgres_url):
    store, _ = open_store(postgres_url, "me", NOW)
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("a")])
    store.outbox.claim_account("news", NOW, LEASE)
    (delivery,) = store.outbox.waiting("news")
    cuts = []

    def cut(connection, *_):
        if cuts:
            return
        cuts.append(connection.connection.driver_connection.info.backend_pid)
        with admin(postgres_url) as other:
            other.execute(text(f"SELECT pg_terminate_backend({cuts[0]})"))

    event.listen(store._database.engine, "before_cursor_execute", cut)
    in_store = StoreThread()
    claimed = await in_store(store.outbox.claim, delivery, NOW, LEASE)
    await in_store.close()
    assert claimed.state == DeliveryState.SENDING
    assert cuts
    store.close()


async def test_a_transaction_cut_off_three_times_raises_its_error():
    asked = []

    def fails():
        asked.append(1)
        raise StoreInterrupted("store_unreachable", "cut off")

    in_store = StoreThread()
    with pytest.raises(StoreInterrupted):
        await in_store(fails)
    await in_store.close()
    assert len(asked) == 3


HOLD_ROW = """
import sys
from sqlalchemy import text
from reblogbot.store.database import Database
from reblogbot.store.due import PollSlots

database = Database(sys.argv[1])
with database.write() as connection:
    connection.execute(text("SELECT * FROM account FOR UPDATE"))
    print("holds", flush=True)
    sys.stdin.readline()
"""


def test_a_process_stopped_amid_a_transaction_does_not_stop_the_others(postgres_url):
    """The server takes back what it had begun, before those who wait for it give up."""
    store, _ = open_store(postgres_url, "me", NOW)
    enrol(store, "chouti")
    hasty = f"{postgres_url}?options=-c%20idle_in_transaction_session_timeout%3D200"
    child = start(HOLD_ROW, hasty)
    assert child.stdout.readline() == "holds\n"
    assert store.outbox.claim_account("news", NOW, LEASE) is not None
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        pipe.close()
    store.close()


def test_a_stopped_transaction_ends_sooner_than_others_give_up(postgres_url):
    database = Database(postgres_url)
    with database.read() as connection:
        idle, lock = (
            connection.scalar(text(f"SELECT setting::int FROM pg_settings WHERE name = '{name}'"))
            for name in ("idle_in_transaction_session_timeout", "lock_timeout")
        )
    database.close()
    assert 0 < idle < lock
