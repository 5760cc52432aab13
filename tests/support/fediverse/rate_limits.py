"""How often a client may ask: the windows of each kind of server, and the headers about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fediverse.profiles import ServerProfile


@dataclass(frozen=True, slots=True)
class Window:
    """So many requests of a family per span, in windows aligned to the epoch."""

    family: str
    count: int
    span: timedelta

    def start(self, now: datetime) -> int:
        seconds = int(self.span.total_seconds())
        return int(now.timestamp()) // seconds * seconds

    def reset(self, now: datetime) -> datetime:
        return datetime.fromtimestamp(self.start(now), UTC) + self.span


class RateLimits:
    """Counts requests; with `count` None nothing is ever refused."""

    def __init__(self, count: int | None) -> None:
        self.count = count
        self._used: Counter[tuple[str, str, int]] = Counter()

    def window(self, profile: ServerProfile, method: str, path: str) -> Window | None:
        """The window that a request counts in, None where the server has no limit."""
        if profile.limited == "nothing":
            return None
        if profile.limited == "requests":
            return Window("requests", self.count or 300, timedelta(minutes=5))
        return _family(method, path, self.count or 300)

    def is_spent(self, window: Window, client: str, now: datetime) -> bool:
        return self.count is not None and self._remaining(window, client, now) <= 0

    def use(self, window: Window, client: str, now: datetime) -> None:
        self._used[window.family, client, window.start(now)] += 1

    def _remaining(self, window: Window, client: str, now: datetime) -> int:
        return window.count - self._used[window.family, client, window.start(now)]

    def headers(self, window: Window, client: str, now: datetime) -> Mapping[str, str]:
        """Mastodon's three headers; the reset is ISO and there is no Retry-After."""
        is_counted = self.count is not None
        remaining = self._remaining(window, client, now) if is_counted else window.count - 1
        return {
            "X-RateLimit-Limit": str(window.count),
            "X-RateLimit-Remaining": str(max(0, remaining)),
            "X-RateLimit-Reset": window.reset(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


def _family(method: str, path: str, count: int) -> Window | None:
    """Mastodon's families: posts and boosts, media, deletions, and everything else."""
    if not path.startswith("/api/"):
        return None
    if method == "POST" and (path == "/api/v1/statuses" or path.endswith("/reblog")):
        return Window("statuses", count, timedelta(hours=3))
    if method == "POST" and path.endswith("/media"):
        return Window("media", 30, timedelta(minutes=30))
    if path.endswith("/unreblog") or (method == "DELETE" and path.startswith("/api/v1/statuses/")):
        return Window("deletes", 30, timedelta(minutes=30))
    return Window("requests", 300, timedelta(minutes=5))
