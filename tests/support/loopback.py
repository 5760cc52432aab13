"""A web server on the loopback that sends the exact bytes a test wants, and a SOCKS proxy."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any, Self

import pytest

from reblogbot.config.hosts import host_port
from reblogbot.config.settings import HttpSettings
from reblogbot.ports import Response
from reblogbot.web.http import Fetcher


@dataclass
class Request:
    target: str
    headers: dict[str, str]


Behaviour = Callable[..., Awaitable[None]]
"""Called with the writer and, if it takes two arguments, the request."""


def answer(body: bytes | str = b"", status: int = 200, **headers: str) -> bytes:
    """A complete answer; header names have _ for -."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def redirect(to: str, status: int = 302) -> bytes:
    return answer(status=status, Location=to)


def unsigned(folder: Path) -> ssl.SSLContext:
    """TLS with a certificate for localhost without a trusted signature; skips where openssl is missing."""
    if not (openssl := shutil.which("openssl")):
        pytest.skip("NOT TESTED: no openssl to make a certificate with")
    key, cert = folder / "key.pem", folder / "cert.pem"
    arguments = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout".split()
    subprocess.run([openssl, *arguments, key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@dataclass
class Site:
    """Answers each path with the bytes, or the behaviour, put into `pages`; 404 otherwise."""

    pages: dict[str, bytes | Behaviour] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self._serving: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self.converse(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(OSError, EOFError):
                await self._answer(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == b"\x16":  # a TLS handshake, which this server does not support
            writer.write(answer(status=400))
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        target = head[0].split(" ")[1]
        self.requests.append(Request(target, headers))
        page = self.pages.get(target.partition("?")[0], answer("not found", 404))
        if isinstance(page, bytes):
            writer.write(page)
        elif len(signature(page).parameters) == 1:
            await page(writer)
        else:
            await page(writer, self.requests[-1])
        await writer.drain()


class SocksProxy(Site):
    """A SOCKS5 proxy (RFC 1928) that connects every client to `site`."""

    def __init__(self, site: Site) -> None:
        super().__init__()
        self._site = site
        self.asked: list[str] = []

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, count = await reader.readexactly(2)
        await reader.readexactly(count)
        writer.write(b"\x05\x00")
        *_, length = await reader.readexactly(5)
        self.asked.append((await reader.readexactly(length)).decode())
        await reader.readexactly(2)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await self._site.converse(reader, writer)


class ConfiguredFetcher(Fetcher):
    """Fetches every address as if the config named it."""

    async def __call__(self, url: str, **options: Any) -> Response:
        with suppress(ValueError):
            options.setdefault("configured", {host_port(url)})
        return await super().__call__(url, **options)


def fetcher(clock: object, *sites: Site, **settings: object) -> Fetcher:
    """A fetcher that may talk to `sites`, and a `resolver` if one is among the settings."""
    resolver = settings.pop("resolver", None)
    allowed = tuple(site.address for site in sites)
    values = HttpSettings.model_validate({"allow_private": allowed, **settings})
    return ConfiguredFetcher(values, clock=clock, resolver=resolver)  # type: ignore[arg-type]
