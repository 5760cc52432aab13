"""The fault matrix (docs/reliability.md), the clock: jumps, a suspend, the change of clocks."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fediverse.server import run_in_thread
from harness import SettableClock, accepted_posts, items, kill, post_text, wait_until

JUMPS = {
    "a day on": timedelta(days=1),
    "a day back": timedelta(days=-1),
    "to 1970": datetime(1970, 1, 2, tzinfo=UTC),
    "to 2099": datetime(2099, 12, 31, 23, tzinfo=UTC),
}
OLD = {"max_age": "90000d"}


@pytest.fixture
def plain():
    """A server that ignores keys and goes by a clock of its own."""
    with run_in_thread(profile="plain", clock=SettableClock()) as server:
        yield server


def jump(clock, case):
    by = JUMPS[case]
    clock.instant = by if isinstance(by, datetime) else clock.instant + by


@pytest.fixture
def show(bot, feeds, clock, plain):
    """Shows entries of these names, oldest first, dated before the test began."""
    now = SettableClock(clock.now())

    def show_entries(names):
        return feeds.show("/f", items(now, *reversed(names)))

    source = {"url": show_entries("ab"), "filter": OLD, "every": "15m"}
    bot.configure({"hot": source}, {"news": (plain, "")})
    return show_entries


@pytest.mark.parametrize("case", JUMPS)
def test_a_clock_that_jumps_and_jumps_back_stops_nothing(bot, clock, show, plain, case):
    """A daemon asks for what is due: nothing may wait for the year 2099."""
    before = clock.now()
    bot.sync(which="due")
    jump(clock, case)
    show("abcd")
    clock.advance(minutes=16)
    bot.sync(which="due")
    clock.instant = before + timedelta(hours=1)
    show("abcdef")
    for _ in range(3):
        bot.sync(which="due")
        clock.advance(days=1, minutes=16)
    assert accepted_posts(plain) == [post_text(name) for name in "abcdef"]


@pytest.mark.parametrize("case", JUMPS)
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_a_doubt_from_another_time_is_read_back(bot, clock, show, plain, case, fault):
    before = clock.now()
    jump(clock, case)
    plain.faults.add(fault)
    bot.sync()
    clock.instant = before
    for _ in range(5):
        clock.advance(days=1)
        bot.sync(which="due")
    assert accepted_posts(plain) == [post_text("a"), post_text("b")]


@pytest.mark.parametrize("case", JUMPS)
def test_what_was_queued_in_another_time_goes_out(bot, clock, show, plain, case):
    before = clock.now()
    jump(clock, case)
    with bot.store() as store:
        store.outbox.stop(clock.now())
    bot.sync()
    clock.instant = before
    with bot.store() as store:
        store.outbox.start()
    for _ in range(3):
        clock.advance(days=1)
        bot.sync(which="due")
    assert accepted_posts(plain) == [post_text("a"), post_text("b")]


@pytest.mark.parametrize("case", JUMPS)
def test_a_pause_from_another_time_ends(bot, clock, show, plain, case):
    before = clock.now()
    jump(clock, case)
    plain.faults.add("status_before", status=429, reset="seconds", after=600)
    bot.sync()
    clock.instant = before
    for _ in range(4):
        clock.advance(days=1)
        bot.sync(which="due")
    assert accepted_posts(plain) == [post_text("a"), post_text("b")]


def test_after_eight_hours_of_suspend_each_source_is_polled_once(bot, clock, feeds, show, plain):
    """One process lives through it: its leases and its connections are of this morning."""
    with bot.open_worker() as worker:
        worker.sync(which="due")
        asked = feeds.request_count("/f")
        show("abc")
        clock.advance(hours=8)
        worker.sync(which="due")
        worker.sync(which="due")
    assert feeds.request_count("/f") == asked + 1
    assert accepted_posts(plain) == [post_text(name) for name in "abc"]


def test_a_suspend_while_the_server_has_a_post_is_a_doubt_like_any_other(bot, clock, show, plain):
    plain.faults.add("drop_after")
    with bot.open_worker() as worker:
        worker.sync()
        clock.advance(hours=8)
        worker.sync()
    assert accepted_posts(plain) == [post_text("a"), post_text("b")]


@pytest.mark.parametrize(
    ("night", "quiet_until"),
    [
        # 2:30 to 3:30 in Berlin: the hour from 2 to 3 does not exist, or is there twice
        (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
    ],
)
def test_the_night_the_clocks_change_posts_each_entry_once_after_the_quiet(
    bot, clock, show, plain, feeds, night, quiet_until
):
    clock.instant = night
    account = bot.account("news", plain)
    account["pace"] = {"quiet": ["02:30-03:30"], "timezone": "Europe/Berlin"}
    source = {"url": feeds.url("/f"), "filter": OLD, "every": "15m"}
    bot.configure({"hot": source}, {"news": account})
    instants = []
    for number in range(24):
        show("abcdefghijklmnopqrstuvwxyz"[: number + 1])
        before = len(accepted_posts(plain))
        bot.sync(which="due")
        instants += [clock.now()] * (len(accepted_posts(plain)) - before)
        clock.advance(minutes=16)
    assert accepted_posts(plain) == [post_text(name) for name in "abcdefghijklmnopqrstuvwx"]
    local = [instant.astimezone(ZoneInfo("Europe/Berlin")) for instant in instants]
    assert not [instant for instant in local if "02:30" <= instant.strftime("%H:%M") < "03:30"]
    assert sum(instant >= quiet_until for instant in instants) > 12


# the daemon: a program of its own that lives in another time until a line comes on its input

TRAVEL = """
import sys, threading, time_machine
from datetime import UTC, datetime
travel = time_machine.travel(datetime.fromisoformat(sys.argv.pop(1)), tick=True)
traveller = travel.start()

def come_back():
    for line in sys.stdin:
        traveller.move_to(datetime.fromisoformat(line.strip()))

threading.Thread(target=come_back, daemon=True).start()
from reblogbot.cli import main
main()
"""


@pytest.fixture
def traveller(bot):
    """Starts the daemon at an instant; what it returns sets its clock."""
    running = []

    def started(at):
        process = subprocess.Popen(
            [sys.executable, "-c", TRAVEL, at.isoformat(), "-c", str(bot.path), "run"],
            stdin=subprocess.PIPE,
            text=True,
        )
        running.append(process)

        def set_to(instant):
            process.stdin.write(f"{instant.isoformat()}\n")
            process.stdin.flush()

        return set_to

    yield started
    for process in running:
        process.stdin.close()
        kill(process)


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_daemon_goes_on_when_its_clock_is_set(bot, clock, show, plain, traveller, hours):
    show("ab")
    set_to = traveller(clock.now())
    wait_until(lambda: len(accepted_posts(plain)) == 2, "the posts before")
    show("abcd")
    # an hour's interval and a day's, and nothing of it is waited for
    set_to(clock.now() + timedelta(hours=hours))
    wait_until(lambda: len(accepted_posts(plain)) == 4, "the posts after")
    assert accepted_posts(plain) == [post_text(name) for name in "abcd"]
