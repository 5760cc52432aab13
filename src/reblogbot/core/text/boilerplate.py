"""Removal of boilerplate that programs add to the texts of a feed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import regex

# characters at the start and the end of a text in which boilerplate is searched
_HEAD, _TAIL = 1000, 1500
# several programs may each have added something
_MAX_PASSES = 6


def without_boilerplate(text: str) -> str:
    """The text without matches of the patterns of `boilerplate.txt` at its start and end."""
    for _ in range(_MAX_PASSES):
        before, text = text, _cut(text).strip()
        if text == before:
            break
    return text


def _cut(text: str) -> str:
    for pattern, replacement in _rules("start"):
        match = pattern.match(text[:_HEAD])
        if match:
            text = replacement + text[match.end() :]
    for pattern, replacement in _rules("end"):
        kept, tail = text[:-_TAIL], text[-_TAIL:]
        match = pattern.search(tail)
        if match:
            text = kept + tail[: match.start()] + replacement
    return text


@cache
def _rules(edge: str) -> tuple[tuple[regex.Pattern[str], str], ...]:
    """The patterns of one section of the file, each with the replacement of a match."""
    lines = Path(__file__).with_name("boilerplate.txt").read_text("utf-8").splitlines()
    section, rules = "", []
    for line in lines:
        if line in ("[start]", "[end]"):
            section = line[1:-1]
        elif line and not line.startswith("#") and section == edge:
            pattern, _, replacement = line.partition(" -> ")
            whole = rf"(?:{pattern})\s*+" if edge == "start" else rf"\s*+(?:{pattern})\s*\Z"
            rules.append((regex.compile(whole), replacement))
    return tuple(rules)
