"""Starts and stops the sandbox, and lets tests and commands look into it and arrange it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

from aiohttp import web
from aiohttp.typedefs import Handler

from reblogbot.errors import ReblogbotError
from reblogbot.ports import Clock
from reblogbot.runtime.clock import SystemClock
from reblogbot.sandbox.control import Control
from reblogbot.sandbox.entities import Entities, Entity
from reblogbot.sandbox.faults import Faults
from reblogbot.sandbox.gate import Gate
from reblogbot.sandbox.journal import Fact, Journal
from reblogbot.sandbox.limits import Limits
from reblogbot.sandbox.profiles import PROFILES
from reblogbot.sandbox.records import Account
from reblogbot.sandbox.routes import ROUTES
from reblogbot.sandbox.uploads import Files, sniffed
from reblogbot.sandbox.world import ALL_SCOPES, World
from reblogbot.web.addresses import is_local_host

HOST = "127.0.0.1"
MAX_REQUEST = 40_000_000
_FIELDS = {entry.name for entry in fields(Account)} - {"id", "rank", "name", "host"}


class Facts(TypedDict, total=False):
    """What else may be said of a status; boosts and favourites come from people unknown."""

    visibility: str
    language: str | None
    spoiler: str
    sensitive: bool
    created_at: datetime
    boosts: int
    favourites: int
    card: dict[str, Any]
    uri: str
    url: str


class Sandbox:
    """A running server. Every method may be called from any thread."""

    def __init__(self, world: World, gate: Gate) -> None:
        self._world = world
        self._gate = gate
        self.faults = gate.faults

    @property
    def url(self) -> str:
        """Where it listens: "http://127.0.0.1:PORT"."""
        return self._world.origin

    @property
    def accepted(self) -> list[Fact]:
        """Every act a client was granted, in order, restarts included.

        Each is {"seq", "account", "act": post|boost|edit|delete|unboost, "id", "text" or "uri",
        "key"}. What `add_status` seeds is not among them.
        """
        with self._world.lock:
            return [dict(act) for act in self._world.state.accepted]

    @property
    def requests(self) -> list[tuple[str, str]]:
        """(method, path) of every request since the start, but those under /_sandbox/."""
        return list(self._gate.requests)

    def add_account(
        self,
        acct: str,
        *,
        token: str = "",
        scopes: Iterable[str] = ALL_SCOPES,
        **facts: Any,
    ) -> str:
        """The account's first token; the account is made if it is new.

        `facts` are fields of Account (display_name, note, bot, locked, discoverable, indexable,
        privacy, language, standing, fields, created_at). They are set on an old account too.
        Somebody of another host ("alice@remote.example") has no token: "".
        """
        if unknown := facts.keys() - _FIELDS:
            raise ValueError(f"an account has no {', '.join(sorted(unknown))}")
        with self._world.lock:
            account = self._world.add_account(acct, facts)
            if account.host:
                return ""
            tokens = self._world.state.tokens.values()
            own = [known.value for known in tokens if known.account_id == account.id]
            if own and token in ("", own[0]):
                return own[0]
            return self._world.add_token(account, scopes, "sandbox", token).value

    def add_token(self, acct: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """One more token for an account."""
        with self._world.lock:
            return self._world.add_token(self._whom(acct), scopes, "sandbox").value

    def revoke(self, token: str) -> None:
        """From now on the token speaks for nobody."""
        with self._world.lock:
            self._world.record("revoke", {"value": token})

    def statuses(self, acct: str) -> list[Entity]:
        """All an account posted and boosted, oldest first, as the API shows it to its owner."""
        with self._world.lock:
            account = self._world.account(acct)
            if account is None:
                return []
            own = self._world.state.own[account.id].values()
            ordered = sorted(own, key=lambda status: status.rank)
            return Entities(self._world, account).statuses(ordered)

    def add_status(
        self,
        acct: str,
        text: str = "",
        *,
        in_reply_to_id: str = "",
        quote_id: str = "",
        media: Iterable[tuple[bytes, str]] = (),
        **facts: Unpack[Facts],
    ) -> Entity:
        """A status that is simply there, by anybody of any server; its author is made if new.

        `media` are (bytes, description).
        """
        with self._world.lock:
            account = self._world.add_account(acct, {})
            uploads = [self._upload(account, content, alt) for content, alt in media]
            told: dict[str, Any] = {
                "language": "en",
                "sensitive": bool(facts.get("spoiler")),
                **facts,
            }
            told |= {"reply_to": in_reply_to_id, "quote": quote_id, "media": uploads}
            told["seen_boosts"] = told.pop("boosts", 0)
            told["seen_favourites"] = told.pop("favourites", 0)
            status = self._world.post(account, text, seeded=True, **told)
            return Entities(self._world, account).status(status)

    def _upload(self, account: Account, content: bytes, alt: str) -> str:
        mime, suffix = sniffed(content) or ("application/octet-stream", "bin")
        return self._world.add_media(account, content, mime, suffix, alt).id

    def add_boost(self, acct: str, status_id: str) -> Entity:
        """A boost that is simply there."""
        with self._world.lock:
            account = self._world.add_account(acct, {})
            original = self._world.state.statuses[status_id]
            boost = self._world.boost(account, original, "public", seeded=True)
            return Entities(self._world, account).status(boost)

    def delete_status(self, status_id: str) -> None:
        """Take a status away, as its author does by hand."""
        with self._world.lock:
            self._world.delete(self._world.state.statuses[status_id], seeded=True)

    def follow(self, follower: str, followed: str) -> None:
        """One account follows another, whether or not that one is locked."""
        with self._world.lock:
            pair = [self._world.add_account(acct, {}) for acct in (follower, followed)]
            self._world.follow(pair[0], pair[1], "following")

    def mark(self, name: str, acct: str, status_id: str) -> None:
        """An account's "favourite" or "bookmark" on a status."""
        with self._world.lock:
            status = self._world.state.statuses[status_id]
            self._world.mark(name, self._whom(acct), status, on=True)

    def adjust(self, **flags: Any) -> None:
        """Change flags of the server's Profile from now on, as an upgrade would."""
        with self._world.lock:
            self._world.profile = replace(self._world.profile, **flags)

    def limit(self, count: int | None) -> None:
        """From now on so many posts and boosts per window; None lifts all limits."""
        self._gate.limits.count = count

    def _whom(self, acct: str) -> Account:
        account = self._world.account(acct)
        if account is None:
            raise ValueError(f"nobody here is called {acct}")
        return account


