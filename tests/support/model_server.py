"""A stand-in for the service of a model: an OpenAI-compatible server on loopback, in this process.

It answers each prompt with a text that follows from the prompt, and counts calls and answers by
their exact bodies. `fail` tells what the next calls get instead of an answer.
"""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

PATH = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Exchange:
    """One connection, on which a fault sends what it wants."""

    def __init__(self, server: ModelServer, connection: socket.socket, call: Call) -> None:
        self.call = call
        self._server = server
        self._connection = connection

    def send(self, content: bytes) -> None:
        """Send bytes, and count those that the client's machine took."""
        self._connection.sendall(content)
        with self._server.lock:
            self._server.sent += len(content)

    def wait_for_end(self) -> None:
        """Wait until the client is gone."""
        while self._connection.recv(4096):
            pass


Fault = Callable[[Exchange], None]


def answered(text: object, **fields: Any) -> dict[str, Any]:
    """A complete answer of the API; `fields` replace those of the whole answer."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "stand-in",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46},
        **fields,
    }


def text_for(prompt: str) -> str:
    """What the server answers to a prompt: its first 60 characters reversed, and a digest."""
    digest = sha256(prompt.encode()).hexdigest()[:8]
    return f"{prompt[:60][::-1].strip()} ({digest})."


def raw(content: bytes) -> Fault:
    """Exactly these bytes, then the end of the connection."""
    return lambda exchange: exchange.send(content)


def http(body: bytes | str, status: int = 200, **headers: str) -> Fault:
    """An HTTP answer; header names have _ for -."""
    content = body.encode() if isinstance(body, str) else body
    return raw(_head(status, {"Content-Length": str(len(content)), **headers}) + content)


def says(text: object, **fields: Any) -> Fault:
    """A complete answer with this content, such as a text that an entry injected."""
    return http(json.dumps(answered(text, **fields)), Content_Type="application/json")


def status(code: int, message: str = "no", **headers: str) -> Fault:
    """An error with this status, as services send it."""
    return http(json.dumps({"error": {"message": message}}), code, **headers)


def wrong_json() -> Fault:
    return http('{"choices": [', Content_Type="application/json")


def hang() -> Fault:
    """No answer at all, until the client is gone."""
    return lambda exchange: exchange.wait_for_end()


def hang_within(code: int = 200, body: bytes = b'{"choices": [') -> Fault:
    """The beginning of an answer, and nothing more until the client is gone."""

    def fault(exchange: Exchange) -> None:
        exchange.send(_head(code, {"Content-Length": "1000"}) + body)
        exchange.wait_for_end()

    return fault


def cut() -> Fault:
    """An answer that ends in its middle."""
    return raw(_head(200, {"Content-Length": "1000"}) + b'{"choices": [{"mess')


def endless(piece: bytes, head: bytes = b"", times: int = 1_000_000) -> Fault:
    """The head, or that of an answer without a length, then the piece again and again."""

    def fault(exchange: Exchange) -> None:
        exchange.send(head or _head(200, {"Connection": "close"}))
        for _ in range(times):
            exchange.send(piece)

    return fault


def huge(size: int = 100_000_000) -> Fault:
    """A valid answer of this many bytes."""
    start, end = json.dumps(answered("\0")).encode().split(b"\\u0000")
    piece = b"long. " * 10_000

    def fault(exchange: Exchange) -> None:
        count = size // len(piece)
        length = len(start) + count * len(piece) + len(end)
        exchange.send(_head(200, {"Content-Length": str(length)}) + start)
        for _ in range(count):
            exchange.send(piece)
        exchange.send(end)

    return fault


@dataclass
class ModelServer:
    """A running server. Every member may be used from any thread."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    """The complete answers that were sent, by the exact body of their request."""
    sent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    _faults: deque[Fault | None] = field(default_factory=deque)

    def fail(self, *faults: Fault | None) -> None:
        """What the next calls get, in this order; None is a good answer."""
        with self.lock:
            self._faults.extend(faults)

    def paid_twice(self) -> list[str]:
        """The bodies that were answered more than once."""
        with self.lock:
            return [body for body, count in self.answers.items() if count > 1]

    def take(self, call: Call) -> Fault | None:
        with self.lock:
            self.calls.append(call)
            return self._faults.popleft() if self._faults else None

    def answer(self, exchange: Exchange) -> None:
        body = exchange.call.body
        prompt = json.loads(body)["messages"][-1]["content"]
        # before it is sent: who has read the answer may look at the counts
        with self.lock:
            self.answers[body] += 1
        says(text_for(prompt))(exchange)


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """A server while the context lasts; `url` is what a step's `url` is set to."""
    server = ModelServer()
    connections: set[socket.socket] = set()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            connections.add(self.connection)
            with suppress(OSError, ValueError):
                call = self._call()
                exchange = Exchange(server, self.connection, call)
                (server.take(call) or server.answer)(exchange)
            connections.discard(self.connection)

        def _call(self) -> Call:
            path = self.rfile.readline().decode().split(" ")[1]
            headers = {}
            while line := self.rfile.readline().decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", "0"))).decode()
            return Call(path, headers, body)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        listener.block_on_close = False
        serving = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        server.url = f"http://127.0.0.1:{listener.server_address[1]}/v1"
        try:
            yield server
        finally:
            listener.shutdown()
            for connection in list(connections):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _head(code: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {code} Whatever", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
