"""The log on stderr: one line per event, as text or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from reblogbot.cli.output import json_text

_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up_logs(style: Literal["text", "json"], verbose: int, *, is_daemon: bool) -> None:
    """Log to stderr: errors; with `verbose`, or for the daemon, events; with two, details."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonFormatter() if style == "json" else TextFormatter())
    # other commands report in their result what failed; the daemon has only its log
    level = (
        logging.DEBUG if verbose > 1 else logging.INFO if verbose or is_daemon else logging.ERROR
    )
    logging.basicConfig(level=logging.WARNING, handlers=[stream], force=True)
    logging.getLogger("reblogbot").setLevel(level)
    # an admin must always learn that a store was migrated, and where its backup is
    logging.getLogger("reblogbot.app").setLevel(min(level, logging.WARNING))


class TextFormatter(logging.Formatter):
    """`2026-11-22T08:00:00Z INFO published source=chouti url=…`, always a single line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        pairs = [f"{key}={_quoted(value)}" for key, value in _fields(record).items()]
        event = _single_line(record.getMessage())
        return " ".join([_instant(record), record.levelname, event, *pairs])


class JsonFormatter(logging.Formatter):
    """The same as one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        line = {
            "at": _instant(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        return json_text(line | _fields(record))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = {key: value for key, value in vars(record).items() if key not in _STANDARD_FIELDS}
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        fields["exception"] = f"{type(error).__name__}: {error}"
        fields["where"] = _raised_at(record)
    return fields


def _raised_at(record: logging.LogRecord) -> str:
    """The innermost module and line of the exception, instead of a traceback."""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def _quoted(value: object) -> str:
    text = _single_line(str(value))
    return json.dumps(text, ensure_ascii=False) if " " in text or "=" in text or not text else text


def _single_line(text: str) -> str:
    """The text without control characters, which could fake a line or command a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def _instant(record: logging.LogRecord) -> str:
    instant = datetime.fromtimestamp(record.created, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
