"""The move from another bot: its config, what it remembers, and what becomes of odd files.

`test_bot_import_peers` does it with the bots themselves.
"""

import asyncio
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import Item, items
from reblogbot import app
from reblogbot.admin.bot_import import import_bot, read_bot
from reblogbot.admin.other_bots.format_strings import jinja_template
from reblogbot.admin.source_import import imported_text, plan_import
from reblogbot.core.templates import check_template
from reblogbot.errors import ConfigError, Exit

HOURS_AGO = 3


def feed2toot(folder, urls, ids=(), toot="{title} {link}", more="", server="https://old.example"):
    """A config of feed2toot that has run three hours ago; returns its path."""
    (folder / "feeds.txt").write_text("\n".join(urls))
    (folder / "ids").write_text("".join(f"{line}\n" for line in ids))
    last = (datetime.now(UTC) - timedelta(hours=HOURS_AGO)).timestamp()
    os.utime(folder / "ids", (last, last))
    path = folder / "feed2toot.ini"
    path.write_text(
        f"[mastodon]\ninstance_url={server}\n[cache]\ncachefile=ids\n"
        f"[rss]\nuri_list=feeds.txt\ntoot={toot}\n{more}"
    )
    return path


def feed2fedi(folder, feeds, links=(), **more):
    with closing(sqlite3.connect(folder / "cache.sqlite")) as connection:
        connection.execute("CREATE TABLE share (url TEXT PRIMARY KEY, shared_ts INT) WITHOUT ROWID")
        last = (datetime.now(UTC) - timedelta(hours=HOURS_AGO)).timestamp()
        connection.executemany("INSERT INTO share VALUES (?, ?)", [(link, last) for link in links])
        connection.commit()
    path = folder / "config.json"
    defaults = {"feeds": feeds, "fedi_instance": "https://old.example", "cache_max_age": 30,
                "cache_db_path": "cache.sqlite", "bot_post_media": False,
                "bot_post_visibility": "public", "bot_post_template": "{title}\\n\\n{link}"}  # fmt: skip
    path.write_text(json.dumps(defaults | more))
    return path


def keys(name, path):
    """The keys of the tables of the bot's feeds, and what was not taken over."""
    bot = read_bot(name, path)
    return [dict(feed.keys) for feed in bot.feeds], [each.setting for each in bot.untaken]


@pytest.fixture
def news(bot, sandbox):
    bot.configure({}, {"news": (sandbox, "")})


# what happens in store and config


@pytest.mark.both_databases
def test_a_crash_before_the_config_is_written_loses_and_repeats_nothing(
    bot, cli, feeds, sandbox, clock, news
):
    listed = items(clock, *"edcba", minutes=4 * 60)
    url = feeds.show("/f", listed)
    ids = [item.link for item in listed[2:]]
    path = feed2toot(bot.folder, [url], ids)
    toml = bot.path.read_text()
    old = read_bot("feed2toot", path)
    # the store is written, and the program dies before the config is
    asyncio.run(import_bot(app.load_config(bot.path), toml, old, ["news"]))
    assert bot.sync().polls == []
    feeds.show("/f", [Item("Title f", "https://news.example/f", at=clock.now()), *listed])
    done = cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news", "--json")
    assert [(each["learnt"], each["new"]) for each in done.json["added"]] == [(3, 3)]
    cli("sync")
    assert sorted(act["text"] for act in sandbox.accepted) == [
        f"Title {name} https://news.example/{name}" for name in "def"
    ]
    assert cli("sync", "--json").json["queued"] == 0


@pytest.mark.both_databases
def test_what_a_feed_shows_again_later_is_not_posted_again(bot, cli, feeds, sandbox, clock, news):
    here, gone = items(clock, "a"), items(clock, "b", minutes=30)
    by_id = Item("Title c", "https://news.example/c", guid="id-c", at=clock.now())
    url = feeds.show("/f", here)
    path = feed2toot(bot.folder, [url], [here[0].link, gone[0].link, "id-c"])
    cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news")
    feeds.show("/f", [*here, *gone, by_id, *items(clock, "d", minutes=1)])
    cli("sync")
    assert [act["text"] for act in sandbox.accepted] == ["Title d https://news.example/d"]


