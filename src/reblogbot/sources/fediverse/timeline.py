"""How far back a timeline is read in one poll, so that nothing between two polls is missed.

A timeline is read from its newest page downwards until it shows only what was there last time.
`since_id` and `min_id` are not asked for: some servers ignore them, and what reaches a server
late is sorted in below them. Order is the server's own, never that of ids. What was there last
time is kept as marks of ids; the store's seen set decides what is new, the marks only save work.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

log = logging.getLogger(__name__)

PAGES = 20
"""The most pages read in one poll; the next one goes on where it ended."""
SECONDS = 120.0
"""How long a poll goes on reading; a lease on a source lasts longer."""
FIRST_PAGES = 3
_MARK = 8
_KEPT = 240
# what reaches a server so much too late is still looked for, on so many pages
_LATE = timedelta(minutes=30)
_LATE_PAGES = 3
# where nobody knows how old an element is, all below the known ones is history
_ALL = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """One element of a timeline: what it is recognised by, when it came there, and itself."""

    id: str
    at: datetime | None
    element: Any

    @property
    def mark(self) -> str:
        """Eight characters that tell one id from another."""
        octets = self.id.encode("utf-8", "surrogatepass")
        return base64.b64encode(hashlib.blake2b(octets, digest_size=6).digest()).decode()


@dataclass(frozen=True, slots=True)
class Page:
    """Elements, the newest first, and by which word the next page is asked for, "" for none.

    A page that `is_short` has fewer elements than were asked for.
    """

    shown: tuple[Shown, ...]
    older: str = ""
    is_short: bool = False


class Timeline(Protocol):
    """Something that shows its newest elements first, page by page."""

    async def page(self, older: str) -> Page:
        """The page that `older` leads to, "" to the newest. Raises SourceError."""
        ...

    async def longest(self) -> Page | None:
        """As much as can be had at once, from a server that knows no way to the next page."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a timeline between polls.

    `own` tells with which keys of the config it was read, `place` what they were found to mean.
    `known` are the marks of what was there, newest first. While a gap is open, reading goes on
    at `gap`; `above` are the marks of what stands over it and `known` of what stands below.
    What came there before `since` was there before we first looked; `passed` are the marks of
    what of it came into sight all the same.
    """

    own: str = ""
    place: str = ""
    known: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    gap: str = ""
    passed: tuple[str, ...] = ()
    since: datetime | None = None
    read_at: datetime | None = None

    @classmethod
    def of(cls, cursor: str, own: str) -> Memory:
        """What a cursor holds; nothing when it was read with other keys of the config."""
        try:
            kept = json.loads(cursor)
            memory = cls(
                str(kept["own"]),
                str(kept["place"]),
                _apart(kept["known"]),
                _apart(kept["above"]),
                str(kept["gap"]),
                _apart(kept["passed"]),
                _instant(kept["since"]),
                _instant(kept["read_at"]),
            )
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls(own)
        return memory if memory.own == own else cls(own)

    def cursor(self) -> str:
        """The memory as text."""
        kept = {
            "own": self.own,
            "place": self.place,
            "known": "".join(self.known),
            "above": "".join(self.above),
            "gap": self.gap,
            "passed": "".join(self.passed),
            "since": self.since.isoformat() if self.since else "",
            "read_at": self.read_at.isoformat() if self.read_at else "",
        }
        return json.dumps(kept)

    def without(self, shown: Iterable[Shown]) -> Memory:
        """The memory of a poll that could not finish these: the next one meets them anew."""
        marks = {one.mark for one in shown}
        known = tuple(mark for mark in self.known if mark not in marks)
        return replace(
            self, known=known, above=tuple(one for one in self.above if one not in marks)
        )


@dataclass(slots=True)
class _Budget:
    """What one poll may still spend on reading."""

    pages: int
    until: float = field(default_factory=lambda: asyncio.get_running_loop().time() + SECONDS)

    def spend(self) -> bool:
        """Whether one more page may be read."""
        self.pages -= 1
        return self.pages >= 0 and asyncio.get_running_loop().time() < self.until


@dataclass(slots=True)
class _Stretch:
    """What was read in one go; `older` is where it has to go on, "" when it need not."""

    shown: list[Shown] = field(default_factory=list)
    older: str = ""
    is_to_the_end: bool = False

    def add(self, page: Page) -> bool:
        """Whether the page showed anything this stretch has not shown yet."""
        ids = {one.id for one in self.shown}
        fresh = {one.id: one for one in page.shown if one.id not in ids}
        self.shown += fresh.values()
        return bool(fresh)

    def marks(self) -> list[str]:
        """The marks of its elements, in their order."""
        return [one.mark for one in self.shown]

    def leave_history(self, memory: Memory) -> Memory:
        """Take out what was there before we first looked; the memory with it passed.

        It comes into sight when newer elements are deleted, always below all that is known.
        """
        known, passed, since = set(memory.known), set(memory.passed), memory.since
        last = max((at for at, mark in enumerate(self.marks()) if mark in known), default=-1)
        past = {
            one.id: one.mark
            for one in self.shown[last + 1 :]
            if one.mark in passed
            or (since is not None and (one.at < since if one.at else last >= 0))
        }
        self.shown = [one for one in self.shown if one.id not in past]
        return replace(memory, passed=_kept([*past.values(), *memory.passed]))


async def catch_up(
    timeline: Timeline,
    memory: Memory,
    now: datetime,
    first: str | int = "none",
    per_page: int = 40,
) -> tuple[list[Shown], Memory]:
    """All that came since the last poll, newest first, amid what was there; and the new memory.

    A first reading takes as many pages as `first`, the setting of that name, asks for; where that
    is none, it ends with the first page that is short. Where the pages of one poll do not reach
    down to what is known, the rest is read by the next polls, before anything newer.
    Raises SourceError.
    """
    if memory.read_at is None:
        budget = _Budget(first_pages(first, per_page))
        top = await _read(timeline, "", memory, None, budget, ends_short=first == "none")
        dates = [one.at for one in top.shown if one.at]
        since = None if top.is_to_the_end else min(dates, default=_ALL)
        return top.shown, replace(memory, known=_kept(top.marks()), since=since, read_at=now)
    late = memory.read_at - _LATE
    found: list[Shown] = []
    budget = _Budget(PAGES)
    if memory.gap:
        lower = await _read(timeline, memory.gap, memory, None, budget)
        memory = lower.leave_history(memory)
        found = lower.shown
        if lower.older:
            return found, replace(memory, gap=lower.older)
        marks = _kept([*memory.above, *lower.marks(), *memory.known])
        memory = replace(memory, known=marks, above=(), gap="")
    if budget.pages <= 0:
        return found, memory
    upper = await _read(timeline, "", memory, late, budget)
    memory = replace(upper.leave_history(memory), read_at=now)
    found = upper.shown + found
    if upper.older:
        return found, replace(memory, above=_kept(upper.marks()), gap=upper.older)
    return found, replace(memory, known=_kept([*upper.marks(), *memory.known]))


def first_pages(first: str | int, per_page: int) -> int:
    """How many pages a first reading takes, where `first` says how much of it is posted."""
    if first == "all":
        return PAGES
    wanted = first // per_page + 1 if isinstance(first, int) else 0
    return max(FIRST_PAGES, min(wanted, PAGES))


async def _read(
    timeline: Timeline,
    start: str,
    memory: Memory,
    late: datetime | None,
    budget: _Budget,
    *,
    ends_short: bool = False,
) -> _Stretch:
    """From `start` down to what is known, to the end, or as far as the budget goes.

    With `ends_short` no further than to the first page that is short.

    Below what is known, pages that are no older than `late` are looked through as well.
    """
    stretch = _Stretch(older=start)
    marks, familiar = {*memory.known, *memory.passed}, 0
    while budget.spend():
        page = await timeline.page(stretch.older)
        is_fresh = stretch.add(page)
        stretch.is_to_the_end = not page.shown or (is_fresh and not page.older)
        if page.shown and not is_fresh:
            await _widen(timeline, stretch)
        if not page.older or not is_fresh:
            stretch.older = ""
            return stretch
        if ends_short and page.is_short:
            stretch.older = ""
            return stretch
        stretch.older = page.older
        if all(one.mark in marks for one in page.shown):
            familiar += 1
            if familiar >= _LATE_PAGES or not _reaches_late(page, late):
                stretch.older = ""
                return stretch
    return stretch


async def _widen(timeline: Timeline, stretch: _Stretch) -> None:
    """Make the best of a server that shows the same page whatever it is asked for."""
    page = await timeline.longest()
    if page is None or not stretch.add(page):
        log.info("timeline has no further page", extra={"shown": len(stretch.shown)})


def _reaches_late(page: Page, late: datetime | None) -> bool:
    dates = [one.at for one in page.shown if one.at]
    return late is not None and bool(dates) and min(dates) > late


def _kept(marks: Iterable[str]) -> tuple[str, ...]:
    """Each once, and no more than are worth keeping."""
    return tuple(dict.fromkeys(marks))[:_KEPT]


def _apart(joined: str) -> tuple[str, ...]:
    if not isinstance(joined, str):
        raise TypeError(joined)
    return tuple(joined[at : at + _MARK] for at in range(0, len(joined), _MARK))


def _instant(written: str) -> datetime | None:
    instant = datetime.fromisoformat(written) if written else None
    if instant is not None and instant.tzinfo is None:
        raise ValueError(written)
    return instant
