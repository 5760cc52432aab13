"""`sources add`: what an address is, shown as posts before it is written."""

import sys
import tomllib

import pexpect
import pytest

from harness import items

PAGE = b"""<title>A site</title>
<link rel=alternate type=application/rss+xml href=/one.xml>
<link rel=alternate type=application/rss+xml href=/two.xml>"""
OPML = """<?xml version="1.0"?><!-- mine -->
<opml version="2.0"><head/><body>
<outline text="One" xmlUrl="%s"/><outline text="Two" xmlUrl="%s"/></body></opml>"""


@pytest.fixture
def empty(bot, feeds, sandbox, clock):
    """A bot without a source, and a site with two feeds."""
    bot.configure({}, {"news": (sandbox, "")})
    feeds.show("/one.xml", items(clock, *"edcba"), title="Night trains")
    feeds.show("/two.xml", items(clock, "z"), title="夜车")
    feeds.show("/", PAGE)
    feeds.pages["/"].kind = "text/html"
    return bot


def sources(bot):
    return tomllib.loads(bot.path.read_text()).get("sources", {})


def test_a_feed_is_added_under_its_title_with_its_newest_entries_shown(empty, cli, feeds):
    before = empty.path.read_text()
    ran = cli("sources", "add", feeds.url("/one.xml"), "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert sources(empty) == {
        "Night trains": {"kind": "feed", "url": feeds.url("/one.xml"), "to": ["news"]}
    }
    assert empty.path.read_text().startswith(before)
    assert [name for name in "abcde" if f"https://news.example/{name}" in ran.out] == list("cde")
    assert ran.out.index("/e") < ran.out.index("/d") < ran.out.index("/c")
    assert empty.sync().counts()["entries_new"] == 5
    assert feeds.request_count("/one.xml") == 3


def test_the_first_feed_of_a_site_is_taken_where_nobody_can_be_asked(empty, cli, feeds):
    ran = cli("sources", "add", feeds.url("/"), "--yes", "--json")
    assert ran.json["sources"] == [
        {"name": "Night trains", "kind": "feed", "url": feeds.url("/one.xml"), "to": ["news"]}
    ]
    assert (ran.json["changed"], ran.json["dry_run"], ran.json["errors"]) == (True, False, [])
    assert [post["link"][-1] for post in ran.json["posts"]] == ["e", "d", "c"]
    assert list(sources(empty)) == ["Night trains"]


@pytest.mark.parametrize("verb", [("add", "--yes"), ("discover",)])
@pytest.mark.parametrize("written", ["", "a b", "http://[::1", "javascript:x(1)", "ftp://x/f"])
def test_what_is_no_address_is_2_and_changes_nothing(empty, cli, verb, written):
    before = empty.path.read_bytes()
    ran = cli("sources", *verb, written, "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (2, "usage")
    assert "URL" in ran.err
    assert empty.path.read_bytes() == before


def test_another_url_among_the_keys_is_the_one_that_is_told(empty, cli, feeds):
    url = feeds.url("/two.xml")
    ran = cli("sources", "add", feeds.url("/one.xml"), f"url={url}", "--yes", "--json")
    assert [source["url"] for source in ran.json["sources"]] == [url]
    assert [source["url"] for source in sources(empty).values()] == [url]


def test_name_accounts_and_keys_can_be_given_in_any_order(empty, cli, feeds):
    url = feeds.url("/one.xml")
    ran = cli(
        "sources", "add", url, "--name", "trains", "every=5m", "--to", "news", "filter.max_age=2d",
        "--yes", "first=2",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    assert sources(empty) == {
        "trains": {
            "kind": "feed", "url": url, "to": ["news"], "every": "5m", "first": 2,
            "filter": {"max_age": "2d"},
        }
    }  # fmt: skip


def test_names_are_unique(empty, cli, feeds, clock):
    feeds.show("/three.xml", items(clock, "t"), title="Night trains")
    for path in ("/one.xml", "/three.xml"):
        assert cli("sources", "add", feeds.url(path), "--yes").code == 0
    assert list(sources(empty)) == ["Night trains", "Night trains 2"]


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        (["@friend@social.example"], {"kind": "account", "acct": "@friend@social.example", "via": "news"}),
        (["#trains"], {"kind": "hashtag", "tag": "trains", "via": "news"}),
        (["dig.chouti.com"], {"kind": "chouti"}),
        (["https://dig.chouti.com/top/24hr"], {"kind": "chouti", "list": "top24"}),
        (["https://m.chouti.com/zone/news"], {"kind": "chouti", "list": "news"}),
        (["https://dig.chouti.com/feed.xml", "--kind", "feed"], {"kind": "feed", "url": "https://dig.chouti.com/feed.xml"}),
        (["@a@b.example", "--kind", "actor"], {"kind": "actor", "acct": "@a@b.example"}),
        (["news", "--kind", "home"], {"kind": "home", "via": "news"}),
        (["statuses", "--kind", "trends"], {"kind": "trends", "trends": "statuses", "via": "news"}),
        (["#trains", "via=other", "--to", "other"], {"kind": "hashtag", "tag": "trains", "via": "other", "to": ["other"]}),
    ],
)  # fmt: skip
def test_what_an_address_is_is_told_by_its_form_or_by_kind(bot, cli, sandbox, arguments, table):
    accounts = {"news": (sandbox, ""), "other": (sandbox, "")}
    bot.configure({}, accounts, http={"proxy": "http://127.0.0.1:9"})
    # the account is the default one: nothing is reached, and that is told
    bot.path.write_text(bot.path.read_text() + '\n[defaults]\nto = ["news"]\n')
    ran = cli("sources", "add", *arguments, "--yes")
    assert ran.code == 0, ran.err
    (added,) = sources(bot).values()
    assert added == table


