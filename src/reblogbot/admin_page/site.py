"""The page's web application: routes, sessions, protection against other sites, and errors."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import logging
import re
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.typedefs import Handler
from babel.dates import get_timezone

from reblogbot.admin.password import Passwords
from reblogbot.admin.server import set_time_limit
from reblogbot.admin_page.events import Streams
from reblogbot.admin_page.forms import (
    EXPIRED,
    BadRequest,
    check_origin,
    parse_fields,
    read_form,
)
from reblogbot.admin_page.kept_forms import kept_text, read_kept
from reblogbot.admin_page.languages import LANGUAGES, language_of, translated
from reblogbot.admin_page.log_buffer import LogBuffer
from reblogbot.admin_page.other_servers import MAX_SECONDS
from reblogbot.admin_page.rendering import asset, render
from reblogbot.admin_page.request import (
    MAX_BODY,
    Download,
    NotThere,
    Page,
    PageRequest,
    Redirect,
    Reload,
    Reply,
    Route,
)
from reblogbot.admin_page.sessions import LoginDelays, Session, Sessions, plain_address
from reblogbot.admin_page.tools import Tools
from reblogbot.admin_page.views import ROUTES
from reblogbot.admin_page.views.login import KEPT_FORM, SEND_AGAIN
from reblogbot.config.settings import AdminSettings
from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import ReblogbotError, StoreError
from reblogbot.store import Store
from reblogbot.words import Words

COOKIE = "reblogbot_session"
BROWSER_COOKIE = "reblogbot_browser"
"""It tells a browser in which the admin has logged in before."""
BROWSER_COOKIE_AGE = 365 * 86_400
CHOICES = ("do", "action", "source", "account", "name", "pick", "post")
"""Fields of forms that say what is done, and to what."""
MAX_CHOSEN = 50
"""Of their values at most that many are in the log."""
MAX_LOGIN_BODY = 20_000
MAX_MESSAGES = 20
MAX_PATH = 2000
MAX_QUERY_FIELDS = 100
LIVE_HEADER = "X-Live"
"""A request with it is made by a page that is open, for its news."""
SLOW_SECONDS = 3 * MAX_SECONDS
"""How long a browser may wait for a page that asks other servers, and for those before it."""
MAX_WAITING = 16
"""Requests that wait for a thread; more are refused."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}

log = logging.getLogger(__name__)

