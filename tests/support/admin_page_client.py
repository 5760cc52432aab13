"""A client of the admin's page, as a browser without script is one."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import aiohttp

from harness import Bot
from reblogbot.admin.server import AdminServer
from reblogbot.admin_page.site import Site
from reblogbot.store import Store

PASSWORD = "correct horse battery"
_SALT = b"of all tests"
_KEY = hashlib.scrypt(PASSWORD.encode(), salt=_SALT, n=2, r=8, p=1, dklen=32)
PASSWORD_LINE = f"admin:scrypt$2$8$1${b64encode(_SALT).decode()}${b64encode(_KEY).decode()}\n"
"""The admin's line of a password file. One of the program's own would cost 0.1 s at each login."""
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
class PageClient:
    """A client of the page: it keeps cookies, follows redirects, and sends forms with their token."""

    address: str
    site: Site
    server: AdminServer
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