def test_a_feed_that_shows_only_what_is_newer_is_no_storm(bot, cli, feeds, sandbox, clock, news):
    url = feeds.show("/f", items(clock, *"fedcba", minutes=2 * 60))
    path = feed2toot(bot.folder, [url], ["https://news.example/gone"])
    cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news")
    assert cli("sync", "--json").json["held"] == 0
    assert len(sandbox.accepted) == 6


def test_a_bot_whose_clock_was_ahead_loses_nothing_to_come(bot, cli, feeds, sandbox, clock, news):
    listed = items(clock, "a", minutes=4 * 60)
    path = feed2toot(bot.folder, [feeds.show("/f", listed)], [listed[0].link])
    ahead = (datetime.now(UTC) + timedelta(days=9)).timestamp()
    os.utime(bot.folder / "ids", (ahead, ahead))
    cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news")
    feeds.show("/f", [*items(clock, "b", minutes=0), *listed])
    cli("sync")
    assert [act["text"] for act in sandbox.accepted] == ["Title b https://news.example/b"]


def test_what_the_bot_posted_when_it_was_killed_is_found_standing(
    bot, cli, feeds, sandbox, clock, news
):
    listed = items(clock, "b", minutes=5) + items(clock, "a", minutes=4 * 60)
    path = feed2toot(bot.folder, [feeds.show("/f", listed)], [listed[1].link])
    sandbox.add_status("news", f"Title b {listed[0].link}")
    done = cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news", "--json")
    assert done.json["added"][0]["new"] == 1
    assert cli("sync", "--json").json["sent"] == 1
    assert sandbox.accepted == []


def test_why_tells_what_was_imported(bot, cli, feeds, clock, news):
    listed = items(clock, "a", minutes=4 * 60)
    path = feed2toot(bot.folder, [feeds.show("/f", listed)], [listed[0].link])
    cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news")
    assert "imported: feed2toot has posted it" in cli("why", listed[0].link).out


def test_a_feed_that_cannot_be_read_now_is_not_added_and_told(bot, cli, feeds, clock, news):
    listed = items(clock, "a", minutes=4 * 60)
    urls = [feeds.show("/f", listed), feeds.fail("/down", 503)]
    path = feed2toot(bot.folder, urls, [listed[0].link])
    arguments = ("sources", "import", "--from", "feed2toot", str(path), "--to", "news", "--json")
    done = cli(*arguments)
    assert done.code == Exit.FAILED
    assert len(done.json["added"]) == 1
    assert [each["url"] for each in done.json["failed"]] == [urls[1]]
    feeds.show("/down", items(clock, "b", minutes=4 * 60))
    again = cli(*arguments)
    assert (again.code, len(again.json["added"]), len(again.json["existing"])) == (Exit.OK, 1, 1)


def test_more_than_max_per_poll_is_held_as_ever(bot, cli, feeds, sandbox, clock, news):
    listed = items(clock, *(f"n{number}" for number in range(30)), minutes=60)
    old = items(clock, "a", minutes=4 * 60)
    path = feed2toot(bot.folder, [feeds.show("/f", listed + old)], [old[0].link])
    cli("sources", "import", "--from", "feed2toot", str(path), "--to", "news")
    assert cli("sync", "--json").json["held"] == 30
    assert sandbox.accepted == []


def test_a_dry_run_writes_neither_store_nor_config(bot, cli, feeds, clock, news):
    listed = items(clock, "a", "b", minutes=4 * 60)
    path = feed2toot(bot.folder, [feeds.show("/f", listed)], [listed[0].link])
    before = bot.path.read_bytes()
    done = cli(
        "sources", "import", "--from", "feed2toot", str(path), "--to", "news", "--dry-run", "--json"
    )
    assert (done.code, done.json["added"][0]["learnt"]) == (Exit.OK, 2)
    assert bot.path.read_bytes() == before
    assert not bot.store_file.exists()


