"""How another process steers the sandbox: faults, accepted acts, accounts, statuses."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from reblogbot.sandbox.faults import Fault
    from reblogbot.sandbox.server import Sandbox

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Control:
    """The paths under `/_sandbox/`; they answer to this machine only and to no web page."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def install(self, app: web.Application) -> None:
        for method, path, serve in (
            ("GET", "accepted", self.accepted),
            ("GET", "requests", self.requests),
            ("POST", "accounts", self.add_account),
            ("POST", "statuses", self.add_status),
            ("GET", "faults", self.faults),
            ("POST", "faults", self.add_fault),
            ("DELETE", "faults", self.clear_faults),
            ("POST", "faults/release", self.release),
            ("GET", "faults/{id}", self.wait_for_fault),
        ):
            app.router.add_route(method, f"/_sandbox/{path}", guarded(serve))

    async def accepted(self, request: web.Request) -> web.Response:
        return web.json_response(self.sandbox.accepted)

    async def requests(self, request: web.Request) -> web.Response:
        return web.json_response(self.sandbox.requests)

    async def add_account(self, request: web.Request) -> web.Response:
        """Body: {"name", …fields of the account}; answer: {"token"}."""
        told = await _body(request)
        token = self.sandbox.add_account(told.pop("name"), **told)
        return web.json_response({"token": token})

    async def add_status(self, request: web.Request) -> web.Response:
        """Body: {"account", "text", …}, as `Sandbox.add_status` but without media."""
        told = await _body(request)
        if "created_at" in told:
            told["created_at"] = datetime.fromisoformat(told["created_at"])
        status = self.sandbox.add_status(told.pop("account"), told.pop("text"), **told)
        return web.json_response(status)

    async def faults(self, request: web.Request) -> web.Response:
        return web.json_response([_shown(fault) for fault in self.sandbox.faults.laid])

    async def add_fault(self, request: web.Request) -> web.Response:
        """Body: {"name", "method", "path", "times", …options}."""
        told = await _body(request)
        return web.json_response(_shown(self.sandbox.faults.add(told.pop("name"), **told)))

    async def clear_faults(self, request: web.Request) -> web.Response:
        self.sandbox.faults.clear()
        return web.json_response([])

    async def release(self, request: web.Request) -> web.Response:
        self.sandbox.faults.release()
        return web.json_response({})

    async def wait_for_fault(self, request: web.Request) -> web.Response:
        """One fault; with `?wait=SECONDS` only once a request met it, or the time is up."""
        fault = self.sandbox.faults.find(int(request.match_info["id"]))
        if fault is None:
            raise web.HTTPNotFound
        await asyncio.to_thread(fault.wait, float(request.query.get("wait", 0)))
        return web.json_response(_shown(fault))


def _shown(fault: Fault) -> dict[str, Any]:
    """What a test in another process wants to know of a fault."""
    return {
        "id": fault.id,
        "name": fault.name,
        "left": fault.left,
        "hits": fault.hits,
        "reached": fault.reached.is_set(),
    }


async def _body(request: web.Request) -> dict[str, Any]:
    body: dict[str, Any] = await request.json()
    return body


def guarded(serve: Serve) -> Serve:
    """Answer 403 to other machines and web pages; 400 to nonsense."""

    async def checked(request: web.Request) -> web.StreamResponse:
        if not _is_near(request):
            return web.json_response({"error": "only from this machine"}, status=403)
        try:
            return await serve(request)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)

    return checked


def _is_near(request: web.Request) -> bool:
    near = request.remote is not None and ipaddress.ip_address(request.remote).is_loopback
    return near and "Origin" not in request.headers
