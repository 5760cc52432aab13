"""Feeds of what accounts have posted: what is public and stands, with its newest text."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest

from harness import items
from reblogbot.admin import feed_answers
from reblogbot.admin.posted_feed import posted_feed
from reblogbot.config.settings import AccountSettings, AdminSettings, Config
from reblogbot.model import Article, Block, Delivery, DeliveryState, Post, Receipt, Span
from reblogbot.store.posted import PostedPost

AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def posted(
    number,
    action="post",
    *,
    state="sent",
    at=0,
    title="Title",
    account="news",
    remote_id="",
    **keys,
):
    keys = {"text": f"{title}\nhttps://news.example/{number}", "visibility": "public",
            "link": f"https://news.example/{number}", **keys}  # fmt: skip
    remote_id = remote_id or f"r{number}"
    delivery = Delivery(
        number, account, "hot", number.to_bytes(16), Post(action, **keys), DeliveryState(state), AT, AT,
        receipt=Receipt(remote_id, f"https://social.example/@news/{remote_id}"),
        settled_at=AT + timedelta(minutes=at),
    )  # fmt: skip
    return PostedPost(delivery, title, keys["link"], None)


def feed(*posts, names=("news",)):
    accounts = {
        name: AccountSettings(name=name, server="https://social.example")
        for name in ("news", "other")
    }
    return posted_feed(Config(path=Path("x"), accounts=accounts), names, posts)


def test_a_post_has_its_text_its_page_and_its_link():
    (entry,) = feed(posted(1, language="en")).entries
    assert entry.title == "Title"
    assert entry.html == (
        '<p>Title<br><a href="https://news.example/1" rel="nofollow noopener">https://news.example/1</a></p>\n'
    )
    assert (entry.url, entry.via) == ("https://social.example/@news/r1", "https://news.example/1")
    assert entry.published == entry.updated == AT
    assert (entry.author, entry.language) == ("news", "en")


def test_what_is_not_public_or_was_retracted_is_left_out():
    hidden = [
        posted(number, visibility=visibility)
        for number, visibility in enumerate(("private", "direct"), 1)
    ]
    taken_back = [
        posted(number, state=state) for number, state in enumerate(("retracting", "retracted"), 3)
    ]
    assert (
        feed(*hidden, *taken_back, posted(5, visibility="unlisted")).entries[0].via.endswith("/5")
    )
    assert len(feed(*hidden, *taken_back, posted(5, visibility="unlisted")).entries) == 1


@pytest.mark.parametrize(
    ("status", "count"), [("draft", 0), ("pending", 0), ("private", 0), ("publish", 1)]
)
def test_the_drafts_of_a_blog_are_left_out(status, count):
    blog = AccountSettings(
        name="blog", kind="wordpress", server="https://blog.example", user="bot", status=status
    )
    config = Config(path=Path("x"), accounts={"blog": blog})
    assert len(posted_feed(config, ["blog"], [posted(1, account="blog")]).entries) == count


def test_a_post_has_the_text_of_its_newest_edit():
    edits = [
        posted(number, "edit", uri="r1", text=f"Text {number}", at=number, remote_id="r1")
        for number in (3, 2)
    ]
    (entry,) = feed(*edits, posted(1)).entries
    assert entry.html == "<p>Text 3</p>\n"
    assert entry.published == AT
    assert entry.updated == AT + timedelta(minutes=3)
    assert entry.id == feed(posted(1)).entries[0].id


def test_an_edit_that_hides_a_post_takes_it_out():
    assert feed(posted(2, "edit", uri="r1", visibility="private"), posted(1)).entries == []


def test_an_edit_of_another_accounts_post_changes_nothing():
    (entry,) = feed(posted(2, "edit", uri="r1", text="Other", account="other"), posted(1)).entries
    assert "Other" not in entry.html


def test_a_boost_is_a_link_and_no_text_of_a_stranger():
    uri = "https://a.example/@x/1"
    (entry,) = feed(
        posted(1, "boost", title="Words of a stranger", text="", link="", uri=uri)
    ).entries
    assert entry.title == f"Boosted {uri}"
    assert entry.html == f'<p>Boosted <a href="{uri}" rel="nofollow noopener">{uri}</a></p>\n'
    assert entry.via == uri


def test_a_quote_links_to_what_it_quotes():
    (entry,) = feed(posted(1, "quote", text="Look", uri="https://a.example/1")).entries
    assert entry.html.count("<p>") == 2
    assert 'href="https://a.example/1"' in entry.html


def test_a_warning_stands_before_the_text_and_in_place_of_the_title():
    (entry,) = feed(posted(1, spoiler="War")).entries
    assert entry.title == "War"
    assert entry.html.startswith("<p>War</p>")


def test_an_article_has_its_own_title_and_tags():
    article = Article("Its title", (Block("heading", (Span("Key points"),)),), ("Trains",))
    (entry,) = feed(posted(1, article=article)).entries
    assert (entry.title, entry.html, entry.tags) == (
        "Its title",
        "<h2>Key points</h2>\n",
        ("Trains",),
    )


def test_a_feed_has_the_newest_fifty():
    posts = [posted(number, at=number) for number in range(60, 0, -1)]
    assert [entry.via for entry in feed(*posts).entries] == [
        f"https://news.example/{n}" for n in range(60, 10, -1)
    ]


def test_ids_differ_by_account():
    posts = posted(1), posted(1, account="other")
    entries = feed(*posts, names=("news", "other")).entries
    assert len({entry.id for entry in entries}) == 2
    assert len({feed(names=names).id for names in (["news"], ["other"], ["news", "other"])}) == 3


# the command


@pytest.fixture
def bot_that_posted(bot, feeds, sandbox, clock):
    bot.configure(
        {"hot": {"url": feeds.show("/hot.xml", items(clock, "b", "a"))}}, {"news": (sandbox, "")}
    )
    bot.sync()
    return bot


@pytest.mark.both_databases
def test_history_writes_a_feed(bot_that_posted, cli):
    ran = cli("history", "--format", "atom", "--account", "news")
    assert ran.code == 0
    parsed = feedparser.parse(ran.out.encode())
    assert not parsed.bozo
    assert [entry.title for entry in parsed.entries] == ["Title b", "Title a"]
    ran = cli("history", "--format", "jsonfeed", "--limit", "1")
    assert [item["title"] for item in json.loads(ran.out)["items"]] == ["Title b"]
    assert cli("history", "--format", "jsonfeed", "--account", "nobody").code == 2
    assert cli("history", "--format", "atom", "--json").code == 2


# the web server


@pytest.fixture
async def feeds_of(admin):
    async def listen(url="", feeds=True):
        await admin.server.listen(AdminSettings())
        await admin.server.listen(AdminSettings(listen=admin.address, url=url, feeds=feeds))
        return admin

    return listen


async def test_everybody_may_read_feeds_where_the_config_says_so(feeds_of):
    admin = await feeds_of()
    for file, type_ in {
        "news.atom": "application/atom+xml",
        "news.json": "application/feed+json",
    }.items():
        answer = await admin.get(f"/feeds/{file}")
        assert answer.status == 200
        assert answer.headers["Content-Type"] == f"{type_}; charset=utf-8"
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        again = await admin.get(f"/feeds/{file}", **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status, again.text) == (304, "")
        assert (await admin.get(f"/feeds/{file}", "HEAD")).status == 200
        assert (await admin.get(f"/feeds/{file}", "POST")).status == 405
    for path in ("nobody.atom", "news.xml", "news", ".atom", "news.atom.json", "..%2Fnews.atom"):
        assert (await admin.get(f"/feeds/{path}")).status == 404, path


async def test_without_the_key_there_are_no_feeds(feeds_of):
    admin = await feeds_of(feeds=False)
    assert (await admin.get("/feeds/news.atom")).status == 404


async def test_a_disabled_account_has_no_feed(feeds_of):
    admin = await feeds_of()
    config = admin.stats.config
    off = config.accounts["news"].model_copy(update={"enabled": False})
    admin.stats.config = config.model_copy(update={"accounts": {"news": off}})
    assert (await admin.get("/feeds/news.atom")).status == 404


async def test_behind_a_proxy_a_feed_tells_its_public_address(feeds_of):
    admin = await feeds_of("https://bot.example/page/")
    for path in ("/page/feeds/news.atom", "/feeds/news.atom"):
        answer = await admin.get(path)
        assert (
            re.search('rel="self" href="([^"]*)"', answer.text)[1]
            == "https://bot.example/page/feeds/news.atom"
        )
    assert (
        json.loads((await admin.get("/feeds/news.json")).text)["feed_url"]
        == "https://bot.example/page/feeds/news.json"
    )


async def test_the_store_is_asked_once_a_minute_however_many_ask(feeds_of, configured, monkeypatch):
    admin = await feeds_of()
    first = await admin.get("/feeds/news.atom")
    with closing(sqlite3.connect(configured.store_file)) as raw:
        raw.execute("ALTER TABLE delivery RENAME TO lost")
    assert (await admin.get("/feeds/news.atom")).text == first.text
    monkeypatch.setattr(feed_answers, "MAX_AGE", -1.0)
    assert (await admin.get("/feeds/news.atom")).status == 503
