"""A sandbox that the fediverse kinds poll through a real account."""

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
    """A clock that advances by a second with every call, so that no two instants are equal."""

    def __init__(self, start=START):
        self.instant = start

    def now(self):
        self.instant += timedelta(seconds=1)
        return self.instant


async def here(function, *args):
    """An Offload that runs in this process, so that errors reach the test."""
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
    """A source, with its cursor and the URIs it has shown, as the store keeps them."""

    def __init__(self, world, kind, keys):
        create = factory(kind)
        if kind != "actor":
            keys = {"via": "news", **keys}
        known = set(SourceSettings.model_fields) - {"options"}
        options = create.Options.model_validate(
            {k: v for k, v in keys.items() if k in create.Options.model_fields or k == "from"}
        )
        given = {"name": "s", "kind": kind, "to": ["news"], "options": options}
        self.settings = SourceSettings.model_validate(
            given | {k: v for k, v in keys.items() if k in known}
        )
        self._create = create
        self._world = world
        self.known = Validators()
        self.seen = set()

    def poll(self):
        """The batch of one poll; keeps its cursor."""
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
            batch = await self._create("s", self.settings, tools).poll(self.known)
        self.known = batch.validators
        return batch

    def news(self):
        """The entries of one poll that no earlier poll has shown."""
        entries = [entry for entry in self.poll().entries if entry.uri not in self.seen]
        self.seen.update(entry.uri for entry in entries)
        return entries

    def uris(self):
        return [entry.uri for entry in self.news()]

    def why(self):
        """The reasons why new entries are refused by URI, "" for those that are not."""
        now = self._world.clock.now()
        return {entry.uri: refusal(entry, self.settings, now) for entry in self.news()}

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
