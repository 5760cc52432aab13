"""Images from a source's site to a post on a server; the post is sent even if they fail."""

import sqlite3

import pytest
import requests
import tomlkit

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text, rss, wait_until
from reblogbot.admin.documents.preview import preview_json
from sample_images import opened, png, saved

SLOW_ANSWER = 20


@pytest.fixture
def hot(bot, feeds, sandbox):
    """Configures one source with images for one account of the sandbox, or of `server`."""

    def configured(server=None, **keys):
        source = {"url": feeds.url("/f"), "media": 2, **keys}
        bot.configure({"hot": source}, {"news": (server or sandbox, "")})

    return configured


def enclosing(feed, *urls, kind="image/png"):
    """An RSS feed in which every item has these enclosures."""
    enclosed = "".join(f'<enclosure url="{url}" type="{kind}" length="1"/>' for url in urls)
    return rss(feed).replace(b"</item>", enclosed.encode() + b"</item>")


def story(feeds, name, *pictures, alt=""):
    """A page that names images of itself; returns its item."""
    head = "".join(f'<meta property="og:image" content="{picture}">' for picture in pictures)
    head += f'<meta property="og:image:alt" content="{alt}">' if alt else ""
    link = feeds.show(f"/{name}", f"<head>{head}</head>".encode(), kind="text/html", etag=False)
    return Item(f"Title {name}", link)


def sent(bot):
    """The number of posts that one round sent."""
    return bot.sync().counts()["sent"]


def descriptions(server):
    """The descriptions of each status's images."""
    return [
        [media["description"] for media in status["media_attachments"]]
        for status in server.statuses("news")
    ]


# what is attached


def test_an_enclosed_image_is_attached_and_named_after_its_entry(bot, feeds, sandbox, clock, hot):
    image = feeds.show("/a.png", png(), kind="image/png")
    feeds.show("/f", enclosing(items(clock, "a"), image))
    hot()
    assert sent(bot) == 1
    assert descriptions(sandbox) == [["Image: Title a"]]
    assert accepted_posts(sandbox) == [post_text("a")]


def test_a_pages_own_image_is_attached_and_preview_shows_it_before(bot, feeds, sandbox, hot):
    feeds.show("/a.png", png(), kind="image/png")
    feeds.show("/f", [story(feeds, "a", "/a.png", alt="A cat on a sill")])
    hot()
    (previewed,) = preview_json(bot.preview())["posts"]
    assert previewed["media"] == [{"url": feeds.url("/a.png"), "alt": "A cat on a sill"}]
    assert sent(bot) == 1
    assert descriptions(sandbox) == [["A cat on a sill"]]
    (delivery,) = bot.deliveries("sent")
    assert [(media.url, media.alt) for media in delivery.post.media] == [
        (feeds.url("/a.png"), "A cat on a sill")
    ]


def test_an_entry_with_an_image_of_its_own_is_not_looked_for_others(bot, feeds, sandbox, hot):
    image = feeds.show("/own.png", png(), kind="image/png")
    feeds.show("/f", enclosing([story(feeds, "a", "/page.png")], image))
    hot()
    bot.sync()
    assert descriptions(sandbox) == [["Image: Title a"]]
    assert feeds.request_count("/a") == 0


def test_no_more_images_than_the_source_wants_are_attached(bot, feeds, sandbox, hot):
    for number in range(4):
        feeds.show(f"/{number}.png", png(), kind="image/png")
    feeds.show("/f", [story(feeds, "a", *(f"/{number}.png" for number in range(4)))])
    hot(media=3)
    bot.sync()
    assert [len(images) for images in descriptions(sandbox)] == [3]


def test_an_image_of_a_kind_servers_do_not_take_is_converted(bot, feeds, sandbox, hot):
    feeds.show("/a.avif", saved("AVIF", (40, 20)), kind="image/avif")
    feeds.show("/f", [story(feeds, "a", "/a.avif")])
    hot()
    bot.sync()
    (status,) = sandbox.statuses("news")
    (media,) = status["media_attachments"]
    attached = opened(requests.get(media["url"], timeout=10).content)
    assert (attached.format, attached.size) == ("JPEG", (40, 20))


# what is left out


def why(cli, name):
    (story,) = cli("why", f"https://news.example/{name}", "--json").json["entries"]
    (delivery,) = story["deliveries"]
    return [event["note"] for event in delivery["events"] if event["note"]]


