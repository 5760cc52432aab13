"""A store moved between SQLite and PostgreSQL: all of it or nothing, and it goes on from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text
from store_samples import DAY, LEASE, NOW, candidate, enrol, poll
from test_store_migrating import MIGRATION

from postgres import admin
from reblogbot.errors import Exit, StoreError
from reblogbot.model import DeliveryState, ServerLimits, StepAnswer, StepPause, StepText
from reblogbot.runtime.clock import SystemClock
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import open_store
from reblogbot.store.copying import copy_store
from reblogbot.store.database import Database
from reblogbot.store.schema import REVISION, daemon, metadata, source_lease
from reblogbot.store.steps import StepCall
from reblogbot.store.upgrade import revision_of
from store_processes import next_release, run, start

HERE = Path(__file__).parent
TEXT = '【抽屉】 \U0001f600 e\u0301 "quoted" \\ back \' one'


def filled(url):
    """A store with something in every table, and numbers given that no row has any more."""
    store, _ = open_store(url, "me", NOW)
    enrol(store, "chouti", "other", accounts=["news", "echo"])
    poll(store, "chouti", [candidate(TEXT), *(candidate(f"n{n}") for n in range(20))])
    poll(store, "other", [candidate("refused")], queue=False)
    poll(store, "other", [candidate(f"m{n}") for n in range(3)], accounts=["news", "echo"])
    store.outbox.claim_account("news", NOW, LEASE)
    sending = store.outbox.claim(store.outbox.waiting("news")[0], NOW, LEASE)
    assert sending.state == DeliveryState.SENDING
    store.outbox.release_account("news", limits=ServerLimits(characters=7777), rate_remaining=12)
    store.outbox.pause("echo", NOW + DAY, "token", "no token", "mark")
    store.outbox.stop(NOW)
    assert store.renames.begin("chouti", "hot list", NOW) == "begun"
    assert store.history.record_notice("storm chouti", NOW)
    call = StepCall(b"k" * 32, "explain", 1, "mark", "prompt", 6)
    assert store.steps.begin(call, NOW, LEASE, 10)
    store.steps.finish(call, StepAnswer("words"), StepText("words"), 0.5, NOW)
    store.steps.pause("translate", StepPause(NOW + DAY, 3, "step_timeout", "no answer", "mark"))
    # a daemon that was lost with its machine long ago
    store.daemons.beat(NOW - DAY, NOW, NOW)
    with store._database.write() as connection:
        last = connection.scalar(text("SELECT max(id) FROM delivery"))
        connection.execute(text(f"DELETE FROM delivery WHERE id = {last}"))
    store.close()
    return last


def contents(url):
    """Everything that stands there, but for leases and daemons."""
    database = Database(url)
    with database.read() as connection:
        contents = {
            table.name: [
                {**row, "lease_owner": None, "lease_until": None} if "lease_owner" in row else row
                for row in map(
                    dict,
                    connection.execute(select(table).order_by(*table.primary_key)).mappings(),
                )
            ]
            for table in metadata.sorted_tables
            if table not in (daemon, source_lease)
        }
    database.close()
    assert all(contents.values()), contents
    return contents


@pytest.fixture
def elsewhere(request, tmp_path):
    """The URL of a place for a copy, on the other kind of database than `empty_url`'s."""
    kind = request.node.callspec.params["empty_url"]
    if kind == "postgresql":
        return f"sqlite:///{tmp_path / 'copy.sqlite3'}"
    return request.getfixturevalue("postgres_url")


def revision(url):
    there = Database(url)
    try:
        return revision_of(there) if there.exists() else ""
    finally:
        there.close()


def test_a_copy_has_everything_and_goes_on_counting(empty_url, elsewhere):
    last = filled(empty_url)
    progress = []
    copied = copy_store(
        empty_url, elsewhere, lambda copied_rows, total: progress.append((copied_rows, total))
    )
    assert contents(elsewhere) == contents(empty_url)
    assert progress[-1] == (sum(copied.rows.values()),) * 2
    assert revision(elsewhere) == REVISION
    store, message = open_store(elsewhere, "me", NOW)
    assert message == ""
    # what was on the wire is in doubt, what waits is sent, and no number is given twice
    assert store.outbox.claim_account("news", NOW + LEASE, LEASE) is not None
    assert len(store.outbox.recover_interrupted("news", NOW + LEASE, NOW + LEASE)) == 1
    (fresh,) = poll(store, "other", [candidate("fresh")], at=NOW + LEASE).queued
    assert fresh.id > last
    store.close()