def test_a_paused_import_learns_too(bot, cli, feeds, clock, sandbox, news):
    listed = items(clock, "b", "a", minutes=4 * 60)
    path = feed2toot(bot.folder, [feeds.show("/f", listed)], [listed[1].link])
    done = cli(
        "sources", "import", "--from", "feed2toot", str(path), "--to", "news", "--pause", "--json"
    )
    assert [(each["enabled"], each["learnt"]) for each in done.json["added"]] == [(False, 1)]
    bot.path.write_text(bot.path.read_text().replace("enabled = false\n", ""))
    cli("sync")
    assert [act["text"] for act in sandbox.accepted] == ["Title b https://news.example/b"]


def test_a_bot_that_never_ran_has_its_feeds_begin_as_new_ones_do(
    bot, cli, feeds, clock, sandbox, news
):
    url = feeds.show("/f", items(clock, "a"))
    path = feed2fedi(bot.folder, [{"url": url}])
    done = cli("sources", "import", "--from", "feed2fedi", str(path), "--to", "news")
    assert "has posted nothing yet" in done.out
    cli("sync")
    assert sandbox.accepted == []


def test_the_account_is_the_one_on_the_bots_server(bot, cli, feeds, clock, sandbox, news):
    url = feeds.show("/f", items(clock, "a"))
    path = feed2toot(bot.folder, [url], server=sandbox.url)
    done = cli("sources", "import", "--from", "feed2toot", str(path), "--json", "--dry-run")
    assert done.json["added"][0]["to"] == ["news"]
    path = feed2toot(bot.folder, [url], server="https://other.example")
    done = cli("sources", "import", "--from", "feed2toot", str(path), "--json")
    assert (done.code, done.json["error"]["slug"]) == (Exit.CONFIG, "account_missing")
    assert "reblogbot login NAME --server https://other.example" in done.json["error"]["message"]


# settings


def test_settings_of_feed2toot(tmp_path):
    more = (
        "title_pattern=Linux,c++\ntitle_pattern_case_sensitive=true\ntags_pattern=\nid_pattern=7\n"
        "addtags=false\ntoot_max_len=300\n[media]\ncustom=logo.png\n"
    )
    lines = ["Name <https://a.example/f>", "https://b.example/f|summary|Rain,wind", ""]
    path = feed2toot(tmp_path, lines, toot=r"{feednameX} {title}", more=more)
    tables, untaken = keys("feed2toot", path)
    include = [r"/Linux/", r"/c\+\+/"]
    shared = {"visibility": "public", "hashtags": 0}
    assert tables == [
        {**shared, "title": "Name", "filter": {"include": include}},
        {**shared, "filter": {"include": ["/Rain/i", "/wind/i", *include]}},
    ]
    assert untaken == ["[rss] toot", "[rss] id_pattern"] * 2 + [
        "[rss] toot_max_len",
        "[media] custom",
    ]


def test_settings_of_feed2fedi(tmp_path):
    filters = [
        {"check": "regex", "check_params": "spam", "action": "drop"},
        {"check": "regex", "check_params": "war", "action": "mark_cw", "action_params": "war"},
        {"check": "regex", "check_params": "(", "action": "drop"},
        {"check": "any", "action": "search_replace", "action_params": {"search": "a", "replace": "b"}},
        "?",
    ]  # fmt: skip
    feeds = [
        {"url": "https://a.example/f", "prefix": "{A}", "max_age": "P1DT12H", "filters": filters,
         "max_attachments": 2, "post_template": "{title}{[ by ]author} {link}", "max_posts": 3},
        {"url": "https://b.example/f", "max_age": "soon", "post_template": "{mood}"},
    ]  # fmt: skip
    path = feed2fedi(tmp_path, feeds, bot_post_media=True, bot_post_visibility="direct")
    tables, untaken = keys("feed2fedi", path)
    assert tables[0] == {
        "template": "{{ '{' }}A} - {{ title }}{% if author %} by {{ author }}{% endif %} {{ link }}",
        "hashtags": 0,
        "media": 2,
        "filter": {"max_age": "129600s", "exclude": ["/^(?:spam)/ms"]},
        "spoiler_rules": [["/^(?:war)/ms", "war"]],
    }
    assert tables[1] == {"hashtags": 0, "media": 4}
    first = ["bot_post_visibility", "filters", "filters", "max_posts"]
    assert untaken == [*first, "post_template", "bot_post_visibility", "max_age"]


