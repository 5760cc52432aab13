"""Clocks that jump: a machine that woke up in another century does its work all the same."""

from datetime import UTC, datetime

import pytest

from harness import accepted_posts, items, post_text

FAR = [datetime(2099, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)]


@pytest.fixture
def show(bot, feeds, sandbox):
    """Shows these names, dated by the real clock, to a config without an age limit."""
    start = bot.clock.now()

    def show_entries(names, **account):
        now, bot.clock.instant = bot.clock.instant, start
        url = feeds.show("/hot.xml", items(bot.clock, *reversed(names)))
        bot.clock.instant = now
        source = {"url": url, "filter": {"max_age": "36500d"}}
        bot.configure({"hot": source}, {"news": {**bot.account("news", sandbox), **account}})

    return show_entries


@pytest.mark.parametrize("far", FAR)
def test_a_source_polled_in_another_century_is_due_again_soon(bot, show, sandbox, far):
    real = bot.clock.instant
    show("a")
    bot.clock.instant = far
    bot.sync(which="due")
    bot.clock.instant = real
    show("ab")
    for _ in range(4):
        bot.clock.advance(minutes=20)
        bot.sync(which="due")
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]


@pytest.mark.parametrize("far", FAR)
def test_what_was_queued_in_another_century_goes_out(bot, show, sandbox, far):
    real = bot.clock.instant
    show("abc", pace={"per_hour": 1})
    bot.clock.instant = far
    bot.sync()
    assert accepted_posts(sandbox) == [post_text("a")]
    bot.clock.instant = real
    show("abc")
    for _ in range(4):
        bot.clock.advance(minutes=20)
        bot.sync(which="due")
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


@pytest.mark.parametrize("far", FAR)
def test_a_doubt_or_pause_of_another_century_ends(bot, show, sandbox, far):
    real = bot.clock.instant
    show("abc")
    sandbox.faults.add("drip", chunk=100_000, interval=0)
    sandbox.faults.add("drop_after")
    sandbox.faults.add("status_before", status=429)
    bot.clock.instant = far
    bot.sync()
    bot.clock.instant = real
    for _ in range(6):
        bot.clock.advance(hours=2)
        bot.sync(which="due")
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


@pytest.mark.parametrize("days", [-1, 1, -400, 400])
def test_days_more_or_less_in_the_middle_of_it_neither_lose_nor_double(bot, show, sandbox, days):
    show("abcd")
    with bot.open_worker() as worker:
        sandbox.faults.add("drop_after")
        worker.sync()
        bot.clock.advance(days=days)
        for _ in range(6):
            bot.clock.advance(minutes=6)
            worker.sync()
    for _ in range(6):
        bot.clock.advance(minutes=6)
        bot.sync()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abcd"]
