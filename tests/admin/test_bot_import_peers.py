"""The move from other bots: they are installed, post, and are followed by reblogbot.

What they have posted stands once, and what they have not posted goes out in the first round.
"""

import json
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bench import peers
from harness import Item

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def installed():
    """Returns an installed peer by its name."""

    def peer_of(name):
        peer = peers.installed_peer(name)
        if peer is None:
            pytest.skip(f"NOT TESTED: {name} cannot be installed here")
        return peer

    return peer_of


def hour(age):
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=age)


def feed(name, *ages, guids=True, dates=True):
    """The entries of a feed, the newest first, of so many hours ago."""
    return [
        Item(
            f"{name} {age}",
            f"https://{name}.example/{age}",
            guid=f"{name}-{age}" if guids else None,
            at=hour(age) if dates else None,
        )
        for age in ages
    ]


def atom(*ages, edited=()):
    """A feed whose entries have no date but that of their last change."""
    entries = "".join(
        f"<entry><title>atom {age}</title><id>tag:atom.example,2026:{age}</id>"
        f'<link href="https://atom.example/{age}"/>'
        f"<updated>{hour(0 if age in edited else age).isoformat()}</updated></entry>"
        for age in ages
    )
    return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom</title>{entries}</feed>'.encode()


@pytest.fixture
def server(bot, sandbox):
    """The account's table in the config; its token is the one that the old bot has."""
    account = bot.account("news", sandbox)
    bot.configure({}, {"news": account})
    return account


@pytest.fixture
def token(bot, server):
    return (bot.folder / "news.token").read_text()


def links(sandbox):
    """How often each link was posted."""
    return Counter(
        word
        for act in sandbox.accepted
        if act["act"] == "post"
        for word in act["text"].split()
        if word.startswith("https://")
    )


def run(peer, folder, *arguments):
    command = [str(peer.environment / "bin" / peer.program), *arguments]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr


def moved(cli, sandbox, name, path, expected):
    """Import and do a round; `expected` are the new links. Returns the import's document."""
    before = links(sandbox)
    imported = cli("sources", "import", "--from", name, str(path), "--json")
    assert imported.code == 0, imported.err + imported.out
    assert links(sandbox) == before
    round_ = cli("sync", "--json")
    assert round_.code == 0, round_.out
    assert links(sandbox) - before == Counter(expected)
    assert set(links(sandbox).values()) == {1}
    again = cli("sources", "import", "--from", name, str(path), "--json").json
    assert again["added"] == []
    assert cli("sync", "--json").json["queued"] == 0
    return imported.json


def test_nothing_of_feed2toot_is_posted_twice_and_nothing_is_missed(
    bot, cli, feeds, sandbox, token, installed
):
    peer = installed("feed2toot")
    folder = bot.folder / "old"
    folder.mkdir()
    dated = feed("dated", 5, 6, 7)
    bare = feed("bare", *range(2, 14), guids=False, dates=False)
    urls = [feeds.show("/dated", dated), feeds.show("/bare", bare)]
    (folder / "client.txt").write_text("id\nsecret\n")
    (folder / "feeds.txt").write_text(f"Dated news <{urls[0]}>\n{urls[1]}\n")
    (folder / "feed2toot.ini").write_text(
        f"[mastodon]\ninstance_url={sandbox.url}\nuser_credentials={token}\n"
        "client_credentials=client.txt\ntoot_visibility=unlisted\n[cache]\ncachefile=ids\n"
        "[lock]\nlock_file=lock\n[rss]\nuri_list=feeds.txt\ntoot={title} {link}\n"
    )
    run(peer, folder, "-c", "feed2toot.ini")
    # it posts the first ten of a feed
    assert len(links(sandbox)) == 3 + 10
    edited = replace(dated[1], title="Another headline")
    late = feed("dated", 6.5)
    feeds.show("/dated", [*feed("dated", 0), dated[0], edited, *late, dated[2]])
    feeds.show("/bare", [*feed("bare", 1, guids=False, dates=False), *bare])
    expected = ["https://dated.example/0", "https://dated.example/6.5", "https://bare.example/1"]
    document = moved(cli, sandbox, "feed2toot", folder / "feed2toot.ini", expected)
    assert [source["name"] for source in document["added"]] == ["Dated news", "127.0.0.1"]
    assert [(source["learnt"], source["new"]) for source in document["added"]] == [(3, 2), (12, 1)]
    texts = [act["text"] for act in sandbox.accepted]
    assert "dated 0 https://dated.example/0" in texts


def test_nothing_of_feediverse_is_posted_twice_and_nothing_is_missed(
    bot, cli, feeds, sandbox, token, installed
):
    peer = installed("feediverse")
    dated = feed("dated", 5, 6, 7)
    urls = [feeds.show("/dated", dated), feeds.show("/atom", atom(8, 9))]
    config = {
        "name": "news", "url": sandbox.url, "client_id": "none", "client_secret": "none",
        "access_token": token,
        "feeds": [{"url": url, "template": "{title} {link}"} for url in urls],
    }  # fmt: skip
    path = bot.folder / "old.yml"
    path.write_text(json.dumps(config))
    run(peer, bot.folder, "-c", str(path))
    assert len(links(sandbox)) == 5
    edited = replace(dated[1], title="Another headline")
    feeds.show("/dated", [*feed("dated", 1), dated[0], edited, dated[2]])
    # its date alone cannot tell that 9 was posted, but the account's statuses do
    feeds.show("/atom", atom(2, 8, 9, edited=[9]))
    expected = ["https://dated.example/1", "https://atom.example/2"]
    document = moved(cli, sandbox, "feediverse", path, expected)
    assert [source["learnt"] for source in document["added"]] == [3, 1]


def test_nothing_of_feed2fedi_is_posted_twice_and_nothing_is_missed(
    bot, cli, feeds, sandbox, token, installed
):
    peer = installed("feed2fedi")
    folder = bot.folder / "old"
    folder.mkdir()
    dated = feed("dated", 5, 6, 7)
    bare = feed("bare", 2, 3, guids=False, dates=False)
    urls = [feeds.show("/dated", dated), feeds.show("/bare", bare), feeds.show("/atom", atom(4, 3))]
    config = {
        "feeds": [{"url": urls[0], "prefix": "News"}, {"url": urls[1]}, {"url": urls[2]}],
        "fedi_instance": sandbox.url, "fedi_access_token": token, "cache_max_age": 30,
        "cache_db_path": str(folder / "cache.sqlite"), "bot_post_media": False,
        "bot_post_visibility": "unlisted", "bot_post_template": "{title}\\n\\n{link}",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    run(peer, folder, "-c", "config.json")
    assert len(links(sandbox)) == 7
    feeds.show("/atom", atom(4, 3, 1, edited=[4]))
    edited = replace(dated[1], title="Another headline")
    feeds.show("/dated", [*feed("dated", 0), dated[0], edited, *feed("dated", 6.5), dated[2]])
    feeds.show("/bare", [*feed("bare", 1, guids=False, dates=False), *bare])
    expected = ["https://dated.example/0", "https://dated.example/6.5", "https://bare.example/1"]
    expected.append("https://atom.example/1")
    moved(cli, sandbox, "feed2fedi", folder, expected)
    texts = [act["text"] for act in sandbox.accepted]
    assert "News - dated 0\n\nhttps://dated.example/0" in texts
