"""Killed at every edge call, before or after it took effect: nothing lost, nothing doubled."""

import re
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text, visible_texts
from killed_process import ProcessKilled, ProcessKiller
from reblogbot.admin import retraction
from reblogbot.model import DeliveryState


def killed_rounds(bot, server, set_up, expected, how, stands=accepted_posts):
    """One fresh world per edge call: killed there, then brought to an end by a new process.

    The edge calls of the round in which nobody was killed.
    """
    for at_call in count(1):
        account = f"bot{at_call}"
        set_up(account)
        killer = ProcessKiller(at_call, how)
        with bot.open_worker(killer.make_runtime) as worker, suppress(ProcessKilled):
            worker.sync()
        if not killer.has_killed:
            return killer.calls
        where = f"{how} call {at_call}, {killer.calls[-1]}"
        with bot.open_worker() as worker:
            finish(worker, bot.clock, where)
        assert stands(server, account) == expected, where
        bot.delete_store()
    raise AssertionError("it never came through")


def finish(worker, clock, where):
    """Rounds of a process that comes after, until all is sent and there is nothing left to do."""
    for _ in range(10):
        # the dead process's leases run out by the clock alone: it was this very process
        clock.advance(minutes=6)
        worker.sync()
        if not worker.store.outbox.find():
            break
    states = {delivery.state for delivery in worker.store.outbox.find(states=list(DeliveryState))}
    # an entry of a digest is skipped: another's post carries it
    ends = {DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.RETRACTED}
    assert DeliveryState.SENT in states <= ends, where
    assert worker.sync().deliveries == {}, where


@pytest.fixture(params=["after", pytest.param("before", marks=pytest.mark.slow)])
def how(request):
    """When the kill comes: before a call is nearly the same as after the one that went before."""
    return request.param


@pytest.mark.parametrize("profile", ["plain", pytest.param("mastodon", marks=pytest.mark.slow)])
def test_a_post_survives_a_kill_at_every_edge_call(bot, feeds, clock, profile, how):
    with run_in_thread(profile=profile, clock=clock) as server:
        feed = items(clock, "b", "a")

        def set_up(account):
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": source}, {account: (server, "")})

        calls = killed_rounds(bot, server, set_up, [post_text(name) for name in "ab"], how)
    assert len([call for call in calls if call == "target.publish"]) == 2
    assert {"source.poll", "sources.claim", "sources.record", "outbox.settle"} <= set(calls)


def test_a_boost_survives_a_kill_at_every_edge_call(bot, feeds, clock, how):
    """On a server that boosts again whenever it is asked."""
    with run_in_thread(profile="gotosocial", clock=clock) as server:
        statuses = [server.add_status("ann@remote.example", f"status {name}") for name in "ab"]
        feed = [Item(f"s{n}", status["url"]) for n, status in enumerate(statuses)][::-1]

        def set_up(account):
            source = {"url": feeds.show("/f", feed), "action": "boost"}
            bot.configure({"hot": source}, {account: (server, "")})

        calls = killed_rounds(bot, server, set_up, [status["uri"] for status in statuses], how)
    assert len([call for call in calls if call == "target.publish"]) == 2


@pytest.mark.both_databases
def test_a_kill_while_a_doubt_is_read_back_neither_loses_nor_doubles(bot, feeds, clock, how):
    """The second life is killed too, at every call of its own."""
    with run_in_thread(profile="plain", clock=clock) as server:
        feed = items(clock, "b", "a")

        def set_up(account):
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": source}, {account: (server, "")})
            server.faults.clear()
            server.faults.add("drop_before")
            bot.sync()
            clock.advance(minutes=1)
            bot.sync()
            clock.advance(minutes=1)

        calls = killed_rounds(bot, server, set_up, [post_text(name) for name in "ab"], how)
    assert "target.recent" in calls
    assert "target.publish" in calls


@pytest.mark.slow
def test_a_thread_of_a_digest_survives_a_kill_at_every_edge_call(bot, feeds, clock):
    names = [f"{number}{'x' * 150}" for number in range(4)]
    with run_in_thread(profile="plain", clock=clock) as server:
        feed = items(clock, *names)

        def set_up(account):
            clock.instant = clock.instant.replace(hour=12, minute=0, second=0)
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": {**source, "digest": "18:00"}}, {account: (server, "")})
            bot.sync()
            clock.advance(hours=6)

        def links(server, account):
            assert len(accepted_posts(server, account)) > 1
            return sorted(re.findall(r"https://\S+", "\n".join(accepted_posts(server, account))))

        expected = [f"https://news.example/{name}" for name in names]
        killed_rounds(bot, server, set_up, expected, "after", links)


@pytest.mark.slow
def test_an_edit_survives_a_kill_at_every_edge_call(bot, feeds, clock):
    with run_in_thread(profile="plain", clock=clock) as server:
        b, a = items(clock, "b", "a")

        def set_up(account):
            source = {"url": feeds.show("/f", [b, a]), "filter": {"max_age": "900d"}}
            bot.configure({"hot": {**source, "updates": "edit"}}, {account: (server, "")})
            bot.sync()
            clock.advance(minutes=10)
            feeds.show("/f", [b, replace(a, title="Corrected")])

        expected = ["Corrected\nhttps://news.example/a", post_text("b")]
        killed_rounds(bot, server, set_up, expected, "after", visible_texts)


def test_a_retraction_survives_a_kill_at_every_edge_call(bot, feeds, clock):
    """Begun by `retract`, killed there, and brought to its end by rounds of another process."""
    with run_in_thread(profile="plain", clock=clock) as server:
        feed = items(clock, "c", "b", "a")
        for at_call in count(1):
            account = f"bot{at_call}"
            source = {"url": feeds.show("/f", feed), "filter": {"max_age": "900d"}}
            bot.configure({"hot": source}, {account: (server, "")})
            bot.sync()
            killer = ProcessKiller(at_call, "after")
            with bot.open_worker(killer.make_runtime) as worker, suppress(ProcessKilled):
                posts = worker.store.posted.of([1, 2])
                worker.run(retraction.retract(worker.engine, posts))
            where = f"call {at_call}, {killer.calls[-1]}"
            if killer.has_killed:
                with bot.open_worker() as worker:
                    finish(worker, clock, where)
            assert visible_texts(server, account) == [post_text("c")], where
            with bot.store() as store:
                states = [each.state for each in store.outbox.find([1, 2, 3])]
            assert states == ["retracted", "retracted", "sent"], where
            bot.delete_store()
            if not killer.has_killed:
                break
    calls = set(killer.calls)
    assert {"retractions.begin", "target.retract", "outbox.settle"} <= calls
