"""The fault matrix (docs/reliability.md), the machine: no files, no memory, no threads, a lock."""

import os
import sqlite3
import subprocess
import sys
import threading

import pytest

from harness import accepted_posts, items, post_text
from reblogbot.store.connections import BUSY_MS

ALL = [post_text(name) for name in "abcd"]
# the program with less of something than it needs
POOR = """
import os, resource, sys
for limit in sys.argv.pop(1).split(","):
    name, _, most = limit.partition("=")
    resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(most), int(most)))
os.execv(sys.executable, [sys.executable, "-m", "reblogbot", *sys.argv[1:]])
"""
MB = 1 << 20


@pytest.fixture
def queue(bot, feeds, sandbox, clock):
    source = {"url": feeds.show("/hot.xml", items(clock, *"dcba"))}
    bot.configure({"hot": source}, {"news": (sandbox, "")})


def run_poor(bot, limits):
    """How the program ends on a machine like that."""
    return subprocess.run(
        [sys.executable, "-c", POOR, limits, "-c", str(bot.path), "sync"],
        capture_output=True,
        text=True,
        timeout=60,
        # measuring needs more than the program
        env={**os.environ, "COVERAGE_PROCESS_CONFIG": ""},
        check=False,
    )


@pytest.mark.parametrize(
    "limits",
    [
        "NOFILE=9",
        "NOFILE=16",
        f"AS={80 * MB}",
        f"AS={83 * MB}",
        # short of this the interpreter may lose a thread as it begins, and wait for it for ever
        f"AS={140 * MB}",
        # no thread's stack finds room
        f"STACK={4000 * MB},AS={3000 * MB}",
    ],
    ids=["no files", "few files", "no memory", "hardly any memory", "little memory", "no threads"],
)
def test_a_machine_that_gives_no_more_loses_and_doubles_nothing(bot, queue, sandbox, limits):
    ran = run_poor(bot, limits)
    # without memory the interpreter itself may give up; it never ends in silence
    assert ran.returncode == 0 or ran.stdout or ran.stderr
    assert accepted_posts(sandbox) == ALL[: len(accepted_posts(sandbox))]
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == ALL
    assert {delivery.state for delivery in bot.deliveries()} == {"sent"}


def test_a_store_that_is_locked_is_waited_for_longer_than_a_minute(bot, queue, sandbox):
    bot.sync()
    holder = sqlite3.connect(bot.store_file, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    letting_go = threading.Timer(0.5, holder.execute, ["ROLLBACK"])
    letting_go.start()
    bot.sync()
    letting_go.join()
    holder.close()
    assert accepted_posts(sandbox) == ALL
    assert BUSY_MS > 60_000
