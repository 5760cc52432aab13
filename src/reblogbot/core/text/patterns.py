"""Regular expressions of the admin, run on foreign text with a time limit."""

from __future__ import annotations

import regex

SECONDS = 0.1


def matches(pattern: regex.Pattern[str], text: str) -> bool | None:
    """Whether the pattern matches in the text; None when the search takes too long."""
    try:
        return pattern.search(text, timeout=SECONDS) is not None
    except TimeoutError:
        return None


def replaced(pattern: regex.Pattern[str], replacement: str, text: str) -> str:
    """The text with every match replaced; unchanged when that takes too long or fails."""
    try:
        return pattern.sub(replacement, text, timeout=SECONDS)
    except (TimeoutError, regex.error, IndexError):
        return text
