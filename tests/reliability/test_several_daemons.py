"""Four daemons on one PostgreSQL, as on four machines: clocks apart, killed, stopped, cut off."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter

import pytest
from sqlalchemy import text

from fediverse.server import run_in_thread
from harness import Bot, Page, _answer, accepted_posts, items, kill, post_text, rss, wait_until
from postgres import admin, emptied

# a machine of its own, as far as the program can tell: another name, and a clock minutes off.
# Where it is told to, it stops itself once: when a delivery is claimed; or later, when the
# connection stands and the next thing is to write the request
MACHINE = """
import os, signal, sys, threading, time_machine
from datetime import UTC, datetime, timedelta

machine, minutes, where = sys.argv[1:4]
del sys.argv[1:4]
time_machine.travel(datetime.now(UTC) + timedelta(minutes=float(minutes)), tick=True).start()

from reblogbot.runtime import lease_owner
from reblogbot.store.outbox import Outbox
from reblogbot.targets.shared import transport

lease_owner._boot_and_namespace = lambda: machine
left = [where]

def stop_at(place):
    if left == [place]:
        left.clear()
        # to this very thread: none of it runs on until the process is woken
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

def claim(self, *arguments):
    claimed = original_claim(self, *arguments)
    if claimed is not None:
        stop_at("claimed")
    return claimed

def send(self, body):
    if self.sock is None:
        self.connect()
    if body.startswith(b"POST /api/v1/statuses "):
        stop_at("connected")
    return original_send(self, body)

original_claim, Outbox.claim = Outbox.claim, claim
original_send, transport._DeadlineConnection.send = transport._DeadlineConnection.send, send
from reblogbot.cli import main
main()
"""
SOURCES = {"hot": "news", "tech": "news", "crowd": "echo"}
PER_HOST = 2
# a process may be stopped within a transaction: PostgreSQL takes its locks back after 30 s
LONG = 90.0
SEEDS = int(os.environ.get("REBLOGBOT_DAEMONS_SEEDS", "1"))


class Cluster:
    """Daemons by machine; each reads the bot's config and goes by a clock of its own."""

    def __init__(self, bot):
        self._bot = bot
        self._running = {}

    def start(self, machine, minutes, where=""):
        # its sources are told which machine asks
        config = self._bot.folder / f"{machine}.toml"
        written = self._bot.path.read_text(encoding="utf-8")
        config.write_text(written.replace("[http]\n", f'[http]\ncontact = "{machine}"\n'), "utf-8")
        simulated = [sys.executable, "-c", MACHINE]
        with self._bot._log().open("a", encoding="utf-8") as log:
            self._running[machine] = subprocess.Popen(
                [*simulated, machine, str(minutes), where, "-c", str(config), "run"],
                stderr=log,
                cwd=self._bot.folder,
            )

    def send(self, machine, number):
        self._running[machine].send_signal(number)

    def kill(self, machine):
        kill(self._running.pop(machine))

    def is_stopped(self, machine):
        process = self._running[machine]
        assert process.poll() is None, self._bot.log()
        looked = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
        return looked is not None

    def end(self):
        for machine in list(self._running):
            self.kill(machine)


class Shown:
    """What the sources show, and how many were asking at the same time at most."""

    def __init__(self, feeds, clock):
        self._feeds, self._clock = feeds, clock
        self._lock, self._asking = threading.Lock(), 0
        self.names = {source: [] for source in SOURCES}
        self.most = 0
        for source in SOURCES:
            feeds.pages[f"/{source}"] = self._page(source)

    def add(self, source, count):
        names = self.names[source]
        names += [f"{source}{len(names) + n:03}" for n in range(count)]

    def expected(self, account):
        return [n for source, to in SOURCES.items() if to == account for n in self.names[source]]

    def _page(self, source):
        def page(handler):
            with self._lock:
                self._asking += 1
                self.most = max(self.most, self._asking)
            threading.Event().wait(0.03)
            with self._lock:
                # whoever has its answer may ask again
                self._asking -= 1
            body = rss(items(self._clock, *reversed(self.names[source]), minutes=5000))
            _answer(handler, Page(body))

        return page


@pytest.fixture
def server():
    """A server that ignores keys: whatever is sent twice is posted twice."""
    with run_in_thread(profile="plain") as running:
        yield running


@pytest.fixture
def bot(tmp_path, clock, feeds, shared, postgres_tables):
    return Bot(tmp_path, clock, feeds, shared, emptied(postgres_tables))


@pytest.fixture
def hot_lists(bot, feeds, clock, server):
    hot_lists = Shown(feeds, clock)
    source = {"every": "50ms", "max_per_poll": 1000, "filter": {"max_age": "900d"}}
    bot.configure(
        {
            name: {**source, "url": feeds.url(f"/{name}"), "to": [to]}
            for name, to in SOURCES.items()
        },
        {"news": (server, ""), "echo": (server, "")},
        delivery={"timeout": "2s", "read_back_after": "1s", "lease": "3s", "max_attempts": 1000},
        http={"timeout": "2s", "per_host": PER_HOST},
    )
    return hot_lists


