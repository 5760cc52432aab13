"""From somebody's account to a boost of ours, by the whole program."""

import json
from pathlib import Path

import pytest

from harness import SettableClock, posted
from reblogbot.sandbox.server import run_in_thread
from reblogbot.sources.fediverse import statuses
from reblogbot.testing import fault_of

ANN = "ann@remote.example"
SAMPLES = Path(__file__).parents[3] / "shared" / "corpus" / "mastodon"


@pytest.fixture
def clock():
    """The program's clock, which is the server's too."""
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
    assert posted(sandbox) == []
    uris = []
    for number in range(3):
        clock.advance(minutes=1)
        uris.append(sandbox.add_status(ANN, f"news {number}")["uri"])
    clock.advance(minutes=30)
    bot.settle()
    bot.settle()
    assert posted(sandbox) == uris


def test_what_is_refused_stands_in_the_preview_with_its_reason(bot, sandbox, clock):
    configure(bot, sandbox, "account", acct=f"@{ANN}", first="all")
    sandbox.add_account(ANN, note="#nobot")
    status = sandbox.add_status(ANN, "leave me alone")
    (refused,) = bot.preview().refused
    assert refused["reason"] == "opt_outs: its author's profile says #nobot"
    assert refused["link"] == status["url"]
    bot.settle()
    assert posted(sandbox) == []


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
    bot.settle()
    assert posted(sandbox) == [status["uri"]]


def test_a_post_of_what_stands_behind_a_warning_stands_behind_it_too(bot, sandbox, clock):
    configure(bot, sandbox, "account", acct=f"@{ANN}", first="all", action="post")
    sandbox.add_status(ANN, "he dies", spoiler="the end @news")
    bot.settle()
    (status,) = sandbox.statuses("news")
    assert "the end" in status["spoiler_text"]
    assert "he dies" in status["content"]
    assert status["mentions"] == []


def test_what_one_account_reads_another_may_boost_on_its_own_server(bot, sandbox, clock):
    # the same status, known on the other server by another id
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
        bot.settle()
        assert posted(other) == [there["uri"]]
        assert posted(sandbox) == posted(sandbox, "reader") == []


def test_an_actor_s_notes_are_posted_and_not_a_second_time(bot, sandbox, clock):
    host = sandbox.url.removeprefix("http://")
    bot.configure(
        {"blog": {"kind": "actor", "acct": f"@pen@{host}", "action": "post"}},
        {"news": (sandbox, sandbox.add_account("news", bot=True))},
        http={"allow_private": [host]},
    )
    sandbox.add_status("pen", "a new page")
    bot.settle()
    bot.settle()
    (text,) = posted(sandbox)
    assert text.startswith("a new page")


def _answers():
    return sorted(SAMPLES.rglob("*.json")) if SAMPLES.is_dir() else []


@pytest.mark.skipif(not _answers(), reason="no corpus/mastodon beside this checkout")
def test_every_status_in_the_recorded_answers_becomes_a_proper_entry(clock):
    read = 0
    for path in _answers():
        for element in _elements(json.loads(path.read_text(encoding="utf-8"))):
            notice = isinstance(element.get("status"), dict)
            entry = statuses.read(element, "notice" if notice else "status", clock.now())
            if entry is not None:
                read += 1
                assert fault_of(entry, clock.now()) == "", path
                # some recorded statuses come without a URI
                status = element["status"] if notice else element
                assert entry.uri or not status.get("uri"), path
                assert entry.author.id, path
    assert read > 0


def _elements(answer):
    """Whatever in an answer is a status, or a notification that brings one."""
    if isinstance(answer, list):
        for one in answer:
            yield from _elements(one)
    elif isinstance(answer, dict):
        if {"uri", "content"} <= answer.keys() or {"type", "status"} <= answer.keys():
            yield answer
            return
        for one in answer.values():
            yield from _elements(one)