def test_why_tells_which_image_was_left_out_and_the_post_is_no_failure(
    bot, feeds, sandbox, clock, hot, cli
):
    feeds.show("/f", enclosing(items(clock, "a"), feeds.fail("/a.png", 404)))
    hot()
    assert sent(bot) == 1
    (note,) = why(cli, "a")
    assert note.startswith(f"without images: {feeds.url('/a.png')}: ")
    assert bot.deliveries("sent")[0].error == ""


def test_why_tells_that_the_server_did_not_take_an_image(bot, feeds, sandbox, clock, hot, cli):
    sandbox.faults.add("status_before", path="/api/v2/media", status=500)
    feeds.show("/f", enclosing(items(clock, "a"), feeds.show("/a.png", png(), kind="image/png")))
    hot()
    assert sent(bot) == 1
    assert why(cli, "a") == ["without images: 1 not taken by the server, or not in time"]


def test_an_image_host_slower_than_the_lease_stalls_no_account(
    bot, feeds, sandbox, clock, hot, cli
):
    """Nothing was ever sent, with exit code 0, because the lease had ended when the image arrived."""

    def leased_until():
        with sqlite3.connect(bot.store_file) as store:
            return store.execute("SELECT lease_until FROM account").fetchone()[0]

    def slow(handler):
        # twice three seconds, and the lease is renewed in time
        for _ in range(2):
            before = leased_until()
            clock.advance(seconds=3)
            wait_until(lambda: leased_until() > before, "a renewed lease")  # noqa: B023
        handler.send_response(200)
        handler.send_header("Content-Type", "image/png")
        handler.end_headers()
        handler.wfile.write(png())

    feeds.pages["/a.png"] = slow
    feeds.show("/f", enclosing(items(clock, "a"), feeds.url("/a.png")))
    hot()
    tables = tomlkit.parse(bot.path.read_text(encoding="utf-8"))
    tables["delivery"].update({"timeout": "3s", "lease": "4s"})
    tables["http"]["timeout"] = "30s"
    bot.path.write_text(tomlkit.dumps(tables), encoding="utf-8")
    assert sent(bot) == 1
    assert descriptions(sandbox) == [["Image: Title a"]]
    assert "delivery.lease: is less than 3 times timeout" in cli("check").out


# which pages are looked at


def pages(feeds, names="abc"):
    return [name for name in names if feeds.request_count(f"/{name}")]


def test_pages_are_looked_at_for_new_entries_alone(bot, feeds, sandbox, hot):
    feeds.show("/f", [story(feeds, "a")])
    hot()
    bot.sync()
    feeds.show("/f", [story(feeds, "b"), story(feeds, "a")])
    bot.sync()
    bot.sync()
    assert [feeds.request_count(f"/{name}") for name in "ab"] == [1, 1]


def test_no_page_is_looked_at_for_a_source_without_images(bot, feeds, hot):
    feeds.show("/f", [story(feeds, "a")])
    hot(media=0)
    assert sent(bot) == 1
    assert pages(feeds) == []


@pytest.mark.parametrize(
    ("first", "looked_at"), [("none", []), (1, ["a"]), ("all", ["a", "b", "c"])]
)
def test_at_first_sight_pages_are_looked_at_as_far_as_entries_are_posted(
    bot, feeds, hot, first, looked_at
):
    feeds.show("/f", [story(feeds, name) for name in "abc"])
    hot(first=first)
    bot.sync()
    assert pages(feeds) == looked_at


def test_no_page_is_looked_at_for_what_a_filter_refuses(bot, feeds, hot):
    feeds.show("/f", [story(feeds, name) for name in "abc"])
    hot(filter={"exclude": ["Title b"]})
    assert sent(bot) == 2
    assert pages(feeds) == ["a", "c"]


def test_no_more_pages_are_looked_at_than_a_poll_may_bring(bot, feeds, hot):
    names = [f"n{number}" for number in range(9)]
    feeds.show("/f", [story(feeds, name) for name in names])
    hot(max_per_poll=4)
    assert sent(bot) == 9
    assert len(pages(feeds, names)) == 4


# whatever goes wrong, the text is posted, once

PAGE = b"<!DOCTYPE html><h1>Please log in</h1>"


