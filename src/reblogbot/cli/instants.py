"""Instants as they are written on the command line."""

from __future__ import annotations

from datetime import UTC, datetime

from reblogbot.config.values import read_span
from reblogbot.errors import ConfigError


def read_instant(option: str, written: str | None, now: datetime) -> datetime | None:
    """The instant that an option names: a time span ago, or a date or time in the local zone.

    `7d`, `36h`, `2026-11-20`, `2026-11-20 17:30`; None for None. Raises ConfigError.
    """
    if written is None:
        return None
    text = written.strip()
    try:
        return now - read_span(text)
    except ValueError:
        pass
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            "usage",
            f'{option}: "{written}" is neither a time span nor a date; write 36h, 7d, 2026-11-20'
            ' or "2026-11-20 17:30"',
        ) from error
    try:
        # a time without a zone is local
        return instant.astimezone(UTC)
    except (OverflowError, ValueError):
        # at an end of the calendar no zone matters
        return instant.replace(tzinfo=UTC)
