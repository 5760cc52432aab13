"""Where each key of a TOML document stands, which tomllib does not tell."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

Key = str | int
"""The name of a key, or the index of an element of an array."""

_SPACE = re.compile(r"(?:[ \t\r\n,]+|#[^\n]*)*")
_NAME = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*""")
_LONG_STRING = (
    r'"""(?P<basic>\r?\n)?(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
    r"|'''(?P<literal>\r?\n)?(?:[^']++|'(?!''))*+'{3,5}"
)
_SCALAR = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\r\n]+""")


@dataclass(slots=True)
class Place:
    """Where a key stands: its line, and the first and last line of its value; all from 1.

    `children` are what its table or array holds. `text` of a string that begins behind a
    line break is the line after the quotes.
    """

    line: int
    text: int = 0
    end: int = 0
    children: dict[Key, Place] = field(default_factory=dict)
    many: bool = False

    def at(self, keys: Iterable[Key]) -> Place:
        """The place of a key path, or of the nearest table around it that is written down."""
        place = self
        for key in keys:
            if key not in place.children:
                break
            place = place.children[key]
        return place

    def line_of_text(self, nth: int) -> int:
        """The line on which the nth line of a string value stands, as near as can be told."""
        return min(max(self.text, self.line) + max(nth, 1) - 1, max(self.end, self.line))


def places(toml: str) -> Place:
    """The root of all places in a document that tomllib has accepted."""
    return _Scanner(toml).document()


class _Scanner:
    """Walks over a valid document once; `at` is the character it has come to."""

    def __init__(self, toml: str) -> None:
        self.toml = toml
        self.at = 0
        # Python 3.11.2, which is Debian 12's, stumbles over possessive quantifiers: regex does not
        import regex  # noqa: PLC0415  and is imported for a fault alone

        self.long_string = regex.compile(_LONG_STRING, regex.DOTALL)
        self.breaks = [found.start() for found in re.finditer("\n", toml)]

    def line(self, at: int) -> int:
        return bisect_left(self.breaks, at) + 1

    def document(self) -> Place:
        root = table = Place(0)
        while self.skip():
            if self.toml[self.at] == "[":
                table = self.header(root)
            else:
                self.pair(table)
        return root

    def skip(self) -> bool:
        """Whether anything follows the blanks, comments and commas passed over."""
        found = _SPACE.match(self.toml, self.at)
        self.at = found.end() if found else self.at
        return self.at < len(self.toml)

    def header(self, root: Place) -> Place:
        """The table that `[a.b]` or `[[a.b]]` opens."""
        here = self.line(self.at)
        brackets = 2 if self.toml.startswith("[[", self.at) else 1
        self.at += brackets
        table = self.descend(root, here)
        self.at += brackets
        # where a table has been mentioned before, its own header is the better line
        table.line = here if brackets == 1 or not table.children else table.line
        if brackets == 1:
            return table
        table.many = True
        return table.children.setdefault(len(table.children), Place(here))

    def pair(self, table: Place) -> None:
        """One `key = value`."""
        place = self.descend(table, self.line(self.at))
        self.at += 1
        self.value(place)

    def descend(self, table: Place, line: int) -> Place:
        """The place a dotted key leads to, all tables on its way written down."""
        while True:
            found = _NAME.match(self.toml, self.at)
            if found is None:
                raise ValueError(f"no key on line {self.line(self.at)}")
            self.at = found.end()
            if table.many:
                table = table.children[len(table.children) - 1]
            table = table.children.setdefault(_unquoted(found[1]), Place(line))
            if not self.toml.startswith(".", self.at):
                return table
            self.at += 1

    def value(self, place: Place) -> None:
        while self.toml[self.at] in " \t":
            self.at += 1
        place.text = self.line(self.at)
        if long := self.long_string.match(self.toml, self.at):
            self.at = long.end()
            place.text += bool(long["basic"] or long["literal"])
        elif self.toml[self.at] == "[":
            self.array(place)
        elif self.toml[self.at] == "{":
            self.inline_table(place)
        elif plain := _SCALAR.match(self.toml, self.at):
            self.at = plain.end()
        place.end = self.line(self.at - 1)

    def array(self, place: Place) -> None:
        self.at += 1
        while self.skip() and self.toml[self.at] != "]":
            element = Place(self.line(self.at))
            place.children[len(place.children)] = element
            self.value(element)
        self.at += 1

    def inline_table(self, place: Place) -> None:
        self.at += 1
        while self.skip() and self.toml[self.at] != "}":
            self.pair(place)
        self.at += 1


def _unquoted(name: str) -> str:
    """The key itself, its quotes and escapes read as tomllib reads them."""
    if name[0] not in "\"'":
        return name
    return str(tomllib.loads(f"key = {name}")["key"])
