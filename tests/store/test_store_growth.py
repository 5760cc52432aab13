"""What a look at the store costs with many settled deliveries, counted in steps of SQLite."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from store_samples import DAY, NOW, enrol

from reblogbot.admin.posted_feed import read_posted_feed
from reblogbot.config.settings import Config
from reblogbot.model import OPEN_STATES, DeliveryState
from reblogbot.store import history, open_store, posted
from reblogbot.store.posted import PostedFilter
from reblogbot.store.schema import EPOCH

FEW, MANY = 300, 3000
HOUR = timedelta(hours=1)
# among the settled deliveries
PLACE = (NOW - 100 * HOUR, 100)
# one entry and one sent delivery an hour, before NOW
FILL = """
CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (
    SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i, {now} - i * {hour} AS at FROM n;
INSERT INTO entry (id, source_id, key, guid_key, guid, link, title, seen_at, content)
    SELECT i, 1, CAST(printf('%016d', i) AS BLOB), CAST(printf('g%015d', i) AS BLOB), 'guid' || i,
    'https://news.example/' || i, 'Title ' || i, at, '{{}}' FROM n;
INSERT INTO delivery (id, account, source, entry_id, identity, state, post, due, queued_at, generation,
    attempts, negatives, error, remote_id, remote_url, settled_at)
    SELECT i, 'news', 'chouti', i, CAST(printf('%016d', i) AS BLOB), 'sent', '{{"action": "post"}}', at,
    at, 0, 0, 0, '', 'r' || i, 'https://social.example/@news/r' || i, at FROM n;
INSERT INTO published SELECT 'news', CAST(printf('%016d', i) AS BLOB), i FROM n;
INSERT INTO event (delivery_id, at, state, note) SELECT i, at, 'sent', '' FROM n;
"""


@pytest.fixture(scope="module")
def files(sqlite_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("growth")
    return [filled(shutil.copyfile(sqlite_file, folder / f"{n}.sqlite3"), n) for n in (FEW, MANY)]


def filled(path, count):
    store, _ = open_store(f"sqlite:///{path}", "me", NOW)
    enrol(store, "chouti")
    store.close()
    raw = sqlite3.connect(path)
    micros = timedelta(microseconds=1)
    script = FILL.format(count=count, now=(NOW - EPOCH) // micros, hour=HOUR // micros)
    raw.executescript(f"BEGIN; {script} COMMIT;")
    raw.close()
    return path


def steps(path, look):
    """How many instructions SQLite executes for the look."""
    store, _ = open_store(f"sqlite:///{path}", "me", NOW)
    counted = []
    pooled = store._database.engine.raw_connection()
    pooled.driver_connection.set_progress_handler(lambda: counted.append(1), 1)
    pooled.close()
    look(store)
    store.close()
    return len(counted)


LOOKS = {
    "why, by a key": lambda store: store.history.why([b"%016d" % 7], "https://news.example/7"),
    "why, by a guid's key": lambda store: store.history.why([b"g%015d" % 7], "guid7"),
    "why, by a number": lambda store: store.history.why([], "7"),
    "why, by a post": lambda store: store.history.why([], "https://social.example/@news/r7"),
    "why, by words, with indexes alone": lambda store: store.history.why(
        [b"none"], "no such words", indexed=True
    ),
    "a story": lambda store: store.history.story(7),
    "search": lambda store: store.history.search("title", 20),
    "queue list": lambda store: store.history.titles([each.id for each in store.outbox.find()]),
    "queue page": lambda store: store.outbox.page(OPEN_STATES, limit=50, with_storms=False),
    "a feed of what was posted": lambda store: read_posted_feed(
        Config(path=Path("x")), store, "news"
    ),
    "failed deliveries": lambda store: store.outbox.newest(DeliveryState.SENT, ["news"], PLACE, 9),
    "storm groups": lambda store: store.storms.groups(),
    "deliveries of a storm": lambda store: store.storms.newest("chouti", "news", NOW, 9),
    "counts of states": lambda store: store.outbox.count_up_to([DeliveryState.SENT], 100),
    "the newest id": lambda store: store.outbox.newest_id(),
    "queue show": lambda store: store.outbox.find(ids=[7]),
    "refused": lambda store: store.history.refused(NOW - DAY),
    "tallies": lambda store: store.tallies.deliveries(),
    "held": lambda store: store.tallies.held(),
    "storms": lambda store: store.tallies.storms(),
    "overdue": lambda store: store.tallies.overdue(NOW),
    "counts by source": lambda store: store.tallies.of_sources(["chouti"], NOW, 7),
    "new entries": lambda store: store.tallies.new_entries(["chouti"], NOW - DAY),
    "refused of a source": lambda store: store.history.refused(NOW - DAY, "chouti"),
    "last settled": lambda store: store.tallies.last_settled_at("news"),
    "receipts": lambda store: store.outbox.receipts("news", ["r5", "r7"]),
    "begin sending": lambda store: store.begin_sending("news", NOW, DAY, DAY, DAY),
    "busy accounts": lambda store: store.outbox.busy_accounts(NOW),
    "recent": lambda store: store.publications.recent("news", NOW),
    "prune": lambda store: store.history.prune(10_000 * DAY, NOW),
}


SEARCHES = {
    "of nothing": lambda store: store.posted.page(PostedFilter(), None, 50),
    "of nothing, further on": lambda store: store.posted.page(PostedFilter(), PLACE, 50),
    "of posts": lambda store: store.posted.page(PostedFilter(words=("no", "such")), None, 50),
    "of a source": lambda store: store.posted.page(PostedFilter(source="none"), None, 50),
    "of entries": lambda store: store.history.search_page("no such words", 20, None),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_page_of_a_search_looks_at_so_many_rows_and_no_more(files, monkeypatch, search):
    monkeypatch.setattr(posted, "MOST_LOOKED_AT", 100)
    monkeypatch.setattr(history, "MOST_SEARCHED", 100)
    few, many = (steps(path, search) for path in files)
    assert few > 100
    assert many <= 1.5 * few + 50


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_look_costs_no_more_with_more_settled_deliveries(files, look):
    few, many = (steps(path, look) for path in files)
    assert few > 0
    assert many <= 1.5 * few + 50


def test_why_finds_an_entry_by_each_of_its_names(files):
    store, _ = open_store(f"sqlite:///{files[0]}", "me", NOW)
    for keys, written in (
        ([b"%016d" % 7], "https://news.example/7"),
        ([b"g%015d" % 7], "a guid that is written otherwise"),
        ([], "guid7"),
        ([], "7"),
        ([], "https://social.example/@news/r7"),
    ):
        (story,) = store.history.why(keys, written)
        assert (story.title, story.deliveries[0][0].state) == ("Title 7", DeliveryState.SENT)
    assert store.history.why([], "https://social.example/@news/r0") == []
    store.close()
