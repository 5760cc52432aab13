from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from store_samples import NOW, candidate, enrol, poll

from reblogbot.errors import Exit, StoreError
from reblogbot.store import open_store, read_store
from store_processes import bound_by_modes, on_a_small_disk, run, start

BACKUP = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from reblogbot.errors import StoreError
from reblogbot.store import open_store

store, _ = open_store(sys.argv[1], "child", datetime.now(UTC))
try:
    store.backup(Path(sys.argv[2]))
except StoreError as error:
    print(json.dumps([error.slug, error.message]))
else:
    print(json.dumps(["", ""]))
"""
# each poll shows two entries more: in a consistent copy all tables tell of the same polls
WRITE = """
import sys
from datetime import timedelta
sys.path.insert(0, sys.argv[2])
from store_samples import NOW, candidate, enrol, poll
from reblogbot.store import open_store

store, _ = open_store(sys.argv[1], "writer", NOW)
enrol(store, "chouti")
number = 0
while True:
    poll(store, "chouti", [candidate(f"n{number}-{other}") for other in range(2)])
    number += 1
    print(number, flush=True)
"""


@pytest.fixture
def filled(sqlite_store):
    enrol(sqlite_store, "chouti")
    poll(sqlite_store, "chouti", [candidate("a")])
    return sqlite_store


def url_of(path):
    return f"sqlite:///{path}"


def test_a_backup_is_a_store_with_everything_in_it(filled, tmp_path):
    copy = tmp_path / "copy.sqlite3"
    filled.backup(copy)
    restored, message = open_store(url_of(copy), "me", NOW)
    assert message == ""
    assert restored.sources.all() == filled.sources.all()
    assert restored.outbox.find() == filled.outbox.find()
    restored.close()
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == [copy.name]


def test_a_backup_overwrites_nothing(filled, tmp_path):
    there = tmp_path / "there"
    there.write_text("precious")
    with pytest.raises(StoreError) as caught:
        filled.backup(there)
    assert caught.value.slug == "backup_exists"
    assert str(there) in caught.value.message
    assert there.read_text() == "precious"


def test_a_backup_onto_the_store_itself_is_refused(filled, tmp_path):
    path = tmp_path / "store.sqlite3"
    with pytest.raises(StoreError) as caught:
        filled.backup(path)
    assert caught.value.slug == "backup_exists"
    assert len(filled.sources.all()) == 1


def test_a_backup_to_a_folder_that_is_missing_is_an_error_in_words(filled, tmp_path):
    with pytest.raises(StoreError) as caught:
        filled.backup(tmp_path / "missing" / "copy")
    assert (caught.value.slug, caught.value.exit_code) == ("backup_failed", Exit.STORE)
    assert not (tmp_path / "missing").exists()


def test_a_backup_to_where_nothing_may_be_written_is_an_error_in_words(filled, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o555)
    slug, _ = run(
        BACKUP, url_of(tmp_path / "store.sqlite3"), folder / "copy", under=bound_by_modes()
    )
    assert slug == "backup_failed"
    assert list(folder.iterdir()) == []


def test_a_backup_to_a_full_disk_is_an_error_in_words_and_leaves_nothing(filled, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    script = BACKUP + "\nimport os; print(json.dumps(os.listdir(Path(sys.argv[2]).parent)))"
    url = url_of(tmp_path / "store.sqlite3")
    under = on_a_small_disk(disk, "16k")
    assert run(BACKUP, url, disk / "copy", under=under)[0] == "backup_failed"
    assert run(script, url, disk / "copy", under=under) == []


def test_a_store_on_a_server_is_backed_up_by_its_own_tool(postgres_url, tmp_path):
    store, _ = open_store(postgres_url, "me", NOW)
    with pytest.raises(StoreError) as caught:
        store.backup(tmp_path / "copy")
    assert caught.value.slug == "backup_elsewhere"
    assert "pg_dump" in caught.value.message
    assert list(tmp_path.iterdir()) == []
    store.close()


def test_a_backup_made_while_another_process_writes_is_of_one_instant(sqlite_store, tmp_path):
    url = url_of(tmp_path / "store.sqlite3")
    writer = start(WRITE, url, Path(__file__).parent)
    try:
        writer.stdout.readline()
        copies = [tmp_path / f"copy-{number}" for number in range(5)]
        for copy in copies:
            sqlite_store.backup(copy)
            writer.stdout.readline()
    finally:
        writer.kill()
        writer.wait()
        writer.stdin.close()
        writer.stdout.close()
    sizes = []
    for copy in copies:
        restored = read_store(url_of(copy), "me")
        queued = restored.outbox.waiting("news")
        (record,) = restored.sources.all()
        items = [candidate(delivery.post.link.rpartition("/")[2]) for delivery in queued]
        assert len(queued) % 2 == 0
        seen = restored.sources.past(record, items, ["news"])
        assert len(seen.seen) == 2 * len(queued)
        assert len(seen.published["news"]) == len(queued)
        sizes.append(len(queued))
        restored.close()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0] > 0


def test_a_backup_has_the_page_size_of_a_new_store(sqlite_file, tmp_path):
    old, copy = tmp_path / "old.sqlite3", tmp_path / "copy.sqlite3"
    raw = sqlite3.connect(sqlite_file)
    raw.execute("PRAGMA page_size=4096")
    raw.execute("VACUUM INTO ?", [str(old)])
    raw.close()
    store, _ = open_store(url_of(old), "me", NOW)
    store.backup(copy)
    store.close()
    assert [page_size(path) for path in (sqlite_file, old, copy)] == [1024, 4096, 1024]


def page_size(path):
    raw = sqlite3.connect(path)
    (size,) = raw.execute("PRAGMA page_size").fetchone()
    raw.close()
    return size


NO_LINKS = """
import errno, sys

def refuse(name, args):
    # what FAT answers, and many a network share
    if name == "os.link":
        raise PermissionError(errno.EPERM, "Operation not permitted")

sys.addaudithook(refuse)
"""


def test_where_the_disk_knows_no_links_stores_and_backups_are_made_all_the_same(tmp_path):
    url, copy = url_of(tmp_path / "store.sqlite3"), tmp_path / "copy"
    assert run(NO_LINKS + BACKUP, url, copy) == ["", ""]
    assert read_store(url_of(copy), "me").sources.all() == []
    assert run(NO_LINKS + BACKUP, url, copy)[0] == "backup_exists"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "store.sqlite3"]


def test_two_backups_to_one_name_at_once_leave_one_whole_copy(filled, tmp_path):
    copy, outcomes = tmp_path / "copy", []

    def attempt():
        try:
            filled.backup(copy)
            outcomes.append("")
        except StoreError as error:
            outcomes.append(error.slug)

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["", *["backup_exists"] * 3]
    assert len(read_store(url_of(copy), "me").sources.all()) == 1
