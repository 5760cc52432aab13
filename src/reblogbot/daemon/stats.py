"""What the running daemon counts: for its admin server and its metrics."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from reblogbot.config.settings import Config
from reblogbot.core.round_report import PollReport
from reblogbot.model import Delivery, DeliveryState

BUCKETS = (60, 300, 900, 1800, 3600, 7200, 21_600, 86_400, 259_200, 604_800)
"""Upper bounds, in seconds, of the time from publication to post."""
MOST_SLUGS = 200
"""Different errors that are counted by their slugs; others count as "other"."""


@dataclass(slots=True)
class Latency:
    """A histogram over BUCKETS of the time from publication to post."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one entry."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.seconds += seconds

    def cumulative(self) -> list[int]:
        """Return how many were at most as long as each bound; the last is all of them."""
        return list(accumulate(self.counts))


class DaemonStats:
    """Counts since the start of the process; `config` is the one in use."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.is_config_ok = True
        """False once the file has changed to one that cannot be used: an older one is in use."""
        self.polls: Counter[str] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()
        self.posts: Counter[tuple[str, str]] = Counter()
        self.latencies: dict[str, Latency] = {}
        self._started = time.monotonic()
        self._ticked_at: float | None = None

    def polled(self, poll: PollReport) -> None:
        """Count a poll by its outcome and its error."""
        self.polls[poll.outcome] += 1
        if poll.slug:
            self._failed("poll", poll.slug)

    def delivered(self, account: str, changed: Iterable[Delivery], slugs: Iterable[str]) -> None:
        """Count what was sent, how old it was then, and the errors of failed attempts."""
        for delivery in changed:
            # one with an error was to be retracted, and stands at the server still
            if delivery.state != DeliveryState.SENT or delivery.error:
                continue
            self.posts[account, delivery.post.action] += 1
            since = delivery.published_at or delivery.queued_at
            if delivery.settled_at is not None:
                latency = self.latencies.setdefault(account, Latency())
                latency.add(max(0.0, (delivery.settled_at - since).total_seconds()))
        for slug in slugs:
            self._failed("delivery", slug)

    def ticked(self) -> None:
        """Note that a tick found all due work done."""
        self._ticked_at = time.monotonic()

    def tick_age(self) -> float:
        """Return the seconds since the last tick, or since the start."""
        return time.monotonic() - (self._ticked_at or self._started)

    def round_age(self) -> float | None:
        """Return the seconds since all that was due was last done; None before the first time."""
        return None if self._ticked_at is None else self.tick_age()

    def _failed(self, stage: str, slug: str) -> None:
        # slugs of sources that others wrote may be anything
        has_place = (stage, slug) in self.failures or len(self.failures) < MOST_SLUGS
        is_slug = re.fullmatch("[a-z0-9_]{1,60}", slug) is not None
        self.failures[stage, slug if has_place and is_slug else "other"] += 1
