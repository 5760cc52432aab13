"""The bounded, address-checked GET through which the program reads the public web."""

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
from reblogbot.core import http_headers
from reblogbot.errors import SourceError
from reblogbot.model import Validators
from reblogbot.ports import Clock, Response
from reblogbot.web.connecting import AddressRefused, Guard, ThreadedResolver, socks_connector
from reblogbot.web.fetch_state import FetchState, Redirect, host_ports, parsed_url
from reblogbot.web.inflate import Inflater, TooLarge
from reblogbot.words import Words

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_RETRY_LATER = frozenset({408, 425, 429})
_BODILESS = frozenset({204, 205})
_CONTENT_RANGE = re.compile(r"bytes (\d{1,15})-(\d{1,15})/(\d{1,15})", re.ASCII)
_ANY = "*/*"
# aiohttp's words for headers over its limits
_HEADERS_TOO_LARGE = re.compile("Got more than|Too many headers")


class Fetcher:
    """The only client of the public web; use it as an async context manager.

    At most `concurrency` answers are read at the same time, at most `per_host` from one host.
    A fetch ends within `timeout`, redirects included; waiting for its turn does not count.
    `resolver` replaces the system's; the addresses that it returns are checked as well.
    """

    def __init__(
        self, settings: HttpSettings, *, clock: Clock, resolver: AbstractResolver | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._resolver = resolver or ThreadedResolver()
        self._all_hosts = asyncio.Semaphore(settings.concurrency)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        allowed = settings.allow_private
        self._guard = Guard([network for network in allowed if not isinstance(network, str)])
        self._exceptions = frozenset(address for address in allowed if isinstance(address, str))
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._agent = f"reblogbot/{__version__}"
        if settings.contact:
            self._agent += f" (+{settings.contact})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
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

        Raises SourceError with the outcome `refused` for what a security or size rule forbids,
        `retry_later` for 408, 425, 429 and 5xx, `gone` for 410, `failed` for everything else.
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
                Words(
                    "{where}: no complete answer within {seconds} s; check that the server is up, "
                    "or raise http.timeout",
                    where=state.where,
                    seconds=f"{state.seconds:g}",
                ),
            ) from None
        except (aiohttp.ClientError, OSError, ValueError, EOFError) as error:
            raise _source_error(error, state) from error

    async def _follow(self, state: FetchState) -> Response:
        while True:
            result = await self._get(state)
            if isinstance(result, Response):
                return result
            state.follow(result)

    async def _get(self, state: FetchState) -> Response | Redirect:
        # weakly kept: only hosts in use have a semaphore
        host = self._hosts.setdefault(
            state.url.host or "", asyncio.Semaphore(self._settings.per_host)
        )
        # the host first, so that those who wait for a slow host do not block the other hosts
        async with host, self._all_hosts:
            loop = asyncio.get_running_loop()
            started = loop.time()
            async with asyncio.timeout(state.left):
                session, proxy = await self._session(state)
                async with session.get(
                    state.url,
                    headers=state.headers(),
                    allow_redirects=False,
                    proxy=proxy,
                ) as answer:
                    result = await self._read(state, answer)
            state.left -= loop.time() - started
            return result

    async def _session(self, state: FetchState) -> tuple[aiohttp.ClientSession, URL | None]:
        """The session for the current URL, and the HTTP proxy to use."""
        if not state.proxy:
            return self._cached_session("open" if state.may_be_private else "guarded"), None
        if not state.may_be_private:
            host, port = state.url.host or "", state.url.port or 0
            await self._guard.check_name(host, port, self._resolver)
        if state.proxy.startswith("socks"):
            return self._cached_session(state.proxy), None
        return self._cached_session("open"), URL(state.proxy)

    def _cached_session(self, route: str) -> aiohttp.ClientSession:
        """The session of a route: "open", "guarded" or the URL of a SOCKS proxy."""
        if route not in self._sessions:
            self._sessions[route] = aiohttp.ClientSession(
                connector=self._connector(route),
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._sessions[route]

    def _connector(self, route: str) -> aiohttp.BaseConnector:
        if route not in ("open", "guarded"):
            return socks_connector(route)
        factory = self._guard.socket if route == "guarded" else None
        return aiohttp.TCPConnector(limit=0, resolver=self._resolver, socket_factory=factory)

    async def _read(self, state: FetchState, answer: aiohttp.ClientResponse) -> Response | Redirect:
        state.keep_cookies(answer.cookies)
        if answer.status in _REDIRECTS and "Location" in answer.headers:
            location = answer.headers["Location"]
            return state.redirect_to(location, is_permanent=answer.status in _PERMANENT)
        is_whole = _is_whole(answer)
        if not is_whole and answer.status != 304:
            raise self._status_error(state, answer)
        if answer.status == 304 and not state.is_conditional:
            raise SourceError(
                "not_modified_unasked",
                Words(
                    "{where}: answered 304 (not modified) to an unconditional request; "
                    "the server or a cache before it is at fault, it is tried again later",
                    where=state.where,
                ),
            )
        body = await self._body(answer) if is_whole else b""
        url = str(state.url)
        moved_to = url if state.has_moved else ""
        return Response(answer.status, url, _decoded(answer.headers), body, moved_to)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        codings = ",".join(answer.headers.getall("Content-Encoding", []))
        inflater = Inflater(codings, self._settings.max_body)
        async for chunk in answer.content.iter_any():
            inflater.feed(chunk)
        return inflater.finish()

    def _status_error(self, state: FetchState, answer: aiohttp.ClientResponse) -> SourceError:
        status, reason = answer.status, _one_line(answer.reason or "")
        where, answered = state.where, f"{status} {reason}".rstrip()
        retry_at = http_headers.retry_after(
            answer.headers.get("Retry-After", ""),
            self._clock.now(),
            answer.headers.get("Date", ""),
        )
        if status in _RETRY_LATER or status >= 500:
            slug = "rate_limited" if status == 429 else "retry_later"
            message = Words(
                "{where}: answered {answer}; it is tried again later", where=where, answer=answered
            )
            return SourceError(slug, message, outcome="retry_later", retry_at=retry_at)
        if status == 410:
            message = Words(
                "{where}: answered {answer}: it is gone for good; remove the source, or give it a "
                "new url",
                where=where,
                answer=answered,
            )
            return SourceError("gone", message, outcome="gone")
        message = Words(
            "{where}: answered {answer}; {reason}",
            where=where,
            answer=answered,
            reason=_advice(status),
        )
        return SourceError("http_status", message, retry_at=retry_at)


def _is_whole(answer: aiohttp.ClientResponse) -> bool:
    """Whether the answer is a success with the complete document (RFC 9110 §15.3)."""
    if answer.status == 206:
        # No range was requested. Without Content-Range the status is a mistake.
        if "Content-Range" not in answer.headers:
            return True
        part = _CONTENT_RANGE.fullmatch(answer.headers["Content-Range"].strip())
        return part is not None and part[1] == "0" and int(part[2]) + 1 == int(part[3])
    return 200 <= answer.status < 300 and answer.status not in _BODILESS


def _decoded(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by lower-case names; repeated ones are joined (RFC 9110 §5.3)."""
    decoded: dict[str, str] = {}
    for sent_name, sent_value in headers.items():
        name, value = sent_name.lower(), sent_value
        if not value.isascii():
            # aiohttp turns bytes that are not UTF-8 into lone surrogates, which cannot be stored
            value = value.encode(errors="surrogateescape").decode(errors="replace")
        decoded[name] = f"{decoded[name]}, {value}" if name in decoded else value
    return decoded


def _advice(status: int) -> str:
    match status:
        case 401 | 403 | 451:
            return Words("it refuses the bot; check whether it needs headers, or ask its owner")
        case 404:
            return Words("there is nothing at this address; look for the new one")
        case 407:
            return Words("the proxy requires a user and password in its URL")
        case _ if 200 <= status < 300:
            return Words("a complete document was expected")
        case _:
            return Words("look at it in a browser and correct the url")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:120]


# the slug and words for each class of error; the first that matches counts
_CAUSES: tuple[tuple[type[Exception], str, str], ...] = (
    (aiohttp.ClientConnectorCertificateError, "tls_failed", Words("no trusted TLS connection")),
    (aiohttp.ClientConnectorSSLError, "tls_failed", Words("no TLS connection")),
    (aiohttp.ClientProxyConnectionError, "proxy_failed", Words("the proxy did not connect")),
    (aiohttp.ClientHttpProxyError, "proxy_failed", Words("the proxy did not connect")),
    (aiohttp.ClientConnectorDNSError, "dns_failed", Words("the name was not found")),
    (aiohttp.ClientConnectorError, "connection_failed", Words("no connection")),
    (aiohttp.ClientPayloadError, "body_broken", Words("the answer broke off or is garbled")),
    (EOFError, "body_broken", Words("the answer broke off or is garbled")),
    (aiohttp.ClientResponseError, "http_broken", Words("the answer is not valid HTTP")),
    (Exception, "connection_lost", Words("the connection broke")),
)


def _source_error(error: Exception, state: FetchState) -> SourceError:
    """The SourceError for an error of aiohttp or the network."""
    where = state.where
    cause = getattr(error, "os_error", error)
    if isinstance(error, TooLarge):
        message = Words(
            "{where}: more than http.max_body ({limit} bytes); raise it, or drop the source",
            where=where,
            limit=error.limit,
        )
        return SourceError("body_too_large", message, outcome="refused")
    if isinstance(cause, AddressRefused) or isinstance(error, aiohttp.InvalidUrlClientError):
        message = Words(
            "{where}: leads to a private or reserved address, nothing was sent; to allow it, put"
            " its range or the host:port from the config into http.allow_private",
            where=where,
        )
        return SourceError("address_refused", message, outcome="refused")
    if isinstance(error, aiohttp.ClientResponseError) and _HEADERS_TOO_LARGE.search(error.message):
        message = Words(
            "{where}: endless headers; check that a web server answers there, or drop the source",
            where=where,
        )
        return SourceError("headers_too_large", message, outcome="refused")
    slug, reason = next(words for kind, *words in _CAUSES if isinstance(error, kind))
    detail = _detail(error)
    if not detail:
        message = Words("{where}: {reason}; it is tried again later", where=where, reason=reason)
        return SourceError(slug, message)
    message = Words(
        "{where}: {reason} ({detail}); it is tried again later",
        where=where,
        reason=reason,
        detail=detail,
    )
    return SourceError(slug, message)


def _detail(error: Exception) -> str:
    """The cause of an error, "" when none is known."""
    # not the text of the exception: aiohttp's contain the URL with its query
    match error:
        case aiohttp.ClientConnectorError():
            text = error.os_error.strerror or str(error.os_error)
        case aiohttp.ClientResponseError():
            text = error.message
        case EOFError() | ValueError():
            text = str(error)
        case _:
            text = getattr(error.__cause__, "message", "")
    return _one_line(text)
