"""Fallbacks: a source that can be read at several addresses, tried in their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from reblogbot.errors import SourceError
from reblogbot.model import Batch, Validators
from reblogbot.sources.shared.document import (
    Document,
    Reading,
    from_other_address,
    without_http,
)
from reblogbot.sources.shared.document_cursor import DocumentCursor
from reblogbot.sources.shared.origins import origin_of
from reblogbot.web.addresses import redacted_url
from reblogbot.words import Words

# An origin that fails like this fails at its other addresses too.
_UNREACHABLE = frozenset(
    {"dns_failed", "tls_failed", "connection_failed", "proxy_failed", "address_refused"}
)


async def poll_document(document: Document, validators: Validators) -> Batch:
    """The Batch of the document at the source's `url` or, while that fails, of its `fallbacks`.

    Raises the SourceError of `url`.
    """
    return (await read_document(document, validators)).batch


async def read_document(document: Document, validators: Validators) -> Reading:
    """The same Batch with the body that it was read from."""
    urls = dict.fromkeys((document.settings.url, *document.settings.fallbacks))
    now = document.tools.clock.now()
    return await read_first([(url, document) for url in urls], validators, now)


async def read_first(
    candidates: Sequence[tuple[str, Document]], validators: Validators, now: datetime
) -> Reading:
    """What the first of `candidates`, URLs and how to read them, gives that can be read.

    An origin that answers with 429 or Retry-After is skipped for the rest of this poll; one that
    named a time is skipped until then, as long as another candidate can be read.
    Raises the SourceError of the first candidate, with the names of the others.
    """
    stored = DocumentCursor.load(validators.cursor).rests
    rests = {origin: until for origin, until in stored.items() if until > now}
    allowed = [each for each in candidates if origin_of(each[0]) not in rests] or candidates
    failures: dict[str, SourceError] = {}
    skipped: set[str] = set()
    for url, document in allowed:
        origin = origin_of(url)
        if origin in skipped:
            continue
        is_first = url == candidates[0][0]
        try:
            reading = await document.read(url, validators if is_first else without_http(validators))
        except SourceError as error:
            failures[url] = error
            if error.asks_to_wait or error.slug in _UNREACHABLE:
                skipped.add(origin)
            if error.retry_at is not None:
                rests[origin] = error.retry_at
            continue
        return _with_rests(reading if is_first else from_other_address(reading), rests)
    raise _combined(failures)


def _with_rests(reading: Reading, rests: Mapping[str, datetime]) -> Reading:
    validators = reading.batch.validators
    cursor = replace(DocumentCursor.load(validators.cursor), rests=dict(rests))
    validators = replace(validators, cursor=cursor.dump())
    return replace(reading, batch=replace(reading.batch, validators=validators))


def _combined(failures: Mapping[str, SourceError]) -> SourceError:
    """The first failure, whose message names the others."""
    (_, error), *others = failures.items()
    also = ", ".join(f"{redacted_url(url)} ({other.slug})" for url, other in others)
    message = (
        Words("{message}; these failed too: {also}", message=error.message, also=also)
        if also
        else error.message
    )
    return SourceError(error.slug, message, outcome=error.outcome, retry_at=error.retry_at)