@asynccontextmanager
async def serve(
    folder: Path | None = None,
    *,
    port: int = 0,
    profile: str = "mastodon",
    clock: Clock | None = None,
    rate_limit: int | None = None,
) -> AsyncIterator[Sandbox]:
    """A server on loopback while the context lasts.

    With a `folder` all is kept there and a restart shows the same posts and takes the same
    tokens. `port` 0 takes a free one. `profile` is a name of PROFILES. With `rate_limit` the
    server's limits are enforced, that many posts and boosts being one window's worth.
    """
    if profile not in PROFILES:
        raise ReblogbotError(
            "sandbox_profile_unknown",
            f"no server profile is called {profile!r}; there are: {', '.join(PROFILES)}",
        )
    with closing(Journal(folder)) as journal:
        world = World(PROFILES[profile], clock or SystemClock(), journal, Files(folder))
        gate = Gate(world, Limits(rate_limit), Faults(asyncio.get_running_loop()))
        sandbox = Sandbox(world, gate)
        runner = web.AppRunner(
            _application(sandbox, gate),
            handler_cancellation=True,  # a fault must learn that its client is gone
            shutdown_timeout=0.1,
            access_log=None,
        )
        try:
            await runner.setup()
            world.origin = f"http://{HOST}:{await _listening(runner, port)}"
            yield sandbox
        finally:
            gate.faults.close()
            await runner.cleanup()


def _application(sandbox: Sandbox, gate: Gate) -> web.Application:
    app = web.Application(client_max_size=MAX_REQUEST, middlewares=[_local_only])
    Control(sandbox).install(app)
    gate.install(app, ROUTES)
    return app


@web.middleware
async def _local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse who does not know that this is a server of this machine (DNS rebinding)."""
    if not is_local_host(request.headers.get("Host", "")):
        return web.json_response({"error": f"ask the sandbox by its address, {HOST}"}, status=403)
    return await handler(request)


async def _listening(runner: web.AppRunner, port: int) -> int:
    try:
        await web.TCPSite(runner, HOST, port).start()
    except OSError as error:
        raise ReblogbotError(
            "sandbox_port_busy",
            f"cannot listen on {HOST}:{port} ({error.strerror}); name another port",
        ) from error
    bound: int = runner.addresses[0][1]
    return bound


@contextmanager
def run_in_thread(folder: Path | None = None, **options: Any) -> Iterator[Sandbox]:
    """The same server, with a loop and thread of its own, for tests that are not async."""
    started: Future[tuple[Sandbox, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def hold() -> None:
        async with serve(folder, **options) as sandbox:
            over = asyncio.Event()
            started.set_result((sandbox, asyncio.get_running_loop(), over))
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(hold())
        except BaseException as error:  # the caller's thread must see it, whatever it is
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    sandbox, loop, over = started.result()
    try:
        yield sandbox
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
