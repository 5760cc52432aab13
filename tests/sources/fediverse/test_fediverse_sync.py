"""The whole program: from a status of another account to our boost of it."""

import json
from pathlib import Path

import pytest

from fediverse.server import run_in_thread
from harness import SettableClock, accepted_posts
from reblogbot.sources.fediverse import statuses
from reblogbot.testing import fault_of

ANN = "ann@remote.example"
SAMPLES = Path(__file__).parents[4] / "shared" / "corpus" / "mastodon"


@pytest.fixture
def clock():
    """The clock of the program and of the server."""
    return SettableClock()


def configure(bot, sandbox, kind, **keys):
    sandbox.add_account(ANN)
    bot.configure(
        {"friend": {"kind": kind, "via": "news", "first": "none", **keys}},
        {"news": (sandbox, sandbox.add_account("news", bot=True))},
    )


def test_new_statuses_of_an_account_are_boosted_once_each_oldest_first(bot, sandbox, clock):
    configure(bot, sandbox, "account", acct=f"@{ANN}")
    sandbox.add_status(ANN, "before we came")
    bot.sync()
    assert accepted_posts(sandbox) == []
    uris = []
    for number in range(3):
        clock.advance(minutes=1)
        uris.append(sandbox.add_status(ANN, f"news {number}")["uri"])
    clock.advance(minutes=30)
    bot.sync_until_settled()
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == uris


def test_the_preview_shows_why_an_entry_is_refused(bot, sandbox, clock):
    configure(bot, sandbox, "account", acct=f"@{ANN}", first="all")
    sandbox.add_account(ANN, note="#nobot")
    status = sandbox.add_status(ANN, "leave me alone")
    (refused,) = bot.preview().refused
    assert refused["reason"] == "opt_outs: its author's profile says #nobot"
    assert refused["link"] == status["url"]
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == []


def test_the_same_status_from_two_sources_is_boosted_once(bot, sandbox, clock):
    sandbox.add_account(ANN)
    keys = {"via": "news", "first": "all"}
    bot.configure(
        {
            "friend": {"kind": "account", "acct": f"@{ANN}", **keys},
            "topic": {"kind": "hashtag", "tag": "tag", **keys},
            "marks": {"kind": "bookmarks", **keys},
        },
        {"news": (sandbox, sandbox.add_account("news", bot=True))},
    )
    status = sandbox.add_status(ANN, "both #tag")
    sandbox.mark("bookmark", "news", status["id"])
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == [status["uri"]]


def test_a_post_of_a_status_with_a_content_warning_has_it_too(bot, sandbox, clock):
    configure(bot, sandbox, "account", acct=f"@{ANN}", first="all", action="post")
    sandbox.add_status(ANN, "he dies", spoiler="the end @news")
    bot.sync_until_settled()
    (status,) = sandbox.statuses("news")
    assert "the end" in status["spoiler_text"]
    assert "he dies" in status["content"]
    assert status["mentions"] == []


def test_one_account_can_boost_what_another_one_reads(bot, sandbox, clock):
    # The other server knows the same status by another id.
    with run_in_thread(clock=clock) as other:
        there = sandbox.add_status(ANN, "from afar")
        other.add_status(ANN, "from afar", uri=there["uri"], url=there["url"])
        bot.configure(
            {
                "friend": {
                    "kind": "account",
                    "acct": f"@{ANN}",
                    "via": "reader",
                    "to": ["news"],
                }
            },
            {
                "reader": (sandbox, sandbox.add_account("reader")),
                "news": (other, other.add_account("news", bot=True)),
            },
        )
        bot.sync_until_settled()
        assert accepted_posts(other) == [there["uri"]]
        assert accepted_posts(sandbox) == accepted_posts(sandbox, "reader") == []


def test_an_actor_s_notes_are_posted_and_not_a_second_time(bot, sandbox, clock):
    host = sandbox.url.removeprefix("http://")
    bot.configure(
        {"blog": {"kind": "actor", "acct": f"@pen@{host}", "action": "post"}},
        {"news": (sandbox, sandbox.add_account("news", bot=True))},
        http={"allow_private": [host]},
    )
    sandbox.add_status("pen", "a new page")
    bot.sync_until_settled()
    bot.sync_until_settled()
    (text,) = accepted_posts(sandbox)
    assert text.startswith("a new page")


def _answers():
    return sorted(SAMPLES.rglob("*.json")) if SAMPLES.is_dir() else []


@pytest.mark.skipif(not _answers(), reason="no corpus/mastodon beside this checkout")
def test_every_status_in_the_recorded_answers_becomes_a_proper_entry(clock):
    read = 0
    for path in _answers():
        for element in _elements(json.loads(path.read_text(encoding="utf-8"))):
            notice = isinstance(element.get("status"), dict)
            entry = statuses.read(element, "notification" if notice else "status", clock.now())
            if entry is not None:
                read += 1
                assert fault_of(entry, clock.now()) == "", path
                # Some recorded statuses have no URI.
                status = element["status"] if notice else element
                assert entry.uri or not status.get("uri"), path
                assert entry.author.id, path
    assert read > 0


def _elements(answer):
    """The statuses in an answer, and the notifications that hold one."""
    if isinstance(answer, list):
        for element in answer:
            yield from _elements(element)
    elif isinstance(answer, dict):
        if {"uri", "content"} <= answer.keys() or {"type", "status"} <= answer.keys():
            yield answer
            return
        for element in answer.values():
            yield from _elements(element)
