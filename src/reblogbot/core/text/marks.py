"""Marks in a text that is being written: where generated text, a quotation and a link stand.

They are noncharacters of Unicode, which `clean` removes from every foreign text, so that nothing
but a template and this module can set one. None of them is left in a finished post.
"""

from __future__ import annotations

import regex

GENERATED = "\ufdd0"
"""Stands in each line of a text that a model has written."""
GENERATED_TITLE = "\ufdd1"
"""Stands in a title that a model has written."""
QUOTED = "\ufdd2"
"""Stands before a quotation, which goes on to the end of the text."""
LINKED = "\ufdd3"
"""Stands before and behind words that become a link to the entry."""

_ANY = regex.compile(f"[{GENERATED}{GENERATED_TITLE}{QUOTED}{LINKED}]")
# behind the first character, since templates ask more often how a text begins
_FIRST_CHARACTER = regex.compile(r"^([^\S\n]*\X)", regex.MULTILINE)


def marked(text: str, mark: str = GENERATED) -> str:
    """The text with this mark in each of its lines."""
    return _FIRST_CHARACTER.sub(rf"\1{mark}", text)


def unmarked(text: str) -> str:
    """The text without marks."""
    return _ANY.sub("", text)


def is_generated(text: str) -> bool:
    """Whether the text holds anything that a model has written."""
    return GENERATED in text or GENERATED_TITLE in text


def labelled(text: str, label: str, *, gap: str = "") -> str:
    """The text with the label on a line of its own, before the first line that a model has written.

    It stands below a title that a model has written. Text without marks stays as it is. `gap` is
    the line before and behind the label.
    """
    lines = text.split("\n")
    positions = [at for at, line in enumerate(lines) if GENERATED in line] or [
        at + 1 for at, line in enumerate(lines) if GENERATED_TITLE in line
    ]
    if not label or not positions:
        return text
    first = positions[0]
    padding = [gap] if gap else []
    return "\n".join([*lines[:first], *padding, label, *padding, *lines[first:]])
