"""The faults laid out for coming requests: which meets which, and what they hold."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aiohttp import web

from reblogbot.sandbox.plays import PLAYS

if TYPE_CHECKING:
    from reblogbot.sandbox.gate import Exchange

STATUSES = ("POST", "/api/v1/statuses")
# what a fault is for where nothing else is said
USUAL = {
    "stale_read": ("GET", "/api/v1/accounts/*/statuses"),
    "processing": ("POST", "/api/v2/media"),
}


@dataclass(slots=True, eq=False)
class Fault:
    """One fault laid out for the next `left` matching requests (None: for all of them)."""

    id: int
    name: str
    method: str
    path: str
    left: int | None
    options: Mapping[str, Any]
    loop: asyncio.AbstractEventLoop
    hits: int = 0
    """How many requests it met so far."""
    reached: threading.Event = field(default_factory=threading.Event)
    """Set when it has met a request, and, where it commits, after the commit."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    late: list[Callable[[], object]] = field(default_factory=list)
    """Commits that wait for `release`."""

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        return await PLAYS[self.name](exchange, self)

    def option(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)

    def wait(self, timeout: float = 10.0) -> bool:
        """Block until a request was met; False when none came in time (seconds)."""
        return self.reached.wait(timeout)

    def release(self) -> None:
        """Let go what is held, and commit what was to be committed late. From any thread."""
        late, self.late = self.late, []
        for commit in late:
            commit()
        with contextlib.suppress(RuntimeError):  # the server is gone: nobody waits
            self.loop.call_soon_threadsafe(self.released.set)

    def matches(self, method: str, path: str) -> bool:
        return self.left != 0 and self.method in (method, "*") and fnmatchcase(path, self.path)


class Faults:
    """The faults laid out, in order: a request meets the first that matches it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_closed = False
        self._loop = loop
        self._lock = threading.Lock()
        self._laid: list[Fault] = []
        self._made = 0

    def add(
        self,
        name: str,
        method: str = "",
        path: str = "",
        times: int | None = 1,
        **options: Any,
    ) -> Fault:
        """Lay out a fault; where nothing is said, for the next POST of a status.

        `path` may hold `*`. `times` None means every matching request until `clear`.
        The names are those of PLAYS, their options are told there.
        """
        if name not in PLAYS:
            raise ValueError(f"no fault is called {name!r}; there are: {', '.join(PLAYS)}")
        usual = USUAL.get(name, STATUSES)
        with self._lock:
            fault = self._made_fault(name, method or usual[0], path or usual[1], times, options)
            self._laid.append(fault)
        return fault

    def passing(self, name: str) -> Fault:
        """A fault for one request that is already here."""
        return self._made_fault(name, "*", "*", 1, {})

    def _made_fault(
        self, name: str, method: str, path: str, times: int | None, options: Mapping[str, Any]
    ) -> Fault:
        self._made += 1
        return Fault(self._made, name, method, path, times, options, self._loop)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that meets this request, one time less from now on."""
        with self._lock:
            fault = next((laid for laid in self._laid if laid.matches(method, path)), None)
            if fault is not None:
                fault.hits += 1
                fault.left = None if fault.left is None else fault.left - 1
            return fault

    @property
    def laid(self) -> list[Fault]:
        """All that were laid out and not cleared, spent ones too."""
        with self._lock:
            return list(self._laid)

    @property
    def are_spent(self) -> bool:
        """Whether none waits for a request any more."""
        return all(fault.left == 0 for fault in self.laid)

    def find(self, number: int) -> Fault | None:
        return next((fault for fault in self.laid if fault.id == number), None)

    def release(self) -> None:
        """Release every fault."""
        for fault in self.laid:
            fault.release()

    def clear(self) -> None:
        """Take all faults away; what they hold is released."""
        with self._lock:
            laid, self._laid = self._laid, []
        for fault in laid:
            fault.release()

    def close(self) -> None:
        """The server stops: what is held is dropped, not committed."""
        self.is_closed = True
