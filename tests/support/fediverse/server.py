"""Starts and stops the tests' server, and lets tests look into it and arrange it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypedDict, Unpack

from fediverse.faults import Faults
from fediverse.handler import FaultHandler
from fediverse.instance import ObservedState, OddInstance
from fediverse.profiles import PROFILES
from fediverse.rate_limits import RateLimits
from reblogbot.ports import Clock
from reblogbot.runtime.clock import SystemClock
from reblogbot.sandbox.answers import Entity
from reblogbot.sandbox.entities import Entities
from reblogbot.sandbox.instance import ALL_SCOPES
from reblogbot.sandbox.journal import Fact, Journal
from reblogbot.sandbox.records import Account
from reblogbot.sandbox.server import Sandbox, listen
from reblogbot.sandbox.uploads import Files, sniff


class StatusFields(TypedDict, total=False):
    """More fields of a status; boosts and favourites are by accounts unknown here."""

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


class FediverseServer(Sandbox):
    """A running server. Every method may be called from any thread."""

    def __init__(self, instance: OddInstance, handler: FaultHandler) -> None:
        super().__init__(instance)
        self._handler = handler
        self.faults = handler.faults

    @property
    def accepted(self) -> list[Fact]:
        """Every act that a client was granted, in order, also before restarts.

        Each is {"seq", "account", "act": post|boost|edit|delete|unboost, "id", "text" or "uri",
        "key"}. Acts of the tests themselves, as of `add_status`, are not among them.
        """
        with self._instance.lock:
            return [dict(act) for act in self._instance.state.accepted]

    @property
    def requests(self) -> list[tuple[str, str]]:
        """(method, path) of every request since the start."""
        return list(self._handler.requests)

    def add_account(
        self, acct: str, *, token: str = "", scopes: Iterable[str] = ALL_SCOPES, **values: Any
    ) -> str:
        """The account's first token, or the new one that `token` names.

        `values` are fields of Account, `standing` among them. "" for accounts of other servers.
        """
        with self._instance.lock:
            account = self._set_account(acct, values)
            if account.host:
                return ""
            first = self._first_token(account)
            if first and token in ("", first):
                return first
            return self._instance.add_token(account, scopes, "sandbox", token).value

    def add_token(self, acct: str, scopes: Iterable[str] = ALL_SCOPES) -> str:
        """One more token of an account."""
        with self._instance.lock:
            return self._instance.add_token(self._account(acct), scopes, "sandbox").value

    def revoke(self, token: str) -> None:
        with self._instance.lock:
            self._instance.revoke_token(token)

    def add_status(
        self,
        acct: str,
        text: str = "",
        *,
        in_reply_to_id: str = "",
        quote_id: str = "",
        media: Iterable[tuple[bytes, str]] = (),
        **values: Unpack[StatusFields],
    ) -> Entity:
        """A new status of any account of any server, which is created if it is new.

        `media` are (bytes, description).
        """
        with self._instance.lock:
            account = self._instance.add_account(acct, {})
            fields: dict[str, Any] = {
                "language": "en",
                "sensitive": bool(values.get("spoiler")),
                **values,
                "reply_to": in_reply_to_id,
                "quote": quote_id,
                "media": [self._add_media(account, *file) for file in media],
            }
            fields["seen_boosts"] = fields.pop("boosts", 0)
            fields["seen_favourites"] = fields.pop("favourites", 0)
            status = self._instance.post(account, text, seeded=True, **fields)
            return Entities(self._instance, account).status(status)

    def _add_media(self, account: Account, content: bytes, description: str) -> str:
        mime, suffix = sniff(content) or ("application/octet-stream", "bin")
        return self._instance.add_media(account, content, mime, suffix, description).id

    def add_boost(self, acct: str, status_id: str) -> Entity:
        """A new boost by any account of any server."""
        with self._instance.lock:
            account = self._instance.add_account(acct, {})
            original = self._instance.state.statuses[status_id]
            boost = self._instance.boost(account, original, "public", seeded=True)
            return Entities(self._instance, account).status(boost)

    def delete_status(self, status_id: str) -> None:
        """Delete a status, as its author does by hand."""
        with self._instance.lock:
            self._instance.delete(self._instance.state.statuses[status_id], seeded=True)

    def follow(self, follower: str, followed: str) -> None:
        """Let one account follow another, even if that one is locked."""
        with self._instance.lock:
            accounts = [self._instance.add_account(acct, {}) for acct in (follower, followed)]
            self._instance.follow(*accounts, "following")

    def mark(self, name: str, acct: str, status_id: str) -> None:
        """Set an account's "favourite" or "bookmark" on a status."""
        with self._instance.lock:
            status = self._instance.state.statuses[status_id]
            self._instance.mark(name, self._account(acct), status, on=True)

    def adjust(self, **values: Any) -> None:
        """Change the server's profile from now on, as an upgrade would."""
        with self._instance.lock:
            self._instance.profile = replace(self._instance.profile, **values)

    def limit(self, count: int | None) -> None:
        """Allow so many posts and boosts per window from now on; None lifts all limits."""
        self._handler.limits.count = count

    def _account(self, acct: str) -> Account:
        account = self._instance.find_account(acct)
        if account is None:
            raise ValueError(f"no account is called {acct}")
        return account


@asynccontextmanager
async def serve(
    folder: Path | None = None,
    *,
    port: int = 0,
    profile: str = "mastodon",
    clock: Clock | None = None,
    rate_limit: int | None = None,
) -> AsyncIterator[FediverseServer]:
    """A server on loopback while the context lasts; without a folder it forgets everything.

    With `rate_limit` the limits of the profile are enforced, with so many posts and boosts per
    window.
    """
    faults = Faults(asyncio.get_running_loop())
    with closing(Journal(folder)) as journal:
        instance = OddInstance(
            PROFILES[profile], clock or SystemClock(), journal, Files(folder), ObservedState()
        )
        handler = FaultHandler(instance, RateLimits(rate_limit), faults)
        async with listen(handler, port):
            try:
                yield FediverseServer(instance, handler)
            finally:
                faults.close()


@contextmanager
def run_in_thread(folder: Path | None = None, **options: Any) -> Iterator[FediverseServer]:
    """The same server, with a loop and thread of its own, for tests that are not async."""
    started: Future[tuple[FediverseServer, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def hold() -> None:
        async with serve(folder, **options) as server:
            stop = asyncio.Event()
            started.set_result((server, asyncio.get_running_loop(), stop))
            await stop.wait()

    def run() -> None:
        try:
            asyncio.run(hold())
        except BaseException as error:  # the caller's thread must see it, whatever it is
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="fediverse", daemon=True)
    thread.start()
    server, loop, stop = started.result()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
