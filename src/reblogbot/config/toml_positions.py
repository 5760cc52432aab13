"""The positions of keys in a TOML document, which tomllib does not report (see ADR 0033)."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

Key = str | int
"""The name of a key, or the index of an element of an array."""

_BLANKS = re.compile(r"(?:[ \t\r\n,]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*""")
_MULTI_LINE_STRING = (
    r'"""(?P<basic>\r?\n)?(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
    r"|'''(?P<literal>\r?\n)?(?:[^']++|'(?!''))*+'{3,5}"
)
_SCALAR = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\r\n]+""")


@dataclass(slots=True)
class Position:
    """The lines of a key and its value, counted from 1, and the keys within it."""

    line: int
    text_line: int = 0
    """The line on which the text of a string begins, which may be the one after the quotes."""
    last_line: int = 0
    children: dict[Key, Position] = field(default_factory=dict)
    is_array_of_tables: bool = False

    def at(self, keys: Iterable[Key]) -> Position:
        """The position of a path of keys, or of the nearest table around it in the document."""
        position = self
        for key in keys:
            if key not in position.children:
                break
            position = position.children[key]
        return position

    def line_of_text(self, number: int) -> int:
        """The line of the document that holds the given line of a string value, counted from 1.

        An escaped line break is not a line of the document, so the result may be too high; it is
        never beyond the value.
        """
        last_line = max(self.last_line, self.line)
        return min(max(self.text_line, self.line) + max(number, 1) - 1, last_line)


def find_positions(toml: str) -> Position:
    """The root of the positions in a document that tomllib has accepted.

    For any other text it may raise ValueError, LookupError or RecursionError, or be wrong.
    """
    return _Scanner(toml).scan_document()


class _Scanner:
    """Reads a valid document once, from `self.offset` on."""

    def __init__(self, toml: str) -> None:
        self.toml = toml
        self.offset = 0
        # not `re`: its possessive quantifiers match wrongly before Python 3.11.5, and Debian 12 has
        # 3.11.2 (https://github.com/python/cpython/issues/106052)
        import regex  # noqa: PLC0415  heavy, and needed only for a config with a fault

        self.multi_line_string = regex.compile(_MULTI_LINE_STRING, regex.DOTALL)
        self.line_breaks = [match.start() for match in re.finditer("\n", toml)]

    def line_at(self, offset: int) -> int:
        return bisect_left(self.line_breaks, offset) + 1

    def scan_document(self) -> Position:
        root = table = Position(0)
        while self.skip_blanks():
            if self.toml[self.offset] == "[":
                table = self.scan_header(root)
            else:
                self.scan_pair(table)
        return root

    def skip_blanks(self) -> bool:
        """Skip blanks, comments and commas; whether anything follows."""
        match = _BLANKS.match(self.toml, self.offset)
        self.offset = match.end() if match else self.offset
        return self.offset < len(self.toml)

    def scan_header(self, root: Position) -> Position:
        """The table that `[a.b]` or `[[a.b]]` opens."""
        line = self.line_at(self.offset)
        is_array = self.toml.startswith("[[", self.offset)
        self.offset += 2 if is_array else 1
        table = self.scan_key(root, line)
        self.offset += 2 if is_array else 1
        if not is_array:
            # a table may have been created by the header of a child: its own header is better
            table.line = line
            return table
        if not table.children:
            table.line = line
        table.is_array_of_tables = True
        return table.children.setdefault(len(table.children), Position(line))

    def scan_pair(self, table: Position) -> None:
        """Read one `key = value`."""
        position = self.scan_key(table, self.line_at(self.offset))
        self.offset += 1
        self.scan_value(position)

    def scan_key(self, table: Position, line: int) -> Position:
        """The position that a dotted key leads to, created with all tables on the way."""
        while True:
            match = _KEY.match(self.toml, self.offset)
            if match is None:
                raise ValueError(f"no key on line {self.line_at(self.offset)}")
            self.offset = match.end()
            if table.is_array_of_tables:
                table = table.children[len(table.children) - 1]
            table = table.children.setdefault(_unquoted(match[1]), Position(line))
            if not self.toml.startswith(".", self.offset):
                return table
            self.offset += 1

    def scan_value(self, position: Position) -> None:
        while self.toml[self.offset] in " \t":
            self.offset += 1
        position.text_line = self.line_at(self.offset)
        if string := self.multi_line_string.match(self.toml, self.offset):
            self.offset = string.end()
            position.text_line += bool(string["basic"] or string["literal"])
        elif self.toml[self.offset] == "[":
            self.scan_array(position)
        elif self.toml[self.offset] == "{":
            self.scan_inline_table(position)
        elif scalar := _SCALAR.match(self.toml, self.offset):
            self.offset = scalar.end()
        else:
            raise ValueError(f"no value on line {position.text_line}")
        position.last_line = self.line_at(self.offset - 1)

    def scan_array(self, position: Position) -> None:
        self.offset += 1
        while self.skip_blanks() and self.toml[self.offset] != "]":
            element = Position(self.line_at(self.offset))
            position.children[len(position.children)] = element
            self.scan_value(element)
        self.offset += 1

    def scan_inline_table(self, position: Position) -> None:
        self.offset += 1
        while self.skip_blanks() and self.toml[self.offset] != "}":
            self.scan_pair(position)
        self.offset += 1


def _unquoted(key: str) -> str:
    """The key without quotes and escapes."""
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])
