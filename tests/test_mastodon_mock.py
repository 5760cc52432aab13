"""The main job against mastodon_mock, a server nobody here wrote."""

import pytest
import requests
from mastodon_mock.testing.server import MockServer

from reblogbot.text import html_to_text
from rig import items


@pytest.fixture(scope="module")
def mock():
    with MockServer() as running:
        yield running


@pytest.fixture
def standing(mock):
    """What alice has posted, oldest first, as she sees it."""

    def read():
        bearer = {"Authorization": "Bearer alice_token"}
        api = f"{mock.base_url}/api/v1/accounts"
        me = requests.get(f"{api}/verify_credentials", headers=bearer, timeout=10).json()
        pages = requests.get(
            f"{api}/{me['id']}/statuses?limit=40", headers=bearer, timeout=10
        ).json()
        return [html_to_text(one["content"]) for one in reversed(pages)]

    return read


def configure(bot, mock, url, **keys):
    bot.set_token("alice", "alice_token")
    account = {"server": mock.base_url, "token_file": "alice.token", "allow_http": True}
    bot.configure({"hot": {"url": url, **keys}}, {"alice": account})


def test_everything_is_posted_once_oldest_first(bot, feeds, mock, standing, clock):
    before = standing()
    configure(bot, mock, feeds.show("/hot.xml", items(clock, "m3", "m2", "m1")))
    assert bot.sync().counts()["sent"] == 3
    links = [text.split()[-1] for text in standing()[len(before) :]]
    assert links == [f"https://news.example/m{n}" for n in (1, 2, 3)]
    assert bot.sync().counts()["queued"] == 0
    assert len(standing()) == len(before) + 3


def test_a_lost_store_posts_nothing_twice(bot, feeds, mock, standing, clock):
    configure(bot, mock, feeds.show("/hot.xml", items(clock, "l2", "l1")))
    bot.sync()
    before = standing()
    for left in bot.folder.glob("reblogbot.sqlite3*"):
        left.unlink()
    done = bot.sync()
    assert done.counts()["sent"] == 2
    assert standing() == before


def test_a_timed_out_post_that_was_made_is_found(bot, feeds, mock, standing, clock):
    configure(bot, mock, feeds.show("/hot.xml", items(clock, "t2", "t1")))
    before = len(standing())
    rule = {
        "match": {"methods": ["POST"], "path": "/api/v1/statuses"},
        "effect": {"type": "timeout", "delay_ms": 3000},
        "count": 1,
    }
    laid = requests.post(f"{mock.base_url}/api/v1/_mock/faults", json=rule, timeout=10)
    assert laid.status_code == 200
    first = bot.sync()
    assert first.counts()["doubt"] == 1
    bot.settle()
    assert [text.split()[-1] for text in standing()[before:]] == [
        "https://news.example/t1",
        "https://news.example/t2",
    ]
