"""Instants in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import overload


@overload
def instant_json(instant: datetime) -> str: ...
@overload
def instant_json(instant: None) -> None: ...
@overload
def instant_json(instant: datetime | None) -> str | None: ...
def instant_json(instant: datetime | None) -> str | None:
    """An instant in UTC, to the second: `2026-11-22T08:00:00Z`."""
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z") if instant else None
