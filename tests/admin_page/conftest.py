"""The admin's page on a bot's store, and a client of it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from admin_page_client import PASSWORD_LINE, PageClient
from fediverse.server import FediverseServer
from harness import Bot, FeedServer, SettableClock
from reblogbot import app
from reblogbot.admin.server import AdminServer
from reblogbot.admin_page.site import open_site
from reblogbot.daemon.stats import DaemonStats


@pytest.fixture
def configured(bot: Bot, feeds: FeedServer, sandbox: FediverseServer) -> Bot:
    """Two sources for one account."""
    sources = {"hot": {"url": feeds.url("/hot.xml")}, "gone": {"url": feeds.fail("/gone", 410)}}
    bot.configure(sources, {"news": (sandbox, "")})
    return bot


@pytest.fixture
async def serve(clock: SettableClock) -> AsyncIterator[Callable[..., Awaitable[PageClient]]]:
    """Serves the page of a bot, and returns a client in which nobody is logged in."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(bot: Bot, **options: Any) -> PageClient:
            password_file = bot.folder / "page.passwords"
            if not password_file.exists():
                password_file.touch(0o600)
                password_file.write_text(PASSWORD_LINE, encoding="utf-8")
            config = app.load_config(bot.path)
            settings = config.admin.model_copy(
                update={"listen": f"127.0.0.1:{_free_port()}", "password_file": password_file}
            )
            store = app.open_for_work(config, clock)
            stack.callback(store.close)
            stats = DaemonStats(config)
            site = open_site(bot.path, store, stats, settings)
            server = AdminServer(store, stats, clock, make_page=lambda _: site, **options)
            await server.listen(settings)
            stack.push_async_callback(server.listen, type(settings)())
            jar = aiohttp.CookieJar(unsafe=True)
            session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
            return PageClient(settings.listen, site, server, store, bot, session)

        yield serve


@pytest.fixture
def unused_address() -> str:
    return f"127.0.0.1:{_free_port()}"


def _free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


@pytest.fixture
async def page(serve: Callable[..., Awaitable[PageClient]], configured: Bot) -> PageClient:
    """The page of a bot with two sources, and an admin who is logged in."""
    client = await serve(configured)
    await client.log_in()
    return client
