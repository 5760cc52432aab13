"""The robots.txt of each site whose pages are read for their text, fetched once a day."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from reblogbot.core.ai_signals import TextRules
from reblogbot.errors import SourceError
from reblogbot.media.robots_txt import MAX_BYTES, rules_for
from reblogbot.ports import Clock, Offload, Response
from reblogbot.sources.shared.origins import origin_of

KEPT_FOR = timedelta(days=1)
"""RFC 9309 §2.4 allows no longer use of a copy."""
FAILURE_KEPT_FOR = timedelta(minutes=10)
MOST_KEPT_BYTES = 4_000_000
MOST_KEPT = 1_000

# Answers that mean that there is no robots.txt, so that everything is allowed (RFC 9309 §2.3.1).
_ABSENT = frozenset({"http_status", "gone", "redirect_refused"})


class FetchPage(Protocol):
    """A Fetch with the settings of a source."""

    async def __call__(self, url: str, *, accept: str) -> Response:
        """Return the response. Raises SourceError."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    until: datetime
    body: bytes = b""
    error: SourceError | None = None


class RobotsFiles:
    """The robots.txt of each origin, kept in memory; the ones that were used last, of a bound."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        # weakly kept: only origins in use have a lock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def rules(self, url: str, fetch: FetchPage, offload: Offload) -> TextRules:
        """The rules for the page at `url`.

        Raises SourceError where the file cannot be had now: the page must not be read either.
        """
        kept = await self._file(origin_of(url), url, fetch)
        if kept.error is not None:
            raise kept.error
        return await offload(rules_for, kept.body, url) if kept.body else TextRules()

    async def _file(self, origin: str, url: str, fetch: FetchPage) -> _Kept:
        lock = self._locks.setdefault(origin, asyncio.Lock())
        async with lock:
            kept = self._kept.get(origin)
            if kept is None or kept.until <= self._clock.now():
                kept = await self._fetched(_address(url), fetch)
                self._kept[origin] = kept
            self._kept.move_to_end(origin)
            self._forget_oldest()
            return kept

    async def _fetched(self, address: str, fetch: FetchPage) -> _Kept:
        try:
            response = await fetch(address, accept="text/plain, */*;q=0.1")
        except SourceError as error:
            now = self._clock.now()
            if error.slug in _ABSENT:
                return _Kept(now + KEPT_FOR)
            return _Kept(now + FAILURE_KEPT_FOR, error=error)
        return _Kept(self._clock.now() + KEPT_FOR, response.body[: MAX_BYTES + 1])

    def _forget_oldest(self) -> None:
        size = sum(len(each.body) for each in self._kept.values())
        while size > MOST_KEPT_BYTES or len(self._kept) > MOST_KEPT:
            _, oldest = self._kept.popitem(last=False)
            size -= len(oldest.body)


def _address(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/robots.txt"
