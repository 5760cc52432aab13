"""The faults that are planned for coming requests, and what they hold back."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fediverse.fault_actions import ACTIONS

if TYPE_CHECKING:
    from fediverse.handler import Exchange

# the requests that a fault is for where none are named
_DEFAULT = ("POST", "/api/v1/statuses")
_DEFAULTS = {
    "stale_read": ("GET", "/api/v1/accounts/*/statuses"),
    "processing": ("POST", "/api/v2/media"),
}


@dataclass(slots=True, eq=False)
class Fault:
    """A fault for the next `left` matching requests, or, with None, for all of them."""

    id: int
    name: str
    method: str
    path: str
    left: int | None
    options: Mapping[str, Any]
    loop: asyncio.AbstractEventLoop
    hits: int = 0
    """How many requests it has met so far."""
    reached: threading.Event = field(default_factory=threading.Event)
    """Set once it has met a request and, if it commits, has committed it."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    late: list[Callable[[], object]] = field(default_factory=list)
    """Commits that `release` performs."""

    async def play(self, exchange: Exchange) -> web.StreamResponse:
        return await ACTIONS[self.name](exchange, self)

    def option(self, name: str, default: Any = None) -> Any:
        return self.options.get(name, default)

    def wait(self, timeout: float = 10.0) -> bool:
        """Block until a request was met; False if none came within `timeout` seconds."""
        return self.reached.wait(timeout)

    def release(self) -> None:
        """Answer the requests held, and commit what was to be committed late. From any thread."""
        late, self.late = self.late, []
        for commit in late:
            commit()
        with contextlib.suppress(RuntimeError):  # the server has ended, and nothing is held
            self.loop.call_soon_threadsafe(self.released.set)

    def matches(self, method: str, path: str) -> bool:
        return self.left != 0 and self.method in (method, "*") and fnmatchcase(path, self.path)


class Faults:
    """The planned faults, in order: a request meets the first that matches it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.is_closed = False
        self._loop = loop
        self._lock = threading.Lock()
        self._planned: list[Fault] = []
        self._count = 0

    def add(
        self,
        name: str,
        method: str = "",
        path: str = "",
        times: int | None = 1,
        **options: Any,
    ) -> Fault:
        """Plan a fault, by default for the next POST of a status.

        `path` may contain `*`. `times` None means every matching request until `clear`.
        The names are those of ACTIONS, which describe their options.
        """
        if name not in ACTIONS:
            raise ValueError(f"no fault is called {name!r}; there are: {', '.join(ACTIONS)}")
        default = _DEFAULTS.get(name, _DEFAULT)
        with self._lock:
            fault = self._new(name, method or default[0], path or default[1], times, options)
            self._planned.append(fault)
        return fault

    def immediate(self, name: str) -> Fault:
        """A fault for a request that has already come."""
        return self._new(name, "*", "*", 1, {})

    def _new(
        self, name: str, method: str, path: str, times: int | None, options: Mapping[str, Any]
    ) -> Fault:
        self._count += 1
        return Fault(self._count, name, method, path, times, options, self._loop)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that meets this request, which counts as one of its times."""
        with self._lock:
            fault = next((each for each in self._planned if each.matches(method, path)), None)
            if fault is not None:
                fault.hits += 1
                fault.left = None if fault.left is None else fault.left - 1
            return fault

    @property
    def planned(self) -> list[Fault]:
        """All faults that were planned and not cleared, spent ones too."""
        with self._lock:
            return list(self._planned)

    @property
    def are_spent(self) -> bool:
        """Whether no fault waits for a request any more."""
        return all(fault.left == 0 for fault in self.planned)

    def release(self) -> None:
        """Release every fault."""
        for fault in self.planned:
            fault.release()

    def clear(self) -> None:
        """Remove all faults and release what they hold."""
        with self._lock:
            planned, self._planned = self._planned, []
        for fault in planned:
            fault.release()

    def close(self) -> None:
        """Mark that the server stops: requests that are held are dropped, not committed."""
        self.is_closed = True
