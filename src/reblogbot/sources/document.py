"""One document of the web, politely asked for: only when it changed, and parsed in a child."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config.settings import SourceSettings
from reblogbot.core import schedule
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources.body import Body, read_bounded

# A cache that answers 304 for ever would silence a source: once a day it is asked for the whole
_FULL_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Document:
    """How a source's document is asked for, and read.

    `parse` is called in the child with the body and with `own`, what the kind's own keys say.
    It leaves a Batch's validators empty, unless the body came incomplete and must not be taken
    for known.
    """

    settings: SourceSettings
    tools: Tools
    accept: str
    parse: Callable[..., Batch]
    own: tuple[Any, ...] = ()

    async def poll(self, known: Validators) -> Batch:
        """What `url` shows now or, while that fails, one of `fallbacks`.

        Raises the SourceError `url` itself failed with.
        """
        url = self.settings.url
        try:
            return await self.read(url, known)
        except SourceError as error:
            first = error
        for fallback in self.settings.fallbacks:
            # a server that wants to be left alone is left alone at all of its addresses
            if first.outcome == "retry_later" and host_of(fallback) == host_of(url):
                continue
            try:
                return await self.read_instead(fallback, known, first)
            except SourceError:
                continue
        raise first

    async def read(self, url: str, known: Validators) -> Batch:
        """What stands at `url`. Raises SourceError."""
        now = self.tools.clock.now()
        memory = _Memory.of(known.cursor)
        # what was read with other keys of the config says nothing about what these make of it
        is_known = memory.own == self._fingerprint() and memory.is_recent(now)
        answer = await self.tools.fetch(
            url,
            headers=self.settings.headers,
            validators=known if is_known else None,
            accept=self.accept,
            proxy=self.settings.proxy,
        )
        if answer.status == 304:
            return _unchanged(answer, known, memory.ttl, now)
        digest = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
        memory = replace(memory, read_at=now)
        if digest == known.digest and memory.own == self._fingerprint():
            return _unchanged(answer, _validators(answer, digest, memory), memory.ttl, now)
        return await self._parsed(answer, digest, now)

    async def read_instead(self, url: str, known: Validators, first: SourceError) -> Batch:
        """What stands at `url`, where another address failed with `first`. Raises SourceError."""
        batch = await self.read(url, Validators(digest=known.digest, cursor=known.cursor))
        left = first.retry_at - self.tools.clock.now() if first.retry_at else None
        return replace(
            batch,
            # this server's ETag means nothing to the other
            validators=replace(batch.validators, etag="", last_modified=""),
            fresh_for=_longest(batch.fresh_for, left),
            moved_to="",
        )

    async def _parsed(self, answer: Response, digest: str, now: datetime) -> Batch:
        batch = await self.tools.offload(
            read_bounded,
            self.parse,
            Body(
                answer.body,
                answer.headers.get("content-type", ""),
                answer.url,
                self.settings.encoding,
                self.settings.timezone,
                now,
            ),
            self.own,
        )
        memory = _Memory(now, batch.fresh_for, self._fingerprint())
        is_whole = batch.validators == Validators()
        return replace(
            batch,
            validators=_validators(answer, digest, memory)
            if is_whole
            else Validators(cursor=memory.cursor()),
            fresh_for=_longest(batch.fresh_for, schedule.freshness(answer.headers, now)),
            moved_to=answer.moved_to,
        )

    def _fingerprint(self) -> str:
        if not self.own:
            return ""
        return hashlib.blake2b(repr(self.own).encode(), digest_size=8).hexdigest()


def host_of(url: str) -> str:
    """The URL's host in lower case."""
    return (urlsplit(url).hostname or "").lower()


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is remembered between polls beside HTTP's validators."""

    read_at: datetime | None = None
    """When its body last came."""
    ttl: timedelta | None = None
    """How long that body itself, not HTTP, said it stays fresh."""
    own: str = ""
    """With which of the kind's own keys it was read."""

    @classmethod
    def of(cls, cursor: str) -> _Memory:
        try:
            kept = json.loads(cursor)
            ttl = kept["ttl"]
            read_at = datetime.fromisoformat(kept["read_at"])
            span = None if ttl is None else timedelta(seconds=ttl)
            return cls(read_at, span, str(kept.get("own", "")))
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
            return cls()

    def cursor(self) -> str:
        return json.dumps(
            {
                "read_at": self.read_at.isoformat() if self.read_at else "",
                "ttl": self.ttl.total_seconds() if self.ttl else None,
                "own": self.own,
            }
        )

    def is_recent(self, now: datetime) -> bool:
        if self.read_at is None or self.read_at.tzinfo is None:
            return False
        return abs(now - self.read_at) < _FULL_EVERY


def _validators(answer: Response, digest: str, memory: _Memory) -> Validators:
    return Validators(
        etag=_verbatim(answer.headers.get("etag", "")),
        last_modified=_verbatim(answer.headers.get("last-modified", "")),
        digest=digest,
        cursor=memory.cursor(),
    )


def _verbatim(value: str) -> str:
    # what did not come as ASCII cannot be sent back as it came
    return value if value.isascii() and len(value) < 1000 else ""


def _unchanged(
    answer: Response, validators: Validators, ttl: timedelta | None, now: datetime
) -> Batch:
    return Batch(
        validators=validators,
        not_modified=True,
        fresh_for=_longest(ttl, schedule.freshness(answer.headers, now)),
        moved_to=answer.moved_to,
    )


def _longest(*spans: timedelta | None) -> timedelta | None:
    known = [span for span in spans if span is not None]
    return max(known) if known else None
