"""The daemon as a process: signals, reload, systemd, and others at work on the same store."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from harness import MAX_WAIT, accepted_posts, items, kill, post_text, visible_texts, wait_until
from reblogbot import __version__, app
from reblogbot.daemon import sdnotify
from reblogbot.daemon.heartbeat import Heartbeat
from reblogbot.daemon.stats import DaemonStats
from reblogbot.runtime.clock import uptime
from reblogbot.store.daemons import HEARTBEAT_INTERVAL
from service_manager import manager

# the program, where the thread named by $DYING_THREAD ends at a SIGALRM, as one that runs out of
# memory between two calls: its next call is never answered
DYING_THREAD = """
import os, signal
from concurrent.futures import ThreadPoolExecutor
from reblogbot import cli
from reblogbot.runtime import worker_thread

queues = []

class Executor(ThreadPoolExecutor):
    def __init__(self, **given):
        super().__init__(**given)
        if given["thread_name_prefix"] == os.environ["DYING_THREAD"]:
            queues.append(self._work_queue)

class End:
    def run(self):
        raise MemoryError

worker_thread.CHECK_SECONDS = 0.1
worker_thread.ThreadPoolExecutor = Executor
signal.signal(signal.SIGALRM, lambda *_: queues[-1].put(End()))
cli.main()
"""
# the program, whose jobs run once at its start and then no more
ONE_TICK = """
from datetime import timedelta
from reblogbot import cli
from reblogbot.daemon import daemon

daemon.TICK = timedelta(days=1)
cli.main()
"""
# the program, which ends soon, and waits long for a store that is locked
BRIEF_END = """
from reblogbot import cli
from reblogbot.daemon import daemon
from reblogbot.store import connections, database

daemon.RELEASE_SECONDS = 0.1
daemon.END_SECONDS = 1
database.Database.__init__.__kwdefaults__["busy_ms"] = 3_600_000
cli.main()
"""
# the program, whose store never answers when sources are claimed
HANGING_CLAIM = """
import asyncio, sys
from reblogbot import cli
from reblogbot.engine.engine import Engine

async def hang(self, limit):
    print("claim hangs", file=sys.stderr)
    while True:
        await asyncio.sleep(0.1)
        print("event loop runs", file=sys.stderr)

