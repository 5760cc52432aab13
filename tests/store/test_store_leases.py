from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from store_samples import DAY, LEASE, NOW, candidate, enrol, poll

from reblogbot.model import State
from reblogbot.store import read_store
from store_processes import run, start

HERE = Path(__file__).parent
# several processes that begin at the same moment; each says what it got
TOGETHER = """
import json, sys
from multiprocessing import get_context
sys.path.insert(0, sys.argv[2])
import random
from store_samples import *
from reblogbot.runtime.lease_owner import new_owner
from reblogbot.store import open_store

def work(number, store):
{work}

def attempt(barrier, number, answers):
    store, _ = open_store(sys.argv[1], new_owner(), NOW)
    barrier.wait()
    try:
        answers.put(work(number, store))
    except Exception as error:
        answers.put([repr(error)])
    # whoever ends gives back what it has leased
    barrier.wait()
    store.close()

context = get_context("fork")
barrier, answers = context.Barrier(4), context.Queue()
children = [context.Process(target=attempt, args=(barrier, n, answers)) for n in range(4)]
for child in children: child.start()
said = [answers.get(timeout=90) for _ in children]
for child in children: child.join()
print(json.dumps(said))
"""
CLAIM_SOURCES = """
    got = []
    names = [f"source-{n}" for n in range(120)]
    misses = 0
    while misses < 3:
        claimed = [one.name for one in store.sources.claim(names, "due", NOW, LEASE, limit=7)]
        misses = 0 if claimed else misses + 1
        got += claimed
    return got
"""
CLAIM_DELIVERIES = """
    got = []
    while waiting := store.outbox.waiting("news")[:3]:
        if store.outbox.claim_account("news", NOW, LEASE) is None:
            continue
        for one in waiting:
            if store.outbox.claim(one, NOW, LEASE) is not None:
                got.append(one.id)
        store.outbox.release_account("news")
    return got
"""
# each its own source, all the same news, in another order and with another first key
RECORD = """
    names = [f"n{n}" for n in range(25)]
    random.Random(number).shuffle(names)
    queued = 0
    for start in range(0, len(names), 5):
        found = [
            candidate(f"{name}-{number}", published=[f"{number} {name}", f"shared {name}"])
            for name in names[start : start + 5]
        ]
        queued += len(poll(store, f"source-{number}", found, at=NOW).queued)
    return [queued]
"""


def together(url, work):
    return run(TOGETHER.replace("{work}", work), url, HERE)


def test_processes_that_claim_at_once_get_different_sources(store, url):
    enrol(store, *(f"source-{number}" for number in range(120)))
    claimed = [name for got in together(url, CLAIM_SOURCES) for name in got]
    assert Counter(claimed) == Counter(f"source-{number}" for number in range(120))


def test_processes_that_claim_at_once_get_different_deliveries(store, url):
    enrol(store, "chouti")
    queued = poll(store, "chouti", [candidate(f"n{number}") for number in range(40)]).queued
    got = [number for ours in together(url, CLAIM_DELIVERIES) for number in ours]
    assert max(Counter(got).values()) == 1
    assert set(got) == {one.id for one in queued}


def test_processes_that_record_the_same_news_at_once_queue_it_once(store, url):
    enrol(store, *(f"source-{number}" for number in range(4)))
    queued = [count for (count,) in together(url, RECORD)]
    assert sum(queued) == 25
    names = [one.post.link.rpartition("/")[2].partition("-")[0] for one in store.outbox.find()]
    assert sorted(names) == sorted(f"n{number}" for number in range(25))
    assert store.history.refused(NOW) == {"duplicate": 75}


# a process that has a source, an account and a delivery, and does nothing more
HOLD = """
import sys
sys.path.insert(0, sys.argv[2])
from store_samples import *
from reblogbot.runtime.lease_owner import new_owner
from reblogbot.store import open_store

store, _ = open_store(sys.argv[1], new_owner(), NOW)
(record,) = store.sources.claim(["other"], "all", NOW, LEASE)
store.outbox.claim_account("news", NOW, LEASE)
(one,) = store.outbox.waiting("news")
store.outbox.claim(one, NOW, LEASE)
print("holds", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def holder(store, url):
    enrol(store, "chouti", "other")
    poll(store, "chouti", [candidate("a")])
    child = start(HOLD, url, HERE)
    assert child.stdout.readline() == "holds\n"
    yield child
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_what_a_killed_process_held_is_free_at_once(store, holder):
    assert store.sources.claim(["other"], "all", NOW, LEASE) == []
    assert store.outbox.claim_account("news", NOW, LEASE) is None
    holder.kill()
    # a zombie: nobody has asked for its end yet
    os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)
    assert [one.name for one in store.sources.claim(["other"], "all", NOW, LEASE)] == ["other"]
    assert store.outbox.claim_account("news", NOW, LEASE) is not None
    (doubt,) = store.outbox.recover_interrupted("news", NOW, NOW)
    assert doubt.state == State.DOUBT


def test_what_a_process_that_ended_held_is_free_at_once(store, holder):
    holder.stdin.write("\n")
    holder.stdin.flush()
    holder.wait()
    assert len(store.sources.claim(["other"], "due", NOW, LEASE)) == 1
    assert store.outbox.claim_account("news", NOW, LEASE) is not None


def test_what_a_stopped_process_holds_stays_its_own_until_the_lease_ends(store, holder):
    holder.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, holder.pid, os.WSTOPPED)
    assert store.sources.claim(["other"], "all", NOW, LEASE) == []
    assert store.outbox.claim_account("news", NOW, LEASE) is None
    assert len(store.sources.claim(["other"], "all", NOW + LEASE, LEASE)) == 1
    assert store.outbox.claim_account("news", NOW + LEASE, LEASE) is not None
    holder.send_signal(signal.SIGCONT)


def test_a_lease_from_another_machine_is_not_judged_from_here(opened):
    here, there = opened(), opened("another-boot:4026531836/1/1/abcd")
    enrol(here, "chouti")
    assert len(there.sources.claim(["chouti"], "all", NOW, LEASE)) == 1
    assert here.sources.claim(["chouti"], "all", NOW, LEASE) == []
    assert len(here.sources.claim(["chouti"], "all", NOW + LEASE, LEASE)) == 1


def test_a_lease_taken_while_the_clock_was_ahead_ends_soon_after_it_was_set_back(opened):
    here, there = opened(), opened("another-boot:4026531836/1/1/abcd")
    enrol(here, "chouti")
    there.sources.claim(["chouti"], "all", NOW + 40 * DAY, LEASE)
    there.outbox.claim_account("news", NOW + 40 * DAY, LEASE)
    here.repair_future_timestamps(NOW, LEASE, LEASE, LEASE)
    assert here.sources.claim(["chouti"], "all", NOW, LEASE) == []
    assert here.outbox.claim_account("news", NOW, LEASE) is None
    assert len(here.sources.claim(["chouti"], "all", NOW + LEASE, LEASE)) == 1
    assert here.outbox.claim_account("news", NOW + LEASE, LEASE) is not None


def test_looking_disturbs_nobody(store, url, holder):
    looker = read_store(url, "looker")
    assert {one.name for one in looker.sources.all()} == {"chouti", "other"}
    assert looker.outbox.count()["sending"] == 1
    looker.close()
    assert store.sources.claim(["other"], "all", NOW, LEASE) == []
