"""One document of the web, politely asked for: only when it changed, and parsed in a child."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from reblogbot.config.hosts import host_port
from reblogbot.config.settings import SourceSettings
from reblogbot.core import schedule
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources.shared import meta_refresh
from reblogbot.sources.shared.body import Body, read_bounded
from reblogbot.web.addresses import shown

# A cache that answers 304 for ever would silence a source: once a day it is asked for the whole
_FULL_EVERY = timedelta(days=1)


# what came is another page than was meant
_PAGE_INSTEAD = frozenset({"not_a_feed", "not_json", "select_empty", "chouti_shape"})
# whoever fails like this does not answer at its other addresses either
_UNREACHABLE = frozenset(
    {"dns_failed", "tls_failed", "connection_failed", "proxy_failed", "address_refused"}
)


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
        """The document at `url` or, while that fails, at one of `fallbacks`.

        Raises the SourceError `url` itself failed with.
        """
        urls = dict.fromkeys((self.settings.url, *self.settings.fallbacks))
        return await read_first([(url, self) for url in urls], known, self.tools.clock.now())

    async def read(self, url: str, known: Validators, *, is_referred: bool = False) -> Batch:
        """The document at `url`, or at the address that a page there refers to by a refresh.

        That is followed once; with `is_referred` it has been. Raises SourceError.
        """
        now = self.tools.clock.now()
        memory = _Memory.of(known.cursor)
        # what was read with other keys of the config says nothing about what these make of it
        is_known = memory.own == self._fingerprint() and memory.is_recent(now)
        answer = await self.tools.fetch(
            url,
            headers=self._headers(url),
            validators=known if is_known else None,
            validators_from=memory.read_from,
            accept=self.accept,
            proxy=self.settings.proxy,
        )
        if answer.status == 304:
            return _unchanged(answer, known, memory, now)
        digest = hashlib.blake2b(answer.body, digest_size=16).hexdigest()
        memory = replace(memory, read_at=now, read_from=origin_of(answer.url))
        if digest == known.digest and memory.own == self._fingerprint():
            return _unchanged(answer, _validators(answer, digest, memory), memory, now)
        body = Body(
            answer.body,
            answer.headers.get("content-type", ""),
            answer.url,
            self.settings.encoding,
            self.settings.timezone,
            now,
        )
        try:
            batch = await self.tools.offload(read_bounded, self.parse, body, self.own)
        except SourceError as error:
            if is_referred or error.slug not in _PAGE_INSTEAD:
                raise
            target = await self.tools.offload(meta_refresh.target, body)
            if not target:
                raise
            # what its server knows of the page says nothing of what the page refers to
            return _instead(await self.read(target, _without_http(known), is_referred=True))
        return self._noted(batch, answer, digest, now)

    def _headers(self, url: str) -> Mapping[str, str]:
        """The admin's headers, which may be secret: for the origin of the source's `url` alone."""
        own = self.settings.url
        return self.settings.headers if not own or origin_of(url) == origin_of(own) else {}

    def _noted(self, batch: Batch, answer: Response, digest: str, now: datetime) -> Batch:
        """The batch, with what is remembered of the answer it was read from."""
        memory = _Memory(
            now,
            batch.fresh_for,
            batch.skipped_hours,
            self._fingerprint(),
            origin_of(answer.url),
        )
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


async def read_first(
    ways: Sequence[tuple[str, Document]], known: Validators, now: datetime
) -> Batch:
    """What the first of `ways` (a URL, and how it is read) shows that can be read.

    An origin that asked for a rest, by 429 or Retry-After, is asked at none of its addresses;
    one that named a time is left alone until then, as long as another way is read meanwhile.
    Raises the SourceError of the first way, with the names of the others.
    """
    rests = {at: until for at, until in _Memory.of(known.cursor).rests.items() if until > now}
    awake = [way for way in ways if origin_of(way[0]) not in rests] or ways
    failures: dict[str, SourceError] = {}
    skipped: set[str] = set()
    for url, document in awake:
        origin = origin_of(url)
        if origin in skipped:
            continue
        is_first = url == ways[0][0]
        try:
            batch = await document.read(url, known if is_first else _without_http(known))
        except SourceError as error:
            failures[url] = error
            if error.asks_for_rest or error.slug in _UNREACHABLE:
                skipped.add(origin)
            if error.retry_at is not None:
                rests[origin] = error.retry_at
            continue
        return _resting(batch, rests) if is_first else _resting(_instead(batch), rests)
    raise _all_of(failures)


def _without_http(known: Validators) -> Validators:
    """What is known of a document's body; a server's ETag means nothing to another."""
    return replace(known, etag="", last_modified="")


def _instead(batch: Batch) -> Batch:
    """A batch of another address than the source's first."""
    return replace(batch, validators=_without_http(batch.validators), moved_to="")


