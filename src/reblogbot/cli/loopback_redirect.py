"""A web server on loopback for one visit: the browser that comes back from a login."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATH = "/callback"
MAX_VISITORS = 16
"""How many connections are served at a time; more are closed."""
VISIT_SECONDS = 10.0

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # the address holds the code
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Connection": "close",
}
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title} – reblogbot</title>
<h1>{title}</h1>
<p>{text}</p>
</html>
"""
_TERMINAL = "Use the address that the terminal shows."
_PAGES = {
    "answer": (200, "Back to the terminal", "reblogbot goes on there. You can close this page."),
    "denied": (200, "Not logged in", "The server sent no code; the terminal says why."),
    "other": (400, "Not this login", f"reblogbot waits for the answer to another one. {_TERMINAL}"),
    "missing": (404, "Nothing here", _TERMINAL),
}


class RedirectListener:
    """Waits for the redirect that belongs to a login; turns everything else away."""

    def __init__(self, server: _Server) -> None:
        self._server = server
        self._reader, self._writer = os.pipe()
        self._answers: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        self._is_expected: Callable[[Mapping[str, str]], bool] = lambda _: False
        self.redirect_uri = f"http://127.0.0.1:{server.server_port}{PATH}"

    def expect(self, is_expected: Callable[[Mapping[str, str]], bool]) -> None:
        """Accept the redirect whose parameters `is_expected` is true of."""
        self._is_expected = is_expected

    def fileno(self) -> int:
        """A descriptor that can be read from as soon as there is an answer, for `select`."""
        return self._reader

    @property
    def has_answer(self) -> bool:
        """Whether the redirect has come."""
        return not self._answers.empty()

    def answer(self) -> Mapping[str, str]:
        """The parameters of the redirect; waits for them."""
        os.read(self._reader, 1)
        return self._answers.get()

    def visit(self, method_path: str, host: str) -> str:
        """The name of the page that answers a visit."""
        address = urlsplit(method_path)
        # another name in the Host header is a foreign page's whose name leads here
        if address.path != PATH or host != f"127.0.0.1:{self._server.server_port}":
            return "missing"
        params = dict(parse_qsl(address.query, max_num_fields=20))
        if not self._is_expected(params):
            return "other"
        # once: a page that is loaded again is no second answer
        self._is_expected = lambda _: False
        self._answers.put(params)
        os.write(self._writer, b"!")
        return "answer" if "code" in params else "denied"

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._reader)
        os.close(self._writer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    listener: RedirectListener

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(MAX_VISITORS)
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor that breaks off is nobody's concern."""


class _Handler(BaseHTTPRequestHandler):
    timeout = VISIT_SECONDS
    server: _Server
    connection: socket

    def do_GET(self) -> None:
        try:
            page = self.server.listener.visit(self.path, self.headers.get("Host", ""))
        except ValueError:
            page = "other"
        status, title, text = _PAGES[page]
        body = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "reblogbot"

    def log_message(self, *_: object) -> None:
        """Log nothing: the address holds the code."""


@contextmanager
def redirect_listener() -> Iterator[RedirectListener]:
    """A listener on a free port of loopback, within this block. Raises OSError."""
    with _Server() as server:
        listener = server.listener = RedirectListener(server)
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield listener
        finally:
            server.shutdown()
            listener.close()
