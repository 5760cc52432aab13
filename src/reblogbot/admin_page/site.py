"""The page's web application: routes, sessions, protection against other sites, and errors."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import BodyPartReader, web
from aiohttp.typedefs import Handler
from babel.dates import get_timezone

from reblogbot.admin.password import Passwords
from reblogbot.admin_page.languages import LANGUAGES, language_of, translated
from reblogbot.admin_page.log_buffer import LogBuffer
from reblogbot.admin_page.rendering import asset, render
from reblogbot.admin_page.request import (
    MAX_BODY,
    MAX_FILE,
    Download,
    File,
    NotThere,
    Page,
    PageRequest,
    Redirect,
    Reload,
    Reply,
    Route,
)
from reblogbot.admin_page.sessions import LoginDelays, Sessions
from reblogbot.admin_page.tools import Tools
from reblogbot.admin_page.views import ROUTES
from reblogbot.config.settings import AdminSettings
from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import ReblogbotError, StoreError
from reblogbot.store import Store
from reblogbot.words import Words

COOKIE = "reblogbot_session"
MAX_FIELDS = 5000
MAX_WAITING = 16
"""Requests that wait for a thread; more are refused."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

log = logging.getLogger(__name__)


def open_site(path: Path, store: Store, stats: DaemonStats, settings: AdminSettings) -> Site:
    """The page of the daemon that works on the config at `path`."""
    buffer = LogBuffer()
    logging.getLogger().addHandler(buffer)
    return Site(Tools(path, store, stats, buffer), settings)


