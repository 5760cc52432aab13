"""The daemon's own web server, on a store and with a pulse, and a client of it."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from harness import Bot, FeedServer, SettableClock
from reblogbot import app
from reblogbot.admin.server import AdminServer
from reblogbot.daemon.stats import DaemonStats
from reblogbot.sandbox.server import Sandbox
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
        (line,) = [one for one in self.text.splitlines() if one.rpartition(" ")[0] == sample]
        return float(line.rpartition(" ")[2])


@dataclass(frozen=True)
class Admin:
    """A server, what it shows, and how to ask it."""

    server: AdminServer
    pulse: DaemonStats
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
def configured(bot: Bot, feeds: FeedServer, sandbox: Sandbox) -> Bot:
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
        pulse = DaemonStats(config)
        server = AdminServer(store, pulse, clock)
        await server.listen(f"127.0.0.1:{port}")
        stack.push_async_callback(server.listen, "")
        yield Admin(server, pulse, store, f"127.0.0.1:{port}")
