"""Shortening of a text between words, without cutting links or leaving brackets open."""

from __future__ import annotations

from itertools import islice

import regex

from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import graphemes, size

ELLIPSIS = "…"

# words of scripts with spaces, including punctuation inside a word: don't, 3.14, co-op
_SPACED = (
    r"[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]]"
)
_WORD = regex.compile(rf"{_SPACED}+(?:[.,'’-]{_SPACED}+)*", regex.V1)
_LINK_AT_END = regex.compile(rf"{LINK.pattern}\Z")
# a longer word is cut instead of dropped
_MAX_WORD = 30
_DANGLING = regex.compile(r"[\s\p{Ps}\p{Pi}\p{Pd}.,;:·•…/\\|&<~、，。；：．～]+\Z", regex.V1)
_CLOSERS = dict(zip("([{（［｛【「『《〈〔“‘", ")]}）］｝】」』》〉〕”’", strict=True))
_MAX_CLOSERS = 3
# characters, since one grapheme may have many
_MAX_BEGINNING = 1000


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` graphemes, ending with … if it was cut; "" when nothing fits.

    It is cut between words where the script has spaces, else between graphemes, and never inside
    a link. Brackets that are open at the cut, and were closed later, are closed.
    """
    pieces = graphemes(text)
    if len(pieces) <= limit:
        return text
    available = limit - len(ELLIPSIS)
    while available > 0:
        kept = _trimmed(text[: word_boundary(text, len("".join(islice(pieces, available))))])
        tail = ELLIPSIS + _closing(text, len(kept))
        # Mastodon would make … part of the link
        tail = f" {tail}" if _LINK_AT_END.search(kept) else tail
        if not kept:
            break
        if size(kept + tail) <= limit:
            return kept + tail
        available = min(available - 1, limit - size(tail))
    return ""


def beginning(text: str) -> str:
    """The first words of a text, on one line, in at most 120 graphemes."""
    return shorten(" ".join(text[:_MAX_BEGINNING].split()), 120)


def word_boundary(text: str, end: int) -> int:
    """The last index up to `end` that is not inside a link or a word."""
    for link in LINK.finditer(text):
        if link.start() < end < link.end():
            return link.start()
    first = max(0, end - _MAX_WORD)
    for word in _WORD.finditer(text, first, end + 2):
        if first < word.start() < end < word.end():
            return word.start()
    return end


def _trimmed(text: str) -> str:
    """The text without punctuation dangling at its end, unless that belongs to a link or is all."""
    links = list(LINK.finditer(text))
    whole = links[-1].end() if links else 0
    return text[:whole] + _DANGLING.sub("", text[whole:]) or text.rstrip()


def _closing(text: str, end: int) -> str:
    """The closing brackets behind `end` of those opened before it, the innermost first."""
    opened: list[tuple[str, int]] = []
    closing = ""
    for index, char in enumerate(text):
        if index >= end and not opened:
            break
        if char in _CLOSERS:
            opened.append((_CLOSERS[char], index))
        elif opened and char == opened[-1][0]:
            closing += char if opened.pop()[1] < end <= index else ""
    return closing[:_MAX_CLOSERS]
