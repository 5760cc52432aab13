"""New sources from listed feeds: names, doubles, what is there, and what cannot be a feed."""

import tomllib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree as ET

import pytest

from reblogbot import app
from reblogbot.admin.opml_export import opml_text
from reblogbot.admin.source_import import (
    ListedFeed,
    SourceNames,
    folder_tags,
    imported_text,
    plan_import,
    target_accounts,
)
from reblogbot.config.rules import name_fault
from reblogbot.errors import ConfigError
from reblogbot.sources.feed.opml import read_opml
from reblogbot.sources.shared.response_body import ResponseBody

NOW = datetime(2026, 11, 27, tzinfo=UTC)
TOML = """\
# the admin's own
[accounts.news]
server = "https://social.example"
token_file = "news.token"

[sources.hot]   # the first
kind = "feed"
url = "https://hot.example/feed"
to = ["news"]
"""


@pytest.fixture
def load(tmp_path):
    return lambda toml: app.load_config(tmp_path / "config.toml", toml)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("News", "News"),
        (" a \n b ", "a b"),
        ("--help", "help"),
        ("\x1b[31mred\u202e", "[31mred"),
        ("", "site.example"),
        ("\u3000", "site.example"),
        ("-", "site.example"),
        ("x" * 300, "x" * 100),
        ('quote " and \\ and ]', 'quote " and \\ and ]'),
    ],
)
def test_a_name_comes_from_the_title_or_the_host_and_is_valid(title, name):
    made = SourceNames([]).take(title, "https://site.example/feed")
    assert made == name
    assert name_fault(made) == ""


def test_names_are_each_given_once():
    names = SourceNames(["News", "News 2"])
    made = [names.take("News", "") for _ in range(3)] + [names.take("News 3", "")]
    assert made == ["News 3", "News 4", "News 5", "News 3 2"]
    long = SourceNames(["x" * 100])
    assert name_fault(long.take("x" * 100, "")) == ""


def test_a_feed_is_known_by_its_address_in_any_spelling(load):
    feeds = [
        ListedFeed("there", "http://HOT.example:80/feed?utm_source=x"),
        ListedFeed("new", "feed://new.example/f"),
        ListedFeed("again", "feed:https://new.example/f"),
        ListedFeed("other query", "https://new.example/f?page=2"),
    ]
    plan = plan_import(load(TOML), feeds, ["news"])
    assert [(each.name, each.url) for each in plan.added] == [
        ("new", "http://new.example/f"),
        ("other query", "https://new.example/f?page=2"),
    ]
    assert [(each.title, each.source) for each in plan.existing] == [("there", "hot")]
    assert [(each.title, each.source) for each in plan.doubles] == [("again", "new")]


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "file:///etc/passwd", "data:,x", "https://", "https://user:pw@a.example/",
     "https://a.example/\n", "https://a.example/ b", "ftp://a.example/", "//a.example", "x" * 9999,
     "https://a.example/" + "x" * 9999, "https://a.example:99999/", "https://[::1/"],
)  # fmt: skip
def test_what_cannot_be_the_address_of_a_feed_is_refused_with_a_reason(load, url):
    plan = plan_import(load(TOML), [ListedFeed("x", url)], ["news"])
    assert plan.added == ()
    assert plan.refused[0].reason


def test_a_password_in_a_refused_address_is_not_shown(load):
    plan = plan_import(
        load(TOML), [ListedFeed("A", "https://bot:secret@news.example/feed")], ["news"]
    )
    assert [feed.url for feed in plan.refused] == ["https://…@news.example/feed"]


def test_the_config_grows_at_its_end_and_is_valid(load):
    feeds = [ListedFeed('a "b" ]', "https://a.example/f", ("News",), {"filter": {"max_age": "2d"}})]
    plan = plan_import(load(TOML), feeds, ["news"], is_paused=True)
    text = imported_text(TOML, plan.added)
    assert text.startswith(TOML)
    source = load(text).sources['a "b" ]']
    assert (source.enabled, source.tags, source.to) == (False, ("News",), ("news",))
    assert source.filter.max_age.days == 2