def _resting(batch: Batch, rests: Mapping[str, datetime]) -> Batch:
    """The batch, the origins that rest being remembered with it."""
    memory = replace(_Memory.of(batch.validators.cursor), rests=dict(rests))
    return replace(batch, validators=replace(batch.validators, cursor=memory.cursor()))


def _all_of(failures: Mapping[str, SourceError]) -> SourceError:
    """The first failure, with the names of the others."""
    (_, error), *others = failures.items()
    also = ", ".join(f"{shown(url)} ({other.slug})" for url, other in others)
    message = f"{error.message}; nor did these work: {also}" if also else error.message
    return SourceError(error.slug, message, outcome=error.outcome, retry_at=error.retry_at)


def host_of(url: str) -> str:
    """The URL's host in lower case."""
    return (urlsplit(url).hostname or "").lower()


def origin_of(url: str) -> str:
    """The URL's scheme, host and port (RFC 6454): "https://example.org:443"."""
    return f"{urlsplit(url).scheme}://{host_port(url)}"


@dataclass(frozen=True, slots=True)
class _Memory:
    """What is remembered between polls beside HTTP's validators."""

    read_at: datetime | None = None
    """When its body last came."""
    ttl: timedelta | None = None
    """How long that body itself, not HTTP, said it stays fresh."""
    skipped_hours: frozenset[int] = frozenset()
    """In which hours of the week that body wants no polls."""
    own: str = ""
    """With which of the kind's own keys it was read."""
    read_from: str = ""
    """The origin that answered, and whose validators these are."""
    rests: Mapping[str, datetime] = field(default_factory=dict)
    """Origins that asked to be left alone, and until when."""

    @classmethod
    def of(cls, cursor: str) -> _Memory:
        try:
            kept = json.loads(cursor)
            ttl = kept["ttl"]
            read_at = datetime.fromisoformat(kept["read_at"])
            span = None if ttl is None else timedelta(seconds=ttl)
            rests = {at: datetime.fromisoformat(end) for at, end in kept.get("rests", {}).items()}
            skipped = frozenset(kept.get("skipped_hours", ()))
            own, read_from = kept.get("own", ""), kept.get("read_from", "")
            return cls(read_at, span, skipped, own, read_from, rests)
        except (ValueError, TypeError, KeyError, OverflowError, AttributeError):
            return cls()

    def cursor(self) -> str:
        return json.dumps(
            {
                "read_at": self.read_at.isoformat() if self.read_at else "",
                "ttl": self.ttl.total_seconds() if self.ttl else None,
                "skipped_hours": sorted(self.skipped_hours),
                "own": self.own,
                "read_from": self.read_from,
                "rests": {at: until.isoformat() for at, until in self.rests.items()},
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


def _unchanged(answer: Response, validators: Validators, memory: _Memory, now: datetime) -> Batch:
    return Batch(
        validators=validators,
        not_modified=True,
        fresh_for=_longest(memory.ttl, schedule.freshness(answer.headers, now)),
        skipped_hours=memory.skipped_hours,
        moved_to=answer.moved_to,
    )


def _longest(*spans: timedelta | None) -> timedelta | None:
    known = [span for span in spans if span is not None]
    return max(known) if known else None