Call = Future[web.StreamResponse]


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
        self.streams = Streams(tools, self._lasts)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="admin-page")
        self._slow_threads = ThreadPoolExecutor(2, thread_name_prefix="admin-page-slow")
        self._calls: dict[ThreadPoolExecutor, set[Call]] = {
            self._threads: set(),
            self._slow_threads: set(),
        }
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
            ("POST", SEND_AGAIN, self._log_in),
            ("POST", "/logout", self._log_out),
            ("POST", "/language", self._set_language),
        )
        views = tuple(
            (route.method, _pattern(route.path), self._handler(route)) for route in ROUTES
        )
        for prefix in {"", self.prefix}:
            for method, path, handler in (*own, *views):
                # what may be read may be asked for without its body too (RFC 9110 §9.3.2)
                methods = ("GET", "HEAD") if method == "GET" else (method,)
                for each in methods:
                    application.router.add_route(each, prefix + path, self._if_open(handler))
            application.router.add_route("GET", f"{prefix}/events", self._if_open(self._events))
        if self.prefix:
            application.router.add_get(self.prefix, self._if_open(self._first_page))
        application.router.add_get("/{path:.*}", self._if_open(self._nothing))
        application.on_shutdown.append(self.streams.end_all)

    def _if_open(self, handler: Handler) -> Handler:
        """The handler, which answers only if there is a password."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self._check_passwords()
            if not self.passwords.is_any():
                raise web.HTTPNotFound
            return await handler(request)

        return handle

    def _check_passwords(self) -> None:
        if self.passwords.have_changed():
            self.sessions.end_all()

    def _lasts(self, session: Session) -> bool:
        """Whether the session has not ended."""
        self._check_passwords()
        return self.sessions.lasts(session)

    def close(self) -> None:
        """Begin no more requests."""
        logging.getLogger().removeHandler(self.tools.log)
        for threads in (self._threads, self._slow_threads):
            threads.shutdown(wait=False, cancel_futures=True)

    @property
    def is_idle(self) -> bool:
        """Whether no thread works on a request."""
        return not any(self._calls.values())

    # requests

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            page_request = self._page_request(request)
            if not page_request.admin:
                if _is_link_from_elsewhere(request):
                    return self._reload(page_request, str(request.rel_url))
                if not route.is_public:
                    return await self._to_login(request, page_request, route)
            if route.method == "POST":
                try:
                    page_request = await self._with_form(
                        request, page_request, takes_files=route.takes_files
                    )
                except BadRequest as error:
                    return self._error(page_request, error.status, error.message)
            if route.is_slow and page_request.admin:
                set_time_limit(request, SLOW_SECONDS)
            return await self._answer(page_request, route)

        return handle

    def _page_request(self, request: web.Request) -> PageRequest:
        token = request.cookies.get(self.cookie_name(COOKIE), "")
        is_live = LIVE_HEADER in request.headers or request.path.endswith("/events")
        session = self.sessions.find(token, is_use=not is_live) or self.sessions.anonymous(token)
        try:
            query = parse_fields(request.rel_url.raw_query_string.encode(), MAX_QUERY_FIELDS)
        except BadRequest:
            query = {}
        path = request.path
        if self.prefix and path.startswith(f"{self.prefix}/"):
            path = path.removeprefix(self.prefix)
        chosen = request.cookies.get(self.cookie_name("language"), "")
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
            is_live=is_live,
        )

    def _address(self, request: web.Request) -> str:
        """The address of the browser; each proxy of ours adds to a header whom it speaks for."""
        address = plain_address(request.remote or "")
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while address in self.settings.proxies and forwarded:
            client = plain_address(forwarded.pop().strip())
            if not client:
                break
            address = client
        return address

    async def _with_form(
        self,
        request: web.Request,
        page_request: PageRequest,
        limit: int = MAX_BODY,
        *,
        takes_files: bool = False,
    ) -> PageRequest:
        """The request with its form, which a page of ours sent in this very session.

        Raises BadRequest for any other.
        """
        check_origin(request, self.settings.url)
        form = await read_form(request, limit, takes_files=takes_files)
        page_request = replace(page_request, form=form.fields, files=form.files)
        written = (form.fields.get("csrf") or [""])[0]
        expected = page_request.session.csrf_token
        if not hmac.compare_digest(written.encode(errors="replace"), expected.encode()):
            raise BadRequest(403, EXPIRED)
        return page_request

    async def _answer(self, request: PageRequest, route: Route) -> web.StreamResponse:
        """The answer of a view, which runs in a thread."""
        threads = self._slow_threads if route.is_slow else self._threads
        calls = self._calls[threads]
        if len(calls) >= MAX_WAITING:
            return self._error(request, 503, BUSY)
        call = threads.submit(self._respond, request, route)
        calls.add(call)
        # one that runs goes on when its browser is gone
        call.add_done_callback(calls.discard)
        return await asyncio.wrap_future(call)

    def _respond(self, request: PageRequest, route: Route) -> web.StreamResponse:
        try:
            reply = route.view(request)
            self._log_change(request, reply)
            return self._response(request, reply)
        except NotThere:
            return self._error(request, 404, NOTHING_HERE)
        except ReblogbotError as error:
            # a message may name files and servers, which are nobody else's business
            message = error.message if request.admin else FAILED
            return self._error(request, 503 if isinstance(error, StoreError) else 400, message)
        except Exception:
            log.exception("the admin's page failed", extra={"path": request.path})
            return self._error(request, 500, FAILED)

    def _log_change(self, request: PageRequest, reply: Reply) -> None:
        if isinstance(reply, Redirect) and reply.message:
            facts = {"admin": request.admin, "address": request.address, "page": request.path}
            chosen = [value[:100] for name in CHOICES for value in request.form.get(name, ())]
            if chosen:
                facts["chosen"] = " ".join(chosen[:MAX_CHOSEN])
            log.info("%s", reply.message, extra=facts)

    # responses

    def _response(self, request: PageRequest, reply: Reply) -> web.StreamResponse:
        match reply:
            case Page(template, values, status):
                self.tools.refresh()
                return self._html(request, template, values, status)
            case Redirect():
                if reply.message:
                    text = translated(reply.message, request.language)
                    request.session.messages.append((text, reply.is_error))
                    del request.session.messages[:-MAX_MESSAGES]
                return self._redirect(request, reply.target or quote(request.path))
            case Reload(query):
                path = f"{self.prefix}{quote(request.path)}"
                return self._reload(request, f"{path}?{urlencode(query)}")
            case Download(name, content, content_type):
                disposition = f"attachment; filename*=UTF-8''{quote(name)}"
                headers = {"Content-Disposition": disposition, "Content-Type": content_type}
                return web.Response(body=content, headers=headers)

    def _html(
        self, request: PageRequest, template: str, values: Mapping[str, Any], status: int = 200
    ) -> web.Response:
        messages = [] if request.is_live else request.session.messages.copy()
        if not request.is_live:
            request.session.messages.clear()
        html = render(template, {**values, "messages": messages}, request, self.prefix)
        response = web.Response(text=html, content_type="text/html", status=status)
        response.headers["Content-Security-Policy"] = POLICY
        self._set_cookie(response, COOKIE, request.session.token)
        return response

    def _reload(self, request: PageRequest, target: str) -> web.Response:
        """A page that leads on. It sets no cookie, which would end the session of an admin."""
        html = render("reload.html", {"target": target}, request, self.prefix)
        response = web.Response(text=html, content_type="text/html")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _error(self, request: PageRequest, status: int, message: str) -> web.Response:
        values = {"message": translated(message, request.language), "status": status}
        return self._html(request, "error.html", values, status)

    def _redirect(self, request: PageRequest, target: str) -> web.Response:
        location = _encoded(f"{self.prefix}{target}")
        response = web.Response(status=303, headers={"Location": location})
        self._set_cookie(response, COOKIE, request.session.token)
        return response

    def cookie_name(self, name: str) -> str:
        """The name of a cookie of ours, such that no page of another host can set it."""
        if not self.is_https:
            return name
        # RFC 6265bis §4.1.3: browsers take these only by https, the second only from this host
        return f"__Secure-{name}" if self.prefix else f"__Host-{name}"

    def _set_cookie(
        self, response: web.Response, name: str, value: str, max_age: int | None = None
    ) -> None:
        response.set_cookie(
            self.cookie_name(name),
            value,
            max_age=max_age,
            path=f"{self.prefix}/",
            httponly=True,
            samesite="Strict",
            secure=self.is_https,
        )

    # log-in and what needs no view

    async def _first_page(self, request: web.Request) -> web.StreamResponse:
        return self._redirect(self._page_request(request), "/")

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        """The answer for all other paths; strangers learn nothing of what is here."""
        page_request = self._page_request(request)
        if not page_request.admin:
            raise web.HTTPNotFound
        return self._error(page_request, 404, NOTHING_HERE)

    async def _to_login(
        self, request: web.Request, page_request: PageRequest, route: Route
    ) -> web.Response:
        """The page for the log-in, which then leads back, or carries the form that was sent."""
        path = request.rel_url.raw_path
        if self.prefix and path.startswith(f"{self.prefix}/"):
            path = path.removeprefix(self.prefix)
        if request.rel_url.raw_query_string:
            path += f"?{request.rel_url.raw_query_string}"
        path = _own_path(path)
        if request.method == "POST":
            kept = await kept_text(request, path, self.settings.url, takes_files=route.takes_files)
            message = FORM_KEPT if kept else SESSION_ENDED
            return self._login_page(page_request, "/", message, 403, kept)
        if page_request.path == "/":
            return self._redirect(page_request, "/login")
        return self._redirect(page_request, f"/login?next={quote(path)}")

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        page_request = self._page_request(request)
        limit = MAX_LOGIN_BODY + (MAX_BODY if page_request.path == SEND_AGAIN else 0)
        try:
            page_request = await self._with_form(request, page_request, limit)
        except BadRequest as error:
            return self._error(page_request, error.status, error.message)
        kept = page_request.value("kept")
        address, next_path = page_request.address, _own_path(page_request.value("next"))
        name = page_request.value("name")[:100] or "admin"
        mark = request.cookies.get(self.cookie_name(BROWSER_COOKIE), "")
        browser = mark if self.passwords.is_known_browser(name, mark) else ""
        # one at a time: each needs 32 MB of memory for a tenth of a second
        async with self._password_lock:
            seconds = self.delays.seconds(address, browser)
            if seconds > 0:
                message = Words(
                    "Too many wrong passwords. Try again in {seconds} s.", seconds=int(seconds) + 1
                )
                return self._login_page(page_request, next_path, message, 429, kept)
            passwords, version = self.passwords, self.passwords.version
            is_right = await asyncio.to_thread(
                passwords.verify, name, page_request.value("password")[:1000]
            )
            if not is_right:
                self.delays.failed(address, browser)
        if passwords is not self.passwords or passwords.version != version:
            return self._error(page_request, 403, EXPIRED)
        if not is_right:
            log.warning("wrong password for the admin's page", extra={"address": address})
            return self._login_page(page_request, next_path, WRONG_PASSWORD, 403, kept)
        self.delays.succeeded(address, browser)
        self.sessions.end(page_request.session)
        session = self.sessions.begin(name)
        kept_form = read_kept(kept)
        if kept_form is not None:
            session.data[KEPT_FORM] = replace(kept_form, path=_own_path(kept_form.path))
            next_path = SEND_AGAIN
        log.info("logged in to the admin's page", extra={"admin": name, "address": address})
        response = self._redirect(replace(page_request, session=session), next_path)
        mark = self.passwords.new_browser_mark(name)
        self._set_cookie(response, BROWSER_COOKIE, mark, BROWSER_COOKIE_AGE)
        return response

    def _login_page(
        self, request: PageRequest, next_path: str, message: Words, status: int, kept: str = ""
    ) -> web.Response:
        request.session.messages.append((translated(message, request.language), True))
        return self._html(request, "login.html", {"next_path": next_path, "kept": kept}, status)

    async def _log_out(self, request: web.Request) -> web.StreamResponse:
        page_request = self._page_request(request)
        try:
            page_request = await self._with_form(request, page_request, MAX_LOGIN_BODY)
        except BadRequest as error:
            return self._error(page_request, error.status, error.message)
        self.sessions.end(page_request.session)
        return self._redirect(replace(page_request, session=self.sessions.anonymous("")), "/login")

    async def _set_language(self, request: web.Request) -> web.StreamResponse:
        page_request = self._page_request(request)
        try:
            page_request = await self._with_form(request, page_request, MAX_LOGIN_BODY)
        except BadRequest as error:
            return self._error(page_request, error.status, error.message)
        language = page_request.value("language")
        response = self._redirect(page_request, _own_path(page_request.value("next")))
        if language in LANGUAGES:
            self._set_cookie(response, "language", language)
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        page_request = self._page_request(request)
        if not page_request.admin:
            # a browser does not ask again after this status
            return web.Response(status=403, text="log in\n")
        return await self.streams.follow(request, page_request.session)

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


BUSY = Words("The page is busy with other requests. Try again in a moment.")
FAILED = Words("This page failed, and nothing more was done. The log says what happened.")
NOTHING_HERE = Words("There is nothing here, or it is gone by now.")
SESSION_ENDED = Words("The session has ended, and nothing was changed. Log in and try again.")
FORM_KEPT = Words(
    "The session has ended, and nothing was changed. What you sent is kept: log in, and you may"
    " send it again."
)
WRONG_PASSWORD = Words("Wrong name or password.")


def _pattern(path: str) -> str:
    """A route's path whose variables stand for any name, also for one with braces."""
    return re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", path)


def _is_link_from_elsewhere(request: web.Request) -> bool:
    """Whether the browser follows a link on another site: then it sends no cookie of ours."""
    return (
        request.method == "GET"
        and request.headers.get("Sec-Fetch-Site") == "cross-site"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
    )


def _encoded(location: str) -> str:
    """An address for a header, in which what must not be there is percent-encoded."""
    return quote(location, safe="%/?#:@!$&'()*+,;=~[]")


def _own_path(written: str) -> str:
    """A path of ours to which a log-in leads; the first page for anything else."""
    is_own = re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", written) and "\\" not in written
    return written if is_own and len(written) <= MAX_PATH else "/"


def _zone(name: str) -> tzinfo:
    """The time zone that the browser names; that of this machine for none."""
    local: tzinfo = get_timezone()
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", name):
        return local
    with contextlib.suppress(LookupError, ValueError, OSError):
        return ZoneInfo(name)
    return local
