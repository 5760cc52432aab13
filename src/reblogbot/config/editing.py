"""Changes to the text of a TOML document that leave the rest as it is, byte for byte (ADR 0041)."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reblogbot.config.toml_syntax import Header, KeyToken, Pair, Statement, Value, scan
from reblogbot.config.toml_values import toml_key, toml_value
from reblogbot.errors import ConfigError

Keys = tuple[str, ...]
"""The path of a key or table, such as ("sources", "chouti", "filter", "max_age")."""

_COMMENT_LINE = re.compile(r"[ \t]*#[^\n]*\n")
_COMMENT_LINES = re.compile(r"(?:[ \t]*#[^\n]*\n)*")
_BLANK_LINE = re.compile(r"[ \t]*\r?\n")
_BLANK_LINES = re.compile(r"(?:[ \t]*\r?\n)*")
_INDENTATION = re.compile(r"[ \t]*")


class EditableToml:
    """A TOML document whose keys and tables can be changed.

    Comments, order and layout of all else stay. An added line ends like the first line of the
    document, and a document without a newline at its end gets none. Where a table is written with
    dotted keys or inline, so is a key that is added to it. What is inside an array cannot be
    changed.
    """

    def __init__(self, toml: str) -> None:
        """Read the document. Raises ConfigError if it is not valid."""
        self._newline = "\r\n" if re.match(r"[^\n]*\r\n", toml) else "\n"
        self._lacks_newline = bool(toml) and not toml.endswith("\n")
        try:
            tomllib.loads(toml)
            parts = list(_split(toml + self._newline if self._lacks_newline else toml))
        except (ValueError, RecursionError) as error:
            message = f"the config is not valid TOML; correct it first: {error}"
            raise ConfigError("config_invalid", message) from None
        self._blocks = [_Block(part) for part in parts]
        self._index = _Index(self._blocks)

    @property
    def text(self) -> str:
        """The document."""
        text = "".join(block.text for block in self._blocks)
        return text.removesuffix(self._newline) if self._lacks_newline else text

    def __contains__(self, keys: Keys) -> bool:
        """Whether there is such a key or table."""
        return keys in self._index.tables or any(True for _ in self._occurrences(keys))

    def set_value(self, keys: Keys, value: Any) -> None:
        """Set a key to a value of TOML; a dict is written as an inline table."""
        self._check_reachable(keys)
        occurrence = next(self._occurrences(keys), None)
        if occurrence and occurrence.is_whole:
            occurrence.replace_value(toml_value(value))
            return
        if keys in self:
            self.remove(keys)
        self._insert(keys, value)

    def unset(self, keys: Keys) -> None:
        """Remove a key, or a table. Raises KeyError if there is none."""
        self.remove(keys)

    def add_table(self, keys: Keys, values: Mapping[str, Any]) -> None:
        """Add a table with these values; a dict in it becomes a table below it.

        Raises KeyError if there is such a table or key.
        """
        self.add_tables({keys: values})

    def add_tables(self, tables: Mapping[Keys, Mapping[str, Any]]) -> None:
        """Add many tables; see `add_table`."""
        blocks: list[str] = []
        for keys, values in tables.items():
            self._check_reachable(keys)
            if keys in self:
                raise KeyError(keys)
            if not self._insert_inline(keys, values):
                blocks += _table_texts(keys, values)
        if blocks:
            self._append(blocks)

    def table_texts(self, keys: Keys) -> dict[str, str]:
        """The text of each table below these keys that has a header, with all that is below it."""
        texts: dict[str, str] = {}
        depth = len(keys)
        for block in self._blocks:
            path = block.path
            if len(path) > depth and path[:depth] == keys:
                texts[path[depth]] = texts.get(path[depth], "") + block.text
        return texts

    def with_table_text(self, keys: Keys, text: str) -> str:
        """The document with another text for a table that has a header, and all that is below it.

        A table that is still in the text stays in its place; a new one follows the one before it.
        Raises KeyError if there is no such header.
        """
        blocks = [block for block in self._blocks if block.path[: len(keys)] == keys]
        if not blocks:
            raise KeyError(keys)
        if text == "".join(block.text for block in blocks):
            return self.text
        # of an array of tables, the order counts
        has_arrays = any(block.is_array for block in blocks)
        places = {} if has_arrays else {block.path: block for block in blocks}
        place, texts = blocks[0], dict.fromkeys(blocks, "")
        for part in _split(text):
            place = places.get(_Block(part).path, place)
            texts[place] += part
        whole = "".join(texts.get(block, block.text) for block in self._blocks)
        return whole.removesuffix(self._newline) if self._lacks_newline else whole

    def _append(self, blocks: Sequence[str]) -> None:
        """Add tables at the end of the document."""
        last = self._blocks[-1]
        if last.text and not _ends_with_blank_line(last.text):
            last.text += self._newline
        text = "\n".join(blocks).replace("\n", self._newline)
        # the first part is what precedes the first header: nothing
        self._blocks += [_Block(part) for part in _split(text)][1:]
        self._index = _Index(self._blocks)

    def rename(self, keys: Keys, new_name: str) -> None:
        """Give a key or table another name. Raises KeyError if there is none, or one of that name.

        `new_name` replaces the last part of the path.
        """
        if keys not in self or (*keys[:-1], new_name) in self:
            raise KeyError(keys)
        tokens: dict[_Block, list[KeyToken]] = defaultdict(list)
        for occurrence in self._occurrences(keys):
            tokens[occurrence.block].append(occurrence.pair.keys[occurrence.depth - 1])
        for block in self._blocks:
            if block.header and block.path[: len(keys)] == keys:
                tokens[block].append(block.header.keys[len(keys) - 1])
        for block, occurrences in tokens.items():
            for token in reversed(occurrences):
                block.replace(token.start, token.end, toml_key(new_name))
        self._index = _Index(self._blocks)

    def remove(self, keys: Keys) -> None:
        """Remove a key, or a table with all that is below it. Raises KeyError if there is none.

        The comment right above a table's header goes with it.
        """
        if keys not in self:
            raise KeyError(keys)
        self._check_reachable(keys)
        while occurrence := next(self._occurrences(keys), None):
            occurrence.remove()
        if keys in self._index.tables:
            self._remove_blocks(keys)

    def _remove_blocks(self, keys: Keys) -> None:
        kept: list[_Block] = []
        last = self._blocks[-1]
        for block in self._blocks:
            if block.path[: len(keys)] == keys:
                kept[-1].text += block.unrelated_text(is_last=block is last)
            else:
                kept.append(block)
        if kept[-1] is not last:
            kept[-1].text = _without_blank_lines_at_end(kept[-1].text)
        self._blocks = kept
        self._index = _Index(kept)

    def _occurrences(self, keys: Keys) -> Iterator[_Occurrence]:
        """The pairs that set the key, or keys below it, outside of the tables below it."""
        for depth in range(len(keys)):
            for block in self._index.blocks.get(keys[:depth], ()):
                if not block.is_array:
                    yield from _occurrences(block, block.pairs, None, keys[depth:])

    def _check_reachable(self, keys: Keys) -> None:
        """Raise ConfigError for a key in an array of tables."""
        for depth in range(len(keys)):
            if any(block.is_array for block in self._index.blocks.get(keys[:depth], ())):
                raise _not_editable(keys)

    def _insert(self, keys: Keys, value: Any) -> None:
        """Add a key to the nearest table around it that exists."""
        if self._insert_inline(keys, value):
            return
        for depth in range(len(keys) - 1, 0, -1):
            table = keys[:depth]
            line = f"{_dotted(keys[depth:])} = {toml_value(value)}{self._newline}"
            if blocks := self._index.blocks.get(table):
                blocks[0].insert_line(line)
                return
            dotted = list(self._occurrences(table))
            if dotted:
                dotted[-1].insert_line_after(line)
                return
        if len(keys) == 1:
            self._blocks[0].insert_line(f"{_dotted(keys)} = {toml_value(value)}{self._newline}")
        else:
            # no table around it, or only one that the header of a table below it implies
            self._append(list(_table_texts(keys[:-1], {keys[-1]: value})))

    def _insert_inline(self, keys: Keys, value: Any) -> bool:
        """Add a key to an inline table around it; whether there is one."""
        for depth in range(len(keys) - 1, 0, -1):
            occurrences = list(self._occurrences(keys[:depth]))
            if not occurrences:
                continue
            pair = f"{_dotted(keys[depth:])} = {toml_value(value)}"
            last = occurrences[-1]
            if last.is_whole:
                last.insert_into_value(pair, keys)
            elif last.table is not None:
                last.insert_after(pair)
            return last.is_whole or last.table is not None
        return False


class _Block:
    """A header with the comment right above it, and all lines up to the next block.

    The first block of a document has no header, and may be empty.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._scanned: tuple[str, list[Statement]] = ("", [])

    @property
    def _statements(self) -> list[Statement]:
        if self._scanned[0] != self.text:
            self._scanned = (self.text, scan(self.text))
        return self._scanned[1]

    @property
    def header(self) -> Header | None:
        first = self._statements[0] if self._statements else None
        return first if isinstance(first, Header) else None

    @property
    def path(self) -> Keys:
        return self.header.path if self.header else ()

    @property
    def is_array(self) -> bool:
        return self.header is not None and self.header.is_array

    @property
    def pairs(self) -> list[Pair]:
        return [statement for statement in self._statements if isinstance(statement, Pair)]

    def replace(self, start: int, end: int, text: str) -> None:
        """Put another text between two offsets."""
        self.text = f"{self.text[:start]}{text}{self.text[end:]}"

    def insert_line(self, line: str) -> None:
        """Add a line after the last pair."""
        if self.pairs:
            self.insert_line_after(self.pairs[-1], line)
        else:
            offset = self._line_end(self.header.end) if self.header else 0
            self.replace(offset, offset, line)

    def insert_line_after(self, pair: Pair, line: str) -> None:
        """Add a line below a pair, indented like it."""
        indentation = _INDENTATION.match(self.text, self._line_start(pair))
        offset = self._line_end(pair.value.end)
        self.replace(offset, offset, f"{indentation[0] if indentation else ''}{line}")

    def remove_line(self, pair: Pair) -> None:
        """Remove the lines of a pair, with the comment at their end."""
        self.replace(self._line_start(pair), self._line_end(pair.value.end), "")

    def unrelated_text(self, *, is_last: bool) -> str:
        """What stays of the lines below the table when it is removed.

        Comments that follow its last line without a blank line go with it. Where they reach the
        next header they stay, because they may speak of that.
        """
        end = self.pairs[-1].value.end if self.pairs else self.header.end if self.header else 0
        start = self._line_end(end)
        after_comments = _end(_COMMENT_LINES, self.text, start)
        if is_last or after_comments < len(self.text):
            start = after_comments
        return self.text[_end(_BLANK_LINES, self.text, start) :]

    def _line_start(self, pair: Pair) -> int:
        return self.text.rfind("\n", 0, pair.keys[0].start) + 1

    def _line_end(self, offset: int) -> int:
        return self.text.index("\n", offset) + 1


