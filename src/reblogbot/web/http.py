"""One polite, bounded, address-checked GET; nothing else in the program reads the public web."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
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
from reblogbot.web.connecting import AddressRefused, Guard, ThreadedResolver, socks_connector
from reblogbot.web.fetch_state import FetchState, Redirect, host_ports, parsed_url
from reblogbot.web.inflate import Inflater, TooLarge

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_RETRY_LATER = frozenset({408, 425, 429})
_BODILESS = frozenset({204, 205})
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
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
        allowed = settings.allow_private
        self._guard = Guard([each for each in allowed if not isinstance(each, str)])
        self._exceptions = frozenset(each for each in allowed if isinstance(each, str))
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
        validators_from: str = "",
        accept: str = "",
        proxy: str = "",
        configured: Collection[str] = (),
    ) -> Response:
        """The answer, if it is a 2xx with a body or a 304; see `reblogbot.ports.Fetch`.

        Raises SourceError: `refused` for what a security or size rule forbids, `retry_later`
        for 408, 425, 429 and 5xx, `gone` for 410, `failed` for everything else.
        """
        start = parsed_url(url)
        usable = host_ports(start) & self._exceptions & {*configured}
        state = FetchState(
            start=start,
            agent=self._agent,
            accept=accept or _ANY,
            own_headers=dict(headers or {}),
            validators=validators or Validators(),
            validators_origin=parsed_url(validators_from or url).origin(),
            proxy=proxy or self._settings.proxy,
            exception=next(iter(usable), ""),
            seconds=self._settings.timeout.total_seconds(),
        )
        try:
            return await self._follow(state)
        except SourceError:
            raise
        except TimeoutError:
            raise SourceError(
                "timeout",
                f"{state.where}: no whole answer within {state.seconds:g} s; "
                "look whether it is up, or raise http.timeout",
            ) from None
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise _failure(error, state) from error

    async def _follow(self, state: FetchState) -> Response:
        while True:
            answer = await self._hop(state)
            if isinstance(answer, Response):
                return answer
            state.follow(answer)

    async def _hop(self, state: FetchState) -> Response | Redirect:
        # kept by those who hold or wait for it, so hosts not in use cost nothing
        host = self._hosts.setdefault(
            state.url.host or "", asyncio.Semaphore(self._settings.per_host)
        )
        # the host's turn first: whoever waits for a slow host must not keep others out
        async with host, self._everyone:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            async with asyncio.timeout(state.left):
                session, proxy = await self._session(state)
                async with session.get(
                    state.url,
                    headers=state.headers(),
                    allow_redirects=False,
                    proxy=proxy,
                ) as answer:
                    result = await self._judge(state, answer)
            state.left -= loop.time() - begun
            return result

    async def _session(self, state: FetchState) -> tuple[aiohttp.ClientSession, URL | None]:
        allowed = state.may_be_private
        if not state.proxy:
            return self._opened("open" if allowed else "guarded"), None
        if not allowed:
            host, port = state.url.host or "", state.url.port or 0
            await self._guard.check_name(host, port, self._resolver)
        if state.proxy.startswith("socks"):
            return self._opened(state.proxy), None
        return self._opened("open"), URL(state.proxy)

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
        factory = self._guard.socket if way == "guarded" else None
        return aiohttp.TCPConnector(limit=0, resolver=self._resolver, socket_factory=factory)

    async def _judge(
        self, state: FetchState, answer: aiohttp.ClientResponse
    ) -> Response | Redirect:
        state.keep_cookies(answer.cookies)
        if answer.status in _REDIRECTS and "Location" in answer.headers:
            location = answer.headers["Location"]
            return state.redirect_to(location, is_permanent=answer.status in _PERMANENT)
        is_whole = _is_whole(answer)
        if not is_whole and answer.status != 304:
            raise self._no(state, answer)
        if answer.status == 304 and not state.is_conditional:
            raise SourceError(
                "not_modified_unasked",
                f"{state.where}: answered 304 (not modified) though it was asked for the whole; "
                "the server or a cache before it is at fault, it is asked again later",
            )
        body = await self._body(answer) if is_whole else b""
        url = str(state.url)
        moved_to = url if state.has_moved else ""
        return Response(answer.status, url, _plain(answer.headers), body, moved_to)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        codings = ",".join(answer.headers.getall("Content-Encoding", []))
        inflater = Inflater(codings, self._settings.max_body)
        async for chunk in answer.content.iter_any():
            inflater.feed(chunk)
        return inflater.finish()

    def _no(self, state: FetchState, answer: aiohttp.ClientResponse) -> SourceError:
        status, reason = answer.status, _one_line(answer.reason or "")
        said = f"{state.where}: answered {status} {reason}".rstrip()
        retry_at = schedule.retry_after(
            answer.headers.get("Retry-After", ""),
            self._clock.now(),
            answer.headers.get("Date", ""),
        )
        if status in _RETRY_LATER or status >= 500:
            slug = "rate_limited" if status == 429 else "retry_later"
            message = f"{said}; it is asked again later"
            return SourceError(slug, message, outcome="retry_later", retry_at=retry_at)
        if status == 410:
            message = f"{said}: it is gone for good; remove the source, or give it a new url"
            return SourceError("gone", message, outcome="gone")
        return SourceError("http_status", f"{said}; {_advice(status)}", retry_at=retry_at)


def _is_whole(answer: aiohttp.ClientResponse) -> bool:
    """Whether the answer is a success whose body is all there is (RFC 9110 §15.3)."""
    if answer.status == 206:
        part = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", "").strip())
        # no range was asked for: without Content-Range the number is a mistake, the body is whole
        is_all = part is not None and part[1] == "0" and int(part[2]) + 1 == int(part[3])
        return "Content-Range" not in answer.headers or is_all
    return 200 <= answer.status < 300 and answer.status not in _BODILESS


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
            return "a whole document was expected"
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


def _failure(error: Exception, state: FetchState) -> SourceError:
    """The SourceError that says what a fetch died of."""
    where = state.where
    cause = getattr(error, "os_error", error)
    if isinstance(error, TooLarge):
        what = f"more than http.max_body ({error.limit} bytes); raise it, or drop the source"
        return SourceError("body_too_large", f"{where}: {what}", outcome="refused")
    if isinstance(cause, AddressRefused) or isinstance(error, aiohttp.InvalidUrlClientError):
        what = "leads to a private or reserved address, nothing was sent; http.allow_private can "
        what += "name its range, or the host:port of an address that stands in the config"
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
