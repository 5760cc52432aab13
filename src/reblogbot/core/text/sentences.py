"""Sentences: where they end, and the beginning of a text that ends with one."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from reblogbot.core.text.measure import graphemes
from reblogbot.core.text.shortening import shorten

_CLOSERS = r"[\p{Pe}\p{Pf}\"'”’」』》〉】）]*+"
_END = regex.compile(
    # a line, and a sentence of a script that puts no space behind it
    rf"(?=\n)|[。！？｡]++…?{_CLOSERS}|……{_CLOSERS}"
    # a sentence of other scripts, and no number (3.14) or name (example.org)
    rf"|(?<![\p{{L}}\p{{M}}])[\p{{L}}\p{{M}}]*+[.!?…।؟]++{_CLOSERS}(?=\s+[^\p{{Ll}}\s]|\s*\Z)"
)
_ABBREVIATIONS = frozenset(
    "al approx ca cf dr ed eds eg eq eqs etc fig figs ie jr mr mrs ms no nr pp prof sec sr st "
    "str tab vgl viz vol vs".split()
)
# a beginning shorter than this share of what fits would lose too much
_LEAST_SHARE = 3


def sentence_ends(text: str) -> Iterator[int]:
    """The indices behind the sentences and lines of a text, in order, with the end of the text."""
    last = 0
    for match in _END.finditer(text):
        is_abbreviation = match.end() < len(text) and _is_abbreviation(match[0])
        if match.end() > last and not is_abbreviation:
            last = match.end()
            yield last
    if last < len(text):
        yield len(text)


def _is_abbreviation(end: str) -> bool:
    """Whether the last word of a sentence, with its stop, is an abbreviation or an initial."""
    word = end.removesuffix(".")
    return word != end and (len(word) == 1 or word.lower() in _ABBREVIATIONS)


def cut(text: str, limit: int) -> str:
    """The text in at most `limit` graphemes, cut at the end of a sentence.

    It is cut between words, and ends with …, where a sentence would end too early.
    """
    if len(text) <= limit:
        return text
    pieces = graphemes(text)
    if len(pieces) <= limit:
        return text
    end = len("".join(pieces[: max(0, limit)]))
    # what follows decides whether a sentence ends there
    ends = [at for at in sentence_ends(text[: end + 2]) if at <= end]
    kept = text[: ends[-1]].rstrip() if ends else ""
    if _LEAST_SHARE * len(kept) >= end:
        return kept
    return shorten(text, limit)
