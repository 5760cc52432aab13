"""Output: results to stdout, errors to stderr, JSON where it was asked for."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from reblogbot.admin.documents.errors import error_document
from reblogbot.errors import ConfigError, Exit, ReblogbotError

if TYPE_CHECKING:
    from rich.console import Console

# how Python represents bytes that the locale cannot decode (PEP 383)
_SURROGATES = re.compile("[\udc80-\udcff]+")
_NOT_PLAIN_ASCII = re.compile("[^ -~\n]")


class CommandOutput(NamedTuple):
    """The result of a command in both its forms."""

    lines: Sequence[str]
    document: Mapping[str, object]

    def print(self, *, as_json: bool) -> None:
        """Print the JSON document, or the lines for a person."""
        if as_json:
            print_json(self.document)
        else:
            print_lines(*self.lines)


def print_lines(*lines: str) -> None:
    """Print lines to stdout, safe for a terminal."""
    for line in lines:
        print(terminal_safe(line))


def print_flushed(*lines: str) -> None:
    """Print lines and flush them, so that a pipe shows them while the program runs."""
    print_lines(*lines)
    sys.stdout.flush()


def print_json(document: Mapping[str, object]) -> None:
    """Print one JSON document to stdout."""
    print(json_text(document, indent=2))


def print_error(error: ReblogbotError, *, as_json: bool) -> int:
    """Print an error to stderr, and to stdout as JSON if that was asked for; its exit code."""
    if as_json:
        print_json(error_document(error))
    has_faults = isinstance(error, ConfigError) and error.faults
    lines = error.message.splitlines() if has_faults else [f"reblogbot: {error.message}"]
    for line in lines:
        print(terminal_safe(line), file=sys.stderr)
    if error.exit_code == Exit.STORE:
        # an installed copy comes without the guide, so it is named and not linked
        print(f"  (the operations guide explains {error.slug})", file=sys.stderr)
    return error.exit_code


def unexpected_error(error: Exception) -> ReblogbotError:
    """The message for a bug of the program: what happened and where, to be reported."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    return ReblogbotError(
        "unexpected", f"unexpected {type(error).__name__} at {where}: {error}; please report it"
    )


def terminal_safe(text: str) -> str:
    """The text with control and direction characters replaced; line breaks and tabs stay."""
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in decoded(text))


def json_text(document: Any, indent: int | None = None) -> str:
    """The document as JSON with control characters escaped; one line if not indented."""
    text = decoded(json.dumps(document, ensure_ascii=False, indent=indent, default=str))
    # elsewhere the stream's own replacement (backslashreplace) would not be JSON
    is_utf = str(getattr(sys.stdout, "encoding", None)).lower().startswith("utf")
    return _NOT_PLAIN_ASCII.sub(
        lambda match: match[0] if is_utf and match[0].isprintable() else json.dumps(match[0])[1:-1],
        text,
    )


def decoded(text: str) -> str:
    """The text with file names and arguments that the locale could not decode read as UTF-8."""
    return _SURROGATES.sub(lambda match: os.fsencode(match[0]).decode("utf-8", "replace"), text)


def stdout_console() -> Console:
    """A rich console on stdout, without colour where NO_COLOR is set or it is no terminal."""
    from rich.console import Console

    # with NO_COLOR rich drops only colours, not bold, and lets FORCE_COLOR overrule it
    is_terminal = False if os.environ.get("NO_COLOR") else None
    return Console(
        highlight=False, soft_wrap=True, emoji=False, markup=False, force_terminal=is_terminal
    )


def print_bold(line: str) -> None:
    """Print a line, bold where the terminal can."""
    from rich.text import Text

    stdout_console().print(Text(line, style="bold"))


def print_wrapped(text: str, indent: int = 0) -> None:
    """Print a text wrapped at words to the width of the terminal; wide characters count twice."""
    from rich.text import Text

    console = stdout_console()
    width = max(console.width - indent, 20)
    for line in Text(terminal_safe(text)).wrap(console, width):
        print(f"{' ' * indent}{line.plain}".rstrip())


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with aligned columns; wide characters count twice."""
    from rich.cells import cell_len, set_cell_size

    cells = [[terminal_safe(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in cells]


def print_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    """Print a table without lines; wide characters count twice."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(terminal_safe(cell)) for cell in row))
    stdout_console().print(table, soft_wrap=False)
