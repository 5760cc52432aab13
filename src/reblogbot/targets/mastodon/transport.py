"""One HTTP exchange with an account's server: bounded in time and size, to one origin only."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from reblogbot.runtime.clock import uptime
from reblogbot.targets.mastodon.responses import Answer, Phase, Silence

MAX_BODY = 5_000_000
"""Bytes after decompression; a full page of a timeline is well under one million."""
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 3
_CHUNK = 65_536
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


@dataclass(slots=True)
class Exchange:
    """One call under way: when it must end (by `uptime`), how far it came, what came back."""

    ends: float
    lapses: float = inf
    phase: Phase = "preparing"
    answer: Answer | None = None

    def remaining(self) -> float:
        """Seconds left. Raises TimeoutError when there are none."""
        now = uptime()
        left = min(self.ends, self.lapses) - now
        if left <= 0:
            if self.phase == "connecting" and now >= self.lapses:
                self.phase = "lapsed"
            raise TimeoutError("no time left for this call")
        return left

    def outcome(self, error: Exception | None) -> Answer | Silence:
        """The answer, or how far the call came before `error`."""
        return self.answer or Silence(self.phase, _reason(error))


# Per thread, so that reading for a source never mixes with a delivery
_under_way: ContextVar[Exchange] = ContextVar("_under_way")
_lapses: ContextVar[float] = ContextVar("_lapses", default=inf)


@contextmanager
def lapsing(at: float) -> Iterator[None]:
    """Nothing within this block, by this thread, leaves from then on (by `uptime`).

    Looked at before every write to the wire: a process that was stopped, or a machine that
    slept, finds out before it says what another process has said meanwhile.
    """
    token = _lapses.set(at)
    try:
        yield
    finally:
        _lapses.reset(token)


@contextmanager
def exchange(seconds: float) -> Iterator[Exchange]:
    """Everything sent within this block, by this thread, ends in `seconds`.

    But for finding the server's addresses: the system's resolver keeps its own time, and each
    of several addresses may take CONNECT_SECONDS.
    """
    current = Exchange(uptime() + seconds, _lapses.get())
    token = _under_way.set(current)
    try:
        yield current
    finally:
        _under_way.reset(token)


class OneOrigin(requests.Session):
    """A session that sends to `server`'s origin only, each request on a fresh connection.

    A fresh one, because a reset on a kept-alive connection leaves open whether the server
    saw the request. Redirects are followed for GET alone, within the origin; cookies,
    proxies and .netrc are left out, so the token goes nowhere else.
    """

    def __init__(self, server: str) -> None:
        super().__init__()
        self.trust_env = False
        # prepared, because that is what makes an international name look like the requests'
        self.origin = origin(str(requests.Request("GET", server).prepare().url))

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        response = self._once(request, kwargs)
        for _ in range(MAX_REDIRECTS):
            target = self._followed(request, response)
            if not target:
                break
            request = request.copy()
            request.url = target
            response = self._once(request, kwargs)
        return response

    def _once(self, request: PreparedRequest, kwargs: dict[str, Any]) -> Response:
        if origin(str(request.url)) != self.origin:
            raise requests.exceptions.InvalidURL(f"not on {self.origin[1]}")
        current = _under_way.get()
        current.phase, current.answer = "connecting", None
        adapter = _Adapter()
        try:
            response = adapter.send(
                request, stream=True, timeout=kwargs.get("timeout"), verify=kwargs["verify"]
            )
            current.answer = _read(response)
            # what the caller will look at: the bounded body, not the socket
            response.raw = io.BytesIO(current.answer.body)
            return response
        finally:
            adapter.close()

    def _followed(self, request: PreparedRequest, response: Response) -> str:
        if request.method != "GET" or not response.is_redirect:
            return ""
        target = urljoin(str(request.url), response.headers["location"])
        return target if origin(target) == self.origin else ""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host in lower case, and port, by default the scheme's."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, parts.hostname or "", port


def _read(response: Response) -> Answer:
    """The answer with its body, as much of it as came in time and under the cap."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, whole = bytearray(), True
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY:
                whole = False
                break
    except (HTTPError, OSError):
        whole = False
    response.raw.close()
    return Answer(response.status_code, headers, bytes(body[:MAX_BODY]), whole)


def _reason(error: Exception | None) -> str:
    """The innermost cause in the system's own words; never a request, which holds the token."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if isinstance(cause, TimeoutError):
            return "timed out"
        error = cast("Exception", cause)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__ if error else ""


class _Reading(io.RawIOBase):
    """A socket's bytes, where every single read is bounded by what is left of the call."""

    def __init__(self, sock: socket.socket, current: Exchange) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._current = current

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._current.remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ClockedSocket:
    """The one thing http.client asks of a socket to read an answer from it."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self._sock, _under_way.get()))


class _ClockedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(cast("socket.socket", _ClockedSocket(sock)), *args, **kwargs)


class _Clocked(HTTPConnection):
    """Knows when the first byte leaves on a connection that stands: before, nothing is asked."""

    response_class = _ClockedResponse

    def connect(self) -> None:
        current = _under_way.get()
        self.timeout = min(CONNECT_SECONDS, current.remaining())
        super().connect()
        if _USER_TIMEOUT is not None:
            # what the server has not taken by then, the system does not bring it later either
            left = max(1, int(1000 * current.remaining()))
            self.sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, left)

    def send(self, body: Any) -> None:
        if self.sock is None:
            self.connect()
        current = _under_way.get()
        self.sock.settimeout(current.remaining())
        current.phase = "asked"
        super().send(body)


class _ClockedTls(_Clocked, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Clocked


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _ClockedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
