"""The daemons at work on a store: who lives, who was killed, who hangs."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from store_samples import NOW

from reblogbot import __version__
from reblogbot.store.daemons import BEAT, STALE
from store_processes import start

MOMENT = timedelta(seconds=1)
# a daemon's name and row, then it waits to be killed
BEATS = """
import sys
from datetime import UTC, datetime
from reblogbot.runtime.lease_owner import new_owner
from reblogbot.store import open_store
at = datetime.fromisoformat(sys.argv[2])
store, _ = open_store(sys.argv[1], new_owner(), at)
store.daemons.beat(at, at, at)
print("beaten", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other(url):
    """A process with a row of its own."""
    child = start(BEATS, url, NOW.isoformat())
    assert child.stdout.readline() == "beaten\n"
    yield child
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()


def test_a_daemon_is_known_from_its_first_beat_until_it_leaves(opened):
    store = opened()
    assert store.daemons.living(NOW) == []
    store.daemons.beat(NOW, None, NOW)
    (one,) = store.daemons.living(NOW)
    assert (one.version, one.since, one.last_round_at) == (__version__, NOW, None)
    store.daemons.beat(NOW, NOW + BEAT, NOW + BEAT)
    (one,) = opened().daemons.living(NOW + BEAT)
    assert (one.since, one.last_round_at, one.beat_at) == (NOW, NOW + BEAT, NOW + BEAT)
    store.daemons.leave()
    assert store.daemons.living(NOW) == []


def test_several_daemons_are_told_the_oldest_first(opened):
    first, second = opened(), opened()
    second.daemons.beat(NOW + BEAT, None, NOW + BEAT)
    first.daemons.beat(NOW, None, NOW)
    assert [one.since for one in first.daemons.living(NOW)] == [NOW, NOW + BEAT]
    first.daemons.leave()
    assert [one.since for one in first.daemons.living(NOW)] == [NOW + BEAT]


def test_a_daemon_that_was_killed_here_is_dead_at_once(other, store):
    assert len(store.daemons.living(NOW)) == 1
    other.send_signal(signal.SIGKILL)
    other.wait()
    assert store.daemons.living(NOW) == []
    store.daemons.sweep(NOW)
    with store._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM daemon").scalar() == 0


def test_a_daemon_that_is_stopped_here_lives_however_old_its_beat_is(other, store):
    other.send_signal(signal.SIGSTOP)
    assert len(store.daemons.living(NOW + 100 * STALE)) == 1
    store.daemons.sweep(NOW + 100 * STALE)
    assert len(store.daemons.living(NOW + 100 * STALE)) == 1


def test_a_daemon_elsewhere_lives_as_long_as_its_beat_is_fresh(opened):
    opened("another machine/1/2/3").daemons.beat(NOW, NOW, NOW)
    store = opened()
    assert len(store.daemons.living(NOW + STALE)) == 1
    # and where the clock was set back
    assert len(store.daemons.living(NOW - STALE)) == 1
    for late in (NOW + STALE + MOMENT, NOW - STALE - MOMENT):
        assert store.daemons.living(late) == []


def test_a_daemon_that_does_not_go_round_hangs(opened):
    store = opened()
    store.daemons.beat(NOW, None, NOW + STALE)
    (one,) = store.daemons.living(NOW)
    assert not one.hangs(NOW + STALE)
    assert one.hangs(NOW + STALE + MOMENT)
    store.daemons.beat(NOW, NOW + BEAT, NOW + STALE)
    (one,) = store.daemons.living(NOW)
    assert not one.hangs(NOW + BEAT + STALE)
    assert one.hangs(NOW + BEAT + STALE + MOMENT)
