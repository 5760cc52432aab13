"""One hostile feed costs itself alone: neither its texts nor its numbers stop or fill the bot."""

import gzip

import pytest
from sqlalchemy import create_engine, text

from harness import Item, accepted_posts, items, post_text, rss
from reblogbot.core.bounds import MOST_ENTRIES
from reblogbot.core.planning import MAX_RECORDED


def rows(bot):
    """The number of rows in each table that a poll writes to."""
    engine = create_engine(f"sqlite:///{bot.store_file}")
    with engine.connect() as connection:
        tables = ("entry", "seen", "refusal", "delivery", "event", "published")
        counts = {name: connection.scalar(text(f"select count(*) from {name}")) for name in tables}
    engine.dispose()
    return counts


@pytest.mark.parametrize("signs", ["@ ", "# ", "@a@", "#a", "🇦", "https://"])
def test_titles_and_texts_of_nothing_but_signs_keep_nobody_waiting(
    bot, feeds, sandbox, clock, signs
):
    hostile = [
        Item(signs * 3000 + str(number), f"https://bad.example/{number}", signs * 3000)
        for number in range(20)
    ]
    bot.configure(
        {
            "bad": {"url": feeds.show("/bad", hostile), "template": "headline"},
            "good": {"url": feeds.show("/good", items(clock, "b", "a"))},
        },
        {"news": (sandbox, "")},
    )
    report = bot.sync()
    assert report.counts()["failed"] == 0
    assert {post_text("a"), post_text("b")} <= set(accepted_posts(sandbox))


def flood(feeds, count, mark):
    """A feed of so many dateless entries, gzipped to little."""
    body = rss([Item(f"{mark}{number}", f"/{mark}{number}") for number in range(count)])
    return feeds.show("/flood", gzip.compress(body), headers={"Content-Encoding": "gzip"})


def test_a_flood_at_every_poll_leaves_the_store_bounded(bot, feeds, sandbox, clock):
    source = {"url": flood(feeds, 50, "a"), "first": "none"}
    bot.configure({"bad": source}, {"news": (sandbox, "")})
    bot.sync()
    sizes = []
    for mark in "bc":
        clock.advance(hours=1)
        flood(feeds, 3 * MOST_ENTRIES // 2, mark)
        report = bot.sync()
        assert report.counts()["held"] == (MAX_RECORDED if mark == "b" else 0)
        sizes.append(rows(bot))
    assert sizes[-1]["delivery"] == sizes[-1]["published"] == MAX_RECORDED
    assert sizes[-1]["entry"] <= 50 + MAX_RECORDED + 3
    assert sizes[-1]["refusal"] <= 50 + 3
    assert sizes[-1]["seen"] <= 100_000
    assert accepted_posts(sandbox) == []


def test_what_of_a_flood_is_held_can_be_released(bot, feeds, sandbox, clock):
    source = {"url": flood(feeds, 5, "a"), "first": "none"}
    bot.configure({"bad": source}, {"news": (sandbox, "")})
    bot.sync()
    clock.advance(hours=1)
    flood(feeds, MAX_RECORDED + 200, "b")
    bot.sync()
    assert bot.call("queue", "release", "1").code == 0
    bot.sync()
    assert len(accepted_posts(sandbox)) == 1
    assert "left_out" in bot.call("why", f"https://list.example/b{MAX_RECORDED + 150}").out


def test_a_document_that_is_too_long_is_said_in_the_status(bot, feeds, sandbox):
    bot.configure(
        {"bad": {"url": flood(feeds, MOST_ENTRIES + 1, "a"), "first": "none"}},
        {"news": (sandbox, "")},
    )
    bot.sync()
    (row,) = bot.call("status", "--json").json["sources"]
    assert row["state"] == "ok"
    assert row["error"].startswith(f"too_many_entries: of {MOST_ENTRIES + 1} entries")


def test_relative_links_behind_a_very_long_redirect_fill_no_store(bot, feeds, sandbox, clock):
    long = f"/{'x' * 3000}/feed"
    feeds.show(long, rss([Item(f"n{number}", f"r/{number}") for number in range(5000)]))
    feeds.pages["/short"] = redirect_to(feeds.url(long))
    bot.configure({"bad": {"url": feeds.url("/short"), "first": "none"}}, {"news": (sandbox, "")})
    assert bot.sync().counts()["entries_new"] == 5000
    assert bot.store_file.stat().st_size < 12_000_000


def redirect_to(url):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
