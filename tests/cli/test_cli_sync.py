"""`sync`, and what all commands have in common: exit codes, JSON, names of sources."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from harness import MAX_WAIT, accepted_posts, items, kill, post_text, wait_until

COUNTS = "polled not_modified failed entries_new queued sent held retry doubt skipped dead retracted".split()


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    url = feeds.show("/hot.xml", items(clock, "b", "a"))
    bot.configure(
        {"hot": {"url": url}, "other": {"url": feeds.show("/o", [])}}, {"news": (sandbox, "")}
    )


def test_the_json_is_as_the_contract_has_it(hot, cli):
    ran = cli("sync", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json) == [*COUNTS, "sources", "deliveries", "accounts", "daemon"]
    assert [list(source) for source in ran.json["sources"]] == [
        ["name", "outcome", "new", "error"]
    ] * 2
    assert [source["outcome"] for source in ran.json["sources"]] == ["new", "nothing_new"]
    keys = ["id", "account", "source", "link", "state", "url", "error", "action"]
    assert [list(delivery) for delivery in ran.json["deliveries"]] == [keys] * 2
    assert (ran.json["sent"], ran.json["queued"], ran.json["entries_new"]) == (2, 2, 2)
    again = cli("sync", "--json").json
    assert (again["sent"], again["not_modified"], again["deliveries"]) == (0, 2, [])


def test_a_post_without_a_link_is_shown_by_the_beginning_of_its_text(hot, feeds, bot, clock, cli):
    feeds.show("/hot.xml", [replace(items(clock, "a")[0], link="javascript:alert(1)")])
    bot.set_token("news", "wrong-token-of-nobody")
    assert "news queued: Title a\n" in cli("sync").out
    assert "Title a" in cli("queue", "list").out


def test_a_person_reads_what_was_posted_and_where(hot, cli, sandbox):
    ran = cli("sync")
    assert ran.code == 0
    for name, status in zip("ab", sandbox.statuses("news"), strict=True):
        assert f"news sent: https://news.example/{name}  {status['url']}" in ran.out
    assert "2 polled" in ran.out.splitlines()[-1]
    assert "\x1b" not in ran.out + ran.err
    assert cli("sync").out == "2 polled, 2 not modified\n"


def test_what_stood_there_already_is_found_and_not_sent(hot, bot, cli, sandbox):
    cli("sync")
    bot.delete_store()
    ran = cli("sync")
    assert f"news found: https://news.example/a  {sandbox.statuses('news')[0]['url']}" in ran.out
    assert ran.out.splitlines()[-1].endswith("2 queued, 2 found")
    assert len(accepted_posts(sandbox)) == 2
    document = cli("why", "https://news.example/a")
    assert "for news found" in document.out
    assert "for news sent" not in document.out
    # in the JSON it is what it always was
    assert [
        delivery["state"]
        for delivery in cli("why", "Title a", "--json").json["entries"][0]["deliveries"]
    ] == ["sent"]


def test_an_edit_is_shown_as_an_edit(bot, feeds, sandbox, clock, cli):
    feed_items = items(clock, "b", "a")
    url = feeds.show("/f", feed_items)
    bot.configure({"hot": {"url": url, "updates": "edit"}}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(minutes=10)
    feeds.show("/f", [feed_items[0], replace(feed_items[1], title="Title a, corrected")])
    ran = cli("sync")
    assert "news edited: https://news.example/a" in ran.out
    assert ran.out.splitlines()[-1].endswith("1 edited")
    assert "edit 3 for news edited" in cli("why", "https://news.example/a").out


def test_something_failed_is_1_and_the_rest_is_done(bot, feeds, sandbox, clock, cli):
    sources = {
        "bad": {"url": feeds.fail("/bad", 404)},
        "good": {"url": feeds.show("/good", items(clock, "a"))},
    }
    bot.configure(sources, {"news": (sandbox, "")})
    ran = cli("sync")
    assert ran.code == 1
    assert "bad: failed" in ran.out
    assert "404" in ran.out
    assert accepted_posts(sandbox) == [post_text("a")]


def test_the_json_names_an_account_that_is_refused_and_why(hot, bot, cli, sandbox):
    bot.set_token("news", "revoked")
    ran = cli("sync", "--json")
    assert (ran.code, ran.json["sent"]) == (1, 0)
    (account,) = ran.json["accounts"]
    assert account["name"] == "news"
    assert "the token is refused" in account["error"]
    assert "revoked" not in account["error"]


def test_an_unknown_source_is_2_with_what_was_meant(hot, cli, feeds):
    ran = cli("sync", "hott")
    assert (ran.code, ran.out) == (2, "")
    assert 'no source "hott"; did you mean "hot"?' in ran.err
    ran = cli("sync", "--json", "hott")
    assert ran.code == 2
    assert list(ran.json) == ["error"]
    assert ran.json["error"]["slug"] == "source_unknown"
    assert "hott" in ran.json["error"]["message"]
    assert feeds.requests == []


def test_named_sources_due_and_force(hot, cli, feeds):
    assert [source["name"] for source in cli("sync", "hot", "--json").json["sources"]] == ["hot"]
    due = cli("sync", "--due", "--json").json
    assert {source["name"]: source["outcome"] for source in due["sources"]} == {
        "hot": "not_due",
        "other": "nothing_new",
    }
    feeds.fail("/hot.xml", 429, Retry_After="3600")
    assert cli("sync", "hot", "--json").json["sources"][0]["outcome"] == "retry_later"
    assert cli("sync", "hot", "--json").json["sources"][0]["outcome"] == "not_due"
    assert cli("sync", "hot", "--force", "--json").json["sources"][0]["outcome"] == "retry_later"
    assert cli("sync", "--due", "--force").code == 2


def test_a_token_from_the_environment_serves_as_well(bot, feeds, sandbox, clock, cli, monkeypatch):
    monkeypatch.setenv("NEWS_TOKEN", sandbox.add_account("news"))
    account = {"server": sandbox.url, "token_env": "NEWS_TOKEN", "allow_http": True}
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": account})
    assert cli("sync").code == 0
    assert accepted_posts(sandbox) == [post_text("a")]


def test_no_message_holds_a_secret(bot, feeds, sandbox, clock, cli):
    bot.configure(
        {"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": (sandbox, "s3cr3t-t0k3n")}
    )
    output = [cli(*words) for words in (["-vv", "sync"], ["sync", "--json"], ["status"])]
    assert [item.code for item in output] == [1, 1, 0]
    assert all("s3cr3t" not in item.out + item.err for item in output)


# sources, stores and configs that cannot be used


UNREADABLE = [
    (None, "config_missing", "no such file"),
    ("= nonsense", "config_invalid", ":1: "),
    (b"\xff\xfe", "config_invalid", "UTF-8"),
    ("folder", "config_unreadable", "folder"),
]
# `status` shows what can be read of such a config: test_cli_faults
FAULTY = '[sources.a]\nkind = "feeed"\nurl = "http://x.example"\nto = []\n'


@pytest.mark.parametrize(
    ("toml", "slug", "words", "command"),
    [
        *(
            (*case, command)
            for case in UNREADABLE
            for command in ("sync", "preview", "status", "run")
        ),
        *((FAULTY, "config_invalid", "feed", command) for command in ("sync", "preview", "run")),
    ],
)
def test_an_unusable_config_is_2_with_the_reason(bot, cli, toml, slug, words, command):
    if toml == "folder":
        bot.path.mkdir()
    elif isinstance(toml, bytes):
        bot.path.write_bytes(toml)
    elif toml is not None:
        bot.path.write_text(toml)
    ran = cli(command)
    assert (ran.code, ran.out) == (2, "")
    assert str(bot.path) in ran.err
    assert words in ran.err
    assert "Traceback" not in ran.err
    if command != "run":
        ran = cli(command, "--json")
        assert ran.code == 2
        assert ran.json["error"]["slug"] == slug
        assert words in ran.json["error"]["message"]
    assert not bot.store_file.exists()


@pytest.mark.parametrize("garbage", [b"", b"garbage " * 1000, b"SQLite format 3\0" + b"\0" * 4000])
@pytest.mark.parametrize("command", ["sync", "preview", "status", "prune", "run"])
def test_a_store_that_is_garbage_is_3_and_stays_as_it_is(hot, bot, cli, garbage, command, sandbox):
    bot.store_file.write_bytes(garbage)
    ran = cli(command)
    assert (ran.code, ran.out) == (3, "")
    assert str(bot.store_file) in ran.err
    assert "Traceback" not in ran.err
    if command not in ("prune", "run"):
        ran = cli(command, "--json")
        assert ran.code == 3
        assert ran.json["error"]["slug"] == "store_corrupt"
    assert bot.store_file.read_bytes() == garbage
    assert sandbox.accepted == []


def test_a_store_in_a_folder_that_is_not_there_is_3(hot, bot, cli):
    text = bot.path.read_text()
    bot.path.write_text(f'[store]\nurl = "sqlite:///nowhere/x.sqlite3"\n{text}')
    ran = cli("sync", "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (3, "store_unreachable")
    assert "nowhere" in ran.err


@pytest.fixture
def nobody():
    """A user who may read this checkout and nothing else; the tests' own unless that is root."""
    if os.geteuid() != 0:
        return {}
    user = {"user": 65534, "group": 65534, "extra_groups": []}
    probe = [sys.executable, "-c", "import reblogbot"]
    try:
        subprocess.run(probe, check=True, capture_output=True, **user)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("run by root, and nobody else may use this checkout")
    return user


