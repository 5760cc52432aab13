"""Killed at every edge call, before or after it took effect: nothing lost, nothing doubled."""

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from types import SimpleNamespace

import pytest

from reblogbot.access import Access
from reblogbot.model import State
from reblogbot.pipeline import Pipeline
from reblogbot.sandbox.server import run_in_thread
from rig import Item, items, posted, text_of


class Killed(BaseException):
    """As a kill -9: nothing of ours may catch it, and nothing is done after it."""


class Reaper:
    """Counts edge calls and ends everything at one of them, before or after it took effect."""

    def __init__(self, deadly: int, *, after: bool):
        self.calls: list[str] = []
        self._deadly = deadly
        self._after = after
        self._dead = False

    @property
    def has_struck(self) -> bool:
        return self._dead

    def strikes(self, name: str) -> bool:
        """Note a call; True when it is the last one that takes effect. Raises Killed."""
        if self._dead:
            # what would run on the way out, such as `finally`, does not run in a killed process
            raise Killed
        self.calls.append(name)
        if len(self.calls) != self._deadly:
            return False
        self._dead = True
        if not self._after:
            raise Killed
        return True

    def around(self, name: str, method: Callable) -> Callable:
        def called(*args, **kwargs):
            last = self.strikes(name)
            made = method(*args, **kwargs)
            if last:
                raise Killed
            return made

        return called

    def around_async(self, name: str, method: Callable) -> Callable:
        async def called(*args, **kwargs):
            last = self.strikes(name)
            made = await method(*args, **kwargs)
            if last:
                raise Killed
            return made

        return called


class Edge:
    """A part of the world whose every method may be the last one called."""

    def __init__(self, inner, name: str, reaper: Reaper):
        self._inner, self._name, self._reaper = inner, name, reaper

    def __getattr__(self, name: str):
        found = getattr(self._inner, name)
        return self._reaper.around(f"{self._name}.{name}", found) if callable(found) else found


def mortal(reaper: Reaper) -> Callable[..., Pipeline]:
    """The composition root, with the reaper between the pipeline and every edge."""

    def make(edges, config, store):
        whole = edges.pipeline(config, store)
        parts = SimpleNamespace(
            sources=Edge(store.sources, "sources", reaper),
            outbox=Edge(store.outbox, "outbox", reaper),
            history=store.history,
            name=store.name,
        )

        def make_source(settings):
            source = whole.poller._make_source(settings)
            return SimpleNamespace(poll=reaper.around_async("source.poll", source.poll))

        def make_access(account, _store, in_store):
            real = whole._make_access(account, store, in_store)
            return Access(
                account.name,
                lambda: Edge(real.target, "target", reaper),
                real._token,
                parts,
                in_store,
                edges.clock,
            )

        gallery = whole._gallery
        return Pipeline(config, parts, make_source, make_access, gallery, edges.clock, lambda: 0.5)

    return make


def rounds_of_death(bot, server, arrange, expected, moment):
    """One fresh world per edge call: killed there, then brought to an end by a new process.

    The edge calls of the round in which nobody was killed.
    """
    for deadly in count(1):
        account = f"bot{deadly}"
        arrange(account)
        reaper = Reaper(deadly, after=moment == "after")
        with bot.at_work(mortal(reaper)) as worker, suppress(Killed):
            worker.sync()
        if not reaper.has_struck:
            return reaper.calls
        where = f"{moment} call {deadly}, {reaper.calls[-1]}"
        with bot.at_work() as worker:
            outlive(worker, bot.clock, where)
        assert posted(server, account) == expected, where
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
    assert states == {State.SENT}, where
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
