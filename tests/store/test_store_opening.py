from __future__ import annotations

import os
import shutil
import socket
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from store_samples import DAY, NOW, candidate, enrol, poll

from reblogbot.errors import Exit, StoreError
from reblogbot.store import open_store, read_store
from reblogbot.store.schema import REVISION
from store_processes import OPEN, bound_by_modes, on_a_small_disk, run


def sqlite(path):
    return f"sqlite:///{path}"


def everything_in(folder):
    """Every file with its content: what must not change when a store is refused."""
    return {
        path.relative_to(folder): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def refused(url, *, opener=open_store, **how):
    """The error with which the store is refused, its message being one an admin can act on."""
    args = (url, "me", NOW) if opener is open_store else (url, "me")
    with pytest.raises(StoreError) as caught:
        opener(*args, **how)[0].close()
    error = caught.value
    assert error.exit_code == Exit.STORE
    assert "\n" not in error.message
    assert "Traceback" not in error.message
    return error


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite3"


@pytest.fixture
def filled(sqlite_file, path):
    """A store with an entry in it."""
    shutil.copyfile(sqlite_file, path)
    store, _ = open_store(sqlite(path), "me", NOW)
    enrol(store, "chouti")
    poll(store, "chouti", [candidate(f"n{number}") for number in range(200)])
    store.close()
    return path


# where there is none


def test_a_store_is_made_where_there_is_none(empty_url):
    store, message = open_store(empty_url, "me", NOW)
    assert message == ""
    assert store.sources.all() == []
    store.check_revision()
    store.close()
    again, message = open_store(empty_url, "me", NOW)
    assert (again.outbox.waiting("news"), message) == ([], "")
    again.close()


def test_a_new_store_leaves_nothing_else_behind(tmp_path, path):
    open_store(sqlite(path), "me", NOW)[0].close()
    assert list(everything_in(tmp_path)) == [Path("store.sqlite3")]


def test_readers_and_a_writer_work_side_by_side(path):
    store, _ = open_store(sqlite(path), "me", NOW)
    enrol(store, "chouti")
    with store._database.write() as writing:
        writing.execute(text("UPDATE source SET title = 'new'"))
        assert [record.title for record in store.sources.all()] == [""]
    assert [record.title for record in store.sources.all()] == ["new"]
    store.close()


def test_a_name_with_blanks_and_signs_is_a_name(tmp_path):
    path = tmp_path / "a store #?A% 名.sqlite3"
    url = sqlite(tmp_path / "a store #%3F%41%25 名.sqlite3")
    store, _ = open_store(url, "me", NOW)
    enrol(store, "chouti")
    store.close()
    assert list(tmp_path.iterdir()) == [path]
    again = read_store(url, "me")
    assert len(again.sources.all()) == 1
    assert str(path) in again.name
    again.close()


def test_looking_at_no_store_makes_none(empty_url, tmp_path):
    store = read_store(empty_url, "me")
    assert store.sources.all() == []
    assert store.outbox.count()["queued"] == 0
    store.close()
    assert everything_in(tmp_path) == {}
    store, message = open_store(empty_url, "me", NOW)
    store.close()
    assert message == ""


def test_what_a_killed_attempt_left_behind_is_in_nobodys_way(tmp_path, path):
    for name in (f".store.sqlite3.{os.getpid()}", ".store.sqlite3.abc"):
        (tmp_path / name).write_bytes(b"SQLite format 3\0 half made")
    (tmp_path / "store.sqlite3-journal").write_bytes(b"")
    store, _ = open_store(sqlite(path), "me", NOW)
    assert store.sources.all() == []
    store.close()


KILL_AT_EVERY_STEP = """
import json, os, signal, sys
from datetime import UTC, datetime
from datetime import timedelta
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from alembic import command, config, util
from reblogbot.store import open_store, read_store
from reblogbot.errors import StoreError

folder, name = Path(sys.argv[1]), "store.sqlite3"
TOUCHES = ("os.mkdir", "os.link", "os.remove", "os.rmdir", "sqlite3.connect", "tempfile.mkdtemp")

def attempt(url, last):
    steps = 0
    def step(*_):
        nonlocal steps
        steps += 1
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(lambda name, args: step() if name in TOUCHES else None)
    event.listen(Engine, "begin", step)
    event.listen(Engine, "commit", step)
    # one transaction makes all tables: some of its statements stand for the others
    statements = []
    event.listen(
        Engine,
        "before_cursor_execute",
        lambda *_: step() if statements.append(1) or len(statements) % 6 == 0 else None,
    )
    open_store(url, "me", datetime.now(UTC))[0].close()
    return steps

outcomes = []
last = 0
while True:
    last += 1
    place = folder / str(last)
    place.mkdir()
    url = f"sqlite:///{place / name}"
    child = os.fork()
    if child == 0:
        attempt(url, last)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status)
    was_there = (place / name).exists()
    try:
        if was_there:
            read_store(url, "me").close()
        store, message = open_store(url, "me", datetime.now(UTC))
        sources = store.sources.all()
        store.close()
        outcomes.append([killed, was_there, message, len(sources)])
    except StoreError as error:
        outcomes.append([killed, was_there, error.message, -1])
    if not killed:
        break
print(json.dumps(outcomes))
"""


@pytest.mark.slow
def test_killed_at_whatever_step_a_store_is_made_whole_or_not_at_all(tmp_path):
    outcomes = run(KILL_AT_EVERY_STEP, tmp_path)
    assert len(outcomes) > 10
    assert [killed for killed, *_ in outcomes] == [True] * (len(outcomes) - 1) + [False]
    assert {was_there for _, was_there, *_ in outcomes} == {True, False}
    assert {(message, sources) for *_, message, sources in outcomes} == {("", 0)}


OPEN_AT_ONCE = """
import json, sys
from datetime import UTC, datetime
from multiprocessing import get_context
from reblogbot.errors import StoreError

def attempt(barrier, url, number, answers):
    from reblogbot.store import open_store
    barrier.wait()
    try:
        store, _ = open_store(url, f"owner-{number}", datetime.now(UTC))
        store.outbox.enrol({f"account-{number}": "https://social.example"})
        store.close()
        answers.put("")
    except Exception as error:
        answers.put(repr(error))

context = get_context("fork")
import reblogbot.store, alembic.command
barrier, answers = context.Barrier(6), context.Queue()
children = [
    context.Process(target=attempt, args=(barrier, sys.argv[1], number, answers))
    for number in range(6)
]
for child in children: child.start()
results = [answers.get(timeout=60) for _ in children]
for child in children: child.join()
print(json.dumps(results))
"""


def test_six_processes_that_make_the_same_store_at_once_share_it(empty_url):
    assert run(OPEN_AT_ONCE, empty_url) == [""] * 6
    store = read_store(empty_url, "me")
    assert len(store.outbox.accounts()) == 6
    store.close()


# what is no store


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "store_corrupt"),
        (b"<!doctype html><title>no</title>" * 200, "store_corrupt"),
        (b"SQLite format 3\0", "store_corrupt"),
        (b"\0" * 8192, "store_corrupt"),
    ],
    ids=["empty", "garbage", "a header alone", "zeros"],
)
@pytest.mark.parametrize("opener", [open_store, read_store])
def test_what_is_no_store_is_refused_and_left_as_it_is(tmp_path, path, content, slug, opener):
    path.write_bytes(content)
    before = everything_in(tmp_path)
    error = refused(sqlite(path), opener=opener)
    assert error.slug == slug
    assert str(path) in error.message
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("opener", [open_store, read_store])
def test_somebody_elses_database_is_refused_and_left_as_it_is(tmp_path, path, opener):
    with sqlite3.connect(path) as theirs:
        theirs.execute("CREATE TABLE bookmark (url TEXT)")
        theirs.execute("INSERT INTO bookmark VALUES ('https://x.example/')")
    theirs.close()
    before = everything_in(tmp_path)
    error = refused(sqlite(path), opener=opener)
    assert error.slug == "store_corrupt"
    assert "not a store of reblogbot" in error.message
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize("theirs", ["ae1027a6acf0", "", REVISION])
def test_a_database_of_another_program_that_uses_alembic_is_refused(tmp_path, path, theirs):
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE alembic_version (version_num TEXT)")
        foreign.execute("INSERT INTO alembic_version VALUES (?)", (theirs,))
    foreign.close()
    error = refused(sqlite(path))
    assert error.slug == "store_corrupt"
    assert list(everything_in(tmp_path)) == [Path("store.sqlite3")]