def test_a_read_only_folder_is_3_and_nothing_is_posted(hot, bot, sandbox, nobody):
    for folder in (bot.folder, *bot.folder.parents[:3]):
        os.chmod(folder, 0o555 if folder == bot.folder else 0o755)
    os.chmod(bot.path, 0o644)
    os.chmod(bot.folder / "news.token", 0o644)
    try:
        command = [sys.executable, "-m", "reblogbot", "-c", str(bot.path), "sync", "--json"]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, **nobody)
    finally:
        os.chmod(bot.folder, 0o755)
    assert ran.returncode == 3, ran
    assert json.loads(ran.stdout)["error"]["slug"] == "store_read_only"
    assert "Traceback" not in ran.stderr
    assert sandbox.accepted == []


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="no file system to write to in vain")
def test_a_store_where_nothing_may_be_written_is_3(hot, bot, cli, sandbox):
    text = bot.path.read_text()
    bot.path.write_text(f'[store]\nurl = "sqlite:////sys/kernel/x.sqlite3"\n{text}')
    ran = cli("sync", "--json")
    assert ran.code == 3
    assert ran.json["error"]["slug"] in ("store_read_only", "store_unreachable")
    assert "/sys/kernel" in ran.err
    assert sandbox.accepted == []


# interrupted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sync_settles_running_requests_and_exits_130(
    bot, feeds, sandbox, clock, number
):
    url = feeds.show("/f", items(clock, "c", "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")}, delivery={"timeout": "30s"})
    held = sandbox.faults.add("stall_after")
    process = bot.start("sync", "--json")
    assert held.wait(MAX_WAIT)
    process.send_signal(number)
    wait_until(lambda: "second signal" in bot.log(), "the answer to the signal")
    held.release()
    out, _ = process.communicate(timeout=MAX_WAIT)
    kill(process)
    assert process.returncode == 130
    assert (json.loads(out)["sent"], json.loads(out)["queued"]) == (1, 3)
    clock.advance(minutes=5)
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


def test_a_second_interrupt_ends_at_once_and_the_next_sync_reads_back(bot, feeds, sandbox, clock):
    url = feeds.show("/f", items(clock, "b", "a"))
    bot.configure({"hot": {"url": url}}, {"news": (sandbox, "")}, delivery={"timeout": "30s"})
    bot.path.write_text(bot.path.read_text().replace('timeout = "30s"', 'timeout = "600s"'))
    bot.path.write_text(bot.path.read_text().replace('lease = "1m"', 'lease = "700s"'))
    held = sandbox.faults.add("stall_after")
    process = bot.start("sync")
    assert held.wait(MAX_WAIT)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: "second signal" in bot.log(), "the answer to the signal")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=MAX_WAIT) == 130
    assert "Traceback" not in bot.log()
    kill(process)
    sandbox.faults.clear()
    clock.advance(minutes=5)
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == [post_text(name) for name in "ab"]
