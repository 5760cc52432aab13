"""What the program says: results to stdout, complaints to stderr, JSON where it was asked for."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from reblogbot.errors import ConfigError, Exit, ReblogbotError

if TYPE_CHECKING:
    from rich.console import Console

    from reblogbot.core.waits import Wait
    from reblogbot.model import Post

# as Python passes on what it cannot decode (PEP 383)
_BYTES = re.compile("[\udc80-\udcff]+")
_ODD = re.compile("[^ -~\n]")


def say(*lines: str) -> None:
    """Print lines to stdout, made harmless for a terminal."""
    for line in lines:
        print(harmless(line))


def say_json(document: Any) -> None:
    """Print one JSON document to stdout."""
    print(harmless_json(document, indent=2))


def complain(error: ReblogbotError, *, as_json: bool) -> int:
    """Print an error to stderr, and as JSON to stdout where that was asked for; its exit code."""
    if as_json:
        say_json({"error": {"slug": error.slug, "message": error.message}})
    listed = isinstance(error, ConfigError) and error.faults
    lines = error.message.splitlines() if listed else [f"reblogbot: {error.message}"]
    for line in lines:
        print(harmless(line), file=sys.stderr)
    if error.exit_code == Exit.STORE:
        # the guide lists them by name; a copy that was installed comes without it
        print(f"  (the operations guide explains {error.slug})", file=sys.stderr)
    return error.exit_code


def unexpected(error: Exception) -> ReblogbotError:
    """What an admin is told of a bug of ours: what and where, for a report."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    return ReblogbotError(
        "unexpected", f"unexpected {type(error).__name__} at {where}: {error}; please report it"
    )


def harmless(text: str) -> str:
    """The text without control and direction characters, line breaks and tabs aside."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in readable(text))


def harmless_json(document: Any, indent: int | None = None) -> str:
    """The document, what no terminal should see being escaped: one line, if not indented."""
    written = readable(json.dumps(document, ensure_ascii=False, indent=indent, default=str))
    # a stream writes what it has no letters for in a way that is no JSON
    has_all = str(getattr(sys.stdout, "encoding", None)).lower().startswith("utf")
    return _ODD.sub(
        lambda found: (
            found[0] if has_all and found[0].isprintable() else json.dumps(found[0])[1:-1]
        ),
        written,
    )


def readable(text: str) -> str:
    """The text with the letters of file names for which the locale had bytes alone."""
    return _BYTES.sub(lambda found: os.fsencode(found[0]).decode("utf-8", "replace"), text)


def called(post: Post) -> str:
    """The post by its link or status; one without either by how its text begins."""
    return post.link or post.uri or post.text.partition("\n")[0][:60]


def count(number: int, noun: str) -> str:
    """`1 source`, `2 sources`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ago(then: datetime | None, now: datetime) -> str:
    """A span as people say it: `12s ago`, `3h ago`, `in 15m`, or `never`."""
    if then is None:
        return "never"
    seconds = int((now - then).total_seconds())
    span = _span(abs(seconds))
    return f"{span} ago" if seconds >= 0 else f"in {span}"


def instant(moment: datetime) -> str:
    """An instant as results write it: `2026-11-22T08:00:00Z`."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def when(then: datetime | None, now: datetime) -> str:
    """`17:32 (in 15m)`, in the local zone; with the date where it is another day's."""
    if then is None:
        return "never"
    local = then.astimezone()
    form = "%H:%M" if local.date() == now.astimezone().date() else "%Y-%m-%d %H:%M"
    return f"{local:{form}} ({ago(then, now)})"


def until(then: datetime, now: datetime) -> str:
    """`until 17:32 (in 15m)`."""
    return f"until {when(then, now)}"


def waits_for(wait: Wait, now: datetime) -> str:
    """What a delivery waits for, and until when: `hourly limit, until 17:32 (in 15m)`."""
    return f"{wait.cause}, {until(wait.until, now)}" if wait.until else wait.cause


def _span(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def console() -> Console:
    """A console on stdout that honours NO_COLOR, and has no colour where nobody looks."""
    from rich.console import Console

    # rich would leave out the colours and keep the rest, and let FORCE_COLOR overrule
    plain = False if os.environ.get("NO_COLOR") else None
    return Console(highlight=False, soft_wrap=True, emoji=False, markup=False, force_terminal=plain)


def paragraph(text: str, indent: int = 0) -> None:
    """Print a text folded at words to the width of the terminal; wide characters count twice."""
    from rich.text import Text

    made = console()
    width = max(made.width - indent, 20)
    for line in Text(harmless(text)).wrap(made, width):
        print(f"{' ' * indent}{line.plain}".rstrip())


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines whose columns stand one below the other, wide characters counted twice."""
    from rich.cells import cell_len, set_cell_size

    clean = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*clean, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in clean]


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a plain table, wide characters counted as they show."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, show_edge=False)
    for name in head:
        made.add_column(name, overflow="fold")
    for row in rows:
        made.add_row(*(Text(harmless(cell)) for cell in row))
    console().print(made, soft_wrap=False)
