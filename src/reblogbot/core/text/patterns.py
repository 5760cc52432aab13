"""The admin's patterns run on foreign text, for a bounded time."""

from __future__ import annotations

import regex

SECONDS = 0.1


def matches(pattern: regex.Pattern[str], text: str) -> bool | None:
    """Whether the pattern is found in the text; None when it takes too long to tell."""
    try:
        return pattern.search(text, timeout=SECONDS) is not None
    except TimeoutError:
        return None


def replaced(pattern: regex.Pattern[str], replacement: str, text: str) -> str:
    """The text with every match replaced; as it was, when that takes too long or cannot be done."""
    try:
        return pattern.sub(replacement, text, timeout=SECONDS)
    except (TimeoutError, regex.error, IndexError):
        return text
