from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from store_samples import LEASE, NOW, candidate, enrol, poll

from reblogbot.errors import Exit, StoreError
from reblogbot.store import open_store, read_store
from reblogbot.store.database import Database
from reblogbot.store.schema import REVISION, metadata
from store_processes import OPEN, next_release, run

# a table that others refer to is rebuilt, as SQLite must for such a change: where foreign keys
# were minded meanwhile, every route, key and entry would go with it
MIGRATION = """
import os
import signal

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{ours}"
branch_labels = depends_on = None


def upgrade():
    with op.batch_alter_table("source") as batch:
        batch.add_column(sa.Column("colour", sa.Text(), nullable=False, server_default="blue"))
        batch.alter_column("last_batch_size", type_=sa.BigInteger())
    {then}
"""
FAILS = "op.execute('SELECT no_such_column FROM source')"
BREAKS = "op.execute('DELETE FROM source')"
LOOK = """
import json, sys
from datetime import UTC, datetime
from sqlalchemy import text
from reblogbot.store import open_store

store, message = open_store(sys.argv[1], "child", datetime.now(UTC))
with store._database.read() as connection:
    colours = connection.scalars(text("SELECT colour FROM source")).all()
    counted = [
        connection.scalar(text(f"SELECT count(*) FROM {table}"))
        for table in ("source", "route", "seen", "entry", "published", "delivery", "event")
    ]
store.close()
print(json.dumps([message, colours, counted]))
"""
TRY = """
import json, sys
from datetime import UTC, datetime
from reblogbot.store import open_store

try:
    open_store(sys.argv[1], "child", datetime.now(UTC))[0].close()
except Exception as error:
    print(json.dumps(str(error)))
else:
    print(json.dumps(""))
"""
ALL = [1, 1, 20, 10, 10, 10, 10]


@pytest.fixture
def older(empty_url):
    """The URL of a store of this release, with something in every table."""
    filled(empty_url)
    return empty_url


@pytest.fixture
def newer(tmp_path):
    return next_release(tmp_path / "next", MIGRATION.format(ours=REVISION, then="pass"))


def filled(url):
    store, _ = open_store(url, "me", NOW)
    enrol(store, "chouti")
    poll(store, "chouti", [candidate(f"n{number}") for number in range(10)])
    store.close()


def file_of(url):
    return Path(url.removeprefix("sqlite:///"))


def backups(url):
    return sorted(file_of(url).parent.glob("*.backup"))


def test_the_next_release_migrates_the_store_and_loses_nothing(older, newer):
    message, colours, counted = run(LOOK, older, path=newer)
    assert f"migrated from {REVISION} to 9999" in message
    assert colours == ["blue"]
    assert counted == ALL
    assert run(LOOK, older, path=newer) == ["", colours, counted]


def test_before_it_migrates_an_sqlite_store_is_backed_up_for_this_release(
    sqlite_file, tmp_path, newer
):
    path = tmp_path / "store.sqlite3"
    shutil.copyfile(sqlite_file, path)
    store, _ = open_store(f"sqlite:///{path}", "me", NOW)
    enrol(store, "chouti")
    store.close()
    outcome = run(OPEN, f"sqlite:///{path}", path=newer)
    (backup,) = backups(f"sqlite:///{path}")
    assert str(backup) in outcome["message"]
    restored, _ = open_store(f"sqlite:///{backup}", "me", NOW)
    assert [record.name for record in restored.sources.all()] == ["chouti"]
    restored.close()


def test_looking_migrates_nothing(older, newer):
    outcome = run(OPEN, older, "read", path=newer)
    assert (outcome["slug"], outcome["exit"]) == ("store_older", Exit.STORE)
    assert "sync" in outcome["message"]
    store, message = open_store(older, "me", NOW)
    assert message == ""
    store.close()


