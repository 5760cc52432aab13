"""A real WordPress behind a faulty network: no post is lost, and none is made twice."""

import secrets
import shutil
from collections import Counter
from itertools import cycle, islice

import pytest
from selectolax.lexbor import LexborHTMLParser

from faulty_proxy import FAULTS, FaultyProxy
from harness import Bot, Item, items, kill

pytestmark = pytest.mark.slow


@pytest.fixture
def names():
    """The names of entries that the blog has not had before: its other tests use it too."""
    prefix = secrets.token_hex(4)
    return [f"{prefix}-{number}" for number in range(12)]


@pytest.fixture
def proxy(wordpress):
    with FaultyProxy(wordpress.url).running() as faulty:
        yield faulty


@pytest.fixture
def user(wordpress):
    return wordpress.add_user("author")


@pytest.fixture
def blog(bot: Bot, feeds, proxy, user, names):
    """The bot, which posts a feed to a new user of the blog."""
    feeds.show("/feed", items(bot.clock, *names[:3]))
    account = {
        "kind": "wordpress",
        "server": proxy.url,
        "user": user.name,
        "token_file": "blog.token",
        "allow_http": True,
        "status": "publish",
    }
    bot.set_token("blog", user.password)
    source = {"url": feeds.url("/feed"), "updates": "edit"}
    bot.configure({"feed": source}, {"blog": account})
    return bot


@pytest.fixture
def links(wordpress, user):
    """How often the posts of the user link to each page."""

    def count():
        contents = [post["content"]["raw"] for post in wordpress.posts(author=user.id)]
        anchors = [
            anchor.attributes["href"]
            for content in contents
            for anchor in LexborHTMLParser(content).css("a")
        ]
        return Counter(anchors)

    return count


def once_each(names):
    return Counter({f"https://news.example/{name}": 1 for name in names})


def test_thirty_faults_lose_nothing_and_double_nothing(blog, names, feeds, proxy, user, links):
    feeds.show("/feed", items(blog.clock, *names))
    proxy.fail("POST", "/posts", *islice(cycle(["", *FAULTS]), 22))
    proxy.fail("GET", "/posts", *islice(cycle(["", "", "", *FAULTS]), 26))
    blog.sync_until_settled(rounds=200)
    assert links() == once_each(names)
    assert {delivery.state for delivery in blog.deliveries()} == {"sent"}
    assert len(proxy.failures) >= 30
    assert set(proxy.failures) == set(FAULTS)


@pytest.mark.parametrize("moment", ["held request", "held answer"])
def test_a_process_that_is_killed_while_it_posts_is_made_up_for(
    blog, names, proxy, wordpress, user, links, moment
):
    proxy.fail("POST", "/posts", "", moment)
    process = blog.start("sync")
    assert proxy.is_holding.wait(60)
    kill(process)
    proxy.release()
    blog.clock.advance(minutes=6)
    blog.sync_until_settled()
    assert links() == once_each(names[:3])


def test_a_restored_store_finds_what_it_has_forgotten(blog, names, feeds, user, links):
    blog.sync_until_settled()
    copy = shutil.copy(blog.store_file, blog.folder / "copy")
    feeds.show("/feed", items(blog.clock, *names[:5]))
    blog.clock.advance(hours=1)
    blog.sync_until_settled()
    blog.delete_store()
    shutil.copy(copy, blog.store_file)
    blog.clock.advance(hours=1)
    blog.sync_until_settled()
    assert links() == once_each(names[:5])
    blog.delete_store()
    blog.sync_until_settled()
    assert links() == once_each(names[:5])
    assert {delivery.state for delivery in blog.deliveries()} == {"sent"}


def test_a_changed_entry_edits_its_post_and_a_retraction_deletes_it(
    blog, names, feeds, cli, wordpress, user
):
    blog.sync_until_settled()
    before = {post["id"]: post["slug"] for post in wordpress.posts(author=user.id)}
    shown = items(blog.clock, *names[:3])
    feeds.show(
        "/feed", [type(shown[0])("Another title", shown[0].link, at=shown[0].at), *shown[1:]]
    )
    blog.clock.advance(hours=1)
    blog.sync_until_settled()
    posts = wordpress.posts(author=user.id)
    assert {post["id"]: post["slug"] for post in posts} == before
    assert sorted(post["title"]["raw"] for post in posts) == [
        "Another title",
        f"Title {names[1]}",
        f"Title {names[2]}",
    ]
    assert cli("retract", "--since", "1d", "--yes").code == 0
    assert wordpress.posts(author=user.id) == []


def test_an_entry_without_a_title_becomes_a_post_of_the_seeds_form(
    blog, names, feeds, proxy, wordpress, user
):
    wordpress.api("POST", "categories", json={"name": "资讯"})
    link = f"https://news.example/{names[0]}"
    entry = Item(None, link, "一段没有标题的文字。", at=blog.clock.now())
    feeds.show("/hot", [entry], title="抽屉新热榜", language="zh")
    account = {
        "kind": "wordpress",
        "server": proxy.url,
        "user": user.name,
        "token_file": "blog.token",
        "allow_http": True,
        "status": "draft",
        "categories": ["资讯"],
    }
    source = {"url": feeds.url("/hot"), "template": "reblog-of", "tags": ["热榜"]}
    blog.configure({"hot": source}, {"blog": account})
    blog.sync_until_settled()
    (post,) = wordpress.posts(author=user.id)
    assert post["title"]["raw"] == "Reblog of 抽屉新热榜:"
    assert post["status"] == "draft"
    content = LexborHTMLParser(post["content"]["raw"])
    assert content.css_first("p").text() == "Reblog via 抽屉新热榜"
    assert content.css_first("a").attributes["href"] == link
    assert content.css_first("blockquote").text().startswith("\n一段没有标题的文字。")
    names_of = {
        taxonomy: [wordpress.api("GET", f"{taxonomy}/{id_}")["name"] for id_ in post[taxonomy]]
        for taxonomy in ("categories", "tags")
    }
    assert names_of == {"categories": ["资讯"], "tags": ["热榜"]}
