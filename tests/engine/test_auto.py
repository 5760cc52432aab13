"""`action = "auto"`: what is a status the home server can find is boosted, all else is posted."""

import pytest

from harness import Item, accepted_posts


@pytest.fixture
def linked(bot, feeds, sandbox, clock):
    """Shows one entry with this link to a source with this action."""

    def show(link, action="auto"):
        entry = Item("A note", link, at=clock.now())
        url = feeds.show("/hot.xml", [entry])
        bot.configure({"hot": {"url": url, "action": action}}, {"news": (sandbox, "")})
        return link

    return show


def test_a_link_to_a_status_is_boosted(linked, bot, sandbox):
    status = sandbox.add_status("alice", "hello")
    linked(status["url"])
    bot.sync()
    assert accepted_posts(sandbox) == [status["uri"]]


def test_a_link_that_only_looks_like_a_status_is_held_and_never_posted_as_text(
    linked, bot, sandbox
):
    linked("https://elsewhere.example/@somebody/117662893986228006")
    bot.sync()
    assert accepted_posts(sandbox) == []
    (held,) = bot.deliveries("held")
    assert 'action = "post"' in held.error


def test_an_admin_who_wants_the_text_sets_action_post(linked, bot, sandbox, cli):
    link = linked("https://elsewhere.example/@somebody/117662893986228006")
    bot.sync()
    linked(link, action="post")
    (held,) = bot.deliveries("held")
    cli("queue", "retry", "--render", str(held.id))
    cli("queue", "release", str(held.id))
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == [f"A note\n{link}"]


def test_a_preview_asks_no_server_for_a_status(linked, bot, sandbox):
    status = sandbox.add_status("alice", "hello")
    linked(status["url"])
    assert [each.post.action for each in bot.preview().posts] == ["boost"]
    assert not [path for _, path in sandbox.requests if path.startswith("/api/v2/search")]


def test_any_other_link_is_posted_and_no_server_is_asked(linked, bot, sandbox):
    link = linked("https://news.example/@columnist/why-cats")
    bot.sync()
    assert accepted_posts(sandbox) == [f"A note\n{link}"]
    assert not [path for _, path in sandbox.requests if path.startswith("/api/v2/search")]


def test_post_never_boosts(linked, bot, sandbox):
    status = sandbox.add_status("alice", "hello")
    linked(status["url"], action="post")
    bot.sync()
    assert accepted_posts(sandbox) == [f"A note\n{status['url']}"]


def test_a_status_followers_only_is_never_boosted(linked, bot, sandbox):
    status = sandbox.add_status("alice", "hello", visibility="private")
    linked(status["url"])
    bot.sync()
    assert status["uri"] not in accepted_posts(sandbox)