def test_settings_of_feediverse(tmp_path):
    path = tmp_path / "feediverse.yml"
    path.write_text(
        "url: https://old.example\nupdated: '2026-11-20T10:00:00.5+00:00'\nfeeds:\n"
        '- {url: "https://a.example/f", template: "{title} {hashtags}: {url}", include_images: true}\n'
        '- {url: "https://b.example/f", template: "{title}\\n{link}"}\n'
    )
    tables, untaken = keys("feediverse", path)
    assert tables == [{"template": "{{ title }} : {{ link }}", "media": 4}, {"hashtags": 0}]
    assert untaken == []
    memory = read_bot("feediverse", path).memory
    assert memory.last_run == datetime(2026, 11, 20, 10, 0, 0, 500_000, UTC)


def test_aliases_that_repeat_a_text_without_end_are_not_written_out(tmp_path):
    path = tmp_path / "feediverse.yml"
    lists = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12)]
    path.write_text(
        "\n".join(
            [
                "l0: &l0 [x]",
                *lists,
                "url: *l11",
                "updated: 2026-11-20",
                "dupecheck: [*l11, seen]",
                'feeds: [{url: "https://a.example/f", template: *l11}]',
            ]
        )
    )
    bot = read_bot("feediverse", path)
    assert (bot.server, bot.memory.values) == ("", {"seen"})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("feed2toot", "a-secret-token\n"),
        ("feed2toot", "[mastodon]\nsecret-without-a-sign\n"),
        ("feediverse", 'access_token: "secret\n'),
        ("feediverse", "a: b\naccess_token: secret: x\n"),
    ],
)
def test_a_broken_config_is_named_without_the_line_that_may_hold_a_token(tmp_path, name, content):
    path = tmp_path / "config"
    path.write_text(content)
    with pytest.raises(ConfigError, match=r"see line [12]") as caught:
        read_bot(name, path)
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("written", "template"),
    [
        ("{title} {link}", "{{ title }} {{ link }}"),
        ("{title:.20}…", "{{ title[:20] }}…"),
        ("{{no}} {title} {% raw %}", None),
        ("{{ {title} }}", "{{ '{' }} {{ title }} }"),
        ("no name", None),
        ("{title!r}", None),
        ("{title.__class__}", None),
        ("{0}", None),
        ("{title", None),
        ("{title:>99}", None),
        ("x" * 9999, None),
    ],
)
def test_format_strings_become_templates_or_are_refused(written, template):
    made, fault = jinja_template(written, {"title": "title", "link": "link"})
    assert (made if not fault else None) == template
    if template:
        assert check_template(made) == ""


# odd files


