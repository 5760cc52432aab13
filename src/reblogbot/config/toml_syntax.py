"""The statements of a TOML document and their offsets, which tomllib does not report (ADR 33)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

_BLANKS = re.compile(r"(?:[ \t\r\n,]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*')[ \t]*""")
_MULTI_LINE_STRING = (
    r'"""(?P<basic>\r?\n)?(?:[^"\\]++|\\.|"(?!""))*+"{3,5}'
    r"|'''(?P<literal>\r?\n)?(?:[^']++|'(?!''))*+'{3,5}"
)
_SCALAR = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\r\n]+""")


@dataclass(frozen=True, slots=True)
class KeyToken:
    """One part of a dotted key. `start` and `end` are the offsets of its text, with its quotes."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Value:
    """A value and its offsets."""

    start: int
    end: int
    text_start: int = 0
    """The offset at which the text of a string begins, which may be the line after the quotes."""
    pairs: list[Pair] | None = None
    """The pairs of an inline table, None for any other value."""
    elements: tuple[Value, ...] = ()
    """The elements of an array."""


@dataclass(slots=True)
class Pair:
    """One `key = value`."""

    keys: tuple[KeyToken, ...]
    value: Value

    @property
    def path(self) -> tuple[str, ...]:
        """The key's names, relative to the table that the pair is in."""
        return tuple([token.name for token in self.keys])


@dataclass(slots=True)
class Header:
    """One `[table]` or `[[table]]`."""

    keys: tuple[KeyToken, ...]
    start: int
    end: int
    is_array: bool

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the table and of those around it."""
        return tuple([token.name for token in self.keys])


Statement = Header | Pair


def scan(toml: str) -> list[Statement]:
    """The statements of a document that tomllib has accepted, or of a part of one, in their order.

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
        import regex  # noqa: PLC0415  heavy, and needed only for a config with a fault or an edit

        self.multi_line_string = regex.compile(_MULTI_LINE_STRING, regex.DOTALL)

    def scan_document(self) -> list[Statement]:
        statements: list[Statement] = []
        while self.skip_blanks():
            is_header = self.toml[self.offset] == "["
            statements.append(self.scan_header() if is_header else self.scan_pair())
        return statements

    def skip_blanks(self) -> bool:
        """Skip blanks, comments and commas; whether anything follows."""
        match = _BLANKS.match(self.toml, self.offset)
        self.offset = match.end() if match else self.offset
        return self.offset < len(self.toml)

    def scan_header(self) -> Header:
        start = self.offset
        is_array = self.toml.startswith("[[", start)
        self.offset += 2 if is_array else 1
        keys = self.scan_key()
        self.offset += 2 if is_array else 1
        return Header(keys, start, self.offset, is_array)

    def scan_pair(self) -> Pair:
        keys = self.scan_key()
        self.offset += 1
        return Pair(keys, self.scan_value())

    def scan_key(self) -> tuple[KeyToken, ...]:
        tokens = []
        while True:
            match = _KEY.match(self.toml, self.offset)
            if match is None:
                raise ValueError(f"no key at offset {self.offset}")
            self.offset = match.end()
            tokens.append(KeyToken(_unquoted(match[1]), match.start(1), match.end(1)))
            if not self.toml.startswith(".", self.offset):
                return tuple(tokens)
            self.offset += 1

    def scan_value(self) -> Value:
        while self.toml[self.offset] in " \t":
            self.offset += 1
        start = self.offset
        value = Value(start, start, start)
        if string := self.multi_line_string.match(self.toml, start):
            self.offset = string.end()
            value.text_start = max(start, string.end("basic"), string.end("literal"))
        elif self.toml[start] == "[":
            value.elements = self.scan_array()
        elif self.toml[start] == "{":
            value.pairs = self.scan_inline_table()
        elif scalar := _SCALAR.match(self.toml, start):
            self.offset = start + len(scalar[0].rstrip(" \t"))
        else:
            raise ValueError(f"no value at offset {start}")
        value.end = self.offset
        return value

    def scan_array(self) -> tuple[Value, ...]:
        self.offset += 1
        elements = []
        while self.skip_blanks() and self.toml[self.offset] != "]":
            elements.append(self.scan_value())
        self.offset += 1
        return tuple(elements)

    def scan_inline_table(self) -> list[Pair]:
        self.offset += 1
        pairs = []
        while self.skip_blanks() and self.toml[self.offset] != "}":
            pairs.append(self.scan_pair())
        self.offset += 1
        return pairs


def _unquoted(key: str) -> str:
    """The key without quotes and escapes."""
    if key[0] not in "\"'":
        return key
    return str(tomllib.loads(f"key = {key}")["key"])
