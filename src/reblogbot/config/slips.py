"""Slips of a keyboard that writes Chinese: signs that look like those of TOML, and are none."""

from __future__ import annotations

import re
import unicodedata

_SIGNS = {
    **dict.fromkeys("“”„‟«»「」『』〝〞", '"'),
    **dict.fromkeys("‘’‚‛", "'"),
    **dict.fromkeys("、，", ","),
    **dict.fromkeys("。", "."),
    **dict.fromkeys("【〔［", "["),
    **dict.fromkeys("】〕］", "]"),
    **dict.fromkeys("－–—―−", "-"),
    **dict.fromkeys("\u3000\u00a0", " "),
}
_STRING = re.compile(r""""(?:\\.|[^"\\\n])*"|'[^'\n]*'|#.*""")
_NAMED = re.compile(
    r"(?m)^[ \t]*(\[\[?)?[ \t]*([^\n=\"'#]*[^\x00-\x7f][^\n=\"'#]*?)[ \t]*(?:\]|=|$)"
)


def meant(sign: str) -> str:
    """The ASCII sign that a look-alike stands for, "" for any other sign."""
    if sign.isascii():
        return ""
    plain = _SIGNS.get(sign) or unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 and plain.isascii() else ""


def in_value(written: str) -> str:
    """`; write "," for "，"`: the first look-alike in a value that is at fault, else ""."""
    for sign in written:
        plain = meant(sign)
        if plain:
            return f"; write {plain!r} for {sign!r}: a full-width sign is another sign"
    return ""


def in_line(line: str, column: int) -> str:
    """What the TOML on this line should be, where a look-alike or a bare name is at fault.

    `column` counts from 1 and is where the parser gave up. Returns "" where there is no hint.
    """
    name = _NAMED.match(line)
    if name and _is_word(name[2]):
        return _quoted(name[2], brackets=name[1] or "")
    bare = _STRING.sub(lambda found: " " * len(found[0]), line)
    # what the parser stumbled over stands in no string, whatever the line looks like
    at = column - 1 if 0 < column <= len(line) and meant(line[column - 1]) else _first(bare)
    if at < 0:
        return ""
    plain = meant(line[at])
    alike = dict.fromkeys(sign for sign in line[at] + bare[at:] if meant(sign) == plain)
    if plain == ":" and "=" not in line[:at]:
        plain = "="
    shown = "a space" if plain == " " else plain
    return f"column {at + 1}: write {shown} for {' and '.join(map(_named, alike))}"


def _first(bare: str) -> int:
    """Where the first look-alike stands, -1 for nowhere."""
    return next((at for at, sign in enumerate(bare) if meant(sign)), -1)


def _is_word(name: str) -> bool:
    """Whether a name needs nothing but quotes: it holds no look-alike, and letters beyond ASCII."""
    return not any(map(meant, name)) and not name.isascii()


def _quoted(name: str, brackets: str) -> str:
    parts = [part.strip() for part in name.split(".")]
    is_bare = [re.fullmatch(r"[\w-]+", part, re.ASCII) for part in parts]
    words = [part if bare else f'"{part}"' for part, bare in zip(parts, is_bare, strict=True)]
    written = f"{brackets}{'.'.join(words)}{']' * len(brackets)}"
    return f"a name beyond A-Z, 0-9, _ and - needs quotes: write {written}"


def _named(sign: str) -> str:
    return sign if sign.strip() else f"the wide space U+{ord(sign):04X}"
