"""A post whose answer was lost is found where its server shows it, and never made again."""

import pytest

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text

HOME = ("GET", "/api/v1/timelines/home")
TEXTS = {"link": post_text, "{{ title }}": lambda name: f"Title {name}"}


def published(server):
    """What the account was granted, without the hard line breaks that Markdown servers are sent."""
    return [text.replace("  \n", "\n") for text in accepted_posts(server)]


@pytest.fixture(params=["mastodon", "gotosocial", "snac", "takahe", "hollo", "plain"])
def profile(request):
    return request.param


@pytest.fixture
def server(profile, clock):
    with run_in_thread(profile=profile, clock=clock) as running:
        yield running


@pytest.fixture
def news(bot, feeds, clock):
    """Configures one source with three entries for an account on a server."""

    def configured(server, visibility, template="link"):
        url = feeds.show("/hot.xml", items(clock, "c", "b", "a"))
        source = {"url": url, "template": template, "visibility": visibility}
        bot.configure({"hot": source}, {"news": (server, "")})

    return configured


@pytest.mark.parametrize("template", TEXTS)
@pytest.mark.parametrize("fault", ["drop_after", "html_200_after"])
def test_a_private_post_is_made_once_though_its_answer_is_lost(bot, server, news, template, fault):
    news(server, "private", template)
    server.faults.add(fault, "POST", "/api/v1/statuses", times=2)
    bot.sync_until_settled()
    assert published(server) == [TEXTS[template](name) for name in "abc"]
    assert {delivery.state for delivery in bot.deliveries()} == {"sent"}


def test_private_posts_are_not_made_again_when_the_store_is_lost(bot, server, news):
    news(server, "private")
    bot.sync_until_settled()
    bot.delete_store()
    bot.sync_until_settled()
    assert published(server) == [post_text(name) for name in "abc"]


def test_a_text_without_a_link_that_stands_there_already_is_held(bot, feeds, sandbox, clock):
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")})
    there = sandbox.add_status("news", "Good morning")
    feeds.show("/f", [Item("Good morning", guid="1", at=clock.now())])
    bot.sync()
    (held,) = bot.deliveries("held")
    assert f"the same text is on the server already ({there['url']})" in held.error
    assert accepted_posts(sandbox) == []


def test_a_text_without_a_link_may_be_that_of_yesterdays_post(bot, feeds, sandbox, clock):
    bot.configure({"hot": {"url": feeds.show("/f", [])}}, {"news": (sandbox, "")})
    sandbox.add_status("news", "Good morning")
    clock.advance(days=1)
    feeds.show("/f", [Item("Good morning", guid="2", at=clock.now())])
    bot.sync()
    assert accepted_posts(sandbox) == ["Good morning"]


def test_the_home_timeline_is_read_only_where_a_private_post_may_stand_there(
    bot, server, news, profile
):
    news(server, "private")
    server.faults.add("drop_after", "POST", "/api/v1/statuses")
    bot.sync_until_settled()
    assert (HOME in server.requests) == (profile not in ("mastodon", "plain"))


def test_the_home_timeline_is_not_read_for_public_posts(bot, server, news):
    news(server, "unlisted")
    server.faults.add("drop_after", "POST", "/api/v1/statuses")
    bot.sync_until_settled()
    assert published(server) == [post_text(name) for name in "abc"]
    assert HOME not in server.requests


def test_somebody_elses_post_with_the_same_link_is_not_taken_for_ours(bot, news, clock):
    with run_in_thread(profile="snac", clock=clock) as server:
        news(server, "private")
        server.follow("news", "ann")
        server.add_status("ann", post_text("a"))
        bot.sync_until_settled()
        assert published(server) == [post_text(name) for name in "abc"]


def test_posts_whose_connections_a_server_drops_unstored_are_made_all_the_same(bot, feeds, clock):
    names = [f"n{number}" for number in range(24)]
    with run_in_thread(profile="snac", clock=clock) as server:
        url = feeds.show("/hot.xml", items(clock, *reversed(names)))
        bot.configure({"hot": {"url": url, "max_per_poll": 50}}, {"news": (server, "")})
        bot.sync_until_settled()
        assert published(server) == [post_text(name) for name in names]
        assert server.requests.count(("POST", "/api/v1/statuses")) == 25
