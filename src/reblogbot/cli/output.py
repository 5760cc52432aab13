"""Output: results to stdout, errors to stderr, JSON where it was asked for."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from reblogbot.admin.documents.errors import error_document
from reblogbot.errors import ConfigError, Exit, ReblogbotError

if TYPE_CHECKING:
    from rich.console import Console

# how Python represents bytes that the locale cannot decode (PEP 383)
_SURROGATES = re.compile("[\udc80-\udcff]+")
_ALSO_PLAIN = frozenset("\n\t\u00a0\u202f\u3000\u200c\u200d")
"""Characters that Python does not call printable, and that do a terminal no harm."""
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
    """The text with control and direction characters replaced; line breaks and tabs stay.

    So do wide and narrow spaces, and the joiners that many scripts and emoji are spelt with.
    """
    return "".join(
        char if char.isprintable() or char in _ALSO_PLAIN else "�" for char in decoded(text)
    )


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
    """Print a text wrapped at words to the width of the terminal; wide characters count twice.

    A link is never broken: a terminal keeps it whole over several lines, and it can be opened.
    """
    width = max(stdout_console().width - indent, 20)
    for paragraph in terminal_safe(text).split("\n"):
        for line in _wrapped(paragraph, width):
            print(f"{' ' * indent}{line}".rstrip())


def _wrapped(paragraph: str, width: int) -> Iterator[str]:
    """The lines of a paragraph; a word is broken only if it is too long and no link."""
    from rich.cells import cell_len, chop_cells

    line = ""
    for number, word in enumerate(paragraph.split(" ")):
        longer = f"{line} {word}" if number else word
        if cell_len(longer) <= width:
            line = longer
            continue
        if line.strip():
            yield line
        pieces = [word] if "://" in word else chop_cells(word, width)
        yield from pieces[:-1]
        line = pieces[-1]
    yield line


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with aligned columns; wide characters count twice."""
    from rich.cells import cell_len, set_cell_size

    cells = [[terminal_safe(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in cells]


def print_table(head: Iterable[str], rows: Iterable[Iterable[str]], *, link: str = "") -> None:
    """Print a table that fits the terminal, without lines; wide characters count twice.

    `link` names a column of links, which are never broken: where the table would be too wide, each
    is on a line of its own. Where the columns would be too narrow to read, each row is a list.
    """
    console = stdout_console()
    names = list(head)
    cells = [[_single_line(cell) for cell in row] for row in rows]
    links = [""] * len(cells)
    if link and _table_width(_widths([names, *cells])) > console.width:
        place = names.index(link)
        names.pop(place)
        links = [row.pop(place) for row in cells]
    widths = _widths([names, *cells])
    if _table_width([min(width, _READABLE) for width in widths]) > console.width:
        for row, address in zip(cells, links, strict=True):
            print_lines(row[0])
            for name, cell in zip(names[1:], row[1:], strict=True):
                if cell:
                    print_wrapped(f"{name}: {cell}", 2)
            print_lines(*[f"  {address}"] * bool(address))
        return
    widths = _narrowed(widths, console.width)
    _print_row(console, names, widths, ["bold"] * len(names))
    for row, address in zip(cells, links, strict=True):
        _print_row(console, row, widths, [_style(*pair) for pair in zip(names, row, strict=True)])
        print_lines(*[f"    {address}"] * bool(address))


_READABLE = 8
"""No column is made narrower than this for lack of room."""
_STATE_COLUMNS = frozenset({"state", "token"})
_STYLES = {
    **dict.fromkeys(
        ("failed", "failing", "refused", "gone", "no token", "missing", "stalled"), "red"
    ),
    **dict.fromkeys(("paused", "disabled"), "dim"),
}
"""The styles of states; the word alone says the same."""


def _single_line(cell: str) -> str:
    return " ".join(terminal_safe(cell).split())


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _table_width(widths: Sequence[int]) -> int:
    """The width of a table with two spaces between its columns."""
    return sum(widths) + 2 * (len(widths) - 1)


def _narrowed(widths: Sequence[int], width: int) -> list[int]:
    """The widths with the widest columns made narrower until the table fits."""
    narrowed = [min(column, width) for column in widths]
    while _table_width(narrowed) > width:
        narrowed[narrowed.index(max(narrowed))] -= 1
    return narrowed


def _style(name: str, cell: str) -> str:
    return _STYLES.get(cell, "") if name in _STATE_COLUMNS else ""


def _print_row(
    console: Console, row: Sequence[str], widths: Sequence[int], styles: Sequence[str]
) -> None:
    """Print a row in as many lines as its longest cell needs; numbers are aligned right."""
    from rich.text import Text

    columns = [
        list(Text(cell, style).wrap(console, width, overflow="fold"))
        for cell, style, width in zip(row, styles, widths, strict=True)
    ]
    for parts in zip_longest(*columns):
        line = Text()
        for part, cell, width in zip(parts, row, widths, strict=True):
            padded = part.copy() if part is not None else Text()
            padded.rstrip()
            spaces = " " * (width - padded.cell_len)
            line.append(spaces if cell.isdecimal() else "").append_text(padded)
            line.append("" if cell.isdecimal() else spaces).append("  ")
        line.rstrip()
        console.print(line)
