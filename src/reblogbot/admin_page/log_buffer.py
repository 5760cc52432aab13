"""The last lines of the daemon's log, kept in memory for the page."""

from __future__ import annotations

import itertools
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MAX_LINES = 1000
MAX_LENGTH = 1000
"""Characters of a line's text; the rest is cut off."""
MAX_FIELD_LENGTH = 400
MAX_FIELDS = 12


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log. `number` grows by one with each line."""

    number: int
    at: datetime
    level: str
    text: str
    fields: dict[str, str]


class LogBuffer(logging.Handler):
    """Keeps the last MAX_LINES lines."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[LogLine] = deque(maxlen=MAX_LINES)
        self._numbers = itertools.count(1)
        self.newest = 0
        """The number of the last line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line. One that cannot be formatted must not fail in the code that logs it."""
        try:
            self._keep(record)
        except Exception:  # noqa: BLE001  as in every handler of the standard library
            self.handleError(record)

    def _keep(self, record: logging.LogRecord) -> None:
        at = datetime.fromtimestamp(record.created, UTC)
        text = record.getMessage()[:MAX_LENGTH]
        line = LogLine(next(self._numbers), at, record.levelname, text, _fields(record))
        self._lines.append(line)
        self.newest = line.number

    def lines(self, after: int = 0) -> Sequence[LogLine]:
        """The lines after the one of this number, oldest first."""
        return [line for line in self._lines.copy() if line.number > after]


def _fields(record: logging.LogRecord) -> dict[str, str]:
    fields = {
        key: str(value)[:MAX_FIELD_LENGTH]
        for key, value in vars(record).items()
        if key not in _STANDARD_FIELDS
    }
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        fields["exception"] = f"{type(error).__name__}: {error}"[:MAX_FIELD_LENGTH]
    return dict(itertools.islice(fields.items(), MAX_FIELDS))


_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
