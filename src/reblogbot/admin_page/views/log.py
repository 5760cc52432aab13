"""The page "Log": the last lines of the daemon's log."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reblogbot.admin_page.log_buffer import LogLine
from reblogbot.admin_page.request import Page, PageRequest, Reply, Route
from reblogbot.admin_page.story import level_number

PAGE_SIZE = 80
"""Lines of a page."""
MAX_PAGE_LENGTH = 25_000
"""Characters of the lines of a page, which may so have fewer than PAGE_SIZE."""
MAX_FILTER = 200
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_LINKED_FIELDS = frozenset({"source", "account", "id"})


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are meant: of this level or worse, and with the text in any part; "" for any."""

    level: str = ""
    source: str = ""
    account: str = ""
    text: str = ""

    def matches(self, line: LogLine) -> bool:
        """Whether the line is meant."""
        if self.level and level_number(line.level) < level_number(self.level):
            return False
        if self.source and line.fields.get("source") != self.source:
            return False
        if self.account and line.fields.get("account") != self.account:
            return False
        wanted = self.text.casefold()
        parts = (line.text, *line.fields.values())
        return not wanted or any(wanted in part.casefold() for part in parts)


def show(request: PageRequest) -> Reply:
    """The page: the newest lines first."""
    level = request.value("level").upper()
    chosen = LogFilter(
        level if level in LEVELS else "",
        request.value("source")[:MAX_FILTER],
        request.value("account")[:MAX_FILTER],
        request.value("text")[:MAX_FILTER],
    )
    before = request.number("before")
    lines = request.tools.log.lines()
    matching = [
        line
        for line in reversed(lines)
        if (not before or line.number < before) and chosen.matches(line)
    ]
    listed = list(_page_of(matching))
    values = {
        "chosen": chosen,
        "levels": LEVELS,
        "lines": [(line, _other_fields(line), _is_trouble(line)) for line in listed],
        "total": len(lines),
        "sources": _names(lines, "source"),
        "accounts": _names(lines, "account"),
        "is_first": not before,
        "older": listed[-1].number if len(listed) < len(matching) else 0,
    }
    return Page("log.html", values)


def _page_of(lines: Iterable[LogLine]) -> Iterator[LogLine]:
    length = 0
    for number, line in enumerate(lines):
        length += len(line.text) + sum(map(len, line.fields.values()))
        if number and (number >= PAGE_SIZE or length > MAX_PAGE_LENGTH):
            return
        yield line


def _names(lines: Sequence[LogLine], field: str) -> list[str]:
    """The sources or accounts of which there are lines."""
    names = {line.fields[field] for line in lines if field in line.fields}
    return sorted(names)[:100]


def _other_fields(line: LogLine) -> list[tuple[str, str]]:
    return [(name, value) for name, value in line.fields.items() if name not in _LINKED_FIELDS]


def _is_trouble(line: LogLine) -> bool:
    return level_number(line.level) >= logging.WARNING


ROUTES = (Route("GET", "/log", show),)
