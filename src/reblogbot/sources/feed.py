"""The kind `feed`: RSS, Atom, RDF and JSON Feed documents, politely polled."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from reblogbot import schedule
from reblogbot.config.settings import SourceSettings
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources import parse_feed

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
# A cache that answers 304 for ever would silence a source: once a day it is asked for the whole
_FULL_EVERY = timedelta(days=1)


class FeedSource:
    """A document at `url` or, while that fails, at one of `fallbacks`."""

    class Options(BaseModel):
        """A feed has no keys of its own."""

        model_config = ConfigDict(extra="forbid", frozen=True)

    needs = ("url",)

    def __init__(self, name: str, settings: SourceSettings, tools: Tools) -> None:
        self.name = name
        self._settings = settings
        self._tools = tools

    async def poll(self, known: Validators) -> Batch:
        """All entries the feed shows now. Raises the SourceError `url` itself failed with."""
        try:
            return await self._read(self._settings.url, known)
        except SourceError as error:
            first = error
        for fallback in self._settings.fallbacks:
            # a server that wants to be left alone is left alone at all of its addresses
            if first.outcome == "retry_later" and _host(fallback) == _host(self._settings.url):
                continue
            try:
                batch = await self._read(fallback, Validators(digest=known.digest))
            except SourceError:
                continue
            return replace(batch, fresh_for=self._hold(batch, first), moved_to="")
        raise first

    async def _read(self, url: str, known: Validators) -> Batch:
        memory = _Memory.of(known.cursor)
        now = self._tools.clock.now()
        answer = await self._tools.fetch(
            url,
            headers=self._settings.headers,
            validators=known if memory.is_recent(now) else None,
            accept=ACCEPT,
            proxy=self._settings.proxy,
        )
        if answer.status == 304:
            return _unchanged(answer, known, memory.ttl, now)
        digest = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
        if digest == known.digest:
            fresh = _validators(answer, digest, _Memory(now, memory.ttl))
            return _unchanged(answer, fresh, memory.ttl, now)
        batch = await self._tools.offload(
            parse_feed.parse,
            answer.body,
            answer.headers.get("content-type", ""),
            answer.url,
            self._settings.encoding,
            self._settings.timezone,
            now,
        )
        return replace(
            batch,
            validators=_validators(answer, digest, _Memory(now, batch.fresh_for)),
            fresh_for=_longest(batch.fresh_for, schedule.freshness(answer.headers, now)),
            moved_to=answer.moved_to,
        )

    def _hold(self, batch: Batch, first: SourceError) -> timedelta | None:
        left = first.retry_at - self._tools.clock.now() if first.retry_at else None
        return _longest(batch.fresh_for, left)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a feed remembers between polls beside HTTP's validators."""

    read_at: datetime | None = None
    """When its body last came."""
    ttl: timedelta | None = None
    """How long that body itself, not HTTP, said it stays fresh."""

    @classmethod
    def of(cls, cursor: str) -> _Memory:
        try:
            kept = json.loads(cursor)
            ttl = kept["ttl"]
            read_at = datetime.fromisoformat(kept["read_at"])
            return cls(read_at, None if ttl is None else timedelta(seconds=ttl))
        except (ValueError, TypeError, KeyError):
            return cls()

    def cursor(self) -> str:
        return json.dumps(
            {
                "read_at": self.read_at.isoformat() if self.read_at else "",
                "ttl": self.ttl.total_seconds() if self.ttl else None,
            }
        )

    def is_recent(self, now: datetime) -> bool:
        return self.read_at is not None and abs(now - self.read_at) < _FULL_EVERY


def _validators(answer: Response, digest: str, memory: _Memory) -> Validators:
    return Validators(
        etag=answer.headers.get("etag", ""),
        last_modified=answer.headers.get("last-modified", ""),
        digest=digest,
        cursor=memory.cursor(),
    )


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


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