def test_files_that_are_missing_broken_or_hostile_are_told_and_nothing_is_done(tmp_path):
    folder = tmp_path
    plain = folder / "plain"
    plain.write_bytes(b"\xff\xfe\x00 nonsense [")
    binary = feed2toot(folder, ["https://a.example/f"])
    (folder / "ids").write_bytes(b"\0GDBM\1")
    cases = [("feed2toot", binary), ("feed2toot", folder / "none"), ("feed2toot", plain)]
    cases += [("feediverse", plain), ("feed2fedi", plain), ("feediverse", folder)]
    for name, content in (
        ("feed2toot", "[rss]\nuri=https://a.example/f\n"),
        (
            "feed2toot",
            "[mastodon]\ninstance_url=x\n[rss]\nuri=u\ntoot={title}\n[cache]\ncachefile=nowhere\n",
        ),
        ("feed2toot", "no section"),
        ("feediverse", "feeds: 3"),
        ("feediverse", "feeds: []"),
        ("feediverse", "feeds: [{template: x}]"),
        ("feediverse", "feeds: [{url: u}]\nupdated: [1]"),
        ("feediverse", "a: !!python/object/apply:os.system ['true']"),
        ("feediverse", "[" * 5000),
        ("feed2fedi", "[" * 5000),
        ("feed2fedi", "[]"),
        ("feed2fedi", '{"feeds": {}}'),
        ("feed2fedi", '{"feeds": [{"url": "u"}], "cache_db_path": "no.sqlite"}'),
        ("feed2fedi", '{"feeds": [{"url": "u"}], "cache_db_path": "plain"}'),
    ):
        path = folder / f"case{len(cases)}"
        path.write_text(content)
        cases.append((name, path))
    os.mkfifo(folder / "pipe")
    cases.append(("feed2fedi", folder / "pipe"))
    for name, path in cases:
        with pytest.raises(ConfigError) as caught:
            read_bot(name, path)
        assert caught.value.slug == "other_bot_unreadable", path.read_text()
        assert str(folder) in caught.value.message


def test_a_view_in_place_of_the_table_cannot_run_for_ever(tmp_path):
    path = feed2fedi(tmp_path, [{"url": "https://a.example/f"}])
    with closing(sqlite3.connect(tmp_path / "cache.sqlite")) as connection:
        connection.execute("DROP TABLE share")
        connection.execute(
            "CREATE VIEW share AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
            " SELECT 'x' AS url, i AS shared_ts FROM n"
        )
        connection.commit()
    with pytest.raises(ConfigError, match="interrupted"):
        read_bot("feed2fedi", path)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
WRITTEN = st.sampled_from(
    ["https://a.example/f", "{title} {link}", "{[a]title[b]}", "regex", "any", "drop", "mark_cw", "(",
     "P7D", "2026-11-20", "9999-12-31T23:59:59-12:00", "cache.sqlite", "a\0b", "x" * 5000, "public"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS | WRITTEN,
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=5,
)


def tables(names, **fixed):
    return st.fixed_dictionaries(fixed, optional=dict.fromkeys(names.split(), VALUES))


FILTERS = st.lists(tables("check check_params action action_params"), max_size=2)
FEEDS = tables(
    "prefix max_attachments post_template max_age max_posts tag_mappings template include_images",
    url=WRITTEN | SCALARS,
    filters=FILTERS | VALUES,
)
CONFIGS = tables(
    "url updated dupecheck fedi_instance cache_max_age bot_post_media bot_post_visibility"
    " bot_post_template cache_db_path",
    feeds=st.lists(FEEDS, max_size=2) | VALUES,
)


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(config=CONFIGS)
def test_any_config_is_refused_or_makes_a_valid_one(tmp_path, config):
    if not (tmp_path / "cache.sqlite").exists():
        feed2fedi(tmp_path, [], ["https://a.example/1"])
    path = tmp_path / "any.json"
    path.write_text(json.dumps(config))
    toml = '[accounts.news]\nserver = "https://social.example"\ntoken_file = "t"\n'
    here = app.load_config(tmp_path / "config.toml", toml)
    for name in ("feed2fedi", "feediverse"):
        try:
            bot = read_bot(name, path)
        except ConfigError as error:
            assert error.slug == "other_bot_unreadable"
            continue
        listed = [replace(feed, url="https://a.example/f") for feed in bot.feeds]
        app.load_config(here.path, imported_text(toml, plan_import(here, listed, ["news"]).added))
