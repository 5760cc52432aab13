"""The fault matrix (docs/reliability.md), sources: through the whole program, nothing is reposted."""

import random
from dataclasses import replace

import pytest

from harness import Item, Page, accepted_posts, items, post_text, rss

NAMES = "abcdef"
ALL = [post_text(name) for name in NAMES]


def entries(clock, names=NAMES):
    """An item for each name, the newest first, with an id of its own."""
    return [replace(item, guid=f"id of {item.title}") for item in items(clock, *reversed(names))]


@pytest.fixture
def hot(bot, feeds, sandbox, clock):
    """A source that has been read and posted in full; shows what it is told to."""

    def show(names=NAMES, **options):
        return feeds.show("/hot.xml", entries(clock, names), **options)

    source = {"url": show(), "max_per_poll": 4}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    bot.sync()
    assert accepted_posts(sandbox) == ALL
    return show


def outcomes(report):
    return {poll.name: poll.outcome for poll in report.polls}


# 43


def test_a_parser_that_is_killed_costs_one_poll(bot, hot, shared):
    """The children are idle: whoever is next finds them dead and starts others."""
    for child in shared.workers._idle:
        child._process.kill()
        shared.run(child._process.wait())
    hot("abcdefg")
    assert outcomes(bot.sync()) == {"hot": "new"}


# 56 57


def cut(body, share):
    return body[: int(len(body) * share)]


FLAPS = {
    "500": lambda feeds, body: feeds.fail("/hot.xml", 500),
    "a page": lambda feeds, body: feeds.show("/hot.xml", b"<html><p>hello", kind="text/html"),
    "nothing": lambda feeds, body: feeds.show("/hot.xml", b""),
    "half": lambda feeds, body: feeds.show("/hot.xml", cut(body, 0.5)),
    "nearly all": lambda feeds, body: feeds.show("/hot.xml", cut(body, 0.97)),
    "no entries": lambda feeds, body: feeds.show("/hot.xml", rss([])),
    "itself": lambda feeds, body: feeds.show("/hot.xml", body),
    "itself, without a mark": lambda feeds, body: feeds.show("/hot.xml", body, etag=False),
    "a bare 304": lambda feeds, body: feeds.fail("/hot.xml", 304),
}


@pytest.mark.parametrize("seed", range(3))
def test_a_source_that_flaps_repeats_nothing(bot, hot, feeds, sandbox, clock, seed):
    rng = random.Random(f"flap {seed}")
    body = feeds.pages["/hot.xml"].body
    with bot.open_worker() as worker:
        for name in rng.choices(list(FLAPS), k=12):
            FLAPS[name](feeds, body)
            worker.sync(which="all")
            clock.advance(minutes=20)
        hot("abcdefg")
        worker.sync(which="all")
    assert accepted_posts(sandbox) == [*ALL, post_text("g")]


def test_a_server_that_says_304_for_ever_hides_news_for_a_day_at_most(
    bot, hot, feeds, sandbox, clock
):
    hot("abcdefg")
    honest = feeds.pages["/hot.xml"]

    def sticky(handler):
        etag_sent = handler.headers["If-None-Match"]
        page = Page(b"", 304, etag=False) if etag_sent else honest
        handler.send_response(page.status)
        handler.send_header("Content-Length", str(len(page.body)))
        handler.end_headers()
        handler.wfile.write(page.body)

    feeds.pages["/hot.xml"] = sticky
    assert outcomes(bot.sync()) == {"hot": "not_modified"}
    clock.advance(hours=25)
    bot.sync()
    assert accepted_posts(sandbox) == [*ALL, post_text("g")]


def test_a_mark_that_changes_every_time_is_no_news(bot, hot, feeds, sandbox, clock):
    for number in range(4):
        feeds.pages["/hot.xml"].headers["ETag"] = f'"{number}"'
        assert bot.sync().counts()["entries_new"] == 0
        clock.advance(minutes=16)
    assert accepted_posts(sandbox) == ALL


# 59


def test_malformed_documents_stop_no_other_source(bot, feeds, sandbox, clock):
    rng = random.Random("malformed")
    whole = rss(items(clock, *"edcba"))
    sources = {}
    for number in range(60):
        body = bytearray(whole)
        for _ in range(rng.randint(1, 40)):
            body[rng.randrange(len(body))] = rng.randrange(256)
        url = feeds.show(f"/{number}", bytes(body[: rng.randint(1, len(body))]))
        sources[f"s{number}"] = {"url": url, "first": "none"}
    sources["last"] = {"url": feeds.show("/last", items(clock, "z"))}
    bot.configure(sources, {"news": (sandbox, "")})
    report = bot.sync()
    assert accepted_posts(sandbox) == [post_text("z")]
    assert set(outcomes(report).values()) <= {"new", "nothing_new", "failed", "refused"}
    assert all(poll.error for poll in report.polls if poll.outcome in ("failed", "refused"))