class _Index:
    """Which tables have a header, or a header below them."""

    def __init__(self, blocks: Sequence[_Block]) -> None:
        self.blocks: dict[Keys, list[_Block]] = {}
        self.tables: set[Keys] = set()
        for block in blocks:
            path = block.path
            self.blocks.setdefault(path, []).append(block)
            self.tables.update(path[:depth] for depth in range(1, len(path) + 1))


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A pair that sets a key, or one below it.

    `table` is the inline table that the pair is in, None for a line of the block. `depth` is how
    many parts of the pair's dotted key lead to the key.
    """

    block: _Block
    pair: Pair
    table: Value | None
    depth: int

    @property
    def is_whole(self) -> bool:
        """Whether the pair sets the key itself."""
        return self.depth == len(self.pair.keys)

    def replace_value(self, text: str) -> None:
        self.block.replace(self.pair.value.start, self.pair.value.end, text)

    def insert_into_value(self, pair: str, keys: Keys) -> None:
        """Add a pair at the end of the inline table that the value is."""
        table = self.pair.value
        if table.pairs is None:
            raise _not_editable(keys)
        offset = table.pairs[-1].value.end if table.pairs else table.start + 1
        self.block.replace(offset, offset, f", {pair}" if table.pairs else pair)

    def insert_after(self, pair: str) -> None:
        """Add a pair of the same dotted table to the inline table around this pair."""
        offset = self.pair.value.end
        self.block.replace(offset, offset, f", {self._prefix()}.{pair}")

    def insert_line_after(self, line: str) -> None:
        """Add a line of the same dotted table below this pair."""
        self.block.insert_line_after(self.pair, f"{self._prefix()}.{line}")

    def remove(self) -> None:
        """Remove the pair."""
        if self.table is None:
            self.block.remove_line(self.pair)
            return
        pairs = self.table.pairs or []
        index = pairs.index(self.pair)
        start, end = self.pair.keys[0].start, self.pair.value.end
        if index > 0:
            start = pairs[index - 1].value.end
        elif len(pairs) > 1:
            end = pairs[1].keys[0].start
        self.block.replace(start, end, "")

    def _prefix(self) -> str:
        """The parts of the dotted key that lead to the table, as they are written."""
        return self.block.text[self.pair.keys[0].start : self.pair.keys[self.depth - 1].end]


def _occurrences(
    block: _Block, pairs: Sequence[Pair], table: Value | None, keys: Keys
) -> Iterator[_Occurrence]:
    """The occurrences of a key among pairs; `keys` is relative to the table that they are in."""
    for pair in pairs:
        path = pair.path
        if path[: len(keys)] == keys:
            yield _Occurrence(block, pair, table, len(keys))
        elif pair.value.pairs and path == keys[: len(path)]:
            yield from _occurrences(block, pair.value.pairs, pair.value, keys[len(path) :])


def _split(text: str) -> Iterator[str]:
    """The texts of the blocks of a document."""
    start = end_of_statement = 0
    for statement in scan(text):
        if isinstance(statement, Pair):
            end_of_statement = statement.value.end
            continue
        block_start = _block_start(text, statement.start, end_of_statement)
        yield text[start:block_start]
        start, end_of_statement = block_start, statement.end
    yield text[start:]


def _block_start(text: str, header_start: int, earliest: int) -> int:
    """Where the comment above a header begins, if a blank line sets it apart from what precedes."""
    line = start = text.rfind("\n", 0, header_start) + 1
    while start > earliest:
        previous = text.rfind("\n", 0, start - 1) + 1
        if previous < earliest or not _COMMENT_LINE.match(text, previous):
            break
        start = previous
    previous = text.rfind("\n", 0, start - 1) + 1
    is_apart = start > 0 and _BLANK_LINE.match(text, previous) is not None
    return start if is_apart else line


def _table_texts(keys: Keys, values: Mapping[str, Any]) -> Iterator[str]:
    """The text of a table, and of each table below it."""
    pairs = {key: value for key, value in values.items() if not isinstance(value, dict)}
    lines = [f"{toml_key(key)} = {toml_value(value)}\n" for key, value in pairs.items()]
    yield f"[{_dotted(keys)}]\n{''.join(lines)}"
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _table_texts((*keys, key), value)


def _dotted(keys: Keys) -> str:
    return ".".join(toml_key(key) for key in keys)


def _ends_with_blank_line(text: str) -> bool:
    last_line = text[text.rfind("\n", 0, -1) + 1 :]
    return _BLANK_LINE.fullmatch(last_line) is not None


def _without_blank_lines_at_end(text: str) -> str:
    while text and _ends_with_blank_line(text):
        text = text[: text.rfind("\n", 0, -1) + 1]
    return text


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _not_editable(keys: Keys) -> ConfigError:
    message = f"{_dotted(keys)}: is inside an array or a value; edit the config by hand"
    return ConfigError("config_not_editable", message)
