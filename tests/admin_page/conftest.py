"""The admin's page on a bot's store, and a browser without script."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import aiohttp
import pytest

from fediverse.server import FediverseServer
from harness import Bot, FeedServer, SettableClock
from reblogbot import app
from reblogbot.admin.password import write_password
from reblogbot.admin.server import AdminServer
from reblogbot.admin_page.site import Site, open_site
from reblogbot.daemon.stats import DaemonStats
from reblogbot.store import Store

PASSWORD = "correct horse battery"
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    text: str
    path: str

    @property
    def messages(self) -> list[str]:
        """What the page says about the last change."""
        return [unescape(text) for text in re.findall(r'<p class="message[^>]*>([^<]*)', self.text)]


@dataclass
class Browser:
    """A client of the page: it keeps cookies, follows redirects, and sends forms with their token."""

    address: str
    site: Site
    store: Store
    bot: Bot
    session: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._ask("GET", path, headers)

    async def post(
        self, path: str, fields: Mapping[str, str | Sequence[str]] | None = None, **headers: str
    ) -> Answer:
        """Send a form. A list is a field with several values."""
        pairs = [("csrf", self.csrf_token)]
        for name, value in (fields or {}).items():
            pairs += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return await self._ask("POST", path, headers, pairs)

    async def upload(
        self, path: str, name: str, content: bytes, fields: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form with a file in the field `name`."""
        form = aiohttp.FormData(
            {"csrf": self.csrf_token, **(fields or {})}, default_to_multipart=True
        )
        form.add_field(name, content, filename="file")
        return await self._ask("POST", path, {}, form)

    async def log_in(self, name: str = "admin", password: str = PASSWORD, **fields: str) -> Answer:
        await self.get("/login")
        return await self.post("/login", {"name": name, "password": password, **fields})

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], data: Any = None
    ) -> Answer:
        async with self.session.request(
            method, f"http://{self.address}{path}", headers=self.headers | headers, data=data
        ) as answer:
            text = await answer.text(errors="replace")
            match = _CSRF.search(text)
            if match:
                self.csrf_token = match[1]
            return Answer(answer.status, answer.headers, text, answer.url.path_qs)


@pytest.fixture
def configured(bot: Bot, feeds: FeedServer, sandbox: FediverseServer) -> Bot:
    """Two sources for one account."""
    sources = {"hot": {"url": feeds.url("/hot.xml")}, "gone": {"url": feeds.fail("/gone", 410)}}
    bot.configure(sources, {"news": (sandbox, "")})
    return bot


@pytest.fixture
async def serve(clock: SettableClock) -> AsyncIterator[Callable[[Bot], Awaitable[Browser]]]:
    """Serves the page of a bot, and returns a browser in which nobody is logged in."""
    async with contextlib.AsyncExitStack() as stack:

        async def serve(bot: Bot) -> Browser:
            password_file = bot.folder / "page.passwords"
            if not password_file.exists():
                write_password(password_file, "admin", PASSWORD)
            config = app.load_config(bot.path)
            settings = config.admin.model_copy(
                update={"listen": f"127.0.0.1:{_free_port()}", "password_file": password_file}
            )
            store = app.open_for_work(config, clock)
            stack.callback(store.close)
            stats = DaemonStats(config)
            site = open_site(bot.path, store, stats, settings)
            server = AdminServer(store, stats, clock, make_page=lambda _: site)
            await server.listen(settings)
            stack.push_async_callback(server.listen, type(settings)())
            jar = aiohttp.CookieJar(unsafe=True)
            session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
            return Browser(settings.listen, site, store, bot, session)

        yield serve


def _free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


@pytest.fixture
async def page(serve: Callable[[Bot], Awaitable[Browser]], configured: Bot) -> Browser:
    """The page of a bot with two sources, and an admin who is logged in."""
    browser = await serve(configured)
    await browser.log_in()
    return browser
