"""The web server of the daemon: /healthz, /readyz, /metrics, feeds, and the admin's page."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol, cast
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from reblogbot.admin.health import Health, is_ready
from reblogbot.config.settings import AdminSettings
from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import StoreError
from reblogbot.ports import Clock
from reblogbot.store import Store
from reblogbot.web.addresses import is_local_host

MAX_CONNECTIONS = 32
"""Simultaneous connections; a monitor needs one."""
CONNECTION_TIMEOUT = 30.0
"""Seconds that a connection may last, from its first byte to the end of its only response."""

LINGERING_TIME = 1.0
"""Seconds for which the rest of a body that was refused is read, so that the answer is heard."""

log = logging.getLogger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
    "Referrer-Policy": "same-origin",
    "Server": "reblogbot",
    "X-Content-Type-Options": "nosniff",
}


class AdminPage(Protocol):
    """What serves the admin's page."""

    settings: AdminSettings

    def add_to(self, application: web.Application) -> None:
        """Add the routes of all pages."""
        ...

    def close(self) -> None:
        """Begin no more requests."""
        ...

    @property
    def is_idle(self) -> bool:
        """Whether no thread works on a request."""
        ...


class AdminServer:
    """Listens at the address of the config. A failure is logged and does not stop the daemon.

    `make_page` makes the admin's page for a config with a password file.
    """

    def __init__(
        self,
        store: Store,
        stats: DaemonStats,
        clock: Clock | None = None,
        connection_timeout: float = CONNECTION_TIMEOUT,
        make_page: Callable[[AdminSettings], AdminPage] | None = None,
    ) -> None:
        self._store = store
        self._stats = stats
        self._clock = clock or store.clock
        self._health = Health(store, stats, self._clock)
        self._metrics_lock = asyncio.Lock()
        self._settings = AdminSettings()
        self._failed_address = ""
        self._make_page = make_page
        self._page: AdminPage | None = None
        self._connection_timeout = connection_timeout
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None

    async def listen(self, settings: AdminSettings) -> None:
        """Listen at this address, or nowhere for "". Call it again to retry or to move."""
        if settings == self._settings:
            return
        await self._stop_listening()
        if settings.listen:
            await self._open(settings)

    async def close(self) -> None:
        """Listen no more, and begin no more requests."""
        await self._stop_listening()
        if self._page is not None:
            self._page.close()

    @property
    def is_idle(self) -> bool:
        """Whether no thread works on a request."""
        return self._page is None or self._page.is_idle

    async def _open(self, settings: AdminSettings) -> None:
        address = settings.listen
        host, _, port = address.rpartition(":")
        app = web.Application(middlewares=[_guard(host, urlsplit(settings.url).hostname or "")])
        app.on_response_prepare.append(_harden)
        for path, handler in {
            "/healthz": self._healthz,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
        }.items():
            app.router.add_get(path, handler)
        if settings.feeds:
            # most daemons offer no feeds
            from reblogbot.admin.feed_answers import PostedFeeds  # noqa: PLC0415

            feeds = PostedFeeds(self._store, self._stats, settings)
            # with the path of the address under which a proxy serves them, and without
            for prefix in {"", urlsplit(settings.url).path.rstrip("/")}:
                app.router.add_get(f"{prefix}/feeds/{{file}}", feeds.answer)
        page = self._page_for(settings)
        if page is not None:
            page.add_to(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        server, loop = cast("web.Server", runner.server), asyncio.get_running_loop()

        def connection() -> _Connection:
            handler = _RequestHandler(
                server,
                loop=loop,
                logger=log,
                access_log=cast("logging.Logger", None),  # as AppRunner does, for none
                auto_decompress=False,
                lingering_time=LINGERING_TIME,
            )
            return _Connection(handler, self._connections, self._connection_timeout)

        try:
            self._server = await loop.create_server(connection, host.strip("[]"), int(port))
        except OSError as error:
            await runner.cleanup()
            # the daemon tries again with every tick, but one line in the log is enough
            if self._failed_address != address:
                details = {"listen": address, "slug": "admin_listen", "error": error.strerror}
                log.error("cannot listen", extra=details)  # noqa: TRY400  a traceback adds nothing
            self._failed_address = address
            return
        self._runner, self._settings, self._failed_address = runner, settings, ""
        log.info("listening", extra={"listen": address})

    def _page_for(self, settings: AdminSettings) -> AdminPage | None:
        """The page, whose sessions outlive a change of the address."""
        if settings.password_file is None or self._make_page is None:
            if self._page is not None:
                self._page.close()
            self._page = None
        elif self._page is None:
            self._page = self._make_page(settings)
        else:
            self._page.settings = settings
        return self._page

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner, self._settings = None, AdminSettings()

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _: web.Request) -> web.Response:
        checks = await self._health.checks()
        ready = is_ready(checks)
        return web.json_response({"ready": ready, **checks}, status=200 if ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        try:
            # prometheus_client is optional, and heavy where no monitor asks for metrics
            from reblogbot.admin import metrics  # noqa: PLC0415
        except ImportError:
            hint = "metrics need prometheus-client: pip install 'reblogbot[metrics]'\n"
            return web.Response(status=501, text=hint)
        # one query at a time, however many requests there are
        async with self._metrics_lock:
            try:
                numbers = await asyncio.to_thread(
                    metrics.read, self._store, self._stats.config, self._clock.now()
                )
            except StoreError as error:
                log.warning("no metrics of the store", extra={"slug": error.slug})
                numbers = None
        body = metrics.exposition(self._stats, numbers, self._clock.now())
        return web.Response(body=body, headers={"Content-Type": metrics.CONTENT_TYPE})


class _RequestHandler(web.RequestHandler):
    """Answers requests. What cannot be read is neither repeated in the answer nor logged."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that is no valid HTTP, or that failed."""
        # that the client is gone is no failure of ours
        if status >= 500 and not isinstance(exc, ConnectionError):
            log.error("a request failed", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer was sent already")
        reason = f"{status} {HTTPStatus(status).phrase}\n"
        response = web.Response(status=status, text=reason, headers=HEADERS)
        response.force_close()
        return response


def set_time_limit(request: web.Request, seconds: float) -> None:
    """Let the connection of a request last for so long from now on."""
    connection = request.transport.get_protocol() if request.transport else None
    if isinstance(connection, _Connection):
        connection.set_time_limit(seconds)


class _Connection(asyncio.Protocol):
    """A connection: refused if too many are open, aborted after `timeout` seconds.

    aiohttp itself has no timeout for the rest of a request.
    """

    def __init__(
        self, handler: web.RequestHandler, connections: set[_Connection], timeout: float
    ) -> None:
        self._inner = handler
        self._connections = connections
        self._timeout = timeout
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def set_time_limit(self, seconds: float) -> None:
        """Abort the connection so many seconds from now, instead of when that was due before."""
        if self._timer is not None and self._transport is not None:
            self._timer.cancel()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(seconds, self._transport.abort)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket_transport = cast("asyncio.Transport", transport)
        if len(self._connections) >= MAX_CONNECTIONS:
            socket_transport.abort()
            return
        self._connections.add(self)
        self._transport = socket_transport
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._timeout, socket_transport.abort)
        self._inner.connection_made(socket_transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._connections.discard(self)
            self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> None:
        self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


async def _harden(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # aiohttp has set it already, with its version and that of Python
    response.headers["Server"] = HEADERS["Server"]
    # one response per connection, or a second request that never ends would keep it open
    response.headers["Connection"] = "close"
    response.force_close()


def _guard(listen: str, public_host: str) -> Middleware:
    """Refuses requests for other host names, against DNS rebinding.

    A page on the web may let its own name resolve to this machine, so that a browser sends its
    requests here.
    """
    own_names = {listen.strip("[]"), socket.gethostname().lower()}
    if public_host:
        own_names.add(public_host)

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not is_local_host(request.headers.get("Host", ""), own_names):
            hint = "unknown host name; use the address, or the name in [admin] listen\n"
            return web.Response(status=421, text=hint)
        return await handler(request)

    return guard
