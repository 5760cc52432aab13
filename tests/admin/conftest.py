"""The web server of the daemon on a store, and a client of it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from fediverse.server import FediverseServer
from harness import Bot, FeedServer, SettableClock
from reblogbot import app
from reblogbot.admin.server import AdminServer
from reblogbot.config.settings import AdminSettings
from reblogbot.daemon.stats import DaemonStats
from reblogbot.store import Store


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    text: str

    def value(self, sample: str) -> float:
        """The value of a sample, written as it stands there: `name{label="…"}`."""
        (line,) = [line for line in self.text.splitlines() if line.rpartition(" ")[0] == sample]
        return float(line.rpartition(" ")[2])


@dataclass(frozen=True)
class Admin:
    """A server, what it shows, and how to ask it."""

    server: AdminServer
    stats: DaemonStats
    store: Store
    address: str

    async def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        url = f"http://{self.address}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, url, headers=headers) as answer,
        ):
            return Answer(answer.status, answer.headers, await answer.text())


@pytest.fixture
def configured(bot: Bot, feeds: FeedServer, sandbox: FediverseServer) -> Bot:
    """Two sources for one account."""
    sources = {"hot": {"url": feeds.url("/hot.xml")}, "gone": {"url": feeds.fail("/gone", 410)}}
    bot.configure(sources, {"news": (sandbox, "")})
    return bot


@pytest.fixture
async def admin(
    configured: Bot, clock: SettableClock, port: int
) -> AsyncIterator[Callable[[], Admin]]:
    """The server on the bot's store as it now stands."""
    config = app.load_config(configured.path)
    async with contextlib.AsyncExitStack() as stack:
        store = app.open_for_work(config, clock)
        stack.callback(store.close)
        stats = DaemonStats(config)
        server = AdminServer(store, stats, clock)
        await server.listen(AdminSettings(listen=f"127.0.0.1:{port}"))
        stack.push_async_callback(server.listen, AdminSettings())
        yield Admin(server, stats, store, f"127.0.0.1:{port}")
