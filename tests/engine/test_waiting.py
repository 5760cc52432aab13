"""An account that should send and does nothing: said by sync, status, why, queue and a notice."""

import shlex
import sys
from datetime import timedelta

import pytest

from harness import accepted_posts, items, post_text
from reblogbot.runtime.lease_owner import new_lease_owner
from reblogbot.store import open_store

LEASE = timedelta(minutes=10)
WRITER = "import sys; open('notices', 'a').write(sys.stdin.read())"


@pytest.fixture
def hung(bot, feeds, sandbox, clock):
    """A process that runs and holds the account's lease, and so keeps everybody from it.

    `later` lets time pass, in which it renews the lease as a process does that still works.
    """
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(WRITER)}"
    sources = {"hot": {"url": feeds.show("/f", items(clock, "b", "a"))}}
    bot.configure(sources, {"news": (sandbox, "")}, notify={"command": command})
    with bot.store() as store:
        store.outbox.enrol({"news": sandbox.url})
    store, _ = open_store(
        bot.store_url or f"sqlite:///{bot.store_file}", new_lease_owner(), clock.now()
    )
    store.outbox.claim_account("news", clock.now(), LEASE)
    yield store
    store.close()


def later(hung, clock, minutes):
    for _ in range(minutes):
        clock.advance(minutes=1)
        assert hung.outbox.renew_account("news", clock.now(), LEASE)


def notices(bot):
    file = bot.folder / "notices"
    return file.read_text() if file.exists() else ""


@pytest.mark.both_databases
def test_an_account_that_sends_nothing_and_fails_nothing_for_an_hour_is_told(
    bot, sandbox, clock, cli, hung
):
    first = bot.sync()
    later(hung, clock, 59)
    assert (first.exit_code(), bot.sync().exit_code(), notices(bot)) == (0, 0, "")
    later(hung, clock, 1)
    report = bot.sync()
    assert report.exit_code() == 1
    assert "stalled" in report.paused["news"]
    assert "The account news is stalled" in notices(bot)
    # once a day, however often it is looked at
    later(hung, clock, 1)
    bot.sync()
    assert notices(bot).count("is stalled") == 1
    hung.outbox.release_account("news")
    clock.advance(minutes=1)
    assert bot.sync().exit_code() == 0
    assert accepted_posts(sandbox) == [post_text("a"), post_text("b")]


def test_status_why_and_queue_say_that_an_account_is_stalled(bot, clock, cli, hung):
    # they go by the machine's clock, and so does the round of an hour ago
    clock.advance(minutes=-61)
    bot.sync()
    later(hung, clock, 61)
    bot.sync()
    (account,) = cli("status", "--json").json["accounts"]
    assert account["state"] == "stalled"
    assert "nothing was sent or failed since" in account["reason"]
    assert "stalled" in cli("status").out
    (story,) = cli("why", "https://news.example/a", "--json").json["entries"]
    assert story["deliveries"][0]["reason"] == "stalled"
    assert "waits for: stalled" in cli("why", "https://news.example/a").out
    assert cli("queue", "show", "1", "--json").json["reason"] == "stalled"
    assert "waits     stalled" in cli("queue", "show", "1").out


def test_a_stop_is_a_reason_and_no_stall(bot, clock, cli, hung):
    clock.advance(minutes=-61)
    bot.sync()
    later(hung, clock, 61)
    assert cli("stop").code == 0
    assert bot.sync().exit_code() == 0
    (account,) = cli("status", "--json").json["accounts"]
    assert account["state"] == "ok"
    assert notices(bot) == ""
