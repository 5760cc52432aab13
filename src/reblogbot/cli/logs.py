"""The log: one line per event on stderr, as text or as JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

from reblogbot.cli.words import harmless_json

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def set_up_logs(style: Literal["text", "json"], verbose: int, *, speaks: bool) -> None:
    """Log to stderr: errors; with `verbose`, or for a command that `speaks`, what happens too."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonLines() if style == "json" else TextLines())
    # a command that prints a result says there what failed; a daemon has nothing but its log
    level = logging.DEBUG if verbose > 1 else logging.INFO if verbose or speaks else logging.ERROR
    logging.basicConfig(level=logging.WARNING, handlers=[stream], force=True)
    logging.getLogger("reblogbot").setLevel(level)
    # a store that was migrated, and where its backup lies, is told whatever the level
    logging.getLogger("reblogbot.app").setLevel(min(level, logging.WARNING))


class TextLines(logging.Formatter):
    """`2026-11-22T08:00:00Z INFO published source=chouti url=…`, whatever a value holds."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        pairs = [f"{key}={_shown(value)}" for key, value in _fields(record).items()]
        words = [_instant(record), record.levelname, _plain(record.getMessage()), *pairs]
        return " ".join(words)


class JsonLines(logging.Formatter):
    """The same as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": _instant(record),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        return harmless_json(line | _fields(record))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
    if record.exc_info and record.exc_info[1] is not None:
        error = record.exc_info[1]
        fields["exception"] = f"{type(error).__name__}: {error}"
        fields["where"] = _where(record)
    return fields


def _where(record: logging.LogRecord) -> str:
    """The innermost place of the error: enough to find it, and no traceback."""
    trace = record.exc_info[2] if record.exc_info else None
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def _shown(value: object) -> str:
    text = _plain(str(value))
    return json.dumps(text, ensure_ascii=False) if " " in text or "=" in text or not text else text


def _plain(text: str) -> str:
    """The text without control characters: one event is one line, and no terminal obeys it."""
    return "".join(char if char.isprintable() else " " for char in text)


def _instant(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
