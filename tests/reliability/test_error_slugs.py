"""Errors that no other test provokes: each is named by its slug, and nothing is lost by it."""

import socket
from datetime import UTC, datetime

import feedparser
import pytest
from sqlalchemy import create_engine, text

from harness import accepted_posts, items, kill, post_text
from loopback import Site, fetcher
from reblogbot.core.templates import compile_template
from reblogbot.errors import Exit, ReblogbotError, SourceError, StoreError
from reblogbot.sources.feed.parse import parse_body
from reblogbot.sources.shared.response_body import ResponseBody
from reblogbot.store import open_store
from reblogbot.store.copying import copy_store


@pytest.mark.parametrize(
    ("source", "body", "slug"),
    [
        ({"kind": "json", "path": "lists", "fields": {"title": "t"}}, b'{"list": []}', "path_empty"),
        ({"kind": "json", "path": "list", "fields": {"title": "t"}}, b'{"list": [{}]}', "fields_empty"),
        ({"kind": "page", "select": {"item": "li"}}, b"<p>no list</p>", "select_empty"),
    ],
)  # fmt: skip
def test_a_query_that_finds_nothing_is_named(bot, feeds, sandbox, caplog, source, body, slug):
    url = feeds.show("/list", body)
    bot.configure({"hot": {**source, "url": url}}, {"news": (sandbox, "")})
    result = bot.sync()
    assert result.exit_code() == Exit.FAILED
    assert [getattr(record, "slug", "") for record in caplog.records] == [slug]


BROKEN_KIND = """
class Broken:
    def __init__(self, name, settings, tools):
        pass

    async def poll(self, known):
        raise RuntimeError("a bug")
"""


def test_a_kind_of_source_with_a_bug_fails_alone(bot, feeds, sandbox, clock):
    folder = bot.folder / "plugins"
    package = folder / "broken_kind-1.0.dist-info"
    package.mkdir(parents=True)
    (folder / "broken_kind.py").write_text(BROKEN_KIND)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-kind\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[reblogbot.sources]\nbroken = broken_kind:Broken\n")
    sources = {"bad": {"kind": "broken"}, "hot": {"url": feeds.show("/f", items(clock, "a"))}}
    bot.configure(sources, {"news": (sandbox, "")})
    ran = bot.call("sync", "--json", PYTHONPATH=str(folder))
    assert ran.code == Exit.FAILED
    outcomes = {source["name"]: source["outcome"] for source in ran.json["sources"]}
    assert outcomes == {"bad": "failed", "hot": "new"}
    source = ran.json["sources"][0]
    assert "the kind broken broke with RuntimeError; please report it" in source["error"]
    assert accepted_posts(sandbox) == [post_text("a")]


def test_a_template_that_was_never_checked_is_refused_when_it_is_used():
    with pytest.raises(ReblogbotError) as refused:
        compile_template("{% for entry in %}")
    assert refused.value.slug == "template_invalid"


def test_a_feed_that_breaks_the_parser_is_named(monkeypatch):
    def broken(*_arguments, **_options):
        raise AttributeError("a bug of the parser")

    monkeypatch.setattr(feedparser, "parse", broken)
    document = b"<rss><channel><item><title>a</title></item></channel></rss>"
    with pytest.raises(SourceError) as failed:
        parse_body(
            ResponseBody(document, "", "https://news.example/f", "", "UTC", datetime.now(UTC))
        )
    assert failed.value.slug == "feed_unreadable"
    assert "a bug of the parser" in failed.value.message


async def garbage(writer):
    writer.write(b"this is not HTTP\r\n\r\n")


async def nothing_at_all(writer):
    writer.close()


@pytest.mark.parametrize(
    ("behaviour", "slug"), [(garbage, "http_broken"), (nothing_at_all, "connection_lost")]
)
async def test_an_answer_that_is_no_http_is_named(behaviour, slug):
    async with Site({"/f": behaviour}) as site:
        fetch = fetcher(None, site)
        with pytest.raises(SourceError) as failed:
            await fetch(site.url("/f"))
        await fetch.close()
    assert failed.value.slug == slug


def test_init_never_overwrites_a_config(bot, cli, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("# mine\n")
    ran = cli("init", str(path), "--yes")
    assert (ran.code, path.read_text()) == (Exit.CONFIG, "# mine\n")
    assert f"{path}: exists already" in ran.err


def test_init_says_where_it_cannot_write(bot, cli, tmp_path):
    (tmp_path / "file").write_text("")
    ran = cli("init", str(tmp_path / "file" / "config.toml"), "--yes")
    assert ran.code == Exit.CONFIG
    assert "config.toml: cannot be written: File exists" in ran.err


def test_discover_says_that_a_site_has_no_feed(bot, cli, feeds):
    bot.configure({}, {})
    url = feeds.show("/", b"<html><title>no feeds</title></html>")
    ran = cli("sources", "discover", url)
    assert ran.code == Exit.FAILED
    assert f"{url}: no feed" in ran.err


def test_the_sandbox_says_that_its_port_is_taken(bot, cli):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = cli("sandbox", "--port", port, "--folder", str(bot.folder / "sandbox"))
    assert ran.code == Exit.FAILED
    assert f"cannot listen on 127.0.0.1:{port}" in ran.err


WITHOUT_DRIVER = "import sys\nsys.modules['psycopg'] = None\nfrom reblogbot.cli import main\nmain()"


def test_a_database_without_its_driver_is_named(bot, sandbox):
    bot.configure({}, {"news": (sandbox, "")}, store={"url": "postgresql://bot@127.0.0.1/bot"})
    process = bot.start("status", program=("-c", WITHOUT_DRIVER))
    try:
        assert process.wait(60) == Exit.STORE
    finally:
        kill(process)
    assert "explains store_driver" in bot.log()
    assert "pip install 'reblogbot[postgres]'" in bot.log()


DROP_ROWS = """
CREATE FUNCTION drop_row() RETURNS trigger AS 'BEGIN RETURN NULL; END' LANGUAGE plpgsql;
CREATE TRIGGER drop_row BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION drop_row();
"""


def test_a_copy_that_lacks_a_row_is_given_up(tmp_path, postgres_url):
    old = f"sqlite:///{tmp_path}/old.sqlite3"
    for url in (old, postgres_url):
        store, _ = open_store(url, "me", datetime.now(UTC))
        if url == old:
            store.outbox.enrol({"news": "https://social.example"})
        store.close()
    engine = create_engine(postgres_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text(DROP_ROWS))
    with pytest.raises(StoreError) as given_up:
        copy_store(old, postgres_url)
    assert given_up.value.slug == "copy_differs"
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER drop_row ON account"))
    engine.dispose()
    assert copy_store(old, postgres_url).rows["account"] == 1


def test_the_sandbox_says_that_its_folder_cannot_be_made(bot, cli):
    (bot.folder / "file").write_text("")
    ran = cli("sandbox", "--port", "0", "--folder", str(bot.folder / "file" / "sandbox"))
    assert ran.code == Exit.CONFIG
    assert "Not a directory" in ran.err
