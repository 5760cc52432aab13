"""A window of a real daemon counts the polls in it and what they cost."""

from datetime import timedelta

from bench.bot import Bot
from bench.daemon import running_daemon
from bench.server import serving

FEEDS = 3


def test_a_window_lasts_until_every_feed_is_polled_once(tmp_path):
    bot = Bot(tmp_path)
    with serving() as server:
        bot.configure(server.urls(FEEDS, "short=1"), every="1d")
        bot.run("sync")
        with running_daemon(bot, server) as daemon:
            idle = daemon.window(0)
            assert daemon.are_all_polled()
            daemon.spread_due(timedelta(), timedelta(seconds=1))
            assert not daemon.are_all_polled()
            busy = daemon.window(0, is_over=daemon.are_all_polled)
    assert (idle.polls, busy.polls) == (0, FEEDS)
    assert busy.cpu > 0
    assert busy.memory > 10_000_000
    assert busy.written > 0
