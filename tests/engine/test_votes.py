"""A hot list on which an entry is first seen with few votes, and gathers them later."""

import json

import pytest

pytestmark = pytest.mark.both_databases


@pytest.fixture
def hot(bot, feeds, sandbox):
    """Shows entries with these votes."""

    def show(*votes, **keys):
        rows = [
            {"title": f"Thing {number}", "url": f"https://news.example/{number}", "votes": count}
            for number, count in enumerate(votes)
        ]
        url = feeds.show("/hot.json", json.dumps(rows).encode(), kind="application/json")
        fields = {"title": "title", "link": "url", "score": "votes"}
        source = {"kind": "json", "url": url, "path": "@", "fields": fields}
        chosen = {**source, "filter": {"min_score": 50}, **keys}
        bot.configure({"hot": chosen}, {"news": (sandbox, "")})

    return show


def titles(sandbox):
    return [status["content"].partition("<br")[0] for status in sandbox.statuses("news")]


def test_what_gathers_its_votes_later_is_posted_then_and_once(hot, bot, sandbox):
    hot(5, 60)
    assert bot.sync().counts()["entries_new"] == 2
    assert titles(sandbox) == ["<p>Thing 1"]
    hot(49, 60)
    assert bot.sync().counts()["queued"] == 0
    hot(50, 61)
    assert [each.post.text for each in bot.preview().posts] == ["Thing 0\nhttps://news.example/0"]
    report = bot.sync().counts()
    assert (report["entries_new"], report["sent"]) == (0, 1)
    hot(70, 80)
    assert bot.preview().refused == []
    assert bot.sync().counts()["queued"] == 0
    assert titles(sandbox) == ["<p>Thing 1", "<p>Thing 0"]


def test_the_best_of_what_waits_is_what_is_best_now(hot, bot, sandbox, clock):
    chosen = {"budget": "1/1d", "order": "score", "filter": {}}
    hot(5, 60, 80, **chosen)
    bot.sync()
    clock.advance(hours=25)
    hot(500, 60, 90, **chosen)
    assert [each.post.text[:7] for each in bot.preview().posts] == ["Thing 0", "Thing 1"]
    bot.sync()
    assert titles(sandbox) == ["<p>Thing 2", "<p>Thing 0"]


def test_why_keeps_the_refusal_of_what_was_admitted_later_and_status_does_not(hot, bot, cli):
    hot(5)
    bot.sync()
    assert "min_score: 5 of at least 50" in cli("why", "https://news.example/0").out
    hot(51)
    bot.sync()
    output = cli("why", "https://news.example/0").out
    assert "min_score: 5 of at least 50; queued later, with 51" in output
    assert "min_score" not in cli("status").out


def test_a_lowered_bar_is_a_storm_and_no_flood(hot, bot, sandbox):
    hot(*range(8), max_per_poll=3)
    bot.sync()
    hot(*range(1, 9), max_per_poll=3, filter={"min_score": 1})
    report = bot.sync().counts()
    assert (report["held"], report["sent"]) == (8, 0)
    assert titles(sandbox) == []


def test_what_other_filters_refuse_stays_refused_however_many_votes(hot, bot, sandbox):
    hot(5)
    bot.sync()
    hot(50, filter={"min_score": 50, "exclude": ["thing"]})
    assert [refusal["reason"] for refusal in bot.preview().refused] == ["exclude: thing was found"]
    assert bot.sync().counts()["queued"] == 0
