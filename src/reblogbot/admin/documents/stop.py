"""The document of `stop` and `start`."""

from __future__ import annotations

from typing import TypedDict


class StopDocument(TypedDict):
    """Since when all posting is stopped, and what waits."""

    stopped_at: str | None
    """Null where posting goes on."""
    queued: int
