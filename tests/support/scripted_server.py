"""A loopback server that answers each request as a test scripts it: well, badly, or not at all."""

import contextlib
import json
import socket
import struct
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One received request; `query` holds the last value of each name.

    `fields` are those of a JSON body, None for any other body.
    """

    method: str
    path: str
    query: dict = field(default_factory=dict)
    headers: dict = field(default_factory=dict)
    fields: dict | None = None


def raw(data, *, then="close"):
    """Send these bytes; then close, reset, or wait for the client to close."""

    def reply(conn, _request, stopped):
        with contextlib.suppress(OSError):
            conn.sendall(data)
            if then == "reset":
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif then == "wait":
                stopped.wait(20)

    return reply


def drip(data, every=0.05):
    """Send these bytes one by one, each before a read of one byte would time out."""

    def reply(conn, _request, stopped):
        with contextlib.suppress(OSError):
            for byte in data:
                conn.sendall(bytes([byte]))
                if stopped.wait(every):
                    return

    return reply


def message(status, body=b"", headers=None, type_="application/json"):
    """The bytes of a complete answer."""
    given = {"Content-Type": type_, "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Because\r\n{head}\r\n".encode() + body


def says(status, value=None, headers=None):
    """A JSON answer."""
    body = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
    return raw(message(status, body, headers))


def page(status, body=b"<!DOCTYPE html><title>oops</title>"):
    return raw(message(status, body, type_="text/html"))


class ScriptedServer:
    """Answers by `on(method, path, *replies)`: one after the other, then always the last; 404 as JSON for other requests."""

    def __init__(self):
        self.seen = []
        self._replies = {}
        self._stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def port(self):
        return self._socket.getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def on(self, method, path, *replies):
        self._replies[method, path] = list(replies)
        return self

    def asked(self, method, path):
        return [
            request for request in self.seen if (request.method, request.path) == (method, path)
        ]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._stopped.set()
        self._socket.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                conn, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(conn,), daemon=True).start()

    def _answer(self, conn):
        with conn:
            conn.settimeout(20)
            request = self._read(conn)
            if request is None:
                return
            self.seen.append(request)
            queue = self._replies.get((request.method, request.path), [says(404, {"error": "?"})])
            reply = queue.pop(0) if len(queue) > 1 else queue[0]
            reply(conn, request, self._stopped)

    @staticmethod
    def _read(conn):
        with conn.makefile("rb") as lines, contextlib.suppress(OSError, ValueError):
            method, target, _ = lines.readline().decode().split()
            headers = {}
            while line := lines.readline().decode("latin-1").strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = lines.read(int(headers.get("content-length", 0))).decode(errors="replace")
            parts = urlsplit(target)
            is_json = headers.get("content-type") == "application/json"
            fields = json.loads(body) if is_json else None
            return Request(method, parts.path, _last_of(parts.query), headers, fields)
        return None


def _last_of(encoded):
    return {name: values[-1] for name, values in parse_qs(encoded, keep_blank_values=True).items()}