class Site:
    """The page of one daemon. `settings` may change while it runs."""

    def __init__(self, tools: Tools, settings: AdminSettings) -> None:
        self.tools = tools
        self._settings = settings
        self.sessions = Sessions()
        self.delays = LoginDelays()
        self.passwords = Passwords(settings.password_file)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="admin-page")
        self._slow_threads = ThreadPoolExecutor(2, thread_name_prefix="admin-page-slow")
        self._waiting = 0
        self._password_lock = asyncio.Lock()

    @property
    def settings(self) -> AdminSettings:
        """The table [admin] of the config."""
        return self._settings

    @settings.setter
    def settings(self, settings: AdminSettings) -> None:
        if settings.password_file != self._settings.password_file:
            self.passwords = Passwords(settings.password_file)
            self.sessions.end_all()
        self._settings = settings

    @property
    def prefix(self) -> str:
        """The path under which a proxy serves the page, without a slash at its end."""
        return urlsplit(self.settings.url).path.rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the page by https."""
        return self.settings.url.startswith("https:")

    def add_to(self, application: web.Application) -> None:
        """Add all routes, with the proxy's prefix and without."""
        own = (
            ("GET", "/static/{digest}/{name}", self._static),
            ("POST", "/login", self._log_in),
            ("POST", "/logout", self._log_out),
            ("POST", "/language", self._set_language),
        )
        views = tuple((route.method, route.path, self._handler(route)) for route in ROUTES)
        for prefix in {"", self.prefix}:
            for method, path, handler in (*own, *views):
                application.router.add_route(method, prefix + path, self._if_open(handler))

    def _if_open(self, handler: Handler) -> Handler:
        """The handler, which answers only if there is a password."""

        async def handle(request: web.Request) -> web.StreamResponse:
            if self.passwords.have_changed():
                self.sessions.end_all()
            if not self.passwords.is_any():
                raise web.HTTPNotFound
            return await handler(request)

        return handle

    def close(self) -> None:
        """Begin no more requests."""
        logging.getLogger().removeHandler(self.tools.log)
        for threads in (self._threads, self._slow_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    # requests

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            page_request = self._page_request(request)
            if not (route.is_public or page_request.admin):
                return self._to_login(request, page_request)
            if route.method == "POST":
                try:
                    page_request = await self._with_form(request, page_request, route)
                except _BadRequest as error:
                    return self._error(page_request, error.status, error.message)
                if not self._is_own_form(request, page_request):
                    return self._error(page_request, 403, EXPIRED)
            return await self._answer(page_request, route)

        return handle

    def _page_request(self, request: web.Request) -> PageRequest:
        token = request.cookies.get(COOKIE, "")
        session = self.sessions.find(token) or self.sessions.anonymous(token)
        try:
            query = parse_qs(
                request.query_string[:4000], keep_blank_values=True, max_num_fields=100
            )
        except ValueError:
            query = {}
        path = request.path
        if self.prefix and path.startswith(f"{self.prefix}/"):
            path = path.removeprefix(self.prefix)
        chosen = request.cookies.get("language", "")
        language = chosen if chosen in LANGUAGES else ""
        return PageRequest(
            tools=self.tools,
            session=session,
            language=language or language_of(request.headers.get("Accept-Language", "")),
            zone=_zone(request.cookies.get("zone", "")),
            path=path,
            address=self._address(request),
            origin=self.settings.url.rstrip("/") or f"http://{request.host}",
            admin=session.admin,
            parts=dict(request.match_info),
            query=query,
        )

    def _address(self, request: web.Request) -> str:
        """The address of the browser; a proxy of ours tells it in a header."""
        peer = request.remote or ""
        if peer in self.settings.proxies:
            forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
            return forwarded[:50] or peer
        return peer

    async def _with_form(
        self, request: web.Request, page_request: PageRequest, route: Route
    ) -> PageRequest:
        """The request with its form. Raises _BadRequest."""
        files: dict[str, File] = {}
        if request.content_type == "multipart/form-data" and route.takes_files:
            form, files = await _multipart(request)
        elif request.content_type == "application/x-www-form-urlencoded":
            form = _fields(await _body(request, MAX_BODY))
        else:
            raise _BadRequest(415, NOT_A_FORM)
        return replace(page_request, form=form, files=files)

    def _is_own_form(self, request: web.Request, page_request: PageRequest) -> bool:
        """Whether a page of ours sent the form, in this very session."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = request.headers.get("Origin")
        if origin not in (None, "null") and urlsplit(origin).netloc != request.headers.get("Host"):
            return False
        expected = page_request.session.csrf_token
        written = page_request.value("csrf")
        return hmac.compare_digest(written.encode(errors="replace"), expected.encode())

    async def _answer(self, request: PageRequest, route: Route) -> web.StreamResponse:
        """The answer of a view, which runs in a thread."""
        if self._waiting >= MAX_WAITING:
            return self._error(request, 503, BUSY)
        threads = self._slow_threads if route.is_slow else self._threads
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            return await loop.run_in_executor(threads, self._respond, request, route)
        finally:
            self._waiting -= 1

    def _respond(self, request: PageRequest, route: Route) -> web.StreamResponse:
        try:
            reply = route.view(request)
            self._log_change(request, reply)
            return self._response(request, reply)
        except NotThere:
            return self._error(request, 404, NOTHING_HERE)
        except StoreError as error:
            return self._error(request, 503, error.message)
        except ReblogbotError as error:
            return self._error(request, 400, error.message)
        except Exception:
            log.exception("the admin's page failed", extra={"path": request.path})
            return self._error(request, 500, FAILED)

    def _log_change(self, request: PageRequest, reply: Reply) -> None:
        if isinstance(reply, Redirect) and reply.message:
            facts = {"admin": request.admin, "address": request.address, "page": request.path}
            log.info("%s", reply.message, extra=facts)

    # responses

    def _response(self, request: PageRequest, reply: Reply) -> web.StreamResponse:
        match reply:
            case Page(template, values, status):
                return self._html(request, template, values, status)
            case Redirect():
                if reply.message:
                    text = translated(reply.message, request.language)
                    request.session.messages.append((text, reply.is_error))
                return self._redirect(request, reply.target or request.path)
            case Reload(query):
                return self._reload(request, query)
            case Download(name, content, content_type):
                disposition = f"attachment; filename*=UTF-8''{quote(name)}"
                headers = {"Content-Disposition": disposition, "Content-Type": content_type}
                return web.Response(body=content, headers=headers)

    def _html(
        self, request: PageRequest, template: str, values: Mapping[str, Any], status: int = 200
    ) -> web.Response:
        messages = request.session.messages.copy()
        request.session.messages.clear()
        html = render(template, {**values, "messages": messages}, request, self.prefix)
        response = web.Response(text=html, content_type="text/html", status=status)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "same-origin"
        self._set_cookie(response, COOKIE, request.session.token)
        return response

    def _reload(self, request: PageRequest, query: Mapping[str, str]) -> web.Response:
        """A page that leads to itself. It sets no cookie, which would end the admin's session."""
        target = f"{self.prefix}{request.path}?{urlencode(query)}"
        html = render("reload.html", {"target": target}, request, self.prefix)
        response = web.Response(text=html, content_type="text/html")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _error(self, request: PageRequest, status: int, message: str) -> web.Response:
        return self._html(
            request, "error.html", {"message": translated(message, request.language)}, status
        )

    def _redirect(self, request: PageRequest, target: str) -> web.Response:
        response = web.Response(status=303, headers={"Location": f"{self.prefix}{target}"})
        self._set_cookie(response, COOKIE, request.session.token)
        return response

    def _set_cookie(self, response: web.Response, name: str, value: str) -> None:
        response.set_cookie(
            name,
            value,
            path=f"{self.prefix}/",
            httponly=True,
            samesite="Strict",
            secure=self.is_https,
        )

    # log-in and what needs no view

    def _to_login(self, request: web.Request, page_request: PageRequest) -> web.Response:
        """The page for the log-in, which then leads back; a form that was sent is lost."""
        if page_request.path == "/":
            return self._redirect(page_request, "/login")
        if request.method == "POST":
            page_request.session.messages.append(
                (translated(SESSION_ENDED, page_request.language), True)
            )
            return self._html(page_request, "login.html", {"next_path": "/"}, 403)
        path = page_request.path
        if request.query_string:
            path += f"?{request.query_string[:1000]}"
        return self._redirect(page_request, f"/login?next={quote(path)}")

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        page_request = self._page_request(request)
        route = Route("POST", "/login", lambda _: Redirect())
        try:
            page_request = await self._with_form(request, page_request, route)
        except _BadRequest as error:
            return self._error(page_request, error.status, error.message)
        if not self._is_own_form(request, page_request):
            return self._error(page_request, 403, EXPIRED)
        address, next_path = page_request.address, _own_path(page_request.value("next"))
        seconds = self.delays.seconds(address)
        if seconds > 0:
            message = Words(
                "Too many wrong passwords. Try again in {seconds} s.", seconds=int(seconds) + 1
            )
            return self._login_page(page_request, next_path, message, 429)
        name = page_request.value("name")[:100] or "admin"
        # one at a time: each needs 32 MB of memory for a tenth of a second
        async with self._password_lock:
            is_right = await asyncio.to_thread(
                self.passwords.verify, name, page_request.value("password")[:1000]
            )
        if not is_right:
            self.delays.failed(address)
            log.warning("wrong password for the admin's page", extra={"address": address})
            return self._login_page(page_request, next_path, WRONG_PASSWORD, 403)
        self.delays.succeeded(address)
        self.sessions.end(page_request.session)
        session = self.sessions.begin(name)
        log.info("logged in to the admin's page", extra={"admin": name, "address": address})
        return self._redirect(replace(page_request, session=session), next_path)

    def _login_page(
        self, request: PageRequest, next_path: str, message: Words, status: int
    ) -> web.Response:
        request.session.messages.append((translated(message, request.language), True))
        return self._html(request, "login.html", {"next_path": next_path}, status)

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        def view(page_request: PageRequest) -> Reply:
            self.sessions.end(page_request.session)
            return Redirect("/login")

        response: web.StreamResponse = await self._handler(Route("POST", "/logout", view))(request)
        return response

    async def _set_language(self, request: web.Request) -> web.StreamResponse:
        page_request = self._page_request(request)
        fields = _fields(await _body(request, 10_000))
        language = (fields.get("language") or [""])[0]
        response = self._redirect(page_request, _own_path((fields.get("next") or [""])[0]))
        if language in LANGUAGES:
            self._set_cookie(response, "language", language)
        return response

    async def _static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if not re.fullmatch(r"[a-z]+\.(css|js|svg)", name):
            raise web.HTTPNotFound
        try:
            content, digest = asset(name)
        except OSError:
            raise web.HTTPNotFound from None
        is_current = request.match_info["digest"] == digest
        age = "public, max-age=31536000, immutable" if is_current else "no-store"
        headers = {"Content-Type": _TYPES[name.rpartition(".")[2]], "Cache-Control": age}
        return web.Response(body=content, headers=headers)


class _BadRequest(Exception):
    def __init__(self, status: int, message: Words) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


BUSY = Words("The page is busy with other requests. Try again in a moment.")
EXPIRED = Words("This form has expired. Go back, reload the page, and try again.")
FAILED = Words("This page failed, and nothing more was done. The log says what happened.")
NOT_A_FORM = Words("This request is not a form of this page.")
NOTHING_HERE = Words("There is nothing here, or it is gone by now.")
SESSION_ENDED = Words("The session has ended, and nothing was changed. Log in and try again.")
TOO_LARGE = Words("What was sent is too large.")
WRONG_PASSWORD = Words("Wrong name or password.")


async def _body(request: web.Request, limit: int) -> bytes:
    parts, size = [], 0
    async for chunk in request.content.iter_chunked(65_536):
        parts.append(chunk)
        size += len(chunk)
        if size > limit:
            raise _BadRequest(413, TOO_LARGE)
    return b"".join(parts)


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS
        )
    except ValueError:
        raise _BadRequest(400, NOT_A_FORM) from None


