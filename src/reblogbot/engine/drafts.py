"""Entries filtered and composed in the parser child; one by one where a call takes too long."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from reblogbot.core.drafting import Draft, DraftJob, drafts, held_draft
from reblogbot.errors import SourceError
from reblogbot.model import Entry
from reblogbot.ports import ParserPool
from reblogbot.words import Words

log = logging.getLogger(__name__)

ENTRIES_PER_CALL = 50
"""A call that fails is made again entry by entry."""
ENTRY_DEADLINE = timedelta(seconds=10)
"""How long one entry may take by itself, in a child that may just have started."""
MOST_FAILURES = 3
"""After so many entries that failed or took too long, the rest of a poll is not tried any more."""


class Drafter:
    """Filters and composes the entries of one poll of a source."""

    def __init__(
        self, parsers: ParserPool, source: str, deadline: timedelta = ENTRY_DEADLINE
    ) -> None:
        self._source = source
        self._many = parsers.share(source)
        self._single = parsers.share(source, deadline)
        self._failures = 0

    async def drafts(self, job: DraftJob, entries: Sequence[Entry]) -> list[Draft]:
        """Return the draft of each entry, in order; that of an entry that failed is held."""
        result: list[Draft] = []
        for start in range(0, len(entries), ENTRIES_PER_CALL):
            part = tuple(entries[start : start + ENTRIES_PER_CALL])
            result += await self._draft_part(replace(job, entries=part))
        return result

    async def _draft_part(self, job: DraftJob) -> Sequence[Draft]:
        if self._failures < MOST_FAILURES:
            try:
                return await self._many(drafts, job)
            except SourceError as error:
                log.warning(
                    "drafting one by one", extra={"source": self._source, "slug": error.slug}
                )
        return [await self._draft_single(entry, job) for entry in job.entries]

    async def _draft_single(self, entry: Entry, job: DraftJob) -> Draft:
        if self._failures >= MOST_FAILURES:
            reason = Words(
                "{count} other entries of this poll took too long already", count=MOST_FAILURES
            )
            return held_draft(entry, job, Words("not_composed: {reason}", reason=reason))
        try:
            (draft,) = await self._single(drafts, replace(job, entries=(entry,)))
        except SourceError as error:
            self._failures += 1
            reason = Words("filtering and composing this entry failed ({slug})", slug=error.slug)
            return held_draft(entry, job, Words("not_composed: {reason}", reason=reason))
        return draft
