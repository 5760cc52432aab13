"""The lines of the keys of a TOML document (see ADR 0033)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from reblogbot.config.toml_syntax import Header, KeyToken, Pair, Value, scan

Key = str | int
"""The name of a key, or the index of an element of an array."""


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
    return _Positions(toml).root()


class _Positions:
    """Places the statements of a document into a tree."""

    def __init__(self, toml: str) -> None:
        self.statements = scan(toml)
        self.line_breaks = [match.start() for match in re.finditer("\n", toml)]

    def line_at(self, offset: int) -> int:
        return bisect_left(self.line_breaks, offset) + 1

    def root(self) -> Position:
        root = table = Position(0)
        for statement in self.statements:
            if isinstance(statement, Header):
                table = self.open_table(root, statement)
            else:
                self.place_pair(table, statement)
        return root

    def open_table(self, root: Position, header: Header) -> Position:
        """The table that `[a.b]` or `[[a.b]]` opens."""
        line = self.line_at(header.start)
        table = _descend(root, header.keys, line)
        if not header.is_array:
            # a table may have been created by the header of a child: its own header is better
            table.line = line
            return table
        if not table.children:
            table.line = line
        table.is_array_of_tables = True
        return table.children.setdefault(len(table.children), Position(line))

    def place_pair(self, table: Position, pair: Pair) -> None:
        position = _descend(table, pair.keys, self.line_at(pair.keys[0].start))
        self.place_value(position, pair.value)

    def place_value(self, position: Position, value: Value) -> None:
        position.text_line = self.line_at(value.text_start)
        position.last_line = self.line_at(value.end - 1)
        for index, element in enumerate(value.elements):
            position.children[index] = Position(self.line_at(element.start))
            self.place_value(position.children[index], element)
        for pair in value.pairs or ():
            self.place_pair(position, pair)


def _descend(table: Position, keys: Iterable[KeyToken], line: int) -> Position:
    """The position that a dotted key leads to, created with all tables on the way."""
    for token in keys:
        if table.is_array_of_tables:
            table = table.children[len(table.children) - 1]
        table = table.children.setdefault(token.name, Position(line))
    return table
