"""A visit of the admin's page with a real browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request

Scheme = Literal["light", "dark"]
WIDE, PHONE = 1280, 390
HEIGHTS = {WIDE: 900, PHONE: 844}


@dataclass
class Visit:
    """What a browser did during a test: requests to other hosts, and errors of scripts."""

    context: BrowserContext
    address: str
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    async def open(self, path: str = "/") -> Page:
        """A new tab on a page of ours."""
        page = await self.context.new_page()
        page.on("console", self._on_message)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._on_request)
        await page.goto(f"http://{self.address}{path}")
        return page

    def _on_message(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"http://{self.address}/", "data:")):
            self.requests.append(request.url)
