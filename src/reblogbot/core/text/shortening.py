"""A text cut to a length, where a careful editor would cut it."""

from __future__ import annotations

from itertools import islice

import regex

from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import graphemes, size

ELLIPSIS = "…"

# words of scripts that put spaces between them, with what may stand inside one: don't, 3.14, co-op
_SPACED = (
    r"[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]]"
)
_WORD = regex.compile(rf"{_SPACED}+(?:[.,'’-]{_SPACED}+)*", regex.V1)
_LINK_AT_END = regex.compile(rf"{LINK.pattern}\Z")
# a longer word is cut rather than dropped
_LONGEST_WORD = 30
_DANGLING = regex.compile(r"[\s\p{Ps}\p{Pi}\p{Pd}.,;:·•…/\\|&<~、，。；：．～]+\Z", regex.V1)
_CLOSERS = dict(zip("([{（［｛【「『《〈〔“‘", ")]}）］｝】」』》〉〕”’", strict=True))
_MOST_CLOSERS = 3
# characters, of which a grapheme may have many
_LONGEST_BEGINNING = 1000


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` graphemes, links in full, ending with … if something is gone.

    Cut between words where the script has spaces, else between graphemes, never inside a link;
    brackets that are open there and were closed later are closed. "" when nothing fits.
    """
    pieces = graphemes(text)
    if len(pieces) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    while room > 0:
        kept = _trimmed(text[: _boundary(text, len("".join(islice(pieces, room))))])
        tail = ELLIPSIS + _closing(text, len(kept))
        # Mastodon would take the … for a part of the link
        tail = f" {tail}" if _LINK_AT_END.search(kept) else tail
        if not kept:
            break
        if size(kept + tail) <= limit:
            return kept + tail
        room = min(room - 1, limit - size(tail))
    return ""


def beginning(text: str) -> str:
    """The first words of a text, on one line, in at most 120 graphemes."""
    return shorten(" ".join(text[:_LONGEST_BEGINNING].split()), 120)


def _boundary(text: str, end: int) -> int:
    """The last place up to `end` that is not inside a link or a word."""
    for link in LINK.finditer(text):
        if link.start() < end < link.end():
            return link.start()
    first = max(0, end - _LONGEST_WORD)
    for word in _WORD.finditer(text, first, end + 2):
        if first < word.start() < end < word.end():
            return word.start()
    return end


def _trimmed(text: str) -> str:
    """The text without what dangles at its end, unless that is part of a link, or everything."""
    links = list(LINK.finditer(text))
    whole = links[-1].end() if links else 0
    return text[:whole] + _DANGLING.sub("", text[whole:]) or text.rstrip()


def _closing(text: str, end: int) -> str:
    """The brackets that close, after `end`, what was opened before it; the innermost first."""
    opened: list[tuple[str, int]] = []
    found = ""
    for place, sign in enumerate(text):
        if place >= end and not opened:
            break
        if sign in _CLOSERS:
            opened.append((_CLOSERS[sign], place))
        elif opened and sign == opened[-1][0]:
            found += sign if opened.pop()[1] < end <= place else ""
    return found[:_MOST_CLOSERS]
