"""`init` writes a config that `check` accepts; `check` reports every fault, and what does not work online."""

import os
import pty
import stat
import subprocess
import sys

import pytest

from harness import MAX_WAIT, items, kill
from reblogbot import app


def test_init_writes_a_config_that_loads_and_is_ours_alone(cli, bot):
    ran = cli("init", "--yes")
    assert ran.code == 0
    assert str(bot.path) in ran.out
    config = app.load_config(bot.path)
    assert [list(config.accounts), list(config.sources)] == [["news"], ["chouti"]]
    assert stat.S_IMODE(bot.path.stat().st_mode) == 0o600
    assert cli("check").code == 0


def test_init_never_overwrites_a_file(cli, bot):
    bot.path.write_text("# mine")
    ran = cli("init", "--yes")
    assert ran.code == 2
    assert "exists already" in ran.err
    assert bot.path.read_text() == "# mine"
    link = bot.folder / "link.toml"
    link.symlink_to(bot.folder / "nowhere.toml")
    assert cli("init", "--yes", str(link)).code == 2
    assert not (bot.folder / "nowhere.toml").exists()


def test_init_writes_to_the_named_path(cli, bot):
    assert cli("init", "--yes", str(bot.folder / "new" / "my.toml")).code == 0
    assert (bot.folder / "new" / "my.toml").exists()
    (bot.folder / "folder").mkdir()
    assert cli("init", "--yes", str(bot.folder / "folder")).code == 0
    assert (bot.folder / "folder" / "config.toml").exists()
    assert cli("init", "--yes", "/sys/kernel/no.toml").code == 2


def test_init_asks_on_a_terminal_and_takes_the_answers(bot):
    answers = ["https://one.example", 'my "bot"', "liste", "https://two.example/feed.xml"]
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "reblogbot", "-c", str(bot.path), "init"]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        assert process.wait(timeout=MAX_WAIT) == 0
    finally:
        kill(process)
        os.close(ours)
    config = app.load_config(bot.path)
    assert config.accounts['my "bot"'].server == "https://one.example"
    assert config.sources["liste"].url == "https://two.example/feed.xml"


@pytest.fixture
def init_answered(bot):
    """Runs `init` on a terminal that gives these answers; its exit code and what it output."""

    def answered(*answers):
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "reblogbot", "-c", str(bot.path), "init"]
        process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, text=True)
        os.close(theirs)
        try:
            os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
            output, _ = process.communicate(timeout=MAX_WAIT)
            return process.returncode, output
        finally:
            kill(process)
            os.close(ours)

    return answered


def test_init_takes_a_bare_host_and_asks_again_for_what_check_would_refuse(init_answered, cli, bot):
    """It wrote what `check` then rejected."""
    code, output = init_answered(
        "not a url", "https://social.example/@me", "http://social.example", "https：//x.example",
        "mastodon.social",
        "-news", "news", "", "ftp://x.example/feed", "example.org/feed",
    )  # fmt: skip
    assert code == 0
    assert "a URL must not hold spaces" in output
    assert "write only the server's address" in output
    assert "would send the token unencrypted" in output
    assert "write ':' for '：'" in output
    assert "must not begin with a dash" in output
    config = app.load_config(bot.path)
    assert config.accounts["news"].server == "https://mastodon.social"
    assert config.sources["chouti"].url == "https://example.org/feed"
    assert cli("check").code == 0


@pytest.mark.parametrize("server", ["not a url", "ftp://x.example", "http://social.example"])
def test_init_writes_nothing_that_check_would_refuse(cli, bot, server):
    assert cli("init", "--yes", "--server", server).code == 2
    assert not bot.path.exists()


def test_init_online_asks_the_server_what_it_is(cli, bot, feeds, sandbox):
    ran = cli("init", "--yes", "--online", "--server", sandbox.url)
    assert ran.code == 0
    assert "version" in ran.out
    assert cli("check").code == 0
    bot.path.unlink()
    feeds.show("/api/v2/instance", b"<html>a shop</html>", kind="text/html")
    ran = cli("init", "--yes", "--online", "--server", feeds.url(""))
    assert (ran.code, "has no Mastodon API" in ran.err) == (1, True)
    assert not bot.path.exists()


BROKEN = """\
[store]
kep = "10d"

[accounts.news]
server = "https://social.example"
token_file = "news.token"
visibility = "everybody"

[sources.one]
kind = "feeed"
url = "https://example.org/feed"
to = ["news"]

[sources.two]
kind = "feed"
url = "ftp://example.org/feed"
to = ["nws"]
every = 15
template = "{{ title"

[sources.two.filter]
max_age = "seven days"
"""