def test_a_store_of_a_newer_release_is_refused_and_left_as_it_is(older, newer):
    store, _ = open_store(older, "me", NOW)
    run(OPEN, older, path=newer)
    is_file = older.startswith("sqlite")
    before = file_of(older).read_bytes() if is_file else None
    for opener in (lambda: open_store(older, "me", NOW), lambda: read_store(older, "me")):
        with pytest.raises(StoreError) as caught:
            opener()
        assert (caught.value.slug, caught.value.exit_code) == ("store_newer", Exit.STORE)
        assert "upgrade" in caught.value.message
    assert (file_of(older).read_bytes() if is_file else None) == before
    # and the daemon that was running all the while notices
    with pytest.raises(StoreError) as caught:
        store.check_revision()
    assert caught.value.slug == "store_newer"
    store.close()


@pytest.mark.parametrize("then", [FAILS, BREAKS], ids=["fails", "breaks a reference"])
def test_a_migration_that_does_not_end_well_leaves_the_store_as_it_was(older, tmp_path, then):
    release = next_release(tmp_path / "next", MIGRATION.format(ours=REVISION, then=then))
    if then == BREAKS and older.startswith("postgresql"):
        # there the delete takes what refers to it along: no reference is broken
        assert run(TRY, older, path=release) == ""
        return
    assert run(TRY, older, path=release)
    store, message = open_store(older, "me", NOW)
    assert message == ""
    assert len(store.outbox.waiting("news")) == 10
    assert store.sources.claim(["chouti"], "all", NOW, LEASE)[0].learnt == {"news"}
    store.close()


def test_on_a_server_too_the_migrations_make_the_tables_of_the_schema(postgres_url):
    store, _ = open_store(postgres_url, "me", NOW)
    with store._database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        # the schema says so of SQLite alone, and comparing would not see it
        partial = {
            index.name
            for table in metadata.tables.values()
            for index in table.indexes
            if index.dialect_options["sqlite"]["where"] is not None
        }
        definitions = connection.scalars(
            text("SELECT indexname FROM pg_indexes WHERE indexdef LIKE '% WHERE %'")
        )
        assert partial
        assert partial == {name for name in definitions if name.startswith("ix_")}
    store.close()


KILL_AT_EVERY_STEP = """
import json, os, shutil, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from alembic import command, config, util
from reblogbot.store import open_store

original, folder = Path(sys.argv[1]), Path(sys.argv[2])
outcomes = []
last = 0
while True:
    last += 1
    place = folder / str(last)
    place.mkdir()
    shutil.copyfile(original, place / "store.sqlite3")
    url = f"sqlite:///{place / 'store.sqlite3'}"
    child = os.fork()
    if child == 0:
        steps = []
        def step(*_):
            steps.append(1)
            if len(steps) == last:
                os.kill(os.getpid(), signal.SIGKILL)
        for name in ("before_cursor_execute", "begin", "commit"):
            event.listen(Engine, name, step)
        open_store(url, "me", datetime.now(UTC))[0].close()
        os._exit(0)
    killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    store, message = open_store(url, "me", datetime.now(UTC))
    with store._database.read() as connection:
        colours = connection.scalars(text("SELECT colour FROM source")).all()
        seen = connection.scalar(text("SELECT count(*) FROM seen"))
        queued = connection.scalar(text("SELECT count(*) FROM delivery"))
    store.close()
    outcomes.append([killed, bool(message), colours, seen, queued])
    if not killed:
        break
print(json.dumps(outcomes))
"""


@pytest.mark.slow
def test_killed_at_whatever_step_a_migration_has_happened_whole_or_not_at_all(
    sqlite_file, tmp_path, newer
):
    path = tmp_path / "original.sqlite3"
    shutil.copyfile(sqlite_file, path)
    store, _ = open_store(f"sqlite:///{path}", "me", NOW)
    enrol(store, "chouti")
    poll(store, "chouti", [candidate(f"n{number}") for number in range(10)])
    store.close()
    (tmp_path / "rounds").mkdir()
    outcomes = run(KILL_AT_EVERY_STEP, path, tmp_path / "rounds", path=newer)
    assert len(outcomes) > 20
    # before the commit the next attempt migrates, after it nothing is left to do
    assert {again for _, again, *_ in outcomes} == {True, False}
    assert [rest for _, _, *rest in outcomes] == [[["blue"], 20, 10]] * len(outcomes)


