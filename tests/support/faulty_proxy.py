"""A proxy on loopback before a real server, which loses, delays or garbles what a test says."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

from harness import MAX_WAIT

Fault = Literal[
    "", "lost request", "lost answer", "reset after", "cut answer", "garbled", "500 before",
    "500 after", "502 after", "429", "page", "404", "held request", "held answer",
]  # fmt: skip
"""What becomes of a request. `held …` waits until `release`; the client may be dead by then."""
FAULTS: tuple[Fault, ...] = (
    "lost request", "lost answer", "reset after", "cut answer", "garbled", "500 before",
    "500 after", "502 after", "429", "page",
)  # fmt: skip
"""The faults that end by themselves."""


class FaultyProxy:
    """Passes requests on to `upstream`, but for the faults that are set, one for one request."""

    def __init__(self, upstream: str) -> None:
        self.requests: list[tuple[str, str]] = []
        self.failures: list[Fault] = []
        self.is_holding = threading.Event()
        self._upstream = urlsplit(upstream).netloc
        self._faults: dict[tuple[str, str], deque[Fault]] = {}
        self._released = threading.Event()
        self._idle = threading.Condition()
        self._open = 0
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FaultyProxy]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._released.set()
            self._server.shutdown()
            self._server.server_close()

    def fail(self, method: str, path: str, *faults: Fault) -> None:
        """Do this to the next requests of this method whose path ends so."""
        self._faults.setdefault((method, path), deque()).extend(faults)

    def release(self) -> None:
        """Let all requests that are held go on. Those that come later may be held again."""
        self._released.set()
        self._released = threading.Event()
        self.is_holding.clear()

    def heal(self) -> None:
        """Pass all requests on from now on, and return once none is under way."""
        self._faults.clear()
        self.release()
        with self._idle:
            assert self._idle.wait_for(lambda: not self._open, MAX_WAIT)

    @contextmanager
    def request_under_way(self) -> Iterator[None]:
        """Count a request as long as the `with` lasts."""
        with self._idle:
            self._open += 1
        try:
            yield
        finally:
            with self._idle:
                self._open -= 1
                self._idle.notify_all()

    def wait(self) -> None:
        """Hold a request until `release`."""
        released = self._released
        self.is_holding.set()
        released.wait(MAX_WAIT)

    def next_fault(self, method: str, path: str) -> Fault:
        for (faulty_method, end), faults in self._faults.items():
            if method == faulty_method and path.endswith(end) and faults:
                fault = faults.popleft()
                self.failures += [fault] if fault else []
                return fault
        return ""

    def forward(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """The upstream's answer."""
        connection = http.client.HTTPConnection(self._upstream, timeout=MAX_WAIT)
        with contextlib.closing(connection):
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, content


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: FaultyProxy) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.proxy = proxy


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = urlsplit(self.path).path
        proxy = self.server.proxy
        proxy.requests.append((self.command, path))
        fault = proxy.next_fault(self.command, path)
        with proxy.request_under_way(), contextlib.suppress(OSError):
            if fault == "held request":
                proxy.wait()
            if fault in _BEFORE:
                self._reply(*_BEFORE[fault])
            elif fault != "lost request":
                self._forward(fault, body)

    do_GET = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names of http.server

    def _forward(self, fault: Fault, body: bytes) -> None:
        proxy = self.server.proxy
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection", "host")}
        status, answered, content = proxy.forward(self.command, self.path, headers, body)
        if fault == "held answer":
            proxy.wait()
        elif fault == "reset after":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        elif fault in _AFTER:
            self._reply(*_AFTER[fault])
        elif fault != "lost answer":
            kept = {k: v for k, v in answered.items() if k in _KEPT}
            self._reply(status, content, kept, is_cut=fault == "cut answer")

    def _reply(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        *,
        is_cut: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {"content-type": "text/html"}).items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if is_cut else content)

    def log_message(self, *_: object) -> None:
        pass


_KEPT = ("content-type", "x-wp-total", "location", "link", "retry-after")
_PAGE = b"<!DOCTYPE html><title>Something is wrong</title>"
_BEFORE: dict[str, tuple[int, bytes]] = {
    "500 before": (500, _PAGE), "429": (429, _PAGE), "page": (200, _PAGE),
    "404": (404, _PAGE),
}  # fmt: skip
_AFTER: dict[str, tuple[int, bytes]] = {
    "500 after": (500, _PAGE), "502 after": (502, _PAGE), "garbled": (200, b'{"id": '),
}  # fmt: skip
