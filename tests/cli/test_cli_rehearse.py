"""The commands that need no account: demo and sandbox."""

import re
import signal
import urllib.request

import pytest

from fediverse.server import run_in_thread
from harness import MAX_WAIT, items, kill


def test_the_demo_posts_and_boosts_and_its_second_round_posts_nothing(bot):
    ran = bot.call("demo")
    assert ran.code == 0, ran.err
    assert len(re.findall(r"^   boost of @", ran.out, re.MULTILINE)) == 1
    assert len(re.findall(r"^   post  http", ran.out, re.MULTILINE)) == 5
    assert "Second round: 0 new posts" in ran.out
    assert "Traceback" not in ran.err
    assert [file.name for file in bot.folder.iterdir()] == ["stderr.log"]


def test_the_demo_of_articles_shows_page_explanation_reply_and_file(bot):
    ran = bot.call("demo", "--articles")
    assert ran.code == 0, ran.err
    shown = dict(
        re.findall(r"^   (page|explanation|reply|file)\b.*\n((?:   │.*\n)+)", ran.out, re.MULTILINE)
    )
    # those of the last entry, the paper
    assert "a lamp above the door did" in shown["page"]
    assert "Home" not in shown["page"]
    words = "complained half as often"
    assert words in shown["explanation"]
    assert re.search(rf"│ AI-written summary\n.*{words}", shown["reply"])
    assert re.search(
        rf"Authors: Ada Example ; (?s:.*)│ AI-written summary\n(?s:.*){words}", shown["file"]
    )
    assert len(re.findall(r"^   │ AI 生成摘要$", ran.out, re.MULTILINE)) == 2
    assert '│ title: "问：图书馆' in ran.out
    assert "it does not think" in ran.out
    assert "Second round: 0 new posts" in ran.out
    assert "Traceback" not in ran.err
    assert [file.name for file in bot.folder.iterdir()] == ["stderr.log"]


def test_the_demo_prints_json(bot):
    ran = bot.call("demo", "--json")
    assert (ran.code, ran.json["again"], ran.json["articles"]) == (0, 0, [])
    assert sorted(post["action"] for post in ran.json["posts"]) == ["boost", *["post"] * 5]
    assert all(post["url"].startswith("http") and post["text"] for post in ran.json["posts"])
    ran = bot.call("demo", "--json", "--keep")
    assert (ran.code, ran.json["error"]["slug"]) == (2, "usage")


def output_until(process, text):
    output = ""
    while text not in output:
        line = process.stdout.readline()
        assert line, output
        output += line
    return output


def test_the_demo_keeps_its_page_up_with_keep(bot):
    process = bot.start("demo", "--keep")
    try:
        output = output_until(process, "timeline page is up")
        url = re.search(r"up: (http\S+)", output)[1]
        with urllib.request.urlopen(url, timeout=MAX_WAIT) as page:
            assert "修表匠" in page.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=MAX_WAIT) == 130
    finally:
        kill(process)
    assert "Traceback" not in bot.log()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_config_can_be_rehearsed_on_the_sandbox(bot, feeds, clock, number):
    folder = bot.folder / "kept"
    process = bot.start("sandbox", "--port", "0", "--folder", str(folder))
    try:
        output = output_until(process, "allow_http")
        token = re.search(r"holding: (\S+)", output)[1]
        url = re.search(r'server = "(http\S+)"', output)[1]
        bot.set_token("news", token)
        account = {"server": url, "token_file": "news.token", "allow_http": True}
        bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"news": account})
        assert bot.sync().counts()["sent"] == 1
        with urllib.request.urlopen(url, timeout=MAX_WAIT) as page:
            assert "Title a" in page.read().decode()
        process.send_signal(number)
        assert process.wait(timeout=MAX_WAIT) == 0
    finally:
        kill(process)
    assert "Traceback" not in bot.log()
    with run_in_thread(folder) as again:
        assert len(again.statuses("news")) == 1


def test_the_sandbox_prints_its_accounts_at_once_and_check_accepts_their_tokens(bot, feeds):
    """It once printed nothing into a pipe, and only the last of two accounts was created."""
    folder = str(bot.folder / "kept")
    names = ("--account", "news", "--account", "新闻")
    process = bot.start("sandbox", "--port", "0", "--folder", folder, *names)
    try:
        output = output_until(process, "allow_http") + output_until(process, "allow_http")
        assert "[accounts.news]" in output
        assert '[accounts."新闻"]' in output
        url = re.search(r'server = "(http\S+)"', output)[1]
        accounts = {}
        for name, token in zip(names[1::2], re.findall(r"holding: (\S+)", output), strict=True):
            bot.set_token(name, token)
            accounts[name] = {"server": url, "token_file": f"{name}.token", "allow_http": True}
        bot.configure({"hot": {"url": feeds.show("/f", []), "to": list(accounts)}}, accounts)
        checked = bot.call("check", "--online")
        assert "accounts.news: works, as @news" in checked.out
        assert "may do more" not in checked.out
    finally:
        kill(process)


def test_a_busy_port_or_folder_and_an_unknown_profile_are_reported(bot, cli, sandbox, tmp_path):
    port = sandbox.url.rpartition(":")[2]
    with run_in_thread(tmp_path / "used"):
        busy = [
            cli("sandbox", "--port", port, "--folder", str(tmp_path / "free")),
            cli("sandbox", "--port", "0", "--folder", str(tmp_path / "used")),
            cli("sandbox", "--port", "99999"),
            cli("sandbox", "--profile", "friendica", "--port", "0"),
            cli("sandbox", "--profile", "mastodn", "--port", "0"),
        ]
    assert [ran.code for ran in busy] == [1, 1, 2, 2, 2]
    assert port in busy[0].err
    assert "another sandbox" in busy[1].err
    assert "there are mastodon" in busy[3].err
    assert 'did you mean "mastodon"?' in busy[4].err
    assert all("Traceback" not in ran.err for ran in busy)
