"""A service inside the network, the canary, which no spelling of an address may reach."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack

import pytest
from aiohttp.abc import AbstractResolver

from loopback import Site, SocksProxy, answer, fetcher, redirect
from reblogbot.errors import SourceError
from reblogbot.runtime.clock import SystemClock

# each of these is read as this machine, or as an address inside a network, by some reader
HOSTS = [
    # loopback, spelled out and short
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "0x7f.1", "0x7f000001", "0x7F.0x0.0x0.0x1",
    "0177.0.0.1", "0177.1", "017700000001", "2130706433", "127.0.0.1.", "localhost", "LOCALHOST", "localhost.",
    "canary.localhost", "canary.example", "127.0.0.1.canary.example",
    # in other scripts' letters and digits
    "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "loca\u00adlhost",
    "127.0.0.1\u200b", "１２７．０．０．１",
    # IPv6, and IPv4 within it
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:0001]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::]",
    "[::1%25lo]", "[fe80::1%25lo]",
    # this network, and others that are not public
    "0.0.0.0", "0", "0.1", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "198.18.0.1",
    "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]",
]  # fmt: skip
# CANARY stands for 127.0.0.1 and its port
URLS = [
    "http://user@CANARY/", "http://user:pw@CANARY/", "http://news.example@CANARY/", "http://news.example:80@CANARY/",
    "http://news.example%40CANARY/", "http://CANARY#@news.example/", "http://CANARY?@news.example/",
    "http://CANARY\\@news.example/", "http://news.example\\@CANARY/", "http:\\\\CANARY\\", "http:/CANARY/",
    "http:CANARY", "///CANARY/", "//CANARY/", "////CANARY/", "http:///CANARY/", " http://CANARY/", "\thttp://CANARY/",
    "ht\ntp://CANARY/", "http://\r\nCANARY/", "HTTP://CANARY/", "hTtPs://CANARY/", "http://CANARY\x00.news.example/",
    "http://127.0.0.1%00:80/", "http://127%2e0%2e0%2e1/", "gopher://CANARY/", "file://CANARY/etc/passwd",
    "ftp://CANARY/", "http://[::ffff:CANARY]/", "http://CANARY./", "http://%31%32%37.0.0.1/", "jar:http://CANARY/!/",
]  # fmt: skip


class EveryNameIsTheCanary(AbstractResolver):
    """A hostile name server: every name resolves to this machine, literal addresses to themselves."""

    async def resolve(self, host, port=0, family=0):
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            addresses = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)
        return [
            {"hostname": host, "host": to[0], "port": port, "family": kind, "proto": 6, "flags": 0}
            for kind, *_, to in addresses
        ]

    async def close(self):
        pass


@pytest.fixture
async def canary():
    async with Site({"/": answer("secret")}) as site:
        yield site


def addresses(canary):
    yield from (f"http://{host}:{canary.port}/" for host in HOSTS)
    yield from (url.replace("CANARY", canary.address) for url in URLS)


async def refusals(canary, settings, begin=None):
    """Fetch each address; those that were answered."""
    answered = []
    async with fetcher(
        SystemClock(), timeout="5s", resolver=EveryNameIsTheCanary(), **settings
    ) as fetch:
        for url in addresses(canary):
            try:
                response = await (fetch(url, configured=()) if begin is None else begin(fetch, url))
            except SourceError as error:
                # refused because of the address, and not because nothing listens there
                assert error.slug not in {"connection_failed", "timeout"}, (url, error.message)
                continue
            answered.append((url, response.body))
    return answered


async def test_no_spelling_of_an_address_reaches_the_internal_service(canary):
    assert await refusals(canary, {}) == []
    assert canary.connections == 0


async def test_no_redirect_reaches_the_internal_service(canary):
    async with Site() as site:

        async def redirected(fetch, url):
            site.pages["/"] = redirect(url)
            return await fetch(site.url())

        answered = await refusals(canary, {"allow_private": [site.address]}, redirected)
    # relative addresses lead to the redirecting site itself, which may answer
    assert [body for _, body in answered if body == b"secret"] == []
    assert canary.connections == 0


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_no_proxy_is_asked_for_an_internal_address(canary, kind):
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(SocksProxy(canary) if kind == "socks5" else Site())
        settings = {"proxy": proxy.url(scheme=kind)}
        assert await refusals(canary, settings) == []
        assert proxy.connections == 0
        assert not getattr(proxy, "asked", [])
    assert canary.connections == 0


async def test_a_name_whose_address_changes_is_resolved_once(canary):
    class Rebinding(EveryNameIsTheCanary):
        async def resolve(self, host, port=0, family=0):
            asked.append(host)
            return await super().resolve(host, port, family)

    asked = []
    async with fetcher(SystemClock(), resolver=Rebinding()) as fetch:
        with pytest.raises(SourceError) as caught:
            await fetch(f"http://news.example:{canary.port}/", configured=())
    assert (caught.value.slug, asked, canary.connections) == (
        "address_refused",
        ["news.example"],
        0,
    )
