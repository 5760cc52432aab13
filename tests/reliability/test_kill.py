"""kill -9 on the real process at random instants, many rounds: the server's journal is the judge.

$REBLOGBOT_KILL_ROUNDS sets the rounds of each test, $REBLOGBOT_KILL_SEED what is random.
"""

import os
import random
import subprocess

import pytest

from fediverse.server import run_in_thread
from harness import accepted_posts, items, kill, post_text, wait_until

ROUNDS = int(os.environ.get("REBLOGBOT_KILL_ROUNDS", "5"))
SEED = int(os.environ.get("REBLOGBOT_KILL_SEED", "1"))
# how many entries the feed shows more before each round
FRESH = 3


@pytest.fixture(params=["plain", pytest.param("mastodon", marks=pytest.mark.slow)])
def server(request):
    with run_in_thread(profile=request.param) as running:
        yield running


@pytest.fixture
def names():
    return [f"n{number:04}" for number in range(FRESH * (ROUNDS + 1))]


@pytest.fixture
def show(bot, feeds, server, clock, names):
    """Shows the first so many names."""

    def show_entries(count):
        return feeds.show("/hot.xml", items(clock, *reversed(names[:count]), minutes=5000))

    source = {"url": show_entries(FRESH), "max_per_poll": 1000, "every": "50ms"}
    swift = {"timeout": "5s", "read_back_after": "100ms", "lease": "10s"}
    bot.configure({"hot": source}, {"news": (server, "")}, delivery=swift)
    return show_entries


def wait_and_kill(process, server, rng):
    """Let it ask the server for a few things more, then end it a moment later."""
    # three questions at the start and a post for each entry: then a daemon waits for more
    enough = len(server.requests) + rng.randint(1, 3 + FRESH)
    wait_until(
        lambda: len(server.requests) >= enough or process.poll() is not None,
        "requests of the process, or its end",
    )
    try:
        process.wait(timeout=rng.uniform(0, 0.02))
    except subprocess.TimeoutExpired:
        kill(process)
        return True
    kill(process)
    return False


def finish(bot, names, server):
    """Rounds that nobody kills, until all stands on the server."""
    expected = [post_text(name) for name in names]
    for _ in range(12):
        ran = bot.call("sync")
        assert "Traceback" not in ran.err
        if not bot.open_deliveries() and len(accepted_posts(server)) >= len(expected):
            break
    assert accepted_posts(server) == expected
    assert {delivery.state for delivery in bot.deliveries()} == {"sent"}
    assert bot.call("sync").code == 0
    assert accepted_posts(server) == expected


def test_sync_killed_at_random_instants_loses_and_doubles_nothing(bot, show, server, names):
    rng = random.Random(f"sync {SEED}")
    kills = 0
    for number in range(1, ROUNDS + 1):
        show(FRESH * (number + 1))
        kills += wait_and_kill(bot.start("sync"), server, rng)
    finish(bot, names, server)
    assert kills


def test_the_daemon_killed_at_random_instants_loses_and_doubles_nothing(bot, show, server, names):
    rng = random.Random(f"run {SEED}")
    for number in range(1, ROUNDS + 1):
        show(FRESH * (number + 1))
        assert wait_and_kill(bot.start("run"), server, rng), bot.log()
    finish(bot, names, server)


@pytest.mark.both_databases
def test_a_daemon_killed_beside_a_sync_loses_and_doubles_nothing(bot, show, server, names):
    rng = random.Random(f"both {SEED}")
    for number in range(1, ROUNDS + 1):
        show(FRESH * (number + 1))
        daemon, sync = bot.start("run"), bot.start("sync")
        wait_and_kill(rng.choice([daemon, sync]), server, rng)
        kill(daemon)
        kill(sync)
    finish(bot, names, server)
