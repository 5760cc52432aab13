"""A sandbox read by the fediverse kinds through a real account, poll after poll."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from fediverse.server import run_in_thread

from reblogbot.config.settings import AccountSettings, HttpSettings, SourceSettings
from reblogbot.core.filters import refusal
from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.ports import Tools
from reblogbot.sources.registry import factory
from reblogbot.targets.mastodon.target import MastodonTarget
from reblogbot.web.http import Fetcher

PROFILES = ["mastodon", "gotosocial", "snac", "takahe", "pleroma", "pixelfed", "hollo"]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Ticking:
    """A clock that goes on by a second with every look, so that no two acts are at once."""

    def __init__(self, start=START):
        self.instant = start

    def now(self):
        self.instant += timedelta(seconds=1)
        return self.instant


async def here(function, *args):
    """Runs in this process: whatever it raises is seen."""
    return function(*args)


class World:
    """A server, the account "news" on it, and sources that read through it."""

    def __init__(self, sandbox, clock):
        self.sandbox = sandbox
        self.clock = clock
        self.tokens = {"news": sandbox.add_account("news", bot=True)}
        self._readers = {}

    def reader(self, name):
        if name not in self._readers:
            self._readers[name] = MastodonTarget(
                AccountSettings(name=name, server=self.sandbox.url, token_env="T", allow_http=True),
                lambda: self.tokens[name],
                clock=self.clock,
                timeout=timedelta(seconds=10),
                user_agent="reblogbot/test",
            )
        return self._readers[name]

    def source(self, kind, **keys):
        return Follower(self, kind, keys)

    @property
    def host(self):
        return self.sandbox.url.removeprefix("http://")


class Follower:
    """A source, and what the store would keep for it: the cursor, and what was seen."""

    def __init__(self, world, kind, keys):
        made = factory(kind)
        if kind != "actor":
            keys = {"via": "news", **keys}
        known = set(SourceSettings.model_fields) - {"options"}
        options = made.Options.model_validate(
            {k: v for k, v in keys.items() if k in made.Options.model_fields or k == "from"}
        )
        given = {"name": "s", "kind": kind, "to": ["news"], "options": options}
        self.settings = SourceSettings.model_validate(
            given | {k: v for k, v in keys.items() if k in known}
        )
        self._made = made
        self._world = world
        self.known = Validators()
        self.seen = set()

    def poll(self):
        """The batch of one poll; the cursor is kept."""
        return asyncio.run(self._poll())

    async def _poll(self):
        allowed = HttpSettings(allow_private=(self._world.host,))
        async with Fetcher(allowed, clock=self._world.clock) as fetch:
            tools = Tools(
                fetch=partial(fetch, configured={self._world.host}),
                offload=here,
                clock=self._world.clock,
                reader=self._world.reader,
            )
            batch = await self._made("s", self.settings, tools).poll(self.known)
        self.known = batch.validators
        return batch

    def news(self):
        """The entries of one poll that were not seen before."""
        found = [one for one in self.poll().entries if one.uri not in self.seen]
        self.seen.update(one.uri for one in found)
        return found

    def uris(self):
        return [one.uri for one in self.news()]

    def why(self):
        """URI and reason of what is new and refused, "" for what is not."""
        now = self._world.clock.now()
        return {one.uri: refusal(one, self.settings, now) for one in self.news()}

    def error(self):
        try:
            self.poll()
        except SourceError as error:
            return error
        raise AssertionError("the poll went well")


@contextmanager
def world(profile="mastodon"):
    clock = Ticking()
    with run_in_thread(profile=profile, clock=clock) as sandbox:
        yield World(sandbox, clock)
