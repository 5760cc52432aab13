"""The whole job on mastodon_mock, a server that nobody here wrote."""

import json
import urllib.request

import pytest
from mastodon_mock.testing.server import MockServer

from harness import Item, items, post_text
from reblogbot.core.text import html_to_text
from reblogbot.errors import Exit


@pytest.fixture
def mock():
    with MockServer() as running:
        yield running


@pytest.fixture
def stands(mock):
    """What stands on alice's page, oldest first."""

    def texts():
        me = asked(mock, "/api/v1/accounts/verify_credentials")
        listed = asked(mock, f"/api/v1/accounts/{me['id']}/statuses?limit=40")
        return [html_to_text(status["content"]) for status in reversed(listed)]

    return texts


def asked(mock, path, body=None):
    request = urllib.request.Request(
        mock.base_url + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer alice_token", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def lay(mock, effect, times=1, path="/api/v1/statuses", **more):
    match = {"methods": ["POST"], "path": path}
    rule = {"match": match, "effect": {"type": effect, **more}, "count": times}
    asked(mock, "/api/v1/_mock/faults", rule)


@pytest.fixture
def alice(bot, mock):
    bot.set_token("alice", "alice_token")
    return {"server": mock.base_url, "token_file": "alice.token", "allow_http": True}


def test_the_whole_job_and_a_second_round_that_posts_nothing(bot, feeds, clock, alice, stands):
    feed = [
        Item("【标题】摘要", "https://news.example/2?utm_source=x&id=2", at=clock.now()),
        *items(clock, "b", "a"),
    ]
    source = {"url": feeds.show("/f", feed), "template": "headline"}
    bot.configure({"hot": source}, {"alice": alice})
    preview = [each.post.text for each in bot.preview().posts]
    report = bot.sync()
    assert (report.counts()["sent"], report.exit_code()) == (3, Exit.OK)
    assert stands() == preview
    assert stands()[2] == "【标题】摘要\nhttps://news.example/2?id=2"
    feeds.show("/f", feed[::-1])
    assert bot.sync().counts()["sent"] == 0
    assert len(stands()) == 3


@pytest.mark.parametrize(
    ("effect", "more"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 422}),
        ("ratelimit", {"status": 429}),
        ("malformed", {}),
        ("malformed", {"truncate": True}),
    ],
)
def test_faults_of_its_own_neither_lose_nor_double(
    bot, feeds, clock, mock, alice, stands, effect, more
):
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "c", "b", "a"))}}, {"alice": alice})
    lay(mock, effect, **more)
    first = bot.sync()
    assert first.counts()["sent"] < 3
    bot.sync_until_settled()
    assert sorted(stands()) == [post_text(name) for name in "abc"]
    if more.get("status") != 422:
        assert stands() == [post_text(name) for name in "abc"]


def test_a_lost_store_repeats_nothing(bot, feeds, clock, alice, stands):
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "b", "a"))}}, {"alice": alice})
    bot.sync()
    bot.store_file.unlink()
    bot.sync()
    assert stands() == [post_text("a"), post_text("b")]


def test_a_token_it_does_not_know_stops_the_account(bot, feeds, clock, alice, stands):
    bot.configure({"hot": {"url": feeds.show("/f", items(clock, "a"))}}, {"alice": alice})
    bot.set_token("alice", "stranger")
    report = bot.sync()
    assert report.exit_code() == Exit.FAILED
    assert "token" in report.paused["alice"]
    bot.set_token("alice", "alice_token")
    bot.sync()
    assert stands() == [post_text("a")]
