"""`action = "auto"`: what is a status the home server can find is boosted, all else is posted."""

import pytest

from rig import Item, posted


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
    assert posted(sandbox) == [status["uri"]]


def test_a_link_that_only_looks_like_a_status_is_posted(linked, bot, sandbox):
    link = linked("https://elsewhere.example/@somebody/117662893986228006")
    assert [post.action for _, _, post in bot.preview().posts] == ["post"]
    bot.sync()
    assert posted(sandbox) == [f"A note\n{link}"]


def test_any_other_link_is_posted_and_no_server_is_asked(linked, bot, sandbox):
    link = linked("https://news.example/@columnist/why-cats")
    bot.sync()
    assert posted(sandbox) == [f"A note\n{link}"]
    assert not [path for _, path in sandbox.requests if path.startswith("/api/v2/search")]


def test_post_never_boosts(linked, bot, sandbox):
    status = sandbox.add_status("alice", "hello")
    linked(status["url"], action="post")
    bot.sync()
    assert posted(sandbox) == [f"A note\n{status['url']}"]


def test_a_status_followers_only_is_never_boosted(linked, bot, sandbox):
    status = sandbox.add_status("alice", "hello", visibility="private")
    linked(status["url"])
    bot.sync()
    assert status["uri"] not in posted(sandbox)


def test_what_was_posted_for_want_of_a_boost_is_not_posted_again_by_an_older_store(
    linked, bot, sandbox
):
    """The search that would tell fails when it is planned anew, and answers when it is sent."""
    link = linked("https://elsewhere.example/@somebody/117662893986228006")
    bot.sync()
    bot.stored.unlink()
    sandbox.faults.add("status_before", "GET", "/api/v2/search", status=500)
    bot.settle()
    assert posted(sandbox) == [f"A note\n{link}"]
    (one,) = bot.deliveries("sent")
    assert one.post.action == "post"
