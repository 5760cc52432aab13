"""Removal of line breaks that only wrap a paragraph, as in mails of 78 columns."""

from __future__ import annotations

from itertools import pairwise

import regex

# columns of wrapped text: longer lines are whole paragraphs, shorter ones may be verse
_NARROWEST, _WIDEST = 45, 100
_BLANK_LINE = regex.compile(r"(\n{2,})")
# the start of a line in lists, quotations, tables and code
_OWN_LINE = regex.compile(r"(?:[-*+•·>|#=~]|[0-9]{1,3}[.)]|\(?[a-zA-Z][.)])(?=\s|\Z)|[>|]")
_MIN_SPACES = 3


def unwrapped(text: str) -> str:
    """The text with each wrapped paragraph on one line.

    A paragraph is wrapped if no line had space for the first word of the next one within the
    paragraph's width. Lists, quotations, verse and scripts without spaces keep their lines.
    """
    parts = _BLANK_LINE.split(text) if "\n" in text else [text]
    return "".join(_joined(part) if "\n" in part.strip() else part for part in parts)


def _joined(paragraph: str) -> str:
    lines = paragraph.split("\n")
    return " ".join(lines) if _is_wrapped(lines) else paragraph


def _is_wrapped(lines: list[str]) -> bool:
    width = max(map(len, lines))
    return (
        _NARROWEST <= width <= _WIDEST
        and all(line.count(" ") >= _MIN_SPACES for line in lines[:-1])
        and not any(_OWN_LINE.match(line) for line in lines)
        and not all(line[:1].isupper() for line in lines)
        and all(
            len(line) + 1 + len(following.partition(" ")[0]) > width
            for line, following in pairwise(lines)
        )
    )
