"""One HTTP call to an account's server: bounded in time and size, and to one origin only."""

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
from reblogbot.targets.shared.answers import NoAnswer, Phase, ServerAnswer
from reblogbot.words import Words

MAX_BODY = 5_000_000
"""Bytes after decompression. A full page of a timeline has well under one million."""
CONNECT_SECONDS = 5.0
MAX_REDIRECTS = 3
_CHUNK = 65_536
# Linux only
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


@dataclass(slots=True)
class ServerCall:
    """One call in progress: its deadline, how far it got, and the answer.

    `deadline` and `lease_end` are readings of `uptime`. From `lease_end` on nothing may be sent.
    """

    deadline: float
    lease_end: float = inf
    phase: Phase = "preparing"
    answer: ServerAnswer | None = None

    def seconds_left(self) -> float:
        """The seconds left. Raises TimeoutError when there are none."""
        now = uptime()
        left = min(self.deadline, self.lease_end) - now
        if left <= 0:
            if self.phase == "connecting" and now >= self.lease_end:
                self.phase = "lapsed"
            raise TimeoutError("no time left for this call")
        return left

    def outcome(self, error: Exception | None) -> ServerAnswer | NoAnswer:
        """The answer, or how far the call got before `error`."""
        return self.answer or NoAnswer(self.phase, _reason(error))


# Context variables, because one target is used by several threads: one reads for a source while
# another delivers.
_current_call: ContextVar[ServerCall] = ContextVar("_current_call")
_lease_end: ContextVar[float] = ContextVar("_lease_end", default=inf)


@contextmanager
def lease_until(lease_end: float) -> Iterator[None]:
    """Send nothing from `lease_end` (by `uptime`) on, within this block and thread.

    This is checked before every write to the network: a process that was stopped, or a machine
    that slept, must not send what another process has sent meanwhile (ADR 0016).
    """
    token = _lease_end.set(lease_end)
    try:
        yield
    finally:
        _lease_end.reset(token)


@contextmanager
def server_call(seconds: float) -> Iterator[ServerCall]:
    """A call that ends within `seconds`, for all that this thread sends within the block.

    Name resolution is not bounded by it: the system's resolver has its own timeouts. Each of
    several addresses may take CONNECT_SECONDS.
    """
    call = ServerCall(uptime() + seconds, _lease_end.get())
    token = _current_call.set(call)
    try:
        yield call
    finally:
        _current_call.reset(token)


class OriginSession(requests.Session):
    """A session that sends to `server`'s origin only, each request on a new connection.

    A reset on a kept-alive connection would leave open whether the server saw the request.
    Redirects are followed for GET alone, within the origin. Cookies, proxies and .netrc are not
    used, so the token is sent nowhere else.
    """

    def __init__(self, server: str) -> None:
        super().__init__()
        self.trust_env = False
        # prepared, so that an international name is encoded as it is in the requests
        self.origin = origin(str(requests.Request("GET", server).prepare().url))

    def call(
        self, method: str, url: str, seconds: float, **options: Any
    ) -> ServerAnswer | NoAnswer:
        """The outcome of one request within `seconds`; the options are those of `request`."""
        raised: Exception | None = None
        with server_call(seconds) as call:
            try:
                self.request(method, url, timeout=seconds, **options)
            # the answer, or its absence, decides (ADR 0009)
            except Exception as error:  # noqa: BLE001
                raised = error
        return call.outcome(raised)

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:
        response = self._send_once(request, kwargs)
        for _ in range(MAX_REDIRECTS):
            target = self._redirect_target(request, response)
            if not target:
                break
            request = request.copy()
            request.url = target
            response = self._send_once(request, kwargs)
        return response

    def _send_once(self, request: PreparedRequest, kwargs: dict[str, Any]) -> Response:
        if origin(str(request.url)) != self.origin:
            raise requests.exceptions.InvalidURL(Words("not on {server}", server=self.origin[1]))
        call = _current_call.get()
        call.phase, call.answer = "connecting", None
        adapter = _Adapter()
        try:
            response = adapter.send(
                request, stream=True, timeout=kwargs.get("timeout"), verify=kwargs["verify"]
            )
            call.answer = _read(response)
            # Mastodon.py reads the bounded body, not the socket
            response.raw = io.BytesIO(call.answer.body)
            return response
        finally:
            adapter.close()

    def _redirect_target(self, request: PreparedRequest, response: Response) -> str:
        if request.method != "GET" or not response.is_redirect:
            return ""
        target = urljoin(str(request.url), response.headers["location"])
        return target if origin(target) == self.origin else ""


def origin(url: str) -> tuple[str, str, int]:
    """Scheme, host in lower case, and port, which defaults to the scheme's."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, parts.hostname or "", port


def _read(response: Response) -> ServerAnswer:
    """The answer, with as much of its body as arrived in time and within MAX_BODY."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    body, is_whole = bytearray(), True
    try:
        for chunk in response.raw.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BODY:
                is_whole = False
                break
    except (HTTPError, OSError):
        is_whole = False
    response.raw.close()
    return ServerAnswer(response.status_code, headers, bytes(body[:MAX_BODY]), is_whole)


def _reason(error: Exception | None) -> str:
    """The innermost cause in the system's words; never a request, which contains the token."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        if isinstance(cause, TimeoutError):
            return Words("timed out")
        error = cast("Exception", cause)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__ if error else ""


# The timeouts of requests and urllib3 bound each read and write, not the call. So every read and
# write sets the socket's timeout to what is left of the call.


class _DeadlineReader(io.RawIOBase):
    """The bytes of a socket, each read bounded by the deadline of the call."""

    def __init__(self, sock: socket.socket, call: ServerCall) -> None:
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._call = call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.seconds_left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _DeadlineSocket:
    """The only method of a socket that http.client calls to read an answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_DeadlineReader(self._sock, _current_call.get()))


class _DeadlineResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(cast("socket.socket", _DeadlineSocket(sock)), *args, **kwargs)


class _DeadlineConnection(HTTPConnection):
    """Keeps the deadline, and notes in the call when the first byte is about to be sent."""

    response_class = _DeadlineResponse

    def connect(self) -> None:
        """Connect to the server before the deadline of the current call."""
        call = _current_call.get()
        self.timeout = min(CONNECT_SECONDS, call.seconds_left())
        super().connect()
        if _USER_TIMEOUT is not None:
            # the kernel must not deliver after the deadline what the server has not taken by then
            left = max(1, int(1000 * call.seconds_left()))
            self.sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, left)

    def send(self, body: Any) -> None:
        if self.sock is None:
            self.connect()
        call = _current_call.get()
        self.sock.settimeout(call.seconds_left())
        call.phase = "sent"
        super().send(body)


class _DeadlineTlsConnection(_DeadlineConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _DeadlineConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineTlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
