"""One source fetched and read, with nothing decided about its entries yet."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import cast

from reblogbot.config.settings import Config, SourceSettings
from reblogbot.errors import SourceError
from reblogbot.model import Batch, Candidate, Entry, Validators
from reblogbot.ports import (
    Clock,
    Outline,
    OutliningSource,
    ProgressCallback,
    ReadEntries,
    Source,
    read_nothing,
)
from reblogbot.store.records import SourceRecord
from reblogbot.words import Words

log = logging.getLogger(__name__)

MOVED_FOR_GOOD = 3
"""A permanent redirect is believed once it has been the answer this many times in a row."""
MOST_PENDING = 1000
"""Polls of one round that may wait for the result of a slow one before them."""


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a source shows at `polled_at`, or the error that kept us from reading it.

    `settings` are the source's own, with the URL it has moved to. `read` reads entries whole of
    which the batch has only outlines.
    """

    record: SourceRecord
    settings: SourceSettings
    polled_at: datetime
    batch: Batch = field(default_factory=Batch)
    candidates: tuple[Candidate, ...] = ()
    error: SourceError | None = None
    read: ReadEntries = read_nothing


class Poller:
    """Polls sources; changes nothing in the store."""

    def __init__(
        self, config: Config, make_source: Callable[[SourceSettings], Source], clock: Clock
    ) -> None:
        self._config = config
        self._make_source = make_source
        self._clock = clock

    async def poll_all(
        self,
        records: AsyncIterator[SourceRecord],
        stopping: asyncio.Event,
        on_progress: ProgressCallback,
        total: int,
    ) -> AsyncIterator[PollResult]:
        """Poll many sources at once; yield the results in the order of the records (ADR 0006)."""
        pending: deque[asyncio.Task[PollResult]] = deque()
        number = count(1)

        async def first() -> PollResult:
            result = await pending.popleft()
            on_progress("polling", next(number), total)
            return result

        async for record in records:
            if stopping.is_set():
                break
            pending.append(asyncio.create_task(self.poll(record)))
            if len(pending) >= MOST_PENDING:
                yield await first()
        while pending:
            yield await first()

    async def poll(self, record: SourceRecord) -> PollResult:
        """Return what the source shows now."""
        settings = self._config.sources[record.name]
        has_moved = record.moved_times >= MOVED_FOR_GOOD
        if has_moved:
            settings = settings.model_copy(update={"url": record.moved_to})
        # an account that was never served by this source needs every entry, not just the news
        is_learnt = all(name in record.learnt for name in settings.to)
        is_known = is_learnt and not record.address_changed
        validators = record.validators if is_known else Validators()
        # where most entries will be compared or posted, outlines would only be in the way; without
        # dates entries are recognised by their words, which outlines lack
        may_outline = (
            settings.updates != "edit"
            and (is_learnt or settings.first == "none")
            and not record.habits.date_changes
        )
        try:
            outline = await self._fetch(settings, validators, may_outline=may_outline)
        except SourceError as error:
            return PollResult(record, settings, self._clock.now(), error=error)
        batch = outline.batch
        if has_moved and not batch.moved_to:
            # asked at its new address it redirects no more, and still lives there
            batch = replace(batch, moved_to=record.moved_to)
        if not batch.entries:
            return PollResult(record, settings, self._clock.now(), batch)
        # imported when there are entries to recognise: most polls bring none
        from reblogbot.core import bounds  # noqa: PLC0415

        batch = await asyncio.to_thread(bounds.bounded, batch)
        result = PollResult(record, settings, self._clock.now(), batch, read=outline.read)
        return await with_candidates(result)

    async def _fetch(
        self, settings: SourceSettings, validators: Validators, *, may_outline: bool
    ) -> Outline:
        """Return the source's own batch. Raises SourceError, whatever breaks in it."""
        with _source_errors(settings):
            source = self._make_source(settings)
            # `isinstance` with a protocol would take a tenth of a quiet poll
            if may_outline and hasattr(source, "outline"):
                return await cast("OutliningSource", source).outline(validators)
            return Outline(await source.poll(validators))


async def with_candidates(result: PollResult) -> PollResult:
    """Return the result with the candidates of its batch."""
    # imported when there are entries to recognise: most polls bring none
    from reblogbot.core import recognition  # noqa: PLC0415

    candidates = await asyncio.to_thread(
        recognition.candidates, result.record.name, result.batch, result.record.habits
    )
    return replace(result, candidates=candidates)


async def read_whole(result: PollResult, outlines: Sequence[Entry]) -> Sequence[Entry]:
    """Return the whole entries of these outlines, in their order. Raises SourceError."""
    from reblogbot.core import bounds  # noqa: PLC0415

    positions = [entry.outline_position or 0 for entry in outlines]
    with _source_errors(result.settings):
        entries = await result.read(positions)
        if len(entries) != len(positions):
            raise ValueError(f"{len(entries)} of {len(positions)} entries")
    return [bounds.bounded_entry(entry) for entry in entries]


async def without_outlines(result: PollResult) -> PollResult:
    """Return the result with all entries read whole, and their candidates. Raises SourceError."""
    entries = list(result.batch.entries)
    places = [place for place, entry in enumerate(entries) if entry.outline_position is not None]
    whole = await read_whole(result, [entries[place] for place in places])
    for place, entry in zip(places, whole, strict=True):
        entries[place] = replace(entry, outline_position=None)
    batch = replace(result.batch, entries=tuple(entries))
    return await with_candidates(replace(result, batch=batch))


@contextmanager
def _source_errors(settings: SourceSettings) -> Iterator[None]:
    """Turn every error of a source into a SourceError.

    Kinds are written by others, too: a bug of one must not stop all sources.
    """
    try:
        yield
    except SourceError:
        raise
    except Exception as error:
        log.exception("source broke", extra={"source": settings.name})
        broke = Words(
            "the kind {kind} broke with {fault}; please report it",
            kind=settings.kind,
            fault=type(error).__name__,
        )
        raise SourceError("source_broke", broke) from error
