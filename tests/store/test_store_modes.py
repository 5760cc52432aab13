"""Nobody but the owner of a store may read it, or what is made of it."""

import stat

from store_samples import NOW

from reblogbot.store import open_store
from store_processes import run

# leaves the store open, so that what SQLite keeps beside it is seen as well
EVERYTHING = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from reblogbot.store import open_store
from reblogbot.store.copying import copy_store
from reblogbot.store.database import Database
from reblogbot.store.upgrade import migrate

os.umask(int(sys.argv[2], 8))
folder, now = Path(sys.argv[1]), datetime.now(UTC)
url = f"sqlite:///{folder / 'store.sqlite3'}"
store, _ = open_store(url, "child", now)
store.check_writable(now)
store.backup(folder / "backup.sqlite3")
copy_store(url, f"sqlite:///{folder / 'copy.sqlite3'}")
database = Database(url)
migrate(database, now)
print(json.dumps({path.name: oct(path.stat().st_mode & 0o7777) for path in folder.iterdir()}))
"""


def modes(folder):
    return {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in folder.iterdir()}


def test_a_store_and_all_that_is_made_of_it_is_private_whatever_the_umask(tmp_path):
    for umask in ("000", "022", "077"):
        folder = tmp_path / umask
        folder.mkdir()
        found = run(EVERYTHING, folder, umask)
        assert {name.partition(".sqlite3")[0] for name in found} == {"store", "backup", "copy"}
        assert {"store.sqlite3-wal", "store.sqlite3-shm"} <= found.keys()
        assert [name for name in found if name.endswith(".backup")]
        assert set(found.values()) == {"0o600"}


def test_an_open_store_and_its_backups_are_closed_and_that_is_said_once(tmp_path):
    path = tmp_path / "store.sqlite3"
    url = f"sqlite:///{path}"
    open_store(url, "me", NOW)[0].close()
    old = tmp_path / "store.sqlite3.0001.20260101T000000.backup"
    other = tmp_path / "other.sqlite3.backup"
    elsewhere = tmp_path / "elsewhere"
    for file in (old, other, elsewhere):
        file.touch()
    link = tmp_path / "store.sqlite3.x.backup"
    link.symlink_to(elsewhere)
    for file in (path, old, other, elsewhere):
        file.chmod(0o644)
    opened, said = open_store(url, "me", NOW)
    opened.close()
    closed = said.partition("(mode 600): ")[2].split(", ")
    assert {path.name, old.name} <= {*closed}
    assert not {other.name, link.name} & {*closed}
    assert {name for name, mode in modes(tmp_path).items() if mode == "0o644"} == {
        "other.sqlite3.backup",
        "elsewhere",
        link.name,
    }
    opened, said = open_store(url, "me", NOW)
    opened.close()
    assert said == ""
