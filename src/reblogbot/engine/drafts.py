"""Drafts made in the parser child, one by one where a whole batch takes too long."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from reblogbot.core.drafting import Draft, DraftJob, drafts, held_draft
from reblogbot.errors import SourceError
from reblogbot.model import Entry
from reblogbot.ports import ParserPool

log = logging.getLogger(__name__)

AT_ONCE = 50
"""Entries of one call; a call that fails is made again entry by entry."""
ALONE = timedelta(seconds=10)
"""How long one entry may take by itself, in a child that may just have started."""
MOST_SLOW = 3
"""After so many entries that took too long, the rest of a batch is not tried any more."""


class Drafter:
    """Filters and composes the entries of one poll of a source."""

    def __init__(self, parsers: ParserPool, source: str, alone: timedelta = ALONE) -> None:
        self._source = source
        self._many = parsers.share(source)
        self._single = parsers.share(source, alone)
        self._slow = 0

    async def drafts(self, job: DraftJob, entries: Sequence[Entry]) -> list[Draft]:
        """The draft of each entry, in order; that of an entry which took too long is held."""
        made: list[Draft] = []
        for start in range(0, len(entries), AT_ONCE):
            part = replace(job, entries=tuple(entries[start : start + AT_ONCE]))
            made += await self._part(part)
        return made

    async def _part(self, job: DraftJob) -> Sequence[Draft]:
        if self._slow < MOST_SLOW:
            try:
                return await self._many(drafts, job)
            except SourceError as error:
                log.warning(
                    "drafting one by one", extra={"source": self._source, "slug": error.slug}
                )
        return [await self._one(replace(job, entries=(entry,))) for entry in job.entries]

    async def _one(self, job: DraftJob) -> Draft:
        (entry,) = job.entries
        if self._slow >= MOST_SLOW:
            reason = f"not_composed: {MOST_SLOW} other entries of this poll took too long already"
            return held_draft(entry, job, reason)
        try:
            (draft,) = await self._single(drafts, job)
        except SourceError as error:
            self._slow += 1
            reason = f"not_composed: filtering and composing this entry failed ({error.slug})"
            return held_draft(entry, job, reason)
        return draft
