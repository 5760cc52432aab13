"""How connections to the public web are made: look-ups that hold nobody up, public addresses."""

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
    """A connection was about to be made to an address outside the public internet."""

    def __init__(self) -> None:
        # one wording for all addresses of a name, or aiohttp loses the class when several fail
        super().__init__("not a public address")


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets connections go to the public internet, and to the private `ranges` the admin names."""

    ranges: Sequence[IPv4Network | IPv6Network] = ()

    def socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        """A socket for `address`, the very one that is connected to next.

        Raises AddressRefused when it is not allowed, whatever name or spelling led there.
        """
        family, kind, proto, _, place = address
        if not self._allows(str(place[0])):
            raise AddressRefused
        return socket.socket(family=family, type=kind, proto=proto)

    async def check_name(self, host: str, port: int, resolver: AbstractResolver) -> None:
        """Return when `host` may be handed to a proxy: all its addresses are allowed.

        Raises AddressRefused, or OSError when the name is not found.
        """
        addresses = [host]
        if not is_address(host):
            answers = await resolver.resolve(host, port, family=socket.AF_UNSPEC)
            addresses = [each["host"] for each in answers]
        if not all(self._allows(address) for address in addresses):
            raise AddressRefused

    def _allows(self, address: str) -> bool:
        return is_public(address) or is_in(address, self.ranges)


def socks_connector(url: str) -> aiohttp.BaseConnector:
    """Connects by way of the SOCKS proxy at `url`, which resolves names once more itself."""
    from reblogbot.web.socks import SocksConnector  # noqa: PLC0415  few have a SOCKS proxy

    connector: aiohttp.BaseConnector = SocksConnector.from_url(url, rdns=True, limit=0)
    return connector


class ThreadedResolver(AbstractResolver):
    """The system's resolver, each look-up in a thread of its own that nobody has to wait for.

    A pool's threads are joined when the program ends: one dead name server would hold it up.
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
            # the loop may have closed while the name server kept silent
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, future, answer)

        _start_thread(look_up)
        return [_resolved(host, each) for each in await future]

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


def _resolved(host: str, found: Any) -> ResolveResult:
    family, _, proto, _, address = found
    numeric = address[0]
    if family == socket.AF_INET6 and len(address) > 3 and address[3]:
        numeric, _ = socket.getnameinfo(address, socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(
        hostname=host, host=numeric, port=address[1], family=family, proto=proto, flags=flags
    )
