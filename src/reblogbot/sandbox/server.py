"""Starts and stops the sandbox, and gives access to its accounts and statuses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import fields
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from reblogbot.errors import ReblogbotError
from reblogbot.runtime.clock import SystemClock
from reblogbot.sandbox.answers import Entity
from reblogbot.sandbox.entities import Entities
from reblogbot.sandbox.handler import RequestHandler
from reblogbot.sandbox.instance import ALL_SCOPES, Instance
from reblogbot.sandbox.journal import Journal
from reblogbot.sandbox.profiles import PROFILES
from reblogbot.sandbox.records import Account
from reblogbot.sandbox.uploads import Files
from reblogbot.web.addresses import is_local_host

HOST = "127.0.0.1"
_MAX_REQUEST_BYTES = 40_000_000
_SETTABLE = {field.name for field in fields(Account)} - {"id", "rank", "name", "host"}


class Sandbox:
    """A running server. Every method may be called from any thread."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    @property
    def url(self) -> str:
        """Its address: "http://127.0.0.1:PORT"."""
        return self._instance.origin

    def add_account(self, acct: str, **values: Any) -> str:
        """The first token of an account, which is created if it is new; "" for other servers'.

        `values` are fields of Account and are set on an existing account too.
        """
        with self._instance.lock:
            account = self._set_account(acct, values)
            if account.host:
                return ""
            token = self._first_token(account)
            return token or self._instance.add_token(account, ALL_SCOPES, "sandbox").value

    def _set_account(self, acct: str, values: Mapping[str, Any]) -> Account:
        if unknown := values.keys() - _SETTABLE:
            raise ValueError(f"an account has no {', '.join(sorted(unknown))}")
        return self._instance.add_account(acct, values)

    def _first_token(self, account: Account) -> str:
        tokens = self._instance.state.tokens.values()
        return next((token.value for token in tokens if token.account_id == account.id), "")

    def add_status(self, acct: str, text: str, *, language: str = "en") -> Entity:
        """A new status of any account of any server, which is created if it is new."""
        with self._instance.lock:
            account = self._instance.add_account(acct, {})
            status = self._instance.post(account, text, seeded=True, language=language)
            return Entities(self._instance, account).status(status)

    def statuses(self, acct: str) -> list[Entity]:
        """All that an account posted and boosted, oldest first, as the API shows it its owner."""
        with self._instance.lock:
            account = self._instance.find_account(acct)
            if account is None:
                return []
            statuses = self._instance.state.by_account[account.id].values()
            ordered = sorted(statuses, key=lambda status: status.rank)
            return Entities(self._instance, account).statuses(ordered)


@asynccontextmanager
async def serve(
    folder: Path, *, port: int = 0, profile: str = "mastodon"
) -> AsyncIterator[Sandbox]:
    """A server on loopback while the context lasts.

    It keeps everything in `folder`, so that a restart shows the same posts and accepts the same
    tokens. Port 0 takes a free one. `profile` is a name of PROFILES.
    """
    if profile not in PROFILES:
        raise ReblogbotError(
            "sandbox_profile_unknown",
            f"no server profile is called {profile!r}; there are: {', '.join(PROFILES)}",
        )
    with closing(Journal(folder)) as journal:
        instance = Instance(PROFILES[profile], SystemClock(), journal, Files(folder))
        async with listen(RequestHandler(instance), port):
            yield Sandbox(instance)


@asynccontextmanager
async def listen(handler: RequestHandler, port: int) -> AsyncIterator[None]:
    """Listen on loopback while the context lasts, and set the origin of the instance."""
    app = web.Application(client_max_size=_MAX_REQUEST_BYTES, middlewares=[_local_only])
    handler.install(app)
    runner = web.AppRunner(
        app,
        handler_cancellation=True,  # handlers of tests hold requests until the client is gone
        shutdown_timeout=0.1,
        access_log=None,
    )
    try:
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            raise ReblogbotError(
                "sandbox_port_busy",
                f"cannot listen on {HOST}:{port} ({error.strerror}); name another port",
            ) from error
        handler.instance.origin = f"http://{HOST}:{runner.addresses[0][1]}"
        yield
    finally:
        await runner.cleanup()


@web.middleware
async def _local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that name another host, as those of DNS rebinding do."""
    if not is_local_host(request.headers.get("Host", "")):
        return web.json_response({"error": f"ask the sandbox by its address, {HOST}"}, status=403)
    return await handler(request)
