"""Changes of a store, as another process or another connection sees them."""

from contextlib import suppress

import pytest
from sqlalchemy import text
from store_samples import NOW

from harness import wait_until
from postgres import admin
from reblogbot.store import changes, open_store
from reblogbot.store.database import Database


@pytest.fixture
def watched(store):
    """The changes of the store, with none that were not seen."""
    watched = store.watch()
    watched.connect()
    watched.has_any()
    yield watched
    watched.close()


def test_what_another_process_writes_is_seen_once(watched, opened):
    other = opened()
    watched.has_any()
    other.outbox.stop(NOW)
    wait_until(watched.has_any, "the change")
    assert not watched.has_any()


def test_what_this_process_writes_is_seen_too(watched, store):
    """The daemon's own tasks write, and so may a page of its admin server."""
    store.outbox.stop(NOW)
    wait_until(watched.has_any, "the change")


def test_whoever_reads_or_writes_nothing_changes_nothing(watched, store):
    store.outbox.stopped_at()
    with store._database.write() as connection:
        connection.execute(text("SELECT 1"))
    store.outbox.start()
    with suppress(ZeroDivisionError), store._database.write() as connection:
        connection.execute(text("DELETE FROM source"))
        _ = 1 / 0
    assert not has_heard(watched)


def has_heard(watched):
    """Whether a change has been announced, on PostgreSQL after a round trip to the server."""
    if watched._database.is_sqlite:
        return watched.has_any()
    heard = []
    watched._connection.add_notify_handler(heard.append)
    watched._connection.execute("SELECT 1")
    return bool(heard)


def test_steps_joined_in_one_transaction_are_one_change(watched, store):
    with store._database.transaction():
        store.outbox.stop(NOW)
        store.outbox.start()
        assert not watched.has_any()
        store.outbox.stop(NOW)
    wait_until(watched.has_any, "the change")
    assert not watched.has_any()


def test_a_look_leaves_no_snapshot_behind(watched, store):
    """A log that is never shortened grows for ever."""
    if store._database.path is None:
        pytest.skip("a server has no such log of its own")
    watched.has_any()
    store.outbox.stop(NOW)
    with store._database.engine.connect() as connection:
        driver = connection.connection.driver_connection
        busy, frames, copied = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, frames, copied) == (0, 0, 0)


def test_a_lost_connection_is_a_change_and_then_one_every_few_seconds(postgres_tables, monkeypatch):
    store, _ = open_store(postgres_tables, "watcher", NOW)
    watched = store.watch()
    watched.connect()
    watched.has_any()
    now = changes.uptime()
    monkeypatch.setattr(changes, "uptime", lambda: now + spent[0])
    spent = [0.0]
    with admin(postgres_tables) as connection:
        pid = watched._connection.info.backend_pid
        connection.execute(text(f"SELECT pg_terminate_backend({pid})"))
    wait_until(watched.has_any, "the loss")
    assert not watched.has_any()
    spent[0] += changes.BLIND_INTERVAL
    assert [watched.has_any(), watched.has_any()] == [True, False]
    watched.connect()
    assert not watched.has_any()
    store.outbox.stop(NOW)
    wait_until(watched.has_any, "a change, on the new connection")
    watched.close()
    store.outbox.start()
    store.close()


def test_a_server_out_of_reach_is_asked_again_and_stops_nothing(monkeypatch):
    watched = changes.Changes(Database("postgresql://nobody@127.0.0.1:1/none"))
    now = changes.uptime()
    watched.connect()
    monkeypatch.setattr(changes, "uptime", lambda: now + 2 * changes.BLIND_INTERVAL)
    assert [watched.has_any(), watched.has_any()] == [True, False]
    watched.close()


def test_a_pooler_is_not_listened_to(postgres_tables, monkeypatch):
    """It may lend another connection of the server for each statement, and nothing is heard."""
    database = Database(postgres_tables)
    monkeypatch.setattr(
        database, "detached_connection", lambda: Pooled(Database.detached_connection(database))
    )
    watched = changes.Changes(database)
    watched.connect()
    assert watched._connection is None
    watched.close()
    database.close()


class Pooled:
    """A connection to a pooler, which names a process of its own as the server's."""

    def __init__(self, connection):
        self._connection = connection
        self.info = self

    backend_pid = 1

    def __getattr__(self, name):
        return getattr(self._connection, name)


def test_a_store_in_memory_is_changed_by_nobody_else():
    watched = changes.Changes(Database("sqlite://"))
    watched.connect()
    assert not watched.has_any()
    watched.close()
