"""A site on the loopback, and sources that read it."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from loopback import Site, fetcher
from reblogbot.config.settings import SourceSettings
from reblogbot.ports import Tools
from reblogbot.runtime.parser_pool import ParserProcessPool
from reblogbot.sources.registry import factory


class SettableClock:
    def __init__(self):
        self.instant = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self):
        return self.instant


@pytest.fixture
def clock():
    return SettableClock()


@pytest.fixture
async def site():
    async with Site() as site:
        yield site


@pytest.fixture
async def source(site, clock):
    """Makes a source of any kind that may read `site`, the sites `also`, and `allow_private`.

    `options` are the settings of the kind alone, the others those of every source.
    """
    async with AsyncExitStack() as stack:
        offload = await stack.enter_async_context(ParserProcessPool(workers=1))

        def make(kind, options=None, *, also=(), allow_private=(), **settings):
            allowed = [each.address for each in (site, *also)] + list(allow_private)
            fetch = fetcher(clock, allow_private=allowed)
            stack.push_async_callback(fetch.close)
            tools = Tools(fetch=fetch, offload=offload, clock=clock, reader=lambda _: None)
            create = factory(kind)
            values = {
                "name": "s",
                "kind": kind,
                "to": ["a"],
                "options": create.Options.model_validate(options or {}),
                **settings,
            }
            return create("s", SourceSettings.model_validate(values), tools)

        yield make
