"""How similar two titles are, to notice that two entries tell the same news."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

import regex

# bounds the work for each of many comparisons
_MAX_COMPARED = 500
# nearly every title contains the pairs of a shorter one
_MIN_PAIRS = 4
# digits, Roman numerals in capitals, and Chinese ordinals: 第十二集
_NUMBER = regex.compile(r"[0-9]+|\b[IVX]{2,}\b|(?<=第)[〇零一二三四五六七八九十百千]+")
_NOT_COMPARED = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def similar(first: str, second: str) -> float:
    """How similar two titles are, from 0 to 1; 1 for titles that are equal.

    Titles are compared by their pairs of adjacent characters. Four fifths of the result are the
    share of the shorter title in the longer one, and one fifth the reverse, so that an addition
    reduces it only a little. Case, width, spaces and punctuation do not count. Titles with
    different numbers ("Episode 12", "Episode 13", 第十二集) are not similar, and very short ones
    only when equal.
    """
    left, right = _features(first[:_MAX_COMPARED]), _features(second[:_MAX_COMPARED])
    if left.folded == right.folded:
        return float(bool(left.folded))
    fewer, more = sorted((left.pairs, right.pairs), key=len)
    if len(fewer) < _MIN_PAIRS or left.numbers != right.numbers:
        return 0.0
    common = len(fewer & more)
    return 0.8 * common / len(fewer) + 0.2 * common / len(more)


def near_duplicate(title: str, recent_titles: Iterable[str], threshold: float) -> str:
    """The first recent title at least so similar, "" if there is none or the threshold is 0."""
    if threshold <= 0:
        return ""
    return next((recent for recent in recent_titles if similar(title, recent) >= threshold), "")


class _Features(NamedTuple):
    """The features that titles are compared by."""

    folded: str
    pairs: frozenset[str]
    numbers: frozenset[str]


# one title is compared with many others
@lru_cache(maxsize=64)
def _features(title: str) -> _Features:
    # NFKC may expand one character into eighteen
    normal = normalize("NFKC", title)[:_MAX_COMPARED]
    folded = _NOT_COMPARED.sub("", normal.casefold())
    pairs = frozenset(folded[index : index + 2] for index in range(len(folded) - 1))
    numbers = frozenset(number.lstrip("0") or "0" for number in _NUMBER.findall(normal))
    return _Features(folded, pairs, numbers)
