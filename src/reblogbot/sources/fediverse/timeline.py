"""How far back a timeline is read in one poll, so that nothing between two polls is missed.

A timeline is read from its newest page downwards until a page shows only items that were there at
the last poll. `since_id` and `min_id` are not used: some servers ignore them, and statuses that
reach a server late are sorted in below newer ones. The order is the server's, never that of ids.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from reblogbot.sources.fediverse.timeline_cursor import TimelineCursor, bounded_marks, mark_of

log = logging.getLogger(__name__)

MAX_PAGES = 20
"""The most pages that one poll reads; the next poll goes on where it ended."""
MAX_SECONDS = 120.0
"""How long a poll goes on reading; the lease of a source is longer."""
FIRST_POLL_PAGES = 3
# Statuses that reach the server so much too late are still looked for, on so many known pages.
_LATENESS = timedelta(minutes=30)
_LATE_PAGES = 3
# Where items have no dates, everything below the known ones is history.
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One item of a timeline: its id, when it came there, and its JSON or activity."""

    id: str
    at: datetime | None
    element: Any

    @property
    def mark(self) -> str:
        return mark_of(self.id)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Items, the newest first, and the argument that fetches the next page, "" for none.

    A page that `is_short` has fewer items than were requested.
    """

    items: tuple[TimelineItem, ...]
    older: str = ""
    is_short: bool = False


class Timeline(Protocol):
    """A list that is read page by page, the newest items first."""

    async def page(self, older: str) -> TimelinePage:
        """The page that `older` leads to, "" for the newest. Raises SourceError."""
        ...

    async def longest(self) -> TimelinePage | None:
        """The longest page that the server gives, for servers that ignore how to page."""
        ...


@dataclass(slots=True)
class _Budget:
    """The pages and the time that one poll may still spend."""

    pages: int
    until: float = field(default_factory=lambda: asyncio.get_running_loop().time() + MAX_SECONDS)

    def spend(self) -> bool:
        """True when one more page may be read."""
        self.pages -= 1
        return self.pages >= 0 and asyncio.get_running_loop().time() < self.until


@dataclass(slots=True)
class _Section:
    """Items read without interruption; `older` is where to go on, "" when there is no need."""

    items: list[TimelineItem] = field(default_factory=list)
    older: str = ""
    reaches_end: bool = False

    def add(self, page: TimelinePage) -> bool:
        """True when the page has an item that is not in this section yet."""
        ids = {item.id for item in self.items}
        fresh = {item.id: item for item in page.items if item.id not in ids}
        self.items += fresh.values()
        return bool(fresh)

    def marks(self) -> list[str]:
        return [item.mark for item in self.items]

    def drop_history(self, cursor: TimelineCursor) -> TimelineCursor:
        """Remove items from before the first poll; the cursor that knows them as history.

        They appear when newer items are deleted, always below all known items.
        """
        known_marks, history, since = set(cursor.known_marks), set(cursor.history), cursor.since
        last_known = max(
            (at for at, mark in enumerate(self.marks()) if mark in known_marks), default=-1
        )
        dropped = {
            item.id: item.mark
            for item in self.items[last_known + 1 :]
            if item.mark in history
            or (since is not None and (item.at < since if item.at else last_known >= 0))
        }
        self.items = [item for item in self.items if item.id not in dropped]
        return replace(cursor, history=bounded_marks([*dropped.values(), *cursor.history]))


async def catch_up(
    timeline: Timeline,
    cursor: TimelineCursor,
    now: datetime,
    first: str | int = "none",
    per_page: int = 40,
) -> tuple[list[TimelineItem], TimelineCursor]:
    """All items since the last poll, newest first, among known ones; and the new cursor.

    The first poll reads as many pages as the setting `first` needs; with "none", it ends at the
    first short page. When the pages of one poll do not reach down to the known items, the next
    polls read the rest before anything newer. Raises SourceError.
    """
    if cursor.read_at is None:
        budget = _Budget(first_pages(first, per_page))
        section = await _read(timeline, "", cursor, None, budget, ends_short=first == "none")
        dates = [item.at for item in section.items if item.at]
        since = None if section.reaches_end else min(dates, default=_END_OF_TIME)
        known_marks = bounded_marks(section.marks())
        return section.items, replace(cursor, known_marks=known_marks, since=since, read_at=now)
    late = cursor.read_at - _LATENESS
    items: list[TimelineItem] = []
    budget = _Budget(MAX_PAGES)
    if cursor.gap:
        lower = await _read(timeline, cursor.gap, cursor, None, budget)
        cursor = lower.drop_history(cursor)
        items = lower.items
        if lower.older:
            return items, replace(cursor, gap=lower.older)
        known_marks = bounded_marks([*cursor.above_gap, *lower.marks(), *cursor.known_marks])
        cursor = replace(cursor, known_marks=known_marks, above_gap=(), gap="")
    if budget.pages <= 0:
        return items, cursor
    upper = await _read(timeline, "", cursor, late, budget)
    cursor = replace(upper.drop_history(cursor), read_at=now)
    items = upper.items + items
    if upper.older:
        above_gap = bounded_marks(upper.marks())
        return items, replace(cursor, above_gap=above_gap, gap=upper.older)
    return items, replace(cursor, known_marks=bounded_marks([*upper.marks(), *cursor.known_marks]))


def first_pages(first: str | int, per_page: int) -> int:
    """The number of pages that the first poll reads, by the setting `first`."""
    if first == "all":
        return MAX_PAGES
    needed = first // per_page + 1 if isinstance(first, int) else 0
    return max(FIRST_POLL_PAGES, min(needed, MAX_PAGES))


async def _read(
    timeline: Timeline,
    start: str,
    cursor: TimelineCursor,
    late: datetime | None,
    budget: _Budget,
    *,
    ends_short: bool = False,
) -> _Section:
    """From `start` down to the known items, to the end, or as far as the budget allows.

    Below the known items, a few pages that are newer than `late` are read as well. With
    `ends_short` the section ends at the first short page.
    """
    section = _Section(older=start)
    marks, known_pages = {*cursor.known_marks, *cursor.history}, 0
    while budget.spend():
        page = await timeline.page(section.older)
        is_fresh = section.add(page)
        section.reaches_end = not page.items or (is_fresh and not page.older)
        if page.items and not is_fresh:
            await _add_longest(timeline, section)
        section.older = page.older
        if not page.older or not is_fresh or (ends_short and page.is_short):
            section.older = ""
            return section
        if all(item.mark in marks for item in page.items):
            known_pages += 1
            if known_pages >= _LATE_PAGES or not _is_after(late, page.items):
                section.older = ""
                return section
    return section


async def _add_longest(timeline: Timeline, section: _Section) -> None:
    """Add what can be had from a server that sends the same page for every argument."""
    page = await timeline.longest()
    if page is None or not section.add(page):
        log.info("timeline has no further page", extra={"shown": len(section.items)})


def _is_after(late: datetime | None, items: Iterable[TimelineItem]) -> bool:
    """True when all items have come after `late`, as far as they have dates."""
    dates = [item.at for item in items if item.at]
    return late is not None and bool(dates) and min(dates) > late