def test_a_store_copied_there_and_back_is_the_same(sqlite_file, tmp_path, postgres_url):
    first = f"sqlite:///{tmp_path / 'first.sqlite3'}"
    filled(first)
    copy_store(first, postgres_url)
    back = f"sqlite:///{tmp_path / 'back.sqlite3'}"
    copy_store(postgres_url, back)
    assert contents(back) == contents(first)


def test_a_store_nobody_has_used_yet_can_be_copied(empty_url, elsewhere):
    open_store(empty_url, "me", NOW)[0].close()
    assert set(copy_store(empty_url, elsewhere).rows.values()) == {0}
    # and an empty one that stands is as good a place as none, on a server
    if elsewhere.startswith("postgresql"):
        copy_store(empty_url, elsewhere)


def refused(from_url, to_url):
    with pytest.raises(StoreError) as caught:
        copy_store(from_url, to_url)
    assert caught.value.exit_code == Exit.STORE
    return caught.value.slug


def test_a_copy_overwrites_no_existing_store(empty_url, elsewhere):
    filled(empty_url)
    store, _ = open_store(elsewhere, "me", NOW)
    enrol(store, "precious")
    store.close()
    assert refused(empty_url, elsewhere) == "store_not_empty"
    assert refused(empty_url, empty_url) == "store_not_empty"
    store, _ = open_store(elsewhere, "me", NOW)
    assert [record.name for record in store.sources.all()] == ["precious"]
    store.close()


def test_a_database_of_another_program_is_left_alone(sqlite_file, postgres_url):
    with admin(postgres_url) as connection:
        connection.execute(text("CREATE TABLE wiki (page text)"))
    assert refused(f"sqlite:///{sqlite_file}", postgres_url) == "store_corrupt"
    with admin(postgres_url) as connection:
        assert connection.execute(text("SELECT * FROM wiki")).all() == []


def test_a_target_of_a_newer_release_is_left_alone(sqlite_file, postgres_url, tmp_path):
    open_store(postgres_url, "me", NOW)[0].close()
    newer = next_release(tmp_path / "next", MIGRATION.format(ours=REVISION, then="pass"))
    migrate = "import sys\nfrom reblogbot.store import open_store\nfrom datetime import *\n"
    migrate += "open_store(sys.argv[1], 'me', datetime.now(UTC))[0].close()\nprint('{}')"
    run(migrate, postgres_url, path=newer)
    assert refused(f"sqlite:///{sqlite_file}", postgres_url) == "store_newer"
    assert revision(postgres_url) == "9999"


def test_a_target_that_cannot_be_reached_is_an_error_in_words(sqlite_file, tmp_path):
    nowhere = "postgresql://reblogbot@127.0.0.1:1/x?connect_timeout=1"
    assert refused(f"sqlite:///{sqlite_file}", nowhere) == "store_unreachable"
    assert refused(nowhere, f"sqlite:///{tmp_path / 'copy'}") == "store_unreachable"
    assert refused(f"sqlite:///{sqlite_file}", "sqlite:////nowhere/at/all") == "store_unreachable"
    assert refused(f"sqlite:///{sqlite_file}", "sqlite://") == "store_url"
    assert list(tmp_path.iterdir()) == []


def test_there_must_be_something_to_copy(tmp_path, postgres_url):
    place = f"sqlite:///{tmp_path / 'copy'}"
    assert refused(f"sqlite:///{tmp_path / 'none'}", place) == "store_missing"
    assert refused(postgres_url, place) == "store_missing"
    assert list(tmp_path.iterdir()) == []


