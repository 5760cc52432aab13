"""How often one may ask: the windows of each kind of server, and the headers that tell of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reblogbot.sandbox.profiles import Profile


@dataclass(frozen=True, slots=True)
class Window:
    """So many of a family per span, in windows aligned to the epoch."""

    family: str
    count: int
    span: timedelta

    def start(self, now: datetime) -> int:
        seconds = int(self.span.total_seconds())
        return int(now.timestamp()) // seconds * seconds

    def reset(self, now: datetime) -> datetime:
        return datetime.fromtimestamp(self.start(now), UTC) + self.span


class Limits:
    """Counts what was asked; with `count` None nothing is ever refused."""

    def __init__(self, count: int | None) -> None:
        self.count = count
        self._used: Counter[tuple[str, str, int]] = Counter()

    def window(self, profile: Profile, method: str, path: str) -> Window | None:
        """The window a request falls into, None where the server knows no limit."""
        if profile.limited == "nothing":
            return None
        if profile.limited == "requests":
            return Window("requests", self.count or 300, timedelta(minutes=5))
        return _family(method, path, self.count or 300)

    def is_spent(self, window: Window, who: str, now: datetime) -> bool:
        return self.count is not None and self._left(window, who, now) <= 0

    def use(self, window: Window, who: str, now: datetime) -> None:
        self._used[window.family, who, window.start(now)] += 1

    def _left(self, window: Window, who: str, now: datetime) -> int:
        return window.count - self._used[window.family, who, window.start(now)]

    def headers(self, window: Window, who: str, now: datetime) -> Mapping[str, str]:
        """Mastodon's three headers; the reset is ISO and there is no Retry-After."""
        left = self._left(window, who, now) if self.count is not None else window.count - 1
        return {
            "X-RateLimit-Limit": str(window.count),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": window.reset(now).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }


def _family(method: str, path: str, count: int) -> Window | None:
    """Mastodon's families: posts and boosts, media, taking away, and all the rest."""
    if not path.startswith("/api/"):
        return None
    if method == "POST" and (path == "/api/v1/statuses" or path.endswith("/reblog")):
        return Window("statuses", count, timedelta(hours=3))
    if method == "POST" and path.endswith("/media"):
        return Window("media", 30, timedelta(minutes=30))
    if path.endswith("/unreblog") or (method == "DELETE" and path.startswith("/api/v1/statuses/")):
        return Window("deletes", 30, timedelta(minutes=30))
    return Window("requests", 300, timedelta(minutes=5))