def test_a_database_on_a_server_that_holds_something_else_is_refused(postgres_url):
    store, _ = open_store(postgres_url, "me", NOW)
    with store._database.write() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO theirs"))
    store.close()
    assert refused(postgres_url).slug == "store_corrupt"


def test_a_store_without_one_of_its_tables_is_refused(empty_url):
    store, _ = open_store(empty_url, "me", NOW)
    with store._database.write() as connection:
        connection.execute(text("DROP TABLE switch"))
    store.close()
    assert refused(empty_url).slug == "store_corrupt"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_store_that_was_cut_off_is_refused_and_left_as_it_is(tmp_path, filled, share):
    whole = filled.read_bytes()
    filled.write_bytes(whole[: int(len(whole) * share)])
    before = everything_in(tmp_path)
    error = refused(sqlite(filled))
    assert error.slug == "store_corrupt"
    assert "backup" in error.message
    assert everything_in(tmp_path) == before


def test_a_store_with_a_page_of_garbage_is_refused(tmp_path, filled):
    content = bytearray(filled.read_bytes())
    content[4096 * 5 : 4096 * 6] = b"\xa5" * 4096
    filled.write_bytes(content)
    error = refused(sqlite(filled))
    assert error.slug == "store_corrupt"
    # what an admin who has just restored a copy needs to hear
    assert "-wal" in error.message