def test_a_store_somebody_works_on_is_not_copied(empty_url, elsewhere):
    now = SystemClock().now()
    filled(empty_url)
    store, _ = open_store(empty_url, new_lease_owner(), now)
    store.outbox.claim_account("news", now, LEASE)
    assert refused(empty_url, elsewhere) == "store_in_use"
    store.outbox.release_account("news")
    (record,) = store.sources.claim(["chouti"], "all", now, LEASE)
    assert refused(empty_url, elsewhere) == "store_in_use"
    assert revision(elsewhere) == ""
    store.sources.release([record])
    copy_store(empty_url, elsewhere)
    store.close()


def test_a_store_with_an_idle_daemon_is_not_copied(empty_url, elsewhere):
    now = SystemClock().now()
    filled(empty_url)
    store, _ = open_store(empty_url, new_lease_owner(), now)
    # its process runs, so nobody asks when it last wrote its row
    store.daemons.beat(now - DAY, now - DAY, now - DAY)
    assert refused(empty_url, elsewhere) == "store_in_use"
    assert revision(elsewhere) == ""
    store.daemons.delete_own()
    copy_store(empty_url, elsewhere)
    assert there_are_no_daemons(elsewhere)
    store.close()


def there_are_no_daemons(url):
    database = Database(url)
    with database.read() as connection:
        daemons = connection.execute(select(daemon)).all()
    database.close()
    return daemons == []


def test_a_daemon_that_starts_meanwhile_makes_an_end_of_the_copy(empty_url, elsewhere):
    now = SystemClock().now()
    filled(empty_url)
    store, _ = open_store(empty_url, new_lease_owner(), now)
    with pytest.raises(StoreError) as caught:
        copy_store(empty_url, elsewhere, lambda *_: store.daemons.beat(now, None, now))
    assert caught.value.slug == "store_in_use"
    assert revision(elsewhere) == ""
    store.close()


def test_what_a_copy_reads_is_of_one_instant(empty_url, elsewhere):
    """A row that comes while the copy is made belongs to the old store alone."""
    filled(empty_url)
    before = contents(empty_url)
    store, _ = open_store(empty_url, "me", NOW)
    copy_store(empty_url, elsewhere, lambda *_: enrol(store, "late", at=NOW))
    store.close()
    assert contents(elsewhere) == before


KILLED = """
import os, signal, sys
from reblogbot.store.copying import copy_store

def tell(copied_rows, total):
    if copied_rows >= int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

copy_store(sys.argv[1], sys.argv[2], tell)
"""


@pytest.mark.parametrize("rows", [1, 30, "all"])
def test_killed_half_way_there_is_no_store_and_the_next_attempt_succeeds(
    empty_url, elsewhere, rows
):
    filled(empty_url)
    total = sum(map(len, contents(empty_url).values()))
    child = start(KILLED, empty_url, elsewhere, total if rows == "all" else rows)
    child.communicate(timeout=60)
    assert child.returncode == -9
    if elsewhere.startswith("postgresql"):
        # the server has noticed, and taken all of it back
        with admin(elsewhere) as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
    assert revision(elsewhere) == ""
    copy_store(empty_url, elsewhere)
    assert contents(elsewhere) == contents(empty_url)


# the command


def test_the_command_copies_there_and_back(cli, bot, feeds, sandbox, postgres_url):
    from harness import accepted_posts, items, post_text  # noqa: PLC0415

    bot.configure(
        {"hot": {"url": feeds.show("/f", items(bot.clock, "b", "a"))}}, {"news": (sandbox, "")}
    )
    bot.sync()
    here, there = f"sqlite:///{bot.store_file}", postgres_url
    ran = cli("copy-store", here, there, "--json")
    assert (ran.code, ran.json["rows"]["delivery"]) == (0, 2)
    bot.delete_store()
    bot.store_url = there
    feeds.show("/f", items(bot.clock, "c", "b", "a"))
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": bot.account("news", sandbox, "x")})
    ran = cli("copy-store", there, here)
    assert ran.code == 0
    assert "2 delivery" in ran.out
    assert "Never run a daemon on the old store again" in ran.out
    ran = cli("copy-store", there, here, "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (3, "store_not_empty")
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]