def test_a_second_import_adds_nothing(load):
    feeds = [ListedFeed("same", f"https://{host}.example/f") for host in "abc"]
    text = imported_text(TOML, plan_import(load(TOML), feeds, ["news"]).added)
    again = plan_import(load(text), feeds, ["news"])
    assert again.added == ()
    assert [each.source for each in again.existing] == ["same", "same 2", "same 3"]


def test_folders_become_valid_hashtags():
    assert folder_tags(["Tech News", "新闻", "Tips & Tricks", "2024", "!!", "科技"]) == (
        "TechNews",
        "新闻",
        "Tips",
        "Tricks",
        "科技",
    )
    assert len(folder_tags(map("tag{}".format, range(99)))) == 10


def test_the_accounts_are_those_named_the_default_or_the_only_one(load):
    other = TOML.replace("[accounts.news]", "[accounts.second]").partition("[sources")[0]
    two = other + TOML.partition("\n")[2]
    assert target_accounts(load(TOML), TOML, []) == ["news"]
    assert target_accounts(load(two), two, ["second"]) == ["second"]
    defaults = f'{two}\n[defaults]\nto = ["second"]\n'
    assert target_accounts(load(defaults), defaults, []) == []
    with pytest.raises(ConfigError, match="--to: second, news"):
        target_accounts(load(two), two, [])
    with pytest.raises(ConfigError, match="did you mean"):
        target_accounts(load(TOML), TOML, ["newz"])
    none = '[store]\nurl = "sqlite:///x"\n'
    with pytest.raises(ConfigError, match="login"):
        target_accounts(load(none), none, [])


def test_an_export_is_imported_to_the_same_sources(load):
    feeds = [
        ListedFeed("\"<&>' 新闻", "https://a.example/f?a=1&b=2", ("News", "新闻")),
        ListedFeed("x" * 100, "https://b.example/f"),
        ListedFeed("x" * 100, "https://c.example/f"),
    ]
    config = load(imported_text(TOML, plan_import(load(TOML), feeds, ["news"]).added))
    outlines = read_opml(
        ResponseBody(opml_text(config, NOW).encode(), "", "", "", "UTC", NOW)
    ).outlines
    listed = [ListedFeed(each.title, each.url, folder_tags(each.folders)) for each in outlines]
    empty = TOML.partition("[sources")[0]
    again = load(imported_text(empty, plan_import(load(empty), listed, ["news"]).added))
    assert again.sources == config.sources


def test_an_export_keeps_the_rules_of_opml(load):
    """The rules of http://opml.org/spec2.opml: one head and body, and what an outline must have."""
    toml = TOML + '[sources.more]\nkind = "chouti"\nto = ["news"]\n'
    toml = toml.replace('to = ["news"]', 'to = ["news"]\ntitle = "a\\u0001b"', 1)
    root = ET.fromstring(opml_text(load(toml), NOW))
    assert (root.tag, root.attrib) == ("opml", {"version": "2.0"})
    assert [child.tag for child in root] == ["head", "body"]
    assert parsedate_to_datetime(root.findtext("head/dateCreated")) == NOW
    (outline,) = root.findall("body/outline")
    assert outline.attrib == {
        "type": "rss", "text": "hot", "title": "a b", "xmlUrl": "https://hot.example/feed",
    }  # fmt: skip


def test_ten_thousand_feeds_are_planned_and_added(load):
    feeds = [ListedFeed(f"Feed {n % 99}", f"https://s{n}.example/f") for n in range(10_000)]
    text = imported_text(TOML, plan_import(load(TOML), feeds, ["news"]).added)
    assert len(tomllib.loads(text)["sources"]) == 10_001
