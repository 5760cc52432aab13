"""Hints for full-width and typographic characters, which a Chinese keyboard types for ASCII."""

from __future__ import annotations

import re
import unicodedata

_ASCII_OF = {
    **dict.fromkeys("“”„‟«»「」『』〝〞", '"'),
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("、，", ","),
    **dict.fromkeys("。", "."),
    **dict.fromkeys("【〔［", "["),
    **dict.fromkeys("】〕］", "]"),
    **dict.fromkeys("－–—―−", "-"),
    **dict.fromkeys("\u3000\u00a0", " "),
}
_STRING_OR_COMMENT = re.compile(r""""(?:\\.|[^"\\\n])*"|'[^'\n]*'|#.*""")
_BARE_KEY = re.compile(
    r"(?m)^[ \t]*(\[\[?)?[ \t]*([^\n=\"'#]*[^\x00-\x7f][^\n=\"'#]*?)[ \t]*(?:\]|=|$)"
)


def ascii_of(char: str) -> str:
    """The ASCII character that a character looks like, "" if it is none or ASCII itself."""
    if char.isascii():
        return ""
    plain = _ASCII_OF.get(char) or unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 and plain.isascii() else ""


def hint_for_value(value: str) -> str:
    """`; write ':' for '：'` for the first look-alike in a faulty value, else ""."""
    for char in value:
        plain = ascii_of(char)
        if plain:
            return f"; write {plain!r} for {char!r}, which only looks like it"
    return ""


def hint_for_line(line: str, column: int) -> str:
    """How to correct a line that is not TOML, if a look-alike or an unquoted name is the reason.

    `column`, counted from 1, is where the parser stopped. Returns "" without a hint.
    """
    key = _BARE_KEY.match(line)
    if key and _needs_only_quotes(key[2]):
        return _quoting_hint(key[2], brackets=key[1] or "")
    outside_strings = _STRING_OR_COMMENT.sub(lambda match: " " * len(match[0]), line)
    # the character that stopped the parser is outside of strings, whatever the line looks like
    is_at_column = 0 < column <= len(line) and ascii_of(line[column - 1])
    index = column - 1 if is_at_column else _first_lookalike(outside_strings)
    if index < 0:
        return ""
    plain = ascii_of(line[index])
    candidates = line[index] + outside_strings[index:]
    same = dict.fromkeys(char for char in candidates if ascii_of(char) == plain)
    if plain == ":" and "=" not in line[:index]:
        plain = "="
    wanted = "a space" if plain == " " else plain
    return f"column {index + 1}: write {wanted} for {' and '.join(map(_visible, same))}"


def _first_lookalike(text: str) -> int:
    return next((index for index, char in enumerate(text) if ascii_of(char)), -1)


def _needs_only_quotes(key: str) -> bool:
    """Whether a key has letters beyond ASCII and no look-alikes."""
    return not any(map(ascii_of, key)) and not key.isascii()


def _quoting_hint(key: str, brackets: str) -> str:
    parts = [part.strip() for part in key.split(".")]
    quoted = [part if re.fullmatch(r"[\w-]+", part, re.ASCII) else f'"{part}"' for part in parts]
    corrected = f"{brackets}{'.'.join(quoted)}{']' * len(brackets)}"
    return f"a name with other characters than A-Z, 0-9, _ and - needs quotes: write {corrected}"


def _visible(char: str) -> str:
    return char if char.strip() else f"the wide space U+{ord(char):04X}"
