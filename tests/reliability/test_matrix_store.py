"""The fault matrix (docs/reliability.md), the store: full at each write, cut off, half gone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from harness import MAX_WAIT, accepted_posts, items, kill, post_text
from store_processes import on_a_small_disk, run

ABC = [post_text(name) for name in "abc"]


@pytest.fixture
def queue(bot, feeds, sandbox, clock):
    """Configures one source that shows these names, oldest first."""

    def configure(names="abc", **keys):
        source = {"url": feeds.show("/hot.xml", items(clock, *reversed(names))), **keys}
        bot.configure({"hot": source}, {"news": (sandbox, "")})

    return configure


# 33: on a disk of its own, which something else fills at one transaction after another

FULL_AT_EACH_WRITE = """
import json, os, sys
from contextlib import contextmanager
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sqlalchemy import event
from sqlalchemy.engine import Engine
from reblogbot.errors import StoreError
from fediverse.server import run_in_thread
from harness import Bot, FeedServer, SettableClock, SharedResources, accepted_posts, items, post_text

disk, ballast = Path(sys.argv[2]), Path(sys.argv[2]) / "ballast"
goes_on = sys.argv[3] == "goes on"
begun, last = 0, 0

def fill():
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass

def begin(connection):
    global begun
    if "reblogbot_reads_only" in connection.get_execution_options():
        return
    begun += 1
    if begun == last:
        fill()

event.listen(Engine, "begin", begin)
outcomes = []
shared, clock, names = SharedResources(), SettableClock(), "abc"
shared.empty_store(clock)
with FeedServer().running() as feeds, run_in_thread(profile="plain", clock=clock) as server:
    url = feeds.show("/f", items(clock, *reversed(names)))
    while True:
        last, begun = last + 1, 0
        folder = disk / str(last)
        folder.mkdir()
        bot, account = Bot(folder, clock, feeds, shared), f"bot{last}"
        bot.configure({"hot": {"url": url, "filter": {"max_age": "900d"}}}, {account: (server, "")})
        slug = ""
        with bot.open_worker() as worker:
            try:
                worker.sync()
            except StoreError as error:
                slug = error.slug
            if not ballast.exists():
                break
            ballast.unlink()
            # leases of a process that lives on, as here, run out by the clock alone
            for _ in range(8 if goes_on else 0):
                clock.advance(minutes=6)
                worker.sync()
        clock.advance(minutes=6)
        if not goes_on:
            bot.sync_until_settled()
        states = {str(delivery.state) for delivery in bot.deliveries()}
        texts = [post_text(name) for name in names]
        outcomes.append([slug, accepted_posts(server, account) == texts, states == {"sent"}])
        for file in folder.iterdir():
            file.unlink()
shared.close()
print(json.dumps(outcomes))
"""


@pytest.mark.parametrize("process", ["goes on", "ends"])
def test_a_disk_full_at_any_write_loses_and_doubles_nothing(tmp_path, process):
    disk = tmp_path / "disk"
    disk.mkdir()
    under, support = on_a_small_disk(disk, "3m"), Path(__file__).parents[1] / "support"
    outcomes = run(FULL_AT_EACH_WRITE, support, disk, process, under=under)
    assert len(outcomes) > 10
    # some writes need no room; most do, and say what is wrong
    assert len([slug for slug, *_ in outcomes if slug]) > len(outcomes) / 2
    assert {slug for slug, *_ in outcomes} <= {"", "store_full", "store_io"}
    assert [rest for _, *rest in outcomes] == [[True, True]] * len(outcomes)


# 35


def test_a_store_whose_write_ahead_log_is_gone_is_an_older_store_and_repeats_nothing(
    bot, queue, sandbox
):
    """Killed while most of what it knows stands in the log alone; then somebody tidies up."""
    queue("abc")
    bot.sync()
    queue("abcdef")
    held = sandbox.faults.add("stall_after")
    process = bot.start("sync")
    try:
        assert held.wait(MAX_WAIT)
    finally:
        kill(process)
    log = Path(f"{bot.store_file}-wal")
    assert log.stat().st_size > 0
    log.unlink()
    Path(f"{bot.store_file}-shm").unlink()
    with closing(sqlite3.connect(bot.store_file)) as raw:
        # not empty: what was checkpointed is there
        assert raw.execute("SELECT count(*) FROM delivery").fetchone()[0] >= 3
    sandbox.faults.clear()
    bot.sync_until_settled()
    assert accepted_posts(sandbox) == [post_text(name) for name in "abcdef"]
    assert {delivery.state for delivery in bot.deliveries()} == {"sent"}


def ruin(path, how):
    whole = path.read_bytes()
    match how:
        case "cut off":
            path.write_bytes(whole[: len(whole) // 2])
        case "garbage":
            path.write_bytes(b"\xa5" * len(whole))
        case "empty":
            path.write_bytes(b"")
        case "newer":
            with closing(sqlite3.connect(path)) as raw, raw:
                raw.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize("how", ["cut off", "garbage", "empty", "newer"])
@pytest.mark.parametrize("command", [["sync", "--json"], ["run"]], ids=["sync", "run"])
def test_a_store_that_cannot_be_trusted_is_refused_and_nothing_is_posted(
    bot, queue, sandbox, cli, how, command
):
    queue("abc")
    bot.sync()
    ruin(bot.store_file, how)
    before = bot.store_file.read_bytes()
    queue("abcd")
    ran = cli(*command)
    assert ran.code == 3
    assert "Traceback" not in ran.err
    slug = "store_newer" if how == "newer" else "store_corrupt"
    if "--json" in command:
        assert ran.json["error"]["slug"] == slug
    assert str(bot.store_file) in ran.out + ran.err
    assert accepted_posts(sandbox) == ABC
    assert bot.store_file.read_bytes() == before