Engine.claim_due = hang
cli.main()
"""
QUICK = {"timeout": "5s", "read_back_after": "200ms", "lease": "10s"}


@pytest.fixture
def one_source(bot, feeds, sandbox, clock):
    """One source, asked again all the time, that shows these names, the oldest first."""

    def configure(names="ab", **keys):
        url = feeds.show("/hot.xml", items(clock, *reversed(names)))
        sources = {"hot": {"url": url, "every": "100ms", **keys}}
        bot.configure(sources, {"news": (sandbox, "")}, delivery=QUICK)

    return configure


def await_posts(sandbox, names, account="news"):
    wait_until(lambda: len(accepted_posts(sandbox, account)) >= len(names), f"posts of {names}")
    assert accepted_posts(sandbox, account) == [post_text(name) for name in names]


# life


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_posts_what_comes_and_ends_well_on_a_signal(
    one_source, daemon, bot, sandbox, systemd, number
):
    one_source("ab")
    process = daemon()
    await_posts(sandbox, "ab")
    one_source("abc")
    await_posts(sandbox, "abc")
    process.send_signal(number)
    assert process.wait(timeout=MAX_WAIT) == 0
    assert "STOPPING=1" in systemd.listen()
    assert "STATUS=1 sources, 1 accounts" in systemd.heard
    assert "Traceback" not in bot.log()
    assert {delivery.state for delivery in bot.deliveries()} == {"sent"}


@pytest.mark.both_databases
def test_an_idle_daemon_is_seen_by_status_and_no_store_is_copied_beside_it(
    bot, feeds, sandbox, clock, daemon, cli, tmp_path
):
    """Nothing showed that a daemon ran while it held no lease, and its store was copied."""
    url = feeds.show("/f", items(clock, "b", "a"))
    slow = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    bot.configure({"hot": {"url": url, "every": "1h"}}, {"news": slow})
    copying = "copy-store", bot.store_url or f"sqlite:///{bot.store_file}", "sqlite:///copy.sqlite3"

    def seen():
        return cli("status", "--json").json["daemon"]

    process = daemon()
    wait_until(lambda: seen() and seen()["last_round_at"], "the first round in the store")
    assert list(seen())[:4] == ["version", "since", "host", "last_round_at"]
    assert (seen()["version"], seen()["pid"]) == (__version__, process.pid)
    assert f"(process {process.pid})" in cli("status").out
    await_posts(sandbox, "a")
    assert cli("health").code == 0
    ran = cli(*copying, "--json")
    assert (ran.code, ran.json["error"]["slug"]) == (3, "store_in_use")
    assert f"process {process.pid}" in ran.json["error"]["message"]
    ran = cli("sync")
    assert "1 queued: the daemon on" in ran.out
    assert cli("sync", "--json").json["daemon"]["pid"] == process.pid
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=MAX_WAIT) == 0
    assert seen() is None
    process = daemon()
    assert seen()["pid"] == process.pid
    kill(process)
    assert seen() is None
    assert cli(*copying).code == 0


def test_a_daemon_writes_its_row_once_in_five_minutes(bot, clock, feeds, sandbox):
    bot.configure({"hot": {"url": feeds.url("/f")}}, {"news": (sandbox, "")})
    with bot.store() as store:
        stats = DaemonStats(app.load_config(bot.path))
        heartbeat = Heartbeat(store, stats)

        def beats():
            if heartbeat.is_due:
                heartbeat.beat()
            (one,) = store.daemons.living(store.clock.now())
            return one.beat_at, one.last_round_at

        first = beats()
        assert first == (first[0], None)
        assert beats() == first
        stats.ticked()
        second = beats()
        assert second[1] is not None
        assert beats() == second
        with time_machine.travel(datetime.now(UTC) + HEARTBEAT_INTERVAL, tick=False):
            heartbeat._last_beat = (uptime() - HEARTBEAT_INTERVAL.total_seconds(), True)
            assert beats()[0] > second[0]
        heartbeat.end()
        assert store.daemons.living(store.clock.now()) == []


def test_what_a_poll_brings_is_sent_without_waiting_for_a_tick(one_source, daemon, sandbox):
    one_source("ab")
    daemon(program=("-c", ONE_TICK))
    await_posts(sandbox, "ab")


def test_it_ends_while_another_process_holds_the_store(one_source, daemon, bot):
    one_source("")
    process = daemon(program=("-c", BRIEF_END))
    with closing(sqlite3.connect(bot.store_file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        process.send_signal(signal.SIGTERM)
        # the store would be waited for much longer: nothing but the signal ends it
        assert process.wait(timeout=MAX_WAIT) == 0
        connection.execute("ROLLBACK")
    assert "Traceback" not in bot.log()


@pytest.mark.parametrize(
    ("number", "fault"), [(signal.SIGTERM, "stall_before"), (signal.SIGINT, "stall_after")]
)
def test_it_ends_while_a_post_stalls_and_the_next_start_reads_it_back(
    one_source, daemon, bot, sandbox, fault, number
):
    one_source("abc")
    bot.path.write_text(bot.path.read_text().replace('timeout = "5s"', 'timeout = "600s"'))
    bot.path.write_text(bot.path.read_text().replace('lease = "10s"', 'lease = "700s"'))
    held = sandbox.faults.add(fault)
    process = daemon()
    assert held.wait(MAX_WAIT)
    process.send_signal(number)
    # the call on the wire would last ten minutes: nothing but the signal ends it
    assert process.wait(timeout=MAX_WAIT) == 0
    assert "reads it back" in bot.log()
    assert "Traceback" not in bot.log()
    sandbox.faults.clear()
    daemon()
    await_posts(sandbox, "abc")
    wait_until(lambda: not bot.open_deliveries(), "everything settled")
    assert accepted_posts(sandbox) == [post_text(name) for name in "abc"]


def test_a_post_that_is_answered_in_time_is_settled_before_it_ends(
    one_source, daemon, bot, sandbox
):
    one_source("abc")
    held = sandbox.faults.add("stall_after")
    process = daemon()
    assert held.wait(MAX_WAIT)
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in bot.log(), "the daemon stopping")
    held.release()
    assert process.wait(timeout=MAX_WAIT) == 0
    states = [delivery.state for delivery in bot.deliveries()]
    assert states == ["sent", "queued", "queued"]


def test_it_feeds_the_watchdog_while_it_works(one_source, daemon, systemd):
    one_source()
    daemon(WATCHDOG_USEC="100000")
    systemd.await_line("WATCHDOG=1", times=3)


def test_a_watchdog_meant_for_another_process_is_left_alone(one_source, daemon, sandbox, systemd):
    one_source()
    daemon(WATCHDOG_USEC="100000", WATCHDOG_PID="1")
    await_posts(sandbox, "ab")
    assert "WATCHDOG=1" not in systemd.listen()


def test_its_log_is_one_json_object_a_line(one_source, daemon, bot, sandbox):
    one_source()
    process = daemon("--log-format", "json")
    await_posts(sandbox, "ab")
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=MAX_WAIT)
    lines = [json.loads(line) for line in bot.log().splitlines()]
    assert {"started", "published", "stopped"} <= {line["event"] for line in lines}
    assert all(line["at"].endswith("Z") for line in lines)


# reload


def test_sighup_adopts_a_new_source(bot, feeds, sandbox, clock, daemon, systemd):
    sources = {"one": {"url": feeds.show("/1", items(clock, "a"))}}
    bot.configure(sources, {"news": (sandbox, "")}, delivery=QUICK)
    process = daemon()
    await_posts(sandbox, "a")
    sources["two"] = {"url": feeds.show("/2", items(clock, "b"))}
    bot.configure(sources, {"news": (sandbox, "")}, delivery=QUICK)
    process.send_signal(signal.SIGHUP)
    await_posts(sandbox, "ab")
    systemd.await_line("READY=1", times=2)
    assert "RELOADING=1" in systemd.heard
    assert any(line.startswith("MONOTONIC_USEC=") for line in systemd.heard)
    assert "STATUS=2 sources, 1 accounts" in systemd.heard


def test_a_changed_file_is_adopted_by_itself(bot, feeds, sandbox, clock, daemon):
    sources = {"one": {"url": feeds.show("/1", items(clock, "a"))}}
    bot.configure(sources, {"news": (sandbox, "")}, delivery=QUICK)
    daemon()
    await_posts(sandbox, "a")
    sources["two"] = {"url": feeds.show("/2", items(clock, "b"))}
    bot.configure(sources, {"news": (sandbox, "")}, delivery=QUICK)
    await_posts(sandbox, "ab")


@pytest.mark.parametrize("broken", ["[sources.hot]\nkint = 1\n", "= not toml", None])
def test_a_broken_config_leaves_the_old_one_at_work_and_says_so(
    one_source, bot, feeds, sandbox, clock, daemon, systemd, broken
):
    one_source("ab")
    process = daemon()
    await_posts(sandbox, "ab")
    if broken is None:
        bot.path.unlink()
    else:
        bot.path.write_text(broken)
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: "config is broken, the old one stays" in bot.log(), "the complaint")
    assert str(bot.path) in bot.log()
    systemd.await_line("READY=1", times=2)
    feeds.show("/hot.xml", items(clock, "c", "b", "a"))
    await_posts(sandbox, "abc")
    one_source("abcd")
    process.send_signal(signal.SIGHUP)
    await_posts(sandbox, "abcd")
    assert "Traceback" not in bot.log()


def test_a_config_rewritten_all_the_time_disturbs_nothing(
    one_source, bot, sandbox, daemon, systemd
):
    one_source("a")
    process = daemon()
    for count in range(1, 9):
        one_source("abcdefgh"[:count])
        process.send_signal(signal.SIGHUP)
    await_posts(sandbox, "abcdefgh")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=MAX_WAIT) == 0
    assert "Traceback" not in bot.log()


def test_what_is_queued_for_a_source_taken_out_is_held(bot, feeds, sandbox, clock, daemon):
    account = {**bot.account("news", sandbox), "pace": {"per_hour": 1}}
    sources = {
        "one": {"url": feeds.show("/1", items(clock, "b", "a"))},
        "two": {"url": feeds.show("/2", [])},
    }
    bot.configure(sources, {"news": account}, delivery=QUICK)
    process = daemon()
    await_posts(sandbox, "a")
    del sources["one"]
    bot.configure(sources, {"news": account}, delivery=QUICK)
    process.send_signal(signal.SIGHUP)
    (held,) = wait_until(lambda: bot.deliveries("held"), "the queued one held")
    assert "one" in held.error


# the store


def test_a_store_migrated_by_a_newer_program_ends_it_with_3(one_source, daemon, bot, sandbox):
    one_source()
    process = daemon()
    await_posts(sandbox, "ab")
    with closing(sqlite3.connect(bot.store_file)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    assert process.wait(timeout=MAX_WAIT) == 3
    assert "newer" in bot.log()
    assert "Traceback" not in bot.log()


def test_a_store_of_a_newer_program_keeps_it_from_starting(one_source, bot, sandbox):
    one_source()
    bot.sync()
    with closing(sqlite3.connect(bot.store_file)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = bot.call("run")
    assert ran.code == 3
    assert "newer" in ran.err
    assert "Traceback" not in ran.err


def test_a_daemon_and_many_syncs_on_one_store_post_everything_once(
    bot, feeds, sandbox, clock, daemon
):
    names = [f"n{number:02}" for number in range(24)]
    accounts = dict.fromkeys(("news", "more"), (sandbox, ""))

    def show(count):
        # two sources that show the same entries: whoever is first takes them
        urls = [feeds.show(f"/{n}", items(clock, *reversed(names[:count]))) for n in "pq"]
        return {
            f"s{n}": {"url": url, "every": "50ms", "to": list(accounts), "max_per_poll": 99}
            for n, url in enumerate(urls)
        }

    bot.configure(show(6), accounts, delivery=QUICK)
    daemon()
    daemon()
    for count in (12, 18, 24):
        show(count)
        syncs = [bot.start("sync") for _ in range(2)]
        for sync in syncs:
            assert sync.wait(timeout=MAX_WAIT) == 0
            kill(sync)
    for account in accounts:
        await_posts(sandbox, names, account)
    wait_until(lambda: not bot.open_deliveries(), "everything settled")
    assert len(accepted_posts(sandbox)) == len(accepted_posts(sandbox, "more")) == len(names)
    assert "Traceback" not in bot.log()


# trouble


def test_a_refused_token_is_told_once_and_another_one_sets_it_going(
    one_source, daemon, bot, feeds, sandbox
):
    token = sandbox.add_account("news", bot=True)
    one_source("ab")
    bot.set_token("news", "wrong")
    daemon()
    wait_until(lambda: "account paused" in bot.log(), "the pause")
    seen = feeds.request_count("/hot.xml")
    wait_until(lambda: feeds.request_count("/hot.xml") > seen + 2, "more polls")
    assert bot.log().count("account paused") == 1
    bot.set_token("news", token)
    await_posts(sandbox, "ab")


@pytest.mark.parametrize("name", ["store", "account-news", "daemon"])
def test_a_thread_that_dies_ends_it_with_1_and_the_next_start_goes_on(
    one_source, daemon, bot, feeds, sandbox, clock, name
):
    one_source("a")
    process = daemon(program=("-c", DYING_THREAD), DYING_THREAD=name)
    await_posts(sandbox, "a")
    process.send_signal(signal.SIGALRM)
    # the config stays: a new one would be given new threads
    feeds.show("/hot.xml", items(clock, "b", "a"))
    assert process.wait(timeout=MAX_WAIT) == 1
    assert f"ERROR the thread {name} died, the machine is out of memory slug=system" in bot.log()
    assert bot.log().splitlines()[-1].endswith("INFO stopped")
    assert "Traceback" not in bot.log()
    daemon()
    await_posts(sandbox, "ab")
    wait_until(lambda: not bot.open_deliveries(), "everything settled")
    assert accepted_posts(sandbox) == [post_text(name) for name in "ab"]


def test_a_source_that_hangs_keeps_no_other_waiting(bot, feeds, sandbox, clock, daemon):
    release = []

    def hang(handler):
        wait_until(lambda: release, "the end of the test")

    feeds.pages["/hung"] = hang
    sources = {
        "hung": {"url": feeds.url("/hung")},
        "hot": {"url": feeds.show("/hot.xml", items(clock, "b", "a"))},
    }
    bot.configure(sources, {"news": (sandbox, "")}, delivery=QUICK, http={"timeout": "60s"})
    process = daemon()
    await_posts(sandbox, "ab")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=MAX_WAIT) == 0
    release.append(True)


def test_stop_holds_and_start_lets_go_while_it_runs(one_source, daemon, bot, feeds, sandbox, clock):
    one_source("a")
    daemon()
    await_posts(sandbox, "a")
    assert bot.call("stop").code == 0
    one_source("abc")
    wait_until(lambda: len(bot.deliveries("queued")) == 2, "two queued")
    assert len(accepted_posts(sandbox)) == 1
    assert bot.call("start").code == 0
    await_posts(sandbox, "abc")


# sd_notify


def test_nobody_listening_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    sdnotify.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    sdnotify.notify("READY=1")
    assert sdnotify.watchdog_interval() is None


def test_an_abstract_socket_is_understood(monkeypatch):
    name = f"reblogbot-test-{os.getpid()}"
    with manager(f"\0{name}") as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        sdnotify.notify("READY=1", "STATUS=well")
        assert listening.listen() == ["READY=1", "STATUS=well"]


def test_a_manager_that_reads_nothing_does_not_hang_the_daemon(monkeypatch, tmp_path):
    address = str(tmp_path / "deaf")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(address)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while filler.sendto(b"x", address):
                    pass
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        monkeypatch.setattr(sdnotify, "PATIENCE", 0.01)
        sdnotify.notify("WATCHDOG=1")
        assert deaf.recv(10) == b"x"


def test_the_watchdog_is_fed_twice_in_the_time_the_manager_allows(monkeypatch, systemd):
    monkeypatch.setenv("WATCHDOG_USEC", "600000000")
    watchdog = sdnotify.Watchdog()
    for _ in range(3):
        watchdog.feed()
    assert systemd.listen() == ["WATCHDOG=1"]
    now = uptime()
    monkeypatch.setattr(sdnotify, "uptime", lambda: now + 301)
    watchdog.feed()
    assert systemd.listen() == ["WATCHDOG=1"] * 2


def test_a_daemon_whose_tick_never_finishes_does_not_feed_the_watchdog(
    one_source, daemon, bot, systemd
):
    """Its event loop runs, but the store answers nothing: WATCHDOG=1 proved only the loop."""
    one_source()
    daemon(program=("-c", HANGING_CLAIM), WATCHDOG_USEC="100000")
    wait_until(lambda: "claim hangs" in bot.log(), "the hanging claim")
    wait_until(lambda: bot.log().count("event loop runs") > 20, "a second of the event loop")
    assert "WATCHDOG=1" not in systemd.listen()


def test_work_that_hangs_is_left_behind_at_the_end_without_an_error(one_source, daemon, bot):
    """The scheduler logged the work that it cancelled as a job that raised an exception."""
    one_source()
    process = daemon(program=("-c", HANGING_CLAIM))
    wait_until(lambda: "claim hangs" in bot.log(), "the hanging claim")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=MAX_WAIT) == 0
    assert bot.log().splitlines()[-1].endswith("INFO stopped")
    assert "ERROR" not in bot.log()


def test_the_manager_hears_twice_in_the_time_it_allows(monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert sdnotify.watchdog_interval() == timedelta(seconds=15)


def test_it_takes_back_what_another_process_has_marked(bot, feeds, clock, sandbox, daemon):
    bot.configure(
        {"hot": {"url": feeds.show("/f", items(clock, "b", "a"))}}, {"news": (sandbox, "")}
    )
    bot.sync()
    daemon()
    with bot.store() as store:
        store.outbox.stop(clock.now())
        store.retractions.begin([1], clock.now())
    wait_until(lambda: visible_texts(sandbox) == [post_text("b")], "the post was deleted")
