"""A service manager that hears what a daemon tells systemd."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness import wait_until


@dataclass
class Manager:
    """What systemd would receive, on a real datagram socket."""

    channel: socket.socket
    heard: list[str] = field(default_factory=list)

    def listen(self) -> list[str]:
        """All lines heard so far."""
        while True:
            try:
                self.heard += self.channel.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def await_line(self, line: str, times: int = 1) -> None:
        wait_until(lambda: self.listen().count(line) >= times, f"{line}, {times} times")


@contextmanager
def manager(address: str) -> Iterator[Manager]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(address)
        channel.setblocking(False)
        yield Manager(channel)
