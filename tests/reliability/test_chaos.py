"""Everything that can go wrong, at random: what comes out is each entry once, and in order.

$REBLOGBOT_CHAOS_SEEDS sets how many seeds are tried.
"""

import os
import random
from contextlib import suppress

import pytest

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text
from killed_process import ProcessKilled, ProcessKiller

SEEDS = int(os.environ.get("REBLOGBOT_CHAOS_SEEDS", "1"))
REBLOG = "/api/v1/statuses/*/reblog"
TIMELINE = "/api/v1/accounts/*/statuses"
ON_POST = [
    ("drop_before", {}),
    ("drop_after", {}),
    ("reset_after", {}),
    ("truncate_after", {}),
    ("status_before", {"status": 500}),
    ("status_after", {"status": 502, "body": "html"}),
    ("status_before", {"status": 503, "body": "empty"}),
    ("status_before", {"status": 504, "late_commit": True}),
    ("html_200_after", {}),
    ("html_200_after", {"commit": False}),
    ("empty_200_after", {}),
    ("no_id_200", {}),
    ("bad_json", {"commit": True}),
    ("bad_json", {}),
    ("redirect", {}),
    ("status_before", {"status": 429, "reset": "seconds", "after": 120}),
    ("status_before", {"status": 429}),
]
ON_GET = [
    ("drop_before", {}),
    ("status_before", {"status": 500}),
    ("status_before", {"status": 429}),
    ("status_before", {"status": 401}),
    ("bad_json", {}),
    ("html_200_after", {}),
]


def lay(server, rng, path):
    """A few faults for what comes next."""
    server.faults.clear()
    for _ in range(rng.randrange(4)):
        if rng.random() < 0.6:
            name, options = rng.choice(ON_POST)
            server.faults.add(name, "POST", path, **options)
        else:
            name, options = rng.choice(ON_GET)
            server.faults.add(name, "GET", rng.choice([TIMELINE, "*"]), **options)


def endure(bot, server, rng, path):
    """Rounds of trouble, then rounds without, until all is sent."""
    for _ in range(12):
        lay(server, rng, path)
        at_call = rng.choice([0, 0, rng.randrange(1, 30)])
        killer = ProcessKiller(at_call, "after" if rng.random() < 0.5 else "before")
        with bot.open_worker(killer.make_runtime) as worker, suppress(ProcessKilled):
            for _ in range(rng.randint(1, 3)):
                worker.sync()
                # what comes late comes before anybody looks again
                server.faults.release()
                bot.clock.advance(seconds=rng.choice([1, 11, 60, 400, 4000]))
        server.faults.release()
        # a process that was killed here does not count as dead: its leases must run out
        bot.clock.advance(minutes=rng.choice([2, 5, 20, 60]))
    server.faults.clear()
    bot.sync_until_settled(minutes=20)


@pytest.mark.parametrize("profile", ["plain", "mastodon", "mastodon-4.6", "pleroma"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_posts_come_out_once_each_and_in_order(bot, feeds, clock, profile, seed):
    rng = random.Random(f"{profile} {seed}")
    names = [f"n{number}" for number in range(8)]
    with run_in_thread(profile=profile, clock=clock) as server:
        url = feeds.show("/f", items(clock, *reversed(names)))
        source = {"url": url, "filter": {"max_age": "900d"}}
        bot.configure({"hot": source}, {"news": (server, "")}, delivery={"max_attempts": 1000})
        endure(bot, server, rng, "/api/v1/statuses")
        assert accepted_posts(server) == [post_text(name) for name in names]
        assert {delivery.state for delivery in bot.deliveries()} == {"sent"}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_boosts_come_out_once_each_and_in_order(bot, feeds, clock, seed):
    rng = random.Random(f"boosts {seed}")
    with run_in_thread(profile="gotosocial", clock=clock) as server:
        statuses = [server.add_status("ann@remote.example", f"status {n}") for n in range(6)]
        feed = [Item(f"s{n}", status["url"]) for n, status in enumerate(statuses)][::-1]
        source = {"url": feeds.show("/f", feed), "action": "boost"}
        bot.configure({"hot": source}, {"news": (server, "")}, delivery={"max_attempts": 1000})
        endure(bot, server, rng, REBLOG)
        assert sorted(accepted_posts(server)) == sorted(status["uri"] for status in statuses)
        assert {delivery.state for delivery in bot.deliveries()} == {"sent"}
