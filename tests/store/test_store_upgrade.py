"""A store as 0.1.0 left it: what that has seen stays seen, what it lost is not dug up, news goes out.

`store_of_0_1_0.sql` was written by the code of 0.1.0 after three polls of feeds in every style of
`tests/support/feed_histories.py`: entries 1 and 2 at first sight, 3 with the second poll.
"""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from feed_histories import ACCOUNT, START, STEP, News, batch, every_style, planned
from reblogbot.core import recognition
from reblogbot.core.schedule import NextPoll
from reblogbot.store import open_store

DUMP = Path(__file__).with_name("store_of_0_1_0.sql")
STYLES = every_style()
OLD = [
    News(1, START - timedelta(minutes=99)),
    News(2, START - timedelta(minutes=98)),
    News(3, START + timedelta(minutes=7)),
]
POLL = 3
NOW = START + POLL * STEP


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    path = tmp_path_factory.mktemp("upgrade") / "store.sqlite3"
    database = sqlite3.connect(path)
    database.executescript(DUMP.read_text("utf-8"))
    database.close()
    store, _ = open_store(f"sqlite:///{path}", "upgrade", NOW)
    yield store
    store.close()


def poll(store, name, shown, number):
    """The titles of what a poll queues, as the program polls."""
    now = START + number * STEP
    (record,) = store.sources.claim([name], "all", now, timedelta(minutes=5))
    read = batch(shown, STYLES[name], number)
    found = recognition.candidates(name, read, record.habits)
    past = store.sources.past(record, found, [ACCOUNT])
    plan = planned(name, read, found, past, now, learnt=ACCOUNT in record.learnt)
    recorded = store.sources.record(
        record, read, plan, [ACCOUNT], NextPoll(now + STEP, "interval"), now
    )
    held = [plan.storm.partition(":")[0]] if plan.storm else []
    return held or [one.post.text.partition("\n")[0] for one in recorded.queued]


# whose links change with each poll: 0.1.0 took all of them for new with every poll
UNKNOWN = {name for name in STYLES if name.startswith(("token-", "session-"))}


@pytest.mark.parametrize("name", sorted(STYLES.keys() - UNKNOWN))
def test_what_0_1_0_has_seen_is_not_posted_anew_and_news_is(upgraded, name):
    assert poll(upgraded, name, OLD, POLL) == []
    news = News(4, START + (POLL + 1) * STEP - timedelta(minutes=3))
    assert poll(upgraded, name, [*OLD, news], POLL + 1) == ["Story 4 of the day"]
    assert poll(upgraded, name, [*OLD, news], POLL + 2) == []


@pytest.mark.parametrize("name", sorted(name for name in UNKNOWN if name.endswith("-dated")))
def test_what_0_1_0_could_not_recognise_is_held_once_and_known_from_then_on(upgraded, name):
    assert poll(upgraded, name, OLD, POLL) == ["storm"]
    news = News(4, START + (POLL + 1) * STEP - timedelta(minutes=3))
    assert poll(upgraded, name, [*OLD, news], POLL + 1) == ["Story 4 of the day"]


def test_what_an_account_published_with_0_1_0_is_no_news_from_another_source(upgraded):
    upgraded.sources.enrol({"other": "https://other.example/feed"}, NOW)
    STYLES["other"] = STYLES["slash-none-dated"]
    assert poll(upgraded, "other", OLD[:2], POLL) == []
    assert poll(upgraded, "other", OLD, POLL + 1) == []