def test_a_folder_is_no_store(tmp_path):
    assert refused(sqlite(tmp_path)).slug in {"store_unreachable", "store_corrupt"}
    assert everything_in(tmp_path) == {}


def test_a_missing_folder_is_named_and_not_made(tmp_path):
    error = refused(sqlite(tmp_path / "missing" / "store.sqlite3"))
    assert error.slug == "store_unreachable"
    assert str(tmp_path / "missing") in error.message
    assert everything_in(tmp_path) == {}


def test_a_link_to_a_disk_that_is_not_mounted_is_no_place_for_a_new_store(tmp_path, path):
    path.symlink_to(tmp_path / "disk" / "store.sqlite3")
    (tmp_path / "disk").mkdir()
    assert refused(sqlite(path)).slug == "store_unreachable"
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_store_that_vanishes_under_a_running_program_is_not_made_anew(filled):
    store, _ = open_store(sqlite(filled), "me", NOW)
    store.close()
    filled.unlink()
    with pytest.raises(StoreError) as caught:
        store.sources.all()
    assert caught.value.slug == "store_unreachable"
    assert not filled.exists()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "",
        "mysql://user@127.0.0.1/db",
        "postgres://user@127.0.0.1/db",
        "sqlite+aiosqlite:///x",
        "postgresql://user@127.0.0.1:port/db",
        "https://example.org",
    ],
)
def test_what_is_no_url_of_a_store_is_refused(url):
    error = refused(url)
    assert error.slug == "store_url"
    assert refused(url, opener=read_store).slug == "store_url"


# rights, room and locks


@pytest.mark.parametrize("case", ["file", "folder"])
def test_a_store_that_may_not_be_written_is_refused_and_left_as_it_is(tmp_path, filled, case):
    target = filled if case == "file" else tmp_path
    before = filled.read_bytes()
    target.chmod(0o444 if case == "file" else 0o555)
    try:
        outcome = run(OPEN, sqlite(filled), under=bound_by_modes())
    finally:
        target.chmod(0o755)
    assert outcome["slug"] in {"store_read_only", "store_unreachable"}
    assert outcome["exit"] == Exit.STORE
    assert str(filled) in outcome["message"]
    assert filled.read_bytes() == before


LOOK = """
import json, os, sys
from datetime import timedelta
from reblogbot.errors import StoreError
from reblogbot.store import open_store, read_store
sys.path.insert(0, sys.argv[2])
from store_samples import NOW, candidate, enrol, poll

folder, url, case = sys.argv[1], f"sqlite:///{sys.argv[1]}/store.sqlite3", sys.argv[3]
results = []
try:
    store = read_store(url, "looker")
    for number in range(2):
        if number and case in ("begun", "done"):
            # as a daemon of another user would, who may write here
            os.chmod(folder, 0o755)
            other, _ = open_store(url, "daemon", NOW)
            poll(other, "chouti", [candidate("later")], at=NOW + timedelta(hours=1))
            if case == "done":
                other.close()
        results.append([delivery.post.link for delivery in store.outbox.waiting("news")])
    if case != "live":
        store.outbox.stop(NOW)
except StoreError as error:
    results += [error.slug, error.message]
print(json.dumps(results))
"""
QUEUED = ["https://news.example/queued"]


@pytest.fixture
def queued(path):
    """The writer of a store with something queued, and the store's file."""
    store, _ = open_store(sqlite(path), "me", NOW)
    enrol(store, "chouti")
    poll(store, "chouti", [candidate("queued")])
    return store, path


