"""What programs add to the texts of a feed and nobody wrote for its readers."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import regex

# it stands at the edges of a text
_HEAD, _TAIL = 1000, 1500
# several may stand one behind the other
_ROUNDS = 6


def without_boilerplate(text: str) -> str:
    """The text without what the patterns of `boilerplate.txt` find at its beginning and end."""
    for _ in range(_ROUNDS):
        before, text = text, _cut(text).strip()
        if text == before:
            break
    return text


def _cut(text: str) -> str:
    for pattern, replacement in _rules("start"):
        found = pattern.match(text[:_HEAD])
        if found:
            text = replacement + text[found.end() :]
    for pattern, replacement in _rules("end"):
        kept, tail = text[:-_TAIL], text[-_TAIL:]
        found = pattern.search(tail)
        if found:
            text = kept + tail[: found.start()] + replacement
    return text


@cache
def _rules(edge: str) -> tuple[tuple[regex.Pattern[str], str], ...]:
    """The patterns of one section of the file, and what stands in the place of a match."""
    lines = Path(__file__).with_name("boilerplate.txt").read_text("utf-8").splitlines()
    section, found = "", []
    for line in lines:
        if line in ("[start]", "[end]"):
            section = line[1:-1]
        elif line and not line.startswith("#") and section == edge:
            pattern, _, replacement = line.partition(" -> ")
            whole = rf"(?:{pattern})\s*+" if edge == "start" else rf"\s*+(?:{pattern})\s*\Z"
            found.append((regex.compile(whole), replacement))
    return tuple(found)