def test_check_reports_every_fault_at_once_with_its_line(cli, bot):
    bot.path.write_text(BROKEN)
    ran = cli("check")
    assert ran.code == 2
    lines = ran.out.splitlines()
    where = [line.removeprefix(f"{bot.path}:").split(":")[:2] for line in lines]
    assert where == [
        ["2", " store.kep"],
        ["7", " accounts.news.visibility"],
        ["10", " sources.one.kind"],
        ["16", " sources.two.url"],
        ["17", " sources.two.to"],
        ["18", " sources.two.every"],
        ["19", " sources.two.template"],
        ["22", " sources.two.filter.max_age"],
    ]
    assert 'did you mean "keep"?' in lines[0]
    assert 'did you mean "feed"?' in lines[2]
    assert 'did you mean "news"?' in lines[4]


def test_check_json_of_a_broken_config_is_one_error(cli, bot):
    bot.path.write_text(BROKEN)
    ran = cli("check", "--json")
    assert ran.code == 2
    assert ran.json["error"]["slug"] == "config_invalid"
    assert "store.kep" in ran.json["error"]["message"]
    assert "max_age" in ran.json["error"]["message"]
    first, *_, last = ran.json["faults"]
    assert list(first) == ["path", "line", "message", "slug"]
    assert (first["path"], first["line"], first["slug"]) == ("store.kep", 2, "key_unknown")
    assert (last["path"], last["line"], last["slug"]) == (
        "sources.two.filter.max_age",
        22,
        "value_invalid",
    )


def test_check_of_a_valid_config_prints_no_faults_and_writes_nothing(
    cli, bot, feeds, sandbox, clock
):
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")})
    before = sorted(os.listdir(bot.folder))
    ran = cli("check")
    assert ran.code == 0
    assert "no faults; 1 source, 1 account" in ran.out
    assert sorted(os.listdir(bot.folder)) == before
    assert feeds.requests == []
    assert sandbox.requests == []


def test_check_warns_of_a_readable_token(cli, bot, feeds, sandbox):
    bot.configure({"hot": {"url": feeds.url("/f"), "every": "5s"}}, {"news": (sandbox, "")})
    (bot.folder / "news.token").chmod(0o644)
    ran = cli("check")
    assert ran.code == 0
    assert "other users can read the token" in ran.out
    assert "once a minute" in ran.out
    document = cli("check", "--json").json
    assert document["faults"] == []
    paths = [warning["path"] for warning in document["warnings"]]
    assert "accounts.news.token_file" in paths
    assert all(warning["line"] for warning in document["warnings"])


@pytest.fixture
def online(bot, feeds, sandbox, clock):
    def configure(token="", server=""):
        sources = {
            "good": {"url": feeds.show("/good", items(clock, "a"))},
            "empty": {"url": feeds.show("/empty", [])},
            "dead": {"url": feeds.fail("/dead", 404)},
        }
        account = bot.account("news", sandbox, token)
        if server:
            account["server"] = server
        bot.configure(sources, {"news": account})

    return configure


def test_check_online_tries_every_token_and_every_source(cli, online, bot, sandbox):
    online()
    before = sorted(os.listdir(bot.folder))
    ran = cli("check", "--online")
    assert ran.code == 1
    assert "accounts.news: works, as @news" in ran.out
    assert "sources.good: works, 1 " in ran.out
    assert "sources.empty: warning: it shows no entries" in ran.out
    assert "sources.dead: " in ran.out
    assert "404" in ran.out
    assert sorted(os.listdir(bot.folder)) == before
    assert sandbox.accepted == []
    document = cli("check", "--online", "--json").json["online"]
    assert [item["path"] for item in document] == [
        "accounts.news",
        "sources.good",
        "sources.empty",
        "sources.dead",
    ]
    assert [bool(item["error"]) for item in document] == [False, False, False, True]
    assert "no faults" not in ran.out
    assert "1 of 4 online checks failed" in ran.out
    (fault,) = cli("check", "--online", "--json").json["faults"]
    assert (fault["path"], fault["slug"]) == ("sources.dead", "http_status")
    assert "[sources.dead]" in bot.path.read_text().splitlines()[fault["line"] - 1]


def test_check_online_reports_a_server_without_the_mastodon_api(cli, online, feeds):
    """A shop's page was document as a refused token."""
    for status in (200, 404):
        page = {"kind": "text/html", "status": status, "etag": False}
        for path in ("v1/accounts/verify_credentials", "v2/instance", "v1/instance"):
            feeds.show(f"/api/{path}", b"<html>a shop</html>", **page)
        online(server=feeds.url(""))
        ran = cli("check", "--online")
        assert ran.code == 1
        assert "this server does not have the Mastodon API" in ran.out
        assert "token" not in ran.out.partition("accounts.news: ")[2].partition("\n")[0]


def test_check_online_reports_a_refused_token_and_an_unreachable_server(cli, online, sandbox):
    sandbox.add_account("news")
    online(token="wr0ng-t0ken")
    ran = cli("check", "--online")
    assert ran.code == 1
    assert "accounts.news: " in ran.out
    assert "token is refused" in ran.out
    assert "wr0ng" not in ran.out + ran.err
    online(server="http://127.0.0.1:9")
    ran = cli("check", "--online")
    assert ran.code == 1
    assert "no connection" in ran.out
    assert "sources.good: works" in ran.out