def look(path, case=""):
    """What a process prints that may not write in the store's folder."""
    path.parent.chmod(0o555)
    try:
        return run(LOOK, path.parent, Path(__file__).parent, case, under=bound_by_modes())
    finally:
        path.parent.chmod(0o755)


def test_a_store_at_rest_is_read_where_nothing_may_be_written(queued):
    store, path = queued
    store.close()
    before = everything_in(path.parent)
    *seen, slug, _ = look(path)
    assert (seen, slug) == ([QUEUED, QUEUED], "store_read_only")
    assert everything_in(path.parent) == before


def test_a_store_that_others_write_is_read_where_nothing_may_be_written(queued):
    store, path = queued
    poll(store, "chouti", [candidate("later")], at=NOW + timedelta(hours=1))
    later = [*QUEUED, "https://news.example/later"]
    assert look(path, "live") == [later, later]
    store.close()


@pytest.mark.parametrize("case", ["begun", "done"])
def test_what_is_read_while_somebody_writes_is_thrown_away(queued, case):
    store, path = queued
    store.close()
    seen, slug, message = look(path, case)
    assert (seen, slug) == (QUEUED, "store_locked")
    assert "begun to write" in message


def test_changes_that_cannot_be_read_are_named_with_the_cure(queued, tmp_path):
    store, path = queued
    log = Path(f"{path}-wal").read_bytes()
    store.close()
    Path(f"{path}-wal").write_bytes(log)
    slug, message = look(path)
    assert slug == "store_read_only"
    assert "store.sqlite3-wal" in message
    assert "as the user who runs the daemon" in message


def test_no_store_is_made_where_nothing_may_be_written(tmp_path, path):
    tmp_path.chmod(0o555)
    try:
        outcome = run(OPEN, sqlite(path), under=bound_by_modes())
    finally:
        tmp_path.chmod(0o755)
    assert (outcome["slug"], outcome["exit"]) == ("store_read_only", Exit.STORE)
    assert everything_in(tmp_path) == {}


@pytest.mark.parametrize("how", ["open", "read"])
def test_a_folder_one_may_not_look_into_is_an_error_in_words(tmp_path, filled, how):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    shutil.move(filled, hidden / "store.sqlite3")
    hidden.chmod(0o000)
    try:
        outcome = run(OPEN, sqlite(hidden / "store.sqlite3"), how, under=bound_by_modes())
    finally:
        hidden.chmod(0o755)
    assert (outcome["slug"], outcome["exit"]) == ("store_read_only", Exit.STORE)


def test_no_store_is_made_on_a_full_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = OPEN + "\nimport os; print(json.dumps([outcome, os.listdir(sys.argv[2])]))"
    # argv[2] is the folder: not "read"
    outcome, left = run(
        script, sqlite(disk / "store.sqlite3"), disk, under=on_a_small_disk(disk, "24k")
    )
    assert (outcome["slug"], outcome["exit"]) == ("store_full", Exit.STORE)
    assert left == []


FILL = """
import json, os, shutil, sys
from datetime import timedelta
from datetime import timedelta
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from store_samples import NOW, candidate, enrol, poll
from reblogbot.errors import StoreError
from reblogbot.store import open_store

disk = Path(sys.argv[2])
store, _ = open_store(f"sqlite:///{disk / 'store.sqlite3'}", "me", NOW)
enrol(store, "chouti")
poll(store, "chouti", [candidate("before")])
with (disk / "ballast").open("wb", buffering=0) as ballast:
    try:
        while ballast.write(bytes(4096)):
            pass
    except OSError:
        pass
slugs = set()
for number in range(50):
    try:
        poll(store, "chouti", [candidate(f"n{number}-{other}") for other in range(50)])
    except StoreError as error:
        slugs.add(error.slug)
    except ValueError:
        slugs.add("still leased")
(disk / "ballast").unlink()
later = NOW + timedelta(hours=1)
poll(store, "chouti", [candidate("after")], at=later)
links = [delivery.post.link.rpartition("/")[2] for delivery in store.outbox.waiting("news")]
store.close()
again, _ = open_store(f"sqlite:///{disk / 'store.sqlite3'}", "me", later)
print(json.dumps([sorted(slugs), links[0], links[-1], len(again.outbox.waiting("news")) == len(links)]))
"""


