"""An account of kind files from a feed to its folder: every entry one file, also through crashes of the store."""

from __future__ import annotations

import shutil
from dataclasses import replace

import feedparser
import pytest

from harness import items

ARCHIVE = {
    "kind": "files",
    "folder": "site/posts",
    "feed": "site/feed.xml",
    "template": "reblog-of",
}


@pytest.fixture
def archive(bot, feeds, clock):
    bot.configure(
        {"hot": {"url": feeds.show("/hot.xml", items(clock, "b", "a")), "updates": "edit"}},
        {"archive": ARCHIVE},
    )
    return bot


def posts(bot):
    return sorted((bot.folder / "site/posts").glob("*.md"))


def titles(bot):
    feed = feedparser.parse((bot.folder / "site/feed.xml").read_bytes())
    return [entry.title for entry in feed.entries]


def test_each_entry_becomes_one_file_and_is_in_the_feed(archive):
    archive.sync()
    archive.sync()
    texts = "".join(path.read_text() for path in posts(archive))
    assert len(posts(archive)) == 2
    assert texts.count("Reblog via [A hot list](<https://news.example/a>)") == 1
    assert sorted(titles(archive)) == [
        "Reblog of A hot list: Title a",
        "Reblog of A hot list: Title b",
    ]


def test_a_lost_store_writes_nothing_twice(archive):
    archive.sync()
    before = {path: path.read_bytes() for path in posts(archive)}
    archive.store_file.unlink()
    archive.sync()
    assert {path: path.read_bytes() for path in posts(archive)} == before
    assert len(titles(archive)) == 2


def test_a_folder_that_is_lost_is_not_filled_again_and_the_next_entry_goes_out(
    archive, feeds, clock
):
    archive.sync()
    shutil.rmtree(archive.folder / "site")
    clock.advance(hours=1)
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    archive.sync()
    assert titles(archive) == ["Reblog of A hot list: Title c"]
    assert len(posts(archive)) == 1


def test_a_changed_entry_edits_its_file_and_a_retraction_removes_it(archive, feeds, clock, cli):
    shown = items(clock, "b", "a")
    feeds.show("/hot.xml", shown)
    archive.sync()
    clock.advance(hours=1)
    feeds.show("/hot.xml", [shown[0], replace(shown[1], title="Changed a")])
    archive.sync()
    assert "Reblog of A hot list: Changed a" in titles(archive)
    assert len(posts(archive)) == 2
    assert cli("retract", "https://news.example/a", "--yes").code == 0
    assert titles(archive) == ["Reblog of A hot list: Title b"]
    assert len(posts(archive)) == 1


def test_a_folder_that_cannot_be_written_pauses_the_account_and_says_what_to_do(archive, cli):
    (archive.folder / "site").write_text("in the way")
    archive.sync()
    status = cli("status").out
    assert "paused" in status
    (archive.folder / "site").unlink()
    archive.sync()
    assert len(posts(archive)) == 2


def test_checks_and_lists_ask_for_no_token(archive, cli):
    checked = cli("check", "--online").out
    assert "no token" not in checked
    assert "accounts.archive: works, as posts" in checked.replace("@", "")
    listed = cli("accounts", "list", "--online", "--json").json["accounts"][0]
    assert (listed["token"], listed["acct"]) == ("works", "posts")
    assert not (archive.folder / "site").exists()
