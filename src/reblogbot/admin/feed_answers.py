"""The answers of the daemon's web server to requests for feeds of what accounts have posted."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from urllib.parse import quote

from aiohttp import web

from reblogbot.admin.posted_feed import read_posted_feed
from reblogbot.config.settings import AdminSettings
from reblogbot.core.outgoing_feeds import (
    ATOM_TYPE,
    JSON_FEED_TYPE,
    OutgoingFeed,
    atom,
    json_feed,
)
from reblogbot.daemon.stats import DaemonStats
from reblogbot.errors import StoreError
from reblogbot.runtime.clock import uptime
from reblogbot.store import Store

MAX_AGE = 60.0
"""Seconds for which an answer stays the same, however many ask for it."""
_TYPES = {".atom": (ATOM_TYPE, atom), ".json": (JSON_FEED_TYPE, json_feed)}

log = logging.getLogger(__name__)


class PostedFeeds:
    """Answers requests for feeds at /feeds/NAME.atom and /feeds/NAME.json.

    The store is asked for a feed at most once in MAX_AGE, and for one feed at a time.
    """

    def __init__(self, store: Store, stats: DaemonStats, settings: AdminSettings) -> None:
        self._store = store
        self._stats = stats
        self._url = settings.url.rstrip("/")
        self._lock = asyncio.Lock()
        self._answers: dict[str, tuple[float, bytes]] = {}

    async def answer(self, request: web.Request) -> web.Response:
        """The feed, or 304 where the client has it. Raises HTTPNotFound."""
        file = request.match_info["file"]
        name, dot, extension = file.rpartition(".")
        account = self._stats.config.accounts.get(name)
        if account is None or not account.enabled or dot + extension not in _TYPES:
            raise web.HTTPNotFound
        async with self._lock:
            try:
                body = await self._body(file, name, dot + extension)
            except StoreError as error:
                log.warning("no feed of what was posted", extra={"slug": error.slug})
                raise web.HTTPServiceUnavailable from error
        etag = hashlib.sha256(body).hexdigest()[:32]
        headers = {"Cache-Control": f"public, max-age={int(MAX_AGE)}", "ETag": f'"{etag}"'}
        if any(each.value in (etag, "*") for each in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(
            body=body,
            headers=headers,
            content_type=_TYPES[dot + extension][0],
            charset="utf-8",
        )

    async def _body(self, file: str, name: str, extension: str) -> bytes:
        at, body = self._answers.get(file, (0.0, b""))
        if not body or uptime() - at > MAX_AGE:
            url = f"{self._url}/feeds/{quote(file, safe='')}" if self._url else ""
            body = await asyncio.to_thread(self._written, name, _TYPES[extension][1], url)
            self._answers[file] = uptime(), body
        return body

    def _written(self, name: str, write: Callable[[OutgoingFeed], bytes], url: str) -> bytes:
        """The feed of an account as a document. Raises StoreError."""
        return write(read_posted_feed(self._stats.config, self._store, name, url))