def test_a_disk_that_runs_full_loses_nothing_and_once_there_is_room_all_goes_on(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    under = on_a_small_disk(disk, "2m")
    slugs, first, last, whole = run(FILL, Path(__file__).parent, disk, under=under)
    assert "store_full" in slugs
    assert set(slugs) <= {"store_full", "store_io", "still leased"}
    assert (first, last, whole) == ("before", "after", True)


@pytest.mark.parametrize("mode", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_store_somebody_holds_for_too_long_is_an_error_in_words(filled, mode):
    with sqlite3.connect(filled, isolation_level=None) as holder:
        holder.execute(f"BEGIN {mode}")
        error = refused(sqlite(filled), busy_ms=20)
        holder.execute("ROLLBACK")
    holder.close()
    assert error.slug == "store_locked"
    open_store(sqlite(filled), "me", NOW, busy_ms=20)[0].close()


def test_a_server_that_keeps_a_row_for_too_long_is_an_error_in_words(postgres_url):
    holder, _ = open_store(postgres_url, "holder", NOW)
    waiting, _ = open_store(postgres_url, "waiting", NOW, busy_ms=50)
    enrol(holder, "chouti")
    with holder._database.write() as connection:
        connection.execute(text("SELECT 1 FROM account FOR UPDATE"))
        with pytest.raises(StoreError) as caught:
            waiting.outbox.resume("news")
    assert caught.value.slug == "store_locked"
    waiting.outbox.resume("news")
    holder.close()
    waiting.close()


# a store on a server


def test_a_server_that_is_not_there_is_an_error_at_once():
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    error = refused(f"postgresql://someone:secret@127.0.0.1:{port}/db")
    assert error.slug == "store_unreachable"
    assert "secret" not in error.message
    assert "127.0.0.1" in error.message


def test_a_server_without_an_address_is_an_error_in_words():
    error = refused("postgresql://someone:secret@no-such-host.invalid/db")
    assert error.slug == "store_unreachable"
    assert "secret" not in error.message


def test_a_database_that_does_not_exist_is_an_error_in_words(postgres_url):
    error = refused(postgres_url + "_not")
    assert error.slug == "store_unreachable"
    assert "does not exist" in error.message


@pytest.mark.parametrize("opener", [open_store, read_store])
def test_a_user_without_rights_is_an_error_in_words(postgres_url, opener):
    owner, _ = open_store(postgres_url, "me", NOW)
    with owner._database.write() as connection:
        connection.execute(
            text(
                "DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL;"
                " END $$"
            )
        )
    owner.close()
    error = refused(postgres_url.replace("reblogbot@", "guest@"), opener=opener)
    assert error.slug == "store_read_only"


def test_a_user_who_may_make_no_tables_is_told_so(postgres_url):
    owner = read_store(postgres_url, "me")
    owner.close()
    admin, _ = open_store(postgres_url, "me", NOW)
    with admin._database.write() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(
            text(
                "DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL;"
                " END $$"
            )
        )
        connection.execute(text("GRANT USAGE ON SCHEMA public TO guest"))
    admin.close()
    assert refused(postgres_url.replace("reblogbot@", "guest@")).slug == "store_read_only"


def test_a_server_that_was_restarted_meanwhile_is_found_again(postgres_url):
    store, _ = open_store(postgres_url, "me", NOW)
    other, _ = open_store(postgres_url, "other", NOW)
    with other._database.write() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert store.sources.all() == []
    store.close()
    other.close()


# large stores


def test_a_large_store_is_read_whole_once_a_day(filled_large):
    checked = []
    for at in (NOW, NOW, NOW + DAY, NOW + DAY):
        progress = []
        store, _ = open_store(
            filled_large, "me", at, on_progress=lambda *far, progress=progress: progress.append(far)
        )
        store.close()
        checked.append(progress == [("checking", 0, 0)])
    assert checked == [True, False, True, False]


def test_a_large_store_that_is_damaged_is_not_taken_for_read(filled_large):
    path = Path(filled_large.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    page = len(whole) // 2 // 4096 * 4096
    path.write_bytes(whole[:page] + b"\xff" * 4096 + whole[page + 4096 :])
    for _ in range(2):
        with pytest.raises(StoreError) as caught:
            open_store(filled_large, "me", NOW)
        assert caught.value.slug == "store_corrupt"


@pytest.fixture
def filled_large(filled, monkeypatch):
    """The URL of a store that counts as large."""
    monkeypatch.setattr("reblogbot.store.integrity.LARGE_BYTES", 1)
    return sqlite(filled)
