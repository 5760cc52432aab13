"""A document of the web: fetched only when it changed, and parsed in the parser child."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from reblogbot.config.settings import SourceSettings
from reblogbot.core import ai_signals, http_headers
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Entry, Validators
from reblogbot.ports import Response, Tools
from reblogbot.sources.shared import meta_refresh
from reblogbot.sources.shared.document_cursor import DocumentCursor
from reblogbot.sources.shared.origins import origin_of
from reblogbot.sources.shared.response_body import ResponseBody, read_bounded

# Errors that a web page causes where the document was expected; it may redirect by a refresh.
_PAGE_INSTEAD = frozenset({"not_a_feed", "not_json", "select_empty", "chouti_shape"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a document gave: its Batch, and the body that it was read from, None when unchanged.

    `ai_refusal` is the signal in its headers that refuses its texts to models, or "" (see `Entry`).
    """

    batch: Batch
    body: ResponseBody | None = None
    ai_refusal: str = ""

    def marked(self, entries: Iterable[Entry]) -> tuple[Entry, ...]:
        """The entries, which were read from the body, with its `ai_refusal`."""
        if not self.ai_refusal:
            return tuple(entries)
        return tuple(replace(entry, ai_refusal=self.ai_refusal) for entry in entries)


@dataclass(frozen=True, slots=True)
class Document:
    """How to fetch and parse the document of a source.

    `parse` is called in the parser child with the body and `arguments`, which are made from the
    kind's own settings. It leaves a Batch's validators empty, unless the body was incomplete and
    must be fetched again.
    """

    settings: SourceSettings
    tools: Tools
    accept: str
    parse: Callable[..., Batch]
    arguments: tuple[Any, ...] = ()

    async def read(
        self, url: str, validators: Validators, *, is_refreshed: bool = False
    ) -> Reading:
        """The document at `url`, or at the address that a page there redirects to by a refresh.

        Such a redirect is followed once; with `is_refreshed` it has been. Raises SourceError.
        """
        now = self.tools.clock.now()
        cursor = DocumentCursor.load(validators.cursor)
        # A body that was parsed with other settings must be parsed again, even if unchanged.
        same_settings = cursor.settings_digest == self._settings_digest()
        response = await self.tools.fetch(
            url,
            headers=self._headers(url),
            validators=validators if same_settings and cursor.is_recent(now) else None,
            validators_from=cursor.read_from,
            accept=self.accept,
            proxy=self.settings.proxy,
        )
        if response.status == 304:
            return Reading(_unchanged(response, validators, cursor, now))
        digest = hashlib.blake2b(response.body, digest_size=16).hexdigest()
        if digest == validators.digest and same_settings:
            cursor = replace(cursor, read_at=now, read_from=origin_of(response.url))
            unchanged = _validators(response, digest, cursor)
            return Reading(_unchanged(response, unchanged, cursor, now))
        body = ResponseBody(
            response.body,
            response.headers.get("content-type", ""),
            response.url,
            self.settings.encoding,
            self.settings.timezone,
            now,
        )
        try:
            batch = await self.tools.offload(read_bounded, self.parse, body, self.arguments)
        except SourceError as error:
            if is_refreshed or error.slug not in _PAGE_INSTEAD:
                raise
            target = await self.tools.offload(meta_refresh.target, body)
            if not target:
                raise
            # The validators of the page say nothing about the document it redirects to.
            redirected = await self.read(target, without_http(validators), is_refreshed=True)
            return from_other_address(redirected)
        cursor = DocumentCursor(
            now,
            batch.fresh_for,
            batch.skipped_hours,
            self._settings_digest(),
            origin_of(response.url),
        )
        is_complete = batch.validators == Validators()
        batch = replace(
            batch,
            validators=_validators(response, digest, cursor)
            if is_complete
            else Validators(cursor=cursor.dump()),
            fresh_for=_longest(batch.fresh_for, http_headers.freshness(response.headers, now)),
            moved_to=response.moved_to,
        )
        refusal = ai_signals.of_headers(response.headers, "the feed").no_ai
        reading = Reading(batch, body, refusal)
        if not refusal:
            return reading
        return replace(reading, batch=replace(batch, entries=reading.marked(batch.entries)))

    def _headers(self, url: str) -> Mapping[str, str]:
        """The configured headers, which may hold secrets: only for the origin of `settings.url`."""
        own_url = self.settings.url
        is_own = not own_url or origin_of(url) == origin_of(own_url)
        return self.settings.headers if is_own else {}

    def _settings_digest(self) -> str:
        if not self.arguments:
            return ""
        return hashlib.blake2b(repr(self.arguments).encode(), digest_size=8).hexdigest()


def without_http(validators: Validators) -> Validators:
    """The validators of a body alone; the ETag of one server means nothing to another."""
    return replace(validators, etag="", last_modified="")


def from_other_address(reading: Reading) -> Reading:
    """What another address than the source's own gave: no validators of HTTP, no move."""
    validators = without_http(reading.batch.validators)
    return replace(reading, batch=replace(reading.batch, validators=validators, moved_to=""))


def _validators(response: Response, digest: str, cursor: DocumentCursor) -> Validators:
    return Validators(
        etag=_sendable(response.headers.get("etag", "")),
        last_modified=_sendable(response.headers.get("last-modified", "")),
        digest=digest,
        cursor=cursor.dump(),
    )


def _sendable(value: str) -> str:
    """The value of a header, "" when it could not be sent back unchanged."""
    return value if value.isascii() and len(value) < 1000 else ""


def _unchanged(
    response: Response, validators: Validators, cursor: DocumentCursor, now: datetime
) -> Batch:
    return Batch(
        validators=validators,
        not_modified=True,
        fresh_for=_longest(cursor.ttl, http_headers.freshness(response.headers, now)),
        skipped_hours=cursor.skipped_hours,
        moved_to=response.moved_to,
    )


def _longest(*spans: timedelta | None) -> timedelta | None:
    given = [span for span in spans if span is not None]
    return max(given) if given else None