@pytest.fixture
def cluster(bot):
    running = Cluster(bot)
    yield running
    running.end()


def askers(feeds):
    """How often each machine asked for a feed."""
    return Counter(
        headers["user-agent"].partition("(+")[2].rstrip(")") for _, headers in feeds.requests
    )


def cut_off(bot):
    """End every connection to the store's database."""
    with admin(bot.store_url) as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )


def is_all_posted(server, hot_lists):
    return all(
        len(accepted_posts(server, to)) >= len(hot_lists.expected(to)) for to in ("news", "echo")
    )


def judge(bot, server, hot_lists):
    """Nothing lost, nothing doubled, and each account's posts in the order they were queued."""
    for account in ("news", "echo"):
        posts = accepted_posts(server, account)
        assert Counter(posts) == Counter(post_text(name) for name in hot_lists.expected(account))
        queued = [
            delivery.post.text for delivery in bot.deliveries() if delivery.account == account
        ]
        assert posts == queued
    assert "Traceback" not in bot.log()
    assert hot_lists.most <= PER_HOST


@pytest.mark.slow
def test_two_that_were_stopped_before_the_wire_and_wake_too_late_double_nothing(
    bot, server, hot_lists, cluster
):
    for source in SOURCES:
        hot_lists.add(source, 3)
    cluster.start("connected", -7, "connected")
    wait_until(lambda: cluster.is_stopped("connected"), "a daemon that stops at the wire")
    cluster.start("claimed", 6, "claimed")
    wait_until(lambda: cluster.is_stopped("claimed"), "a daemon that stops with a claim", LONG)
    cluster.start("third", 45)
    wait_until(lambda: is_all_posted(server, hot_lists), "the posts, by the third", LONG)
    for machine in ("connected", "claimed"):
        cluster.send(machine, signal.SIGCONT)
    for source in SOURCES:
        hot_lists.add(source, 3)
    wait_until(lambda: is_all_posted(server, hot_lists), "the later posts, by whomever", LONG)
    wait_until(lambda: not bot.open_deliveries(), "everything settled", LONG)
    judge(bot, server, hot_lists)
    # each of the two was about to send, and found out that it was late
    assert bot.log().count("slug=lapsed") == 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_four_daemons_killed_stopped_and_cut_off_lose_and_double_nothing(
    bot, server, hot_lists, cluster, seed
):
    rng = random.Random(f"daemons {seed}")
    clocks = {"a": -7, "b": 0, "c": 6, "d": 45}
    for machine, minutes in clocks.items():
        cluster.start(machine, minutes)
    for _ in range(8):
        hot_lists.add(rng.choice(list(SOURCES)), rng.randint(1, 4))
        enough = len(server.requests) + rng.randint(1, 8)
        with contextlib.suppress(AssertionError):
            wait_until(lambda enough=enough: len(server.requests) >= enough, "some requests", 2)
        machine, mishap = rng.choice(list(clocks)), rng.choice(["kill", "stop", "cut"])
        if mishap == "kill":
            cluster.kill(machine)
            cluster.start(machine, clocks[machine])
        elif mishap == "stop":
            cluster.send(machine, signal.SIGSTOP)
            # longer than a lease, or not
            with contextlib.suppress(AssertionError):
                wait_until(lambda: False, "a while", rng.choice([0.2, 4]))
            cluster.send(machine, signal.SIGCONT)
        else:
            cut_off(bot)
    wait_until(lambda: is_all_posted(server, hot_lists), "all posts", 60)
    wait_until(lambda: not bot.open_deliveries(), "everything settled")
    judge(bot, server, hot_lists)


@pytest.mark.slow
def test_the_work_spreads_over_all_daemons(bot, feeds, server, hot_lists, cluster):
    """Each claims what it has room for; so none has all of it, and none has nothing."""
    for source in SOURCES:
        hot_lists.add(source, 1)
    paths = [f"/{source}?{n}" for source in SOURCES for n in range(14)]
    for path in paths:
        feeds.pages[path] = feeds.pages[path.partition("?")[0]]
    source = {"every": "50ms", "filter": {"max_age": "900d"}}
    bot.configure(
        {f"s{n}": {**source, "url": feeds.url(path)} for n, path in enumerate(paths)},
        {"news": (server, "")},
        # where the host were the limit, who has its turns might keep them
        http={"per_host": 64, "concurrency": 4},
    )
    for machine in "abcd":
        cluster.start(machine, 0)
    wait_until(lambda: len(askers(feeds)) == 4, "all four at work")
    feeds.requests.clear()
    wait_until(lambda: len(feeds.requests) >= 200, "polls")
    shares = askers(feeds)
    assert min(shares.values()) >= 20, shares
    assert hot_lists.most <= 16
