"""One polite, bounded, address-checked GET; nothing else in the program reads the public web."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Self
from weakref import WeakValueDictionary

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from reblogbot import __version__
from reblogbot.config.settings import HttpSettings
from reblogbot.core import schedule
from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.ports import Clock, Response
from reblogbot.web.connecting import (
    AddressRefused,
    ThreadedResolver,
    check_name,
    guarded_socket,
    socks_connector,
)
from reblogbot.web.errand import Errand, Redirect, parsed_url
from reblogbot.web.inflate import Inflater, TooLarge

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_RETRY_LATER = frozenset({408, 425, 429})
_ANY = "*/*"
_TOO_MUCH = re.compile("Got more than|Too many headers")


class Fetcher:
    """The one client of the public web; use it as an async context manager.

    At most `concurrency` answers are read at once, at most `per_host` of them from one host.
    A fetch has `timeout` from its first byte to its last, redirects included; waiting for its
    turn does not count. `resolver` replaces the system's; what it finds is checked all the same.
    """

    def __init__(
        self, settings: HttpSettings, *, clock: Clock, resolver: AbstractResolver | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._resolver = resolver or ThreadedResolver()
        self._everyone = asyncio.Semaphore(settings.concurrency)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._exceptions = frozenset(settings.allow_private)
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._agent = f"reblogbot/{__version__}"
        if settings.contact:
            self._agent += f" (+{settings.contact})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ends every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        accept: str = "",
        proxy: str = "",
    ) -> Response:
        """The answer, if it is 200 or 304; see `reblogbot.ports.Fetch`.

        Raises SourceError: `refused` for what a security or size rule forbids, `retry_later`
        for 408, 425, 429 and 5xx, `gone` for 410, `failed` for everything else.
        """
        start = parsed_url(url)
        errand = Errand(
            start=start,
            agent=self._agent,
            accept=accept or _ANY,
            own=dict(headers or {}),
            validators=validators or Validators(),
            proxy=proxy or self._settings.proxy,
            seconds=self._settings.timeout.total_seconds(),
        )
        try:
            return await self._follow(errand)
        except SourceError:
            raise
        except TimeoutError:
            raise SourceError(
                "timeout",
                f"{errand.where}: no whole answer within {errand.seconds:g} s; "
                "look whether it is up, or raise http.timeout",
            ) from None
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise _failure(error, errand.where) from error

    async def _follow(self, errand: Errand) -> Response:
        while True:
            answer = await self._hop(errand)
            if isinstance(answer, Response):
                return answer
            errand.go_on(answer)

    async def _hop(self, errand: Errand) -> Response | Redirect:
        # kept by those who hold or wait for it, so hosts not in use cost nothing
        host = self._hosts.setdefault(
            errand.url.host or "", asyncio.Semaphore(self._settings.per_host)
        )
        # the host's turn first: whoever waits for a slow host must not keep others out
        async with host, self._everyone:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            async with asyncio.timeout(errand.left):
                session, proxy = await self._session(errand)
                async with session.get(
                    errand.url,
                    headers=errand.headers(),
                    allow_redirects=False,
                    proxy=proxy,
                ) as answer:
                    result = await self._judge(errand, answer)
            errand.left -= loop.time() - begun
            return result

    async def _session(self, errand: Errand) -> tuple[aiohttp.ClientSession, URL | None]:
        hosts = {errand.url.host, errand.url.host_subcomponent}
        allowed = any(f"{host}:{errand.url.port}" in self._exceptions for host in hosts)
        if not errand.proxy:
            return self._opened("open" if allowed else "guarded"), None
        if not allowed:
            await check_name(errand.url.host or "", errand.url.port or 0, self._resolver)
        if errand.proxy.startswith("socks"):
            return self._opened(errand.proxy), None
        return self._opened("open"), URL(errand.proxy)

    def _opened(self, way: str) -> aiohttp.ClientSession:
        if way not in self._sessions:
            self._sessions[way] = aiohttp.ClientSession(
                connector=self._connector(way),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[way]

    def _connector(self, way: str) -> aiohttp.BaseConnector:
        if way not in ("open", "guarded"):
            return socks_connector(way)
        factory = guarded_socket if way == "guarded" else None
        return aiohttp.TCPConnector(limit=0, resolver=self._resolver, socket_factory=factory)

    async def _judge(self, errand: Errand, answer: aiohttp.ClientResponse) -> Response | Redirect:
        if answer.status in _REDIRECTS and "Location" in answer.headers:
            location = answer.headers["Location"]
            return errand.redirected(location, is_permanent=answer.status in _PERMANENT)
        if answer.status not in (200, 304):
            raise self._no(errand, answer)
        if answer.status == 304 and not errand.is_conditional:
            raise SourceError(
                "not_modified_unasked",
                f"{errand.where}: answered 304 (not modified) though it was asked for the whole; "
                "the server or a cache before it is at fault, it is asked again later",
            )
        body = await self._body(answer) if answer.status == 200 else b""
        url = str(errand.url)
        moved_to = url if errand.has_moved else ""
        return Response(answer.status, url, _plain(answer.headers), body, moved_to)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        inflater = Inflater(answer.headers.get("Content-Encoding", ""), self._settings.max_body)
        async for chunk in answer.content.iter_any():
            inflater.feed(chunk)
        return inflater.finish()

    def _no(self, errand: Errand, answer: aiohttp.ClientResponse) -> SourceError:
        status, reason = answer.status, _one_line(answer.reason or "")
        said = f"{errand.where}: answered {status} {reason}".rstrip()
        if status in _RETRY_LATER or status >= 500:
            retry_at = schedule.retry_after(
                answer.headers.get("Retry-After", ""),
                self._clock.now(),
                answer.headers.get("Date", ""),
            )
            message = f"{said}; it is asked again later"
            return SourceError("retry_later", message, outcome="retry_later", retry_at=retry_at)
        if status == 410:
            message = f"{said}: it is gone for good; remove the source, or give it a new url"
            return SourceError("gone", message, outcome="gone")
        return SourceError("http_status", f"{said}; {_advice(status)}")


def _plain(headers: Mapping[str, str]) -> dict[str, str]:
    plain: dict[str, str] = {}
    for written, sent in headers.items():
        value = sent
        if not sent.isascii():
            # aiohttp passes bytes that are no UTF-8 on as lone surrogates, which nobody can store
            value = sent.encode(errors="surrogateescape").decode(errors="replace")
        name = written.lower()
        plain[name] = f"{plain[name]}, {value}" if name in plain else value
    return plain


def _advice(status: int) -> str:
    match status:
        case 401 | 403 | 451:
            return "it does not let the bot in; look whether it needs headers, or ask its owner"
        case 404:
            return "nothing stands there; look for its new address"
        case 407:
            return "the proxy wants a user and password in its URL"
        case _ if 200 <= status < 300:
            return "a whole answer (200) was expected"
        case _:
            return "look at it in a browser and correct the url"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:120]


# the first that fits says what a fetch died of
_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "tls_failed", "no trusted TLS connection"),
    (aiohttp.ClientConnectorSSLError, "tls_failed", "no TLS connection"),
    (aiohttp.ClientProxyConnectionError, "proxy_failed", "the proxy did not connect"),
    (aiohttp.ClientHttpProxyError, "proxy_failed", "the proxy did not connect"),
    (aiohttp.ClientConnectorDNSError, "dns_failed", "the name was not found"),
    (aiohttp.ClientConnectorError, "connection_failed", "no connection"),
    (aiohttp.ClientPayloadError, "body_broken", "the answer broke off or is garbled"),
    (EOFError, "body_broken", "the answer broke off or is garbled"),
    (aiohttp.ClientResponseError, "http_broken", "the answer is not proper HTTP"),
    (Exception, "connection_lost", "the connection broke"),
)


def _failure(error: Exception, where: str) -> SourceError:
    """The SourceError that says what a fetch died of."""
    cause = getattr(error, "os_error", error)
    if isinstance(error, TooLarge):
        what = f"more than http.max_body ({error.limit} bytes); raise it, or drop the source"
        return SourceError("body_too_large", f"{where}: {what}", outcome="refused")
    if isinstance(cause, AddressRefused) or isinstance(error, aiohttp.InvalidUrlClientError):
        what = "leads to a private or reserved address, nothing was sent; "
        what += "if it is yours, add host:port to http.allow_private"
        return SourceError("address_refused", f"{where}: {what}", outcome="refused")
    if isinstance(error, aiohttp.ClientResponseError) and _TOO_MUCH.search(error.message):
        what = "endless headers; look whether a web server answers there, or drop the source"
        return SourceError("headers_too_large", f"{where}: {what}", outcome="refused")
    slug, what = next(words for kind, *words in _CAUSES if isinstance(error, kind))
    return SourceError(slug, f"{where}: {what}{_detail(error)}; it is asked again later")


def _detail(error: Exception) -> str:
    # never the whole exception: aiohttp's name the URL with its query
    match error:
        case aiohttp.ClientConnectorError():
            text = error.os_error.strerror or str(error.os_error)
        case aiohttp.ClientResponseError():
            text = error.message
        case EOFError() | ValueError():
            text = str(error)
        case _:
            text = getattr(error.__cause__, "message", "")
    return f" ({_one_line(text)})" if text else ""
