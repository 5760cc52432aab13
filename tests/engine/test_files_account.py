"""An account of kind files from a feed to its folder: every entry one file, also through crashes of the store."""

from __future__ import annotations

import random
import re
import shutil
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest

from harness import Item, items, kill, wait_until

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


def test_a_post_without_a_link_is_known_again_by_its_name_alone(archive, feeds, clock):
    feeds.show(
        "/hot.xml",
        [replace(item, link=None, guid=f"g{n}") for n, item in enumerate(items(clock, "b", "a"))],
    )
    archive.sync()
    archive.store_file.unlink()
    archive.sync()
    assert [delivery.state for delivery in archive.deliveries()] == ["sent", "sent"]
    assert len(posts(archive)) == 2


BLOG = {
    "kind": "wordpress",
    "server": "https://blog.example",
    "user": "bot",
    "token_env": "BLOG_PASSWORD",
    "template": "reblog-of",
}


@pytest.mark.parametrize("account", [ARCHIVE, BLOG], ids=["files", "wordpress"])
def test_an_article_that_is_queued_while_its_account_is_paused_is_whole(
    bot, feeds, clock, account, monkeypatch
):
    """By a process that has never asked for the limits, which need no request here."""
    monkeypatch.setenv("BLOG_PASSWORD", "secret")
    entry = Item("Title a", "https://news.example/a", "many words " * 90, at=clock.now())
    bot.configure({"hot": {"url": feeds.show("/hot.xml", [])}}, {"archive": account})
    bot.sync()
    with bot.store() as store:
        store.outbox.pause("archive", clock.now() + timedelta(hours=1), "outage", "away")
    feeds.show("/hot.xml", [entry])
    bot.sync()
    (delivery,) = bot.deliveries()
    assert delivery.post.text.count("many words") == 90


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
    assert "token" not in checked
    assert "bot" not in checked.replace("reblogbot", "")
    assert "accounts.archive: works, as posts" in checked.replace("@", "")
    listed = cli("accounts", "list", "--online", "--json").json["accounts"][0]
    assert (listed["token"], listed["acct"]) == ("works", "posts")
    assert not (archive.folder / "site").exists()


@pytest.mark.slow
def test_killed_at_random_instants_it_loses_and_doubles_no_file(archive, feeds, clock):
    rng = random.Random(1)
    shown, kills = 0, 0
    source = {"url": feeds.show("/hot.xml", []), "max_per_poll": 1000, "every": "50ms"}
    swift = {"timeout": "5s", "read_back_after": "100ms", "lease": "10s"}
    archive.configure({"hot": source}, {"archive": ARCHIVE}, delivery=swift)
    for _ in range(4):
        shown += 4
        feeds.show(
            "/hot.xml",
            items(clock, *(f"n{number}" for number in range(shown, 0, -1)), minutes=5000),
        )
        process, before = archive.start("sync"), len(folder_names(archive))
        wanted = before + rng.randint(1, 8)
        wait_until(
            lambda wanted=wanted, process=process: (
                len(folder_names(archive)) >= wanted or process.poll() is not None
            ),
            "files of the process, or its end",
        )
        kills += process.poll() is None
        kill(process)
    for _ in range(12):
        ran = archive.call("sync")
        assert "Traceback" not in ran.err
        if not archive.open_deliveries():
            break
    assert {delivery.state for delivery in archive.deliveries()} == {"sent"}
    links = [
        re.search('^link: "(.*)"$', path.read_text(), re.MULTILINE)[1] for path in posts(archive)
    ]
    assert sorted(links) == sorted(
        f"https://news.example/n{number}" for number in range(1, shown + 1)
    )
    assert sorted(titles(archive)) == sorted(
        f"Reblog of A hot list: Title n{number}" for number in range(1, shown + 1)
    )
    assert not [name for name in folder_names(archive) if name.endswith(".part")]
    assert kills


def folder_names(bot):
    folder = bot.folder / "site/posts"
    return [path.name for path in folder.iterdir()] if folder.exists() else []
