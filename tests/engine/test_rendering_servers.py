"""What stands on servers that render text is what was meant, and what `preview` showed."""

from __future__ import annotations

import pytest

from fediverse.server import run_in_thread
from harness import Item
from reblogbot.core.text import html_to_text

TITLES = {
    "markdown": "__init__ is 5 * 3 * 2 and `x` > _y_",
    "html": "<script>alert(1)</script> & <b>bold</b> &lt;b&gt;",
    "link": "[https://good.example](https://evil.example/x) ![p](https://evil.example/p.png)",
    "numbers": "#1 of #2024, C#, # and #tag",
    "profile": "「http://medium.example/@friend」 see:http://medium.example/@friend",
    "mention": "_@friend and x.example/é/@friend and 【@friend】 :-)",
    "list": "- one",
    "backslash": "C:\\*.txt and \\o/",
}
SERVERS = ["mastodon", "gotosocial", "snac", "hollo", "takahe", "pleroma"]


@pytest.fixture(params=SERVERS)
def server(request):
    with run_in_thread(profile=request.param) as sandbox:
        sandbox.add_account("friend")
        yield sandbox


def news(clock, titles, link="https://news.example/{name}"):
    return [
        Item(title, link and link.format(name=name), guid=f"g-{name}", at=clock.now())
        for name, title in titles.items()
    ]


def stands(server):
    return {html_to_text(status["content"]).strip() for status in server.statuses("news")}


def lines(text):
    return " ".join(text.split())


def configured(bot, feeds, server, feed_items, **keys):
    url = feeds.show("/f", feed_items)
    bot.configure({"hot": {"url": url, "template": "headline", **keys}}, {"news": (server, "")})


def test_hostile_text_stands_as_preview_shows_it(bot, feeds, server, clock):
    configured(bot, feeds, server, news(clock, TITLES))
    preview = {lines(each.post.text) for each in bot.preview().posts}
    bot.sync()
    assert {lines(text) for text in stands(server)} == preview
    statuses = server.statuses("news")
    assert len(statuses) == len(TITLES)
    assert [status["mentions"] for status in statuses if status["mentions"]] == []
    assert [status["tags"] for status in statuses if status["tags"]] == []
    contents = "".join(status["content"] for status in statuses)
    assert "<script" not in contents
    assert "<img" not in contents
    assert 'href="https://evil.example/x">https://good' not in contents


def test_a_post_without_a_link_whose_answer_was_lost_is_not_posted_again(bot, feeds, server, clock):
    text = "*Stars* and __lines__, <b>tags</b> &amp; [a](b) - 5 > 3"
    configured(bot, feeds, server, news(clock, {"a": text}, link=""))
    server.faults.add("drop_after")
    bot.sync_until_settled()
    assert len(server.statuses("news")) == 1


def test_an_edit_is_escaped_like_the_post(bot, feeds, server, clock):
    configured(bot, feeds, server, news(clock, {"a": "first"}), updates="edit")
    bot.sync()
    clock.advance(minutes=20)
    feeds.show("/f", news(clock, {"a": "*second* <b>"}))
    bot.sync_until_settled()
    (text,) = stands(server)
    assert lines(text) == "*second* <b> https://news.example/a"


def test_hashtags_and_links_of_a_post_keep_working(bot, feeds, server, clock):
    configured(
        bot, feeds, server, news(clock, {"a_b": "A title"}), tags=["Night_Train"], template="link"
    )
    bot.sync()
    (status,) = server.statuses("news")
    assert [tag["name"].lower() for tag in status["tags"]] == ["night_train"]
    assert 'href="https://news.example/a_b"' in status["content"]


def test_the_first_post_is_as_long_as_its_server_takes(bot, feeds, clock):
    title = " ".join(f"word{number}" for number in range(200))
    with run_in_thread(profile="gotosocial") as server:
        configured(bot, feeds, server, news(clock, {"a": title}))
        bot.sync()
        (text,) = stands(server)
    assert lines(text) == f"{title} https://news.example/a"
