"""Killed at every edge call, before or after it took effect: nothing lost, nothing doubled."""

import re
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest

from harness import Item, items, posted, standing, text_of
from killed_process import Killed, Reaper
from reblogbot.model import State
from reblogbot.sandbox.server import run_in_thread


def rounds_of_death(bot, server, arrange, expected, moment, stands=posted):
    """One fresh world per edge call: killed there, then brought to an end by a new process.

    The edge calls of the round in which nobody was killed.
    """
    for deadly in count(1):
        account = f"bot{deadly}"
        arrange(account)
        reaper = Reaper(deadly, moment)
        with bot.at_work(reaper.make) as worker, suppress(Killed):
            worker.sync()
        if not reaper.has_struck:
            return reaper.calls
        where = f"{moment} call {deadly}, {reaper.calls[-1]}"
        with bot.at_work() as worker:
            outlive(worker, bot.clock, where)
        assert stands(server, account) == expected, where
        bot.lose_store()
    raise AssertionError("it never came through")


def outlive(worker, clock, where):
    """Rounds of a process that comes after, until all is sent and there is nothing left to do."""
    for _ in range(10):
        # the dead process's leases run out by the clock alone: it was this very process
        clock.advance(minutes=6)
        worker.sync()
        if not worker.store.outbox.find():
            break
    states = {one.state for one in worker.store.outbox.find(states=list(State))}
    # an entry of a digest is skipped: another's post carries it
    assert State.SENT in states <= {State.SENT, State.SKIPPED}, where
    assert worker.sync().deliveries == {}, where


@pytest.fixture(params=["after", pytest.param("before", marks=pytest.mark.slow)])
def moment(request):
    """When the kill comes: before a call is nearly the same as after the one that went before."""
    return request.param


@pytest.mark.parametrize("profile", ["plain", pytest.param("mastodon", marks=pytest.mark.slow)])
def test_a_post_survives_a_kill_at_every_edge_call(bot, feeds, clock, profile, moment):
    with run_in_thread(profile=profile, clock=clock) as server:
        feed = items(clock, "b", "a")

        def arrange(account):
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": source}, {account: (server, "")})

        calls = rounds_of_death(bot, server, arrange, [text_of(name) for name in "ab"], moment)
    assert len([one for one in calls if one == "target.publish"]) == 2
    assert {"source.poll", "sources.claim", "sources.record", "outbox.settle"} <= set(calls)


def test_a_boost_survives_a_kill_at_every_edge_call(bot, feeds, clock, moment):
    """On a server that boosts again whenever it is asked."""
    with run_in_thread(profile="gotosocial", clock=clock) as server:
        made = [server.add_status("ann@remote.example", f"status {name}") for name in "ab"]
        feed = [Item(f"s{n}", one["url"]) for n, one in enumerate(made)][::-1]

        def arrange(account):
            source = {"url": feeds.show("/f", feed), "action": "boost"}
            bot.configure({"hot": source}, {account: (server, "")})

        calls = rounds_of_death(bot, server, arrange, [one["uri"] for one in made], moment)
    assert len([one for one in calls if one == "target.publish"]) == 2


@pytest.mark.both_databases
def test_a_kill_while_a_doubt_is_read_back_neither_loses_nor_doubles(bot, feeds, clock, moment):
    """The second life is killed too, at every call of its own."""
    with run_in_thread(profile="plain", clock=clock) as server:
        feed = items(clock, "b", "a")

        def arrange(account):
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": source}, {account: (server, "")})
            server.faults.clear()
            server.faults.add("drop_before")
            bot.sync()
            clock.advance(minutes=1)
            bot.sync()
            clock.advance(minutes=1)

        calls = rounds_of_death(bot, server, arrange, [text_of(name) for name in "ab"], moment)
    assert "target.recent" in calls
    assert "target.publish" in calls


@pytest.mark.slow
def test_a_thread_of_a_digest_survives_a_kill_at_every_edge_call(bot, feeds, clock):
    names = [f"{number}{'x' * 150}" for number in range(4)]
    with run_in_thread(profile="plain", clock=clock) as server:
        feed = items(clock, *names)

        def arrange(account):
            clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": {**source, "digest": "18:00"}}, {account: (server, "")})
            bot.sync()
            clock.advance(hours=6)

        def links(server, account):
            assert len(posted(server, account)) > 1
            return sorted(re.findall(r"https://\S+", "\n".join(posted(server, account))))

        expected = [f"https://news.example/{name}" for name in names]
        rounds_of_death(bot, server, arrange, expected, "after", links)


@pytest.mark.slow
def test_an_edit_survives_a_kill_at_every_edge_call(bot, feeds, clock):
    with run_in_thread(profile="plain", clock=clock) as server:
        b, a = items(clock, "b", "a")

        def arrange(account):
            source = {"url": feeds.show("/f", [b, a]), "filter": {"max_age": "900d"}}
            bot.configure({"hot": {**source, "updates": "edit"}}, {account: (server, "")})
            bot.sync()
            clock.advance(minutes=10)
            feeds.show("/f", [b, replace(a, title="Corrected")])

        expected = ["Corrected\nhttps://news.example/a", text_of("b")]
        rounds_of_death(bot, server, arrange, expected, "after", standing)