def test_an_entry_that_cannot_be_read_now_is_told(empty, cli, feeds):
    feeds.fail("/one.xml", 503)
    ran = cli("sources", "add", feeds.url("/one.xml"), "--kind", "feed", "--yes")
    assert ran.code == 0
    assert "its entries cannot be read now" in ran.out
    assert "503" in ran.out


def test_an_opml_address_adds_all_its_feeds(empty, cli, feeds):
    feeds.show("/list", (OPML % (feeds.url("/one.xml"), feeds.url("/two.xml"))).encode())
    ran = cli("sources", "add", feeds.url("/list"), "--yes", "--json")
    assert [source["name"] for source in ran.json["sources"]] == ["One", "Two"]
    assert list(sources(empty)) == ["One", "Two"]
    again = cli("sources", "add", feeds.url("/list"), "--yes")
    assert again.code == 2
    assert "none is new" in again.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["/one.xml"], 2, "add --yes"),
        (["/none", "--yes"], 1, "404"),
        (["/bare", "--yes"], 1, "no feed found"),
        (["/one.xml", "--yes", "--to", "newss"], 2, 'did you mean "news"?'),
        (["/one.xml", "--yes", "--kind", "fed"], 2, 'did you mean "feed"?'),
        (["/one.xml", "--yes", "--name=-x"], 2, "--name"),
        (["/one.xml", "--yes", "evry=5m"], 2, 'unknown key; did you mean "every"?'),
        (["/one.xml", "--yes", "every"], 2, "KEY=VALUE"),
        (["/one.xml", "--yes", "--knd=x"], 2, 'did you mean "--kind"?'),
        (["/one.xml", "--yes", "kind.x=5"], 2, "kind is no table"),
    ],
)
def test_what_cannot_be_added_is_told_and_changes_nothing(
    empty, cli, feeds, arguments, code, message
):
    feeds.show("/bare", b"<p>Hi")
    path, *rest = arguments
    before = empty.path.read_bytes()
    ran = cli("sources", "add", feeds.url(path), *rest)
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert empty.path.read_bytes() == before


def test_an_address_that_is_read_already_is_not_added_twice(empty, cli, feeds):
    assert cli("sources", "add", feeds.url("/one.xml"), "--yes").code == 0
    ran = cli("sources", "add", feeds.url("/one.xml"), "--yes")
    assert ran.code == 2
    assert 'the source "Night trains" reads this address already' in ran.err


def test_a_dry_run_shows_the_table_and_writes_nothing(empty, cli, feeds):
    before = empty.path.read_bytes()
    ran = cli("sources", "add", feeds.url("/one.xml"), "--dry-run")
    assert ran.code == 0
    assert '+[sources."Night trains"]\n+kind = "feed"\n' in ran.out
    assert empty.path.read_bytes() == before
    assert not empty.store_file.exists()


def test_which_account_shall_post_is_asked_or_told(bot, cli, sandbox, feeds, clock):
    bot.configure({}, {"news": (sandbox, ""), "art": (sandbox, "")})
    feeds.show("/one.xml", items(clock, "a"))
    ran = cli("sources", "add", feeds.url("/one.xml"), "--yes")
    assert ran.code == 2
    assert "name one with --to: news, art" in ran.err


@pytest.fixture
def terminal(empty):
    """Runs `sources add` on a terminal of 80 columns."""
    children = []

    def spawn(*arguments):
        command = ["-m", "reblogbot", "-c", str(empty.path), "sources", "add", *arguments]
        child = pexpect.spawn(
            sys.executable, command, cwd=str(empty.folder), encoding="utf-8", timeout=60
        )
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


def test_a_person_chooses_the_feed_and_the_account_and_agrees(empty, terminal, feeds, sandbox, bot):
    bot.configure({}, {"news": (sandbox, ""), "art": (sandbox, "")})
    child = terminal(feeds.url("/"))
    child.expect_exact("Which account shall post? [1] ")
    child.send("7\r")
    child.expect_exact("write a number from 1 to 2")
    child.send("art\r")
    child.expect_exact("夜车")
    child.expect_exact("Which feed? [1] ")
    child.send("2\r")
    child.expect_exact("https://news.example/z")
    child.expect_exact("Add it? [y/N] ")
    child.send("y\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert sources(empty) == {"夜车": {"kind": "feed", "url": feeds.url("/two.xml"), "to": ["art"]}}


@pytest.mark.parametrize(("answer", "code"), [("\x03", 130), ("n\r", 0), ("\x04", 0)])
def test_a_person_who_does_not_agree_changes_nothing(empty, terminal, feeds, answer, code):
    before = empty.path.read_bytes()
    child = terminal(feeds.url("/one.xml"))
    child.expect_exact("Add it? [y/N] ")
    child.send(answer)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == code
    assert empty.path.read_bytes() == before