async def _multipart(request: web.Request) -> tuple[dict[str, list[str]], dict[str, File]]:
    """The fields and the files of a form. Raises _BadRequest."""
    form: dict[str, list[str]] = {}
    files: dict[str, File] = {}
    left = MAX_FILE
    try:
        reader = await request.multipart()
        for _ in range(20):
            part = await reader.next()
            if part is None:
                return form, files
            if not isinstance(part, BodyPartReader) or part.name is None:
                break
            content = bytearray()
            while chunk := await part.read_chunk(65_536):
                content += chunk
                left -= len(chunk)
                if left < 0:
                    raise _BadRequest(413, TOO_LARGE)
            if part.filename is None:
                form.setdefault(part.name, []).append(content.decode(errors="replace"))
            else:
                files[part.name] = File(part.filename, bytes(content))
    except (ValueError, AssertionError):
        raise _BadRequest(400, NOT_A_FORM) from None
    raise _BadRequest(400, NOT_A_FORM)


def _own_path(written: str) -> str:
    """A path of ours to which a log-in leads; the first page for anything else."""
    is_own = re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", written[:2000]) and "\\" not in written
    return written[:2000] if is_own else "/"


def _zone(name: str) -> tzinfo:
    """The time zone that the browser names; that of this machine for none."""
    local: tzinfo = get_timezone()
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", name):
        return local
    with contextlib.suppress(LookupError, ValueError, OSError):
        return ZoneInfo(name)
    return local
