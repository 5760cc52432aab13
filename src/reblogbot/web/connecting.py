"""Connections to the public web: addresses are checked, and slow name servers block nothing."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from reblogbot.web.addresses import is_address, is_in, is_public


class AddressRefused(OSError):
    """A connection to an address outside the public internet was refused."""

    def __init__(self) -> None:
        # aiohttp keeps the class only if the errors of all addresses of a name have equal text
        super().__init__("not a public address")


@dataclass(frozen=True, slots=True)
class Guard:
    """Allows connections to the public internet and to the private `ranges` of the config."""

    ranges: Sequence[IPv4Network | IPv6Network] = ()

    def socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for `address`, to which aiohttp connects it next.

        Checking here leaves no time for the name to resolve to another address. Raises
        AddressRefused when the address is not allowed.
        """
        family, kind, proto, _, socket_address = address
        if not self._allows(str(socket_address[0])):
            raise AddressRefused
        return socket.socket(family=family, type=kind, proto=proto)

    async def check_name(self, host: str, port: int, resolver: AbstractResolver) -> None:
        """Check that all addresses of `host` are allowed, before a proxy resolves it.

        Raises AddressRefused, or OSError when the name is not found.
        """
        addresses = [host]
        if not is_address(host):
            answers = await resolver.resolve(host, port, family=socket.AF_UNSPEC)
            addresses = [answer["host"] for answer in answers]
        if not all(self._allows(address) for address in addresses):
            raise AddressRefused

    def _allows(self, address: str) -> bool:
        return is_public(address) or is_in(address, self.ranges)


def socks_connector(url: str) -> aiohttp.BaseConnector:
    """A connector through the SOCKS proxy at `url`, which resolves names itself."""
    from reblogbot.web.socks import SocksConnector  # noqa: PLC0415  rarely needed

    connector: aiohttp.BaseConnector = SocksConnector.from_url(url, rdns=True, limit=0)
    return connector


def direct_session(seconds: float, user_agent: str) -> aiohttp.ClientSession:
    """A session for an address that the admin has chosen, which may be private.

    Each call ends within `seconds`. Proxies and cookies are not used, and a body is left as it
    was sent, so that its reader can bound it.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=ThreadedResolver()),
        timeout=aiohttp.ClientTimeout(total=seconds),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        headers={"User-Agent": user_agent},
    )


class ThreadedResolver(AbstractResolver):
    """The system's resolver, each look-up in a daemon thread of its own.

    The threads of a pool are joined when the program ends, so a dead name server would delay it.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()

        def look_up() -> None:
            answer: Any
            try:
                answer = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                answer = OSError(str(error))
            # the loop may have been closed during the look-up
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, answer)

        _start_thread(look_up)
        return [_resolved(host, address) for address in await future]

    async def close(self) -> None:
        """Nothing to close."""


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _start_thread(function: Callable[[], None]) -> None:
    try:
        threading.Thread(target=function, daemon=True, name="look-up").start()
    except RuntimeError as error:
        raise OSError(str(error)) from error


def _resolved(host: str, address_info: Any) -> ResolveResult:
    family, _, proto, _, address = address_info
    numeric = address[0]
    if family == socket.AF_INET6 and len(address) > 3 and address[3]:
        numeric, _ = socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(
        hostname=host, host=numeric, port=address[1], family=family, proto=proto, flags=flags
    )
