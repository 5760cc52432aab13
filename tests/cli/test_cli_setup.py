"""`setup` and `login` at a real terminal."""

import os
import sys

import pexpect
import pytest

import approving_browser
from consent import consent
from harness import MAX_WAIT, PROGRAM, items, rss
from reblogbot import app

SITE = (
    b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>'
)
BROWSER = f"{sys.executable} {approving_browser.__file__} %s"


@pytest.fixture
def terminal(bot):
    """Starts the program at a terminal of 80 columns, in the bot's folder."""
    started = []

    def start(*arguments, browser=BROWSER):
        process = pexpect.spawn(
            sys.executable,
            [*PROGRAM, *arguments],
            cwd=str(bot.folder),
            env={**os.environ, "BROWSER": browser, "TERM": "dumb", "NO_COLOR": "1"},
            encoding="utf-8",
            timeout=MAX_WAIT,
            dimensions=(40, 80),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.close(force=True)


@pytest.fixture
def site(feeds, clock):
    """A site with one feed."""
    feeds.show("/feed.xml", rss(items(clock, *"abcde")))
    return feeds.show("/", SITE, kind="text/html")


def end_of(process, act=lambda: None):
    """The exit code, and the rest of the output, after an act that ends the program.

    It is repeated: a Ctrl-C between a prompt and the reading of the answer waits for the next key.
    """
    act()
    for _ in range(24):
        if process.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=5) == 0:
            break
        act()
    process.close()
    return process.exitstatus, process.before


def answer(process, *dialog):
    """Answer each question, which is a part of it, once it is asked; None only looks for it."""
    for question, text in dialog:
        process.expect_exact(question)
        if text is not None:
            process.sendline(text)


def test_setup_ends_with_a_bot_that_works(bot, terminal, sandbox, feeds, site):
    sandbox.add_account("news")
    process = terminal("setup")
    answer(
        process,
        ("mastodon.social: ", "not a server"),
        ("mastodon.social: ", feeds.url("")),
        ("mastodon.social: ", sandbox.url.removeprefix("http://")),
        ("[news]: ", ""),
        ("feed.xml]: ", feeds.url("/nothing")),
        ("feed.xml]: ", site),
        ("[A hot list]: ", "hot"),
        ("https://news.example/c", None),
        ("[link]: ", "headline"),
        ("[headline]: ", ""),
    )
    code, rest = end_of(process)
    assert code == 0, rest
    assert "accounts.news: works, as @news" in rest
    assert "sources.hot: works, 5 entries" in rest
    assert "What next" in rest
    config = app.load_config(bot.path)
    assert (config.sources["hot"].url, config.sources["hot"].template) == (
        feeds.url("/feed.xml"),
        "headline",
    )
    assert sorted(file.name for file in bot.folder.iterdir()) == [
        "config.toml",
        "news.token",
        "news.token.json",
    ]
    process = terminal("setup")
    code, rest = end_of(process)
    assert code == 2
    assert "exists already; `reblogbot login NAME --server URL` adds an account" in rest


@pytest.mark.parametrize("end", ["ctrl-c", "end of input"])
def test_a_setup_that_is_cut_off_leaves_nothing(bot, terminal, sandbox, site, end):
    sandbox.add_account("news")

    def cut_off(process):
        code, rest = end_of(process, process.sendintr if end == "ctrl-c" else process.sendeof)
        assert code == 130, rest
        assert "Traceback" not in rest
        assert list(bot.folder.iterdir()) == []
        return rest

    process = terminal("setup")
    process.expect_exact("mastodon.social: ")
    cut_off(process)
    process = terminal("setup")
    answer(process, ("mastodon.social: ", sandbox.url), ("[news]: ", ""), ("feed.xml]: ", site))
    process.expect_exact("[A hot list]: ")
    assert "The token is revoked; nothing is left." in cut_off(process)
    assert ("POST", "/oauth/revoke") in sandbox.requests


def test_setup_needs_a_terminal(cli):
    ran = cli("setup")
    assert (ran.code, "it needs a terminal; elsewhere use `reblogbot init --yes`" in ran.err) == (
        2,
        True,
    )


def test_a_person_may_paste_the_address_that_the_browser_could_not_show(bot, terminal, sandbox):
    sandbox.add_account("news")
    process = terminal("login", "news", "--server", sandbox.url, browser="true")
    process.expect(r"(http://\S+/oauth/authorize\S+)")
    address = consent(process.match[1])
    answer(
        process,
        ("cannot show: ", f"{address.partition('?')[0]}?code=x&state=y"),
        ("belongs to another login", None),
        ("cannot show: ", address),
    )
    code, rest = end_of(process)
    assert code == 0, rest
    assert "is logged in as @news@" in rest


def test_a_code_that_was_copied_wrongly_is_asked_for_again(bot, terminal, sandbox):
    sandbox.add_account("news")
    process = terminal("login", "news", "--no-browser", "--server", sandbox.url)
    process.expect(r"(http://\S+/oauth/authorize\S+)")
    code = consent(process.match[1])
    answer(process, ("Code: ", "wrong"), ("try once more", None), ("Code: ", code))
    code, rest = end_of(process)
    assert code == 0, rest
