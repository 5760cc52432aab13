"""A site on the loopback, and the tools to read it with."""

from datetime import UTC, datetime

import pytest
from loopback import Site, fetcher

from reblogbot.config.settings import SourceSettings
from reblogbot.ports import Tools
from reblogbot.runtime.parser_pool import WorkerPool
from reblogbot.sources.registry import factory


class HandClock:
    def __init__(self):
        self.instant = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self):
        return self.instant


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
async def site():
    async with Site() as site:
        yield site


@pytest.fixture
async def tools(site, clock):
    async with fetcher(clock, site) as fetch, WorkerPool(workers=1) as offload:
        yield Tools(fetch=fetch, offload=offload, clock=clock, reader=lambda _: None)


@pytest.fixture
def source(tools):
    """A source of any kind; `own` are the kind's own keys."""

    def make(kind, own=None, **settings):
        made = factory(kind)
        options = made.Options.model_validate(own or {})
        given = {"name": "s", "kind": kind, "to": ["a"], "options": options, **settings}
        return made("s", SourceSettings.model_validate(given), tools)

    return make