def hang(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.connection.settimeout(SLOW_ANSWER)
    handler.rfile.read(1)


BAD = {
    "a page": lambda feeds: feeds.show("/a.png", PAGE, kind="image/png"),
    "nothing": lambda feeds: feeds.show("/a.png", b"", kind="image/png"),
    "a bomb": lambda feeds: feeds.show("/a.png", png(claims=(50_000, 50_000)), kind="image/png"),
    "too much": lambda feeds: feeds.show("/a.png", png() + bytes(3_000_000), kind="image/png"),
    "not there": lambda feeds: feeds.url("/nowhere.png"),
    "private": lambda _: "http://127.0.0.1:9/a.png",
    "metadata": lambda _: "http://169.254.169.254/a.png",
    "a climb": lambda feeds: feeds.url("/../../etc/passwd.png"),
    "no address": lambda _: "http://[/a.png",
}


@pytest.mark.parametrize("bad", BAD)
def test_an_image_that_is_bad_is_left_out_and_the_text_is_posted_once(
    bot, feeds, sandbox, clock, hot, bad
):
    good = feeds.show("/good.png", png(), kind="image/png")
    feeds.show("/f", enclosing(items(clock, "b", "a"), BAD[bad](feeds), good))
    hot()
    assert sent(bot) == 2
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]
    kept = len([images for images in descriptions(sandbox) if images])
    assert kept == 2


def test_a_page_that_hangs_costs_its_image_and_no_more(bot, feeds, sandbox, clock):
    feeds.pages["/a"] = hang
    feeds.show("/f", [Item("Title a", feeds.url("/a"))])
    bot.configure(
        {"hot": {"url": feeds.url("/f"), "media": 1}},
        {"news": (sandbox, "")},
        http={"timeout": "0.3s"},
    )
    assert sent(bot) == 1
    assert descriptions(sandbox) == [[]]


@pytest.mark.parametrize("profile", ["mastodon-4.6", "gotosocial", "takahe", "pixelfed"])
def test_a_post_that_is_refused_for_its_images_goes_out_once_without(
    bot, feeds, clock, hot, profile
):
    with run_in_thread(profile=profile, clock=clock) as server:
        image = feeds.show("/a.png", png(), kind="image/png")
        feeds.show("/f", enclosing(items(clock, "b", "a"), image))
        hot(server)
        server.faults.add("status_before", status=422, error="Media could not be attached")
        assert sent(bot) == 2
        assert accepted_posts(server) == [post_text("a"), post_text("b")]
        assert [len(images) for images in descriptions(server)] == [0, 1]


@pytest.mark.parametrize("fault", ["drop_after", "status_after", "truncate_after", "drop_before"])
@pytest.mark.parametrize("profile", ["mastodon", "gotosocial", "pixelfed"])
def test_a_lost_answer_to_a_post_with_images_never_makes_two(
    bot, feeds, clock, hot, profile, fault
):
    with run_in_thread(profile=profile, clock=clock) as server:
        image = feeds.show("/a.png", png(), kind="image/png")
        feeds.show("/f", enclosing(items(clock, "b", "a"), image))
        hot(server)
        server.faults.add(fault)
        bot.sync_until_settled()
        assert accepted_posts(server) == [post_text("a"), post_text("b")]
        assert [len(images) for images in descriptions(server)] == [1, 1]


def test_a_server_that_takes_its_time_with_an_image_is_waited_for(bot, feeds, sandbox, clock, hot):
    image = feeds.show("/a.png", png(), kind="image/png")
    feeds.show("/f", enclosing(items(clock, "a"), image))
    hot()
    sandbox.faults.add("processing", looks=2)
    assert sent(bot) == 1
    assert [len(images) for images in descriptions(sandbox)] == [1]


def test_a_limit_on_uploads_puts_the_post_off_until_it_ends(bot, feeds, sandbox, clock, hot):
    image = feeds.show("/a.png", png(), kind="image/png")
    feeds.show("/f", enclosing(items(clock, "a"), image))
    hot()
    sandbox.faults.add("status_before", "POST", "/api/v2/media", status=429, reset="iso", after=600)
    assert sent(bot) == 0
    assert accepted_posts(sandbox) == []
    clock.advance(minutes=11)
    assert sent(bot) == 1
    assert [len(images) for images in descriptions(sandbox)] == [1]


# mentions


def test_a_mention_in_the_admins_own_template_is_posted_on_mastodon(
    bot, feeds, sandbox, clock, hot
):
    sandbox.add_account("ann")
    feeds.show("/f", [Item("Hello @ann and @bob", "https://news.example/a")])
    hot(media=0, template="{{ title }} via @ann")
    assert sent(bot) == 1
    (status,) = sandbox.statuses("news")
    assert [mention["acct"] for mention in status["mentions"]] == ["ann"]


def test_a_source_mentions_nobody(bot, feeds, sandbox, hot):
    sandbox.add_account("ann")
    feeds.show("/f", [Item("Hello @ann", "https://news.example/a")])
    hot(media=0)
    assert sent(bot) == 1
    (status,) = sandbox.statuses("news")
    assert status["mentions"] == []