BOTH_AT_ONCE = """
import json, sys
from datetime import UTC, datetime
from multiprocessing import get_context
import reblogbot.store, alembic.command

def attempt(barrier, url, number, answers):
    from reblogbot.store import open_store
    barrier.wait()
    try:
        open_store(url, f"owner-{number}", datetime(2025, 1, 1, tzinfo=UTC))[0].close()
        answers.put("")
    except Exception as error:
        answers.put(repr(error))

context = get_context("fork")
barrier, answers = context.Barrier(4), context.Queue()
children = [
    context.Process(target=attempt, args=(barrier, sys.argv[1], number, answers))
    for number in range(4)
]
for child in children: child.start()
results = [answers.get(timeout=60) for _ in children]
for child in children: child.join()
print(json.dumps(results))
"""


def test_four_processes_that_migrate_at_once_all_go_on(older, newer):
    assert run(BOTH_AT_ONCE, older, path=newer) == [""] * 4
    assert run(LOOK, older, path=newer)[1:] == [["blue"], ALL]


# what the migrations since 0002 have made, unmade: no store of that time is at hand
BACK_TO_0002 = (
    "DROP TABLE step_result",
    "DROP TABLE step_call",
    "DROP TABLE step",
    "DROP INDEX ix_delivery_step_at",
    "ALTER TABLE delivery DROP COLUMN step_at",
    "ALTER TABLE delivery DROP COLUMN waits_for",
    "DROP INDEX ix_entry_source_seen",
    "DROP INDEX ix_entry_source_refused",
    "ALTER TABLE entry DROP COLUMN refused",
    "DROP INDEX ix_delivery_source_settled",
    "DROP INDEX ix_delivery_source_edits",
    "DROP TABLE source_rename",
    "DROP TABLE source_lease",
    "ALTER TABLE source ADD COLUMN lease_owner TEXT",
    "ALTER TABLE source ADD COLUMN lease_until BIGINT",
    "CREATE INDEX ix_source_leased ON source (host) WHERE lease_owner IS NOT NULL",
    "DROP INDEX ix_delivery_account_remote_id",
    "DROP INDEX ix_delivery_account_settled",
    "CREATE INDEX ix_delivery_account_settled ON delivery (account, settled_at)",
    "ALTER TABLE source DROP COLUMN due_reason",
    "ALTER TABLE source DROP COLUMN habits",
    "ALTER TABLE seen DROP COLUMN evidence",
    "DROP INDEX ix_entry_guid_key",
    "ALTER TABLE entry DROP COLUMN guid_key",
    "DROP TABLE daemon",
    "DROP INDEX ix_entry_seen_at",
    "DROP INDEX ix_delivery_account_queued",
    "CREATE INDEX ix_entry_source_id_seen ON entry (source_id, seen_at)",
    "UPDATE alembic_version SET version_num = '0002'",
)


def test_an_older_store_gets_what_is_new_and_keeps_the_rest(empty_url):
    filled(empty_url)
    database = Database(empty_url)
    with database.write() as connection:
        for statement in BACK_TO_0002:
            connection.execute(text(statement))
    database.close()
    progress = []
    store, message = open_store(empty_url, "me", NOW, on_progress=lambda *far: progress.append(far))
    assert "migrated from 0002" in message
    if empty_url.startswith("sqlite"):
        assert list(dict.fromkeys(step for step, *_ in progress)) == [
            "checking",
            "copying",
            "migrating",
        ]
    assert len(store.outbox.find()) == ALL[-2]
    with store._database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
    store.close()
