"""Live pages: server-sent events tell a browser that something has changed (docs/adr/0050).

The events: `store`, that the store or the config file has changed; `log`, with the number of the
newest line; `end`, that the session has ended. The browser then asks for its page again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from reblogbot.admin.server import set_time_limit
from reblogbot.admin_page.sessions import Session
from reblogbot.admin_page.tools import Tools
from reblogbot.runtime.clock import uptime
from reblogbot.store.changes import Changes

MAX_STREAMS = 8
"""How many browsers may listen at a time; others ask every few seconds instead."""
MAX_AGE = 3600.0
"""Seconds after which a stream ends; the browser then begins another one."""
INTERVAL = 1.0
"""Seconds between two looks for changes."""
HEARTBEAT_INTERVAL = 15.0
"""Seconds after which a stream without news says so, or a proxy might close it."""
WRITE_TIMEOUT = 10.0
"""Seconds within which a browser must take what is written."""
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


class Streams:
    """The open streams. `lasts` tells whether a session has not ended."""

    def __init__(self, tools: Tools, lasts: Callable[[Session], bool]) -> None:
        self.interval = INTERVAL
        self._log = tools.log
        self._lasts = lasts
        self._watch = _Watch(tools)
        self._count = 0
        self._ending = asyncio.Event()

    @property
    def is_watching(self) -> bool:
        """Whether the store is watched, as it is while anybody listens."""
        return self._watch.is_open

    async def end_all(self, _: object = None) -> None:
        """End all streams: the server stops, or moves to another address."""
        self._ending.set()
        self._ending = asyncio.Event()

    async def follow(self, request: web.Request, session: Session) -> web.StreamResponse:
        """A stream of events, until the browser or the session is gone."""
        if self._count >= MAX_STREAMS:
            return web.Response(status=503, text="too many live pages\n")
        self._count += 1
        try:
            return await self._follow(request, session, self._ending)
        finally:
            self._count -= 1
            if not self._count:
                await self._watch.close()

    async def _follow(
        self, request: web.Request, session: Session, ending: asyncio.Event
    ) -> web.StreamResponse:
        end_at = uptime() + MAX_AGE
        set_time_limit(request, MAX_AGE + 60)
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        sender, seen_version, seen_line = _Sender(response), -1, self._log.newest
        with suppress(ConnectionError, TimeoutError):
            await sender.send("retry: 3000\n\n")
            while not ending.is_set() and uptime() < end_at and _is_connected(request):
                if not self._lasts(session):
                    await sender.send("event: end\ndata: session\n\n")
                    break
                events = ""
                version, newest_line = await self._watch.look(self.interval), self._log.newest
                if version != seen_version:
                    events += f"event: store\ndata: {version}\n\n"
                if newest_line != seen_line:
                    events += f"event: log\ndata: {newest_line}\n\n"
                seen_version, seen_line = version, newest_line
                if not events and sender.is_silent:
                    events = ": nothing new\n\n"
                if events:
                    await sender.send(events)
                with suppress(TimeoutError):
                    await asyncio.wait_for(ending.wait(), self.interval)
        return response


class _Sender:
    """Writes to a stream."""

    def __init__(self, response: web.StreamResponse) -> None:
        self._response = response
        self._sent_at = uptime()

    @property
    def is_silent(self) -> bool:
        """Whether nothing was sent for HEARTBEAT_INTERVAL."""
        return uptime() - self._sent_at >= HEARTBEAT_INTERVAL

    async def send(self, text: str) -> None:
        """Send this. Raises ConnectionError, or TimeoutError where nobody reads it."""
        async with asyncio.timeout(WRITE_TIMEOUT):
            await self._response.write(text.encode())
        self._sent_at = uptime()


class _Watch:
    """Looks for changes of the store and the config file, once for all streams."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._lock = asyncio.Lock()
        self._changes: Changes | None = None
        self._looked_at = 0.0
        self._config_stamp: tuple[int, ...] = ()
        self._version = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection to the store."""
        return self._changes is not None

    async def look(self, interval: float) -> int:
        """A number that grows with each change; it is looked for once in `interval` seconds."""
        async with self._lock:
            if self._changes is None:
                self._changes = self._tools.store.watch()
                await asyncio.to_thread(self._changes.connect)
            elif uptime() - self._looked_at < interval / 2:
                return self._version
            self._looked_at = uptime()
            stamp = (*self._tools.config_stamp(), self._tools.stats.is_config_ok)
            if self._changes.has_any() or stamp != self._config_stamp:
                self._version += 1
                self._config_stamp = stamp
                # it was lost where the database server was restarted
                await asyncio.to_thread(self._changes.connect)
            return self._version

    async def close(self) -> None:
        """Close the connection; the next look opens another one."""
        async with self._lock:
            changes, self._changes = self._changes, None
            if changes is not None:
                changes.close()


def _is_connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()
