"""Killed at every edge call, before or after it took effect: nothing lost, nothing doubled."""

import json
import re
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest

from fediverse.server import run_in_thread
from harness import Item, accepted_posts, items, post_text, visible_texts
from killed_process import ProcessKilled, ProcessKiller
from model_server import model_server, text_for
from reblogbot.admin import retraction
from reblogbot.engine.steps import CALLS_AT_A_TIME
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


@pytest.fixture
def model():
    with model_server() as server:
        yield server


def steps_of(model):
    """The table of a step that asks the model."""
    return {"explain": {"kind": "chat", "url": model.url, "model": "m", "prompt": "{{ title }}"}}


def stored_answers(bot):
    """The answers of the model that are in the store."""
    with bot.store() as store:
        records = [record for number in (1, 2) for record in store.steps.of_entry(number)]
    return {record.text for record in records if record.result is not None}


def check_payments(model, stored, where):
    """No second answer was asked for where one was stored when the process was killed.

    What it was asking for at that moment is asked for again.
    """
    prompts = [json.loads(body)["messages"][-1]["content"] for body in model.paid_twice()]
    assert stored.isdisjoint(map(text_for, prompts)), where
    assert len(prompts) <= CALLS_AT_A_TIME, where
    assert max(model.answers.values()) <= 2, where


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


FOLLOW_UP = "{% for n in range(40) %}{{ explain }} {% endfor %}"


@pytest.mark.parametrize(
    "database_kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_a_result_and_its_thread_survive_a_kill_at_every_edge_call(bot, feeds, clock, model, how):
    """The short form, the call of the model, the reply and the further part of its thread."""
    with run_in_thread(profile="plain", clock=clock) as server:
        feed = items(clock, "a")
        for at_call in count(1):
            name = f"bot{at_call}"
            source = {
                "url": feeds.show("/f", feed),
                "filter": {"max_age": "900d"},
                "review": False,
                "steps": ["explain"],
                "follow_up": FOLLOW_UP,
            }
            account = {**bot.account(name, server), "ai_share": 1}
            bot.configure({"hot": source}, {name: account}, steps=steps_of(model))
            killer = ProcessKiller(at_call, how)
            with bot.open_worker(killer.make_runtime) as worker, suppress(ProcessKilled):
                worker.sync()
            where = f"{how} call {at_call}, {killer.calls[-1]}"
            stored = stored_answers(bot)
            if killer.has_killed:
                with bot.open_worker() as worker:
                    finish(worker, clock, where)
            short, *thread = accepted_posts(server, name)
            assert short == post_text("a"), where
            assert len(thread) == 2, where
            assert " ".join(thread).count(text_for("Title a")) == 40, where
            statuses = server.statuses(name)
            ids = [None, *(status["id"] for status in statuses)]
            assert [status["in_reply_to_id"] for status in statuses] == ids[:-1], where
            check_payments(model, stored, where)
            model.answers.clear()
            bot.delete_store()
            if not killer.has_killed:
                break
    calls = set(killer.calls)
    assert {"step.run", "steps.begin", "steps.finish", "steps.settle"} <= calls
    assert killer.calls.count("target.publish") == 3


def test_the_files_of_articles_survive_a_kill_at_every_edge_call(
    bot, feeds, clock, model, how, tmp_path
):
    """An article with a result is one file, with the text of one answer, whatever is killed."""
    feed = items(clock, "b", "a")
    for at_call in count(1):
        folder = tmp_path / f"posts{at_call}"
        source = {
            "url": feeds.show("/f", feed),
            "filter": {"max_age": "900d"},
            "review": False,
            "steps": ["explain"],
            "template": "article",
        }
        blog = {"kind": "files", "folder": str(folder), "feed": str(folder / "feed.xml")}
        bot.configure({"hot": source}, {"blog": blog}, steps=steps_of(model))
        killer = ProcessKiller(at_call, how)
        with bot.open_worker(killer.make_runtime) as worker, suppress(ProcessKilled):
            worker.sync()
        where = f"{how} call {at_call}, {killer.calls[-1]}"
        stored = stored_answers(bot)
        if killer.has_killed:
            with bot.open_worker() as worker:
                finish(worker, clock, where)
        texts = sorted(path.read_text(encoding="utf-8") for path in folder.glob("*.md"))
        assert len(texts) == 2, where
        for name, text in zip("ab", sorted(texts, key=lambda text: "Title b" in text), strict=True):
            assert text.count(text_for(f"Title {name}")) == 1, where
        check_payments(model, stored, where)
        model.answers.clear()
        bot.delete_store()
        if not killer.has_killed:
            break
    assert killer.calls.count("target.publish") == 2
