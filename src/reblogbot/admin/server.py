"""The daemon's own small web server: /healthz, /readyz, /metrics."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from reblogbot.admin.health import Health, is_ready
from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import StoreError
from reblogbot.ports import Clock
from reblogbot.store import Store
from reblogbot.web.addresses import is_local_host

MAX_CONNECTIONS = 32
"""Connections at once; a monitor needs one."""
SECONDS = 30.0
"""How long a connection lasts, from its first byte to the last of its one answer."""

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class AdminServer:
    """Listens where the config says; a port that is taken is tried again, and costs no post."""

    def __init__(
        self, store: Store, pulse: DaemonStats, clock: Clock | None = None, seconds: float = SECONDS
    ) -> None:
        self._store = store
        self._pulse = pulse
        self._clock = clock or store.clock
        self._health = Health(store, pulse, self._clock)
        self._reading = asyncio.Lock()
        self._address = ""
        self._complained_of = ""
        self._seconds = seconds
        self._connections: set[_Connection] = set()
        self._listening: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None

    async def listen(self, address: str) -> None:
        """Be served at this "host:port" from now on, or nowhere for ""; again is no matter."""
        if address == self._address:
            return
        await self._close()
        if address:
            await self._open(address)

    async def _open(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        app = web.Application(middlewares=[_guard(host)])
        app.on_response_prepare.append(_harden)
        for path, handler in {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }.items():
            app.router.add_get(path, handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()

        def connection() -> _Connection:
            return _Connection(cast("web.Server", runner.server), self._connections, self._seconds)

        try:
            loop = asyncio.get_running_loop()
            self._listening = await loop.create_server(connection, host.strip("[]"), int(port))
        except OSError as error:
            await runner.cleanup()
            if self._complained_of != address:
                why = {"listen": address, "slug": "admin_listen", "error": error.strerror}
                log.error("cannot listen", extra=why)  # noqa: TRY400 - all is said
            self._complained_of = address
            return
        self._runner, self._address, self._complained_of = runner, address, ""
        log.info("listening", extra={"listen": address})

    async def _close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner, self._address = None, ""

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        checks = await self._health.checks()
        ready = is_ready(checks)
        return web.json_response({"ready": ready, **checks}, status=200 if ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        try:
            # an extra, and heavy where nobody asks
            from reblogbot.admin import metrics  # noqa: PLC0415
        except ImportError:
            hint = "metrics need prometheus-client: pip install 'reblogbot[metrics]'\n"
            return web.Response(status=501, text=hint)
        # however many ask at once, one reads
        async with self._reading:
            try:
                facts = await asyncio.to_thread(metrics.read, self._store)
            except StoreError as error:
                log.warning("no metrics of the store", extra={"slug": error.slug})
                facts = None
        body = metrics.exposition(self._pulse, facts, self._clock.now())
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})


class _Connection(asyncio.Protocol):
    """One connection to `server`: refused where too many are open, ended after `seconds`.

    The server itself waits for the rest of a request as long as it takes.
    """

    def __init__(self, server: web.Server, others: set[_Connection], seconds: float) -> None:
        self._inner = server()
        self._others = others
        self._seconds = seconds
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        through = cast("asyncio.Transport", transport)
        if len(self._others) >= MAX_CONNECTIONS:
            through.abort()
            return
        self._others.add(self)
        self._end = asyncio.get_running_loop().call_later(self._seconds, through.abort)
        self._inner.connection_made(through)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
            self._others.discard(self)
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> None:
        self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


async def _harden(_: web.Request, answer: web.StreamResponse) -> None:
    answer.headers.update(HEADERS)
    # one answer a connection: what is half sent behind it could wait for ever
    answer.headers["Connection"] = "close"
    answer.force_close()


def _guard(listen: str) -> Middleware:
    """Answers only those who know where they are: a page elsewhere may rename its host to ours."""
    own = {listen.strip("[]"), socket.gethostname().lower()}

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_local_host(request.headers.get("Host", ""), own):
            hint = "unknown name; ask by address, or by the name in [admin] listen\n"
            return web.Response(status=421, text=hint)
        return await handler(request)

    return guard