# 60


# something about all of the same six entries
CHANGES = {
    "ids": lambda item, _: replace(item, guid=f"new {item.guid}"),
    "links": lambda item, _: replace(item, link=f"{item.link}/new"),
    "titles": lambda item, _: replace(item, title=f"{item.title}!"),
    "dates": lambda item, now: replace(item, at=now),
    "tracking": lambda item, _: replace(item, link=f"{item.link}?utm_source=x"),
}


def changed(clock, how):
    """The same six entries, changed."""
    feed_items = entries(clock)
    if how in CHANGES:
        return [CHANGES[how](item, clock.now()) for item in feed_items]
    return feed_items[::-1] if how == "order" else feed_items[3:]


@pytest.mark.parametrize("how", ["order", "less", *CHANGES])
def test_entries_that_change_are_not_posted_again(bot, hot, feeds, sandbox, clock, how):
    feeds.show("/hot.xml", changed(clock, how))
    clock.advance(minutes=20)
    bot.sync()
    hot("abcdefg")
    bot.sync()
    assert accepted_posts(sandbox) == [*ALL, post_text("g")]
    assert bot.deliveries("held") == []


@pytest.mark.parametrize(
    "feed",
    [
        # an archive dump: what is new there is old
        [Item(f"Old {n}", f"https://news.example/old/{n}") for n in range(30)],
        # a hijack: another site's entries
        [Item(f"Buy {n}", f"https://spam.example/{n}") for n in range(30)],
        # everything under other ids and links
        [Item(f"Title {name}", f"https://moved.example/{name}", guid=name) for name in NAMES],
    ],
    ids=["archive", "hijack", "moved"],
)
def test_a_list_that_is_suddenly_another_is_held_for_the_admin(bot, hot, feeds, sandbox, feed):
    feeds.show("/hot.xml", feed)
    assert outcomes(bot.sync()) == {"hot": "held"}
    assert accepted_posts(sandbox) == ALL
    assert len(bot.deliveries("held")) == len(feed)
    hot()
    bot.sync()
    assert accepted_posts(sandbox) == ALL


def test_a_list_that_was_empty_and_comes_back_is_known(bot, hot, feeds, sandbox, clock):
    for _ in range(3):
        feeds.show("/hot.xml", rss([]))
        bot.sync()
        clock.advance(days=2)
    hot("abcdefg")
    bot.sync()
    assert accepted_posts(sandbox) == [*ALL, post_text("g")]


# 61 62


def test_fifty_sources_on_one_host_are_all_read(bot, feeds, sandbox, clock):
    sources = {
        f"s{number}": {"url": feeds.show(f"/{number}", items(clock, f"n{number}"))}
        for number in range(50)
    }
    bot.configure(sources, {"news": (sandbox, "")})
    report = bot.sync()
    assert set(outcomes(report).values()) == {"new"}
    assert sorted(accepted_posts(sandbox)) == sorted(
        post_text(f"n{number}") for number in range(50)
    )


def test_a_source_that_hangs_costs_itself_alone(bot, feeds, sandbox, clock):
    # it returns when the client has gone
    feeds.pages["/hung"] = lambda handler: handler.connection.recv(1)
    sources = {"hung": {"url": feeds.url("/hung")}} | {
        f"s{number}": {"url": feeds.show(f"/{number}", items(clock, f"n{number}"))}
        for number in range(3)
    }
    bot.configure(sources, {"news": (sandbox, "")}, http={"timeout": "700ms"})
    report = bot.sync()
    assert outcomes(report) == {"hung": "failed", "s0": "new", "s1": "new", "s2": "new"}
    assert len(accepted_posts(sandbox)) == 3


# 63


def test_ten_thousand_entries_at_first_sight_flood_nobody(bot, feeds, sandbox, clock):
    feed = [Item(f"Title {n}", f"https://news.example/{n}") for n in range(10_000)]
    source = {"url": feeds.show("/f", feed), "first": 2, "max_per_poll": 20}
    bot.configure({"hot": source}, {"news": (sandbox, "")})
    report = bot.sync()
    assert report.counts()["entries_new"] == 10_000
    assert accepted_posts(sandbox) == [post_text("1"), post_text("0")]
    feeds.show("/f", [Item("Title x", "https://news.example/x"), *feed])
    bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in ("1", "0", "x")]


# 64


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "[::ffff:127.0.0.1]", "localhost", "2130706433", "0.0.0.0"]
)
def test_no_feed_is_fetched_from_a_private_address(bot, feeds, sandbox, clock, host):
    port = feeds.show("/f", items(clock, "a")).split(":")[2]
    source = {"url": f"http://{host}:{port}"}
    bot.configure({"hot": source}, {"news": (sandbox, "")}, http={"allow_private": []})
    assert outcomes(bot.sync()) == {"hot": "refused"}
    assert feeds.requests == []
