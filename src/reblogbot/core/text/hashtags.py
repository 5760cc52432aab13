"""Categories as hashtags every server takes."""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import normalize

import regex

from reblogbot.core.text.cleaning import one_line
from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import size

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]+")
_TAGGED = regex.compile(rf"[#＃]({_WORD.pattern})")
_APOSTROPHE = regex.compile(r"['’]")
_LETTER = regex.compile(r"\p{L}")
# what blogs put where nobody chose a category
_SAYS_NOTHING = frozenset({"uncategorized", "uncategorised", "未分类", "未分類"})
# past these, a category is a sentence
_MOST_WORDS = 4
_LONGEST = 40


def hashtags(categories: Iterable[str], at_most: int, always: Iterable[str]) -> tuple[str, ...]:
    """`#Word` for at most so many categories, then for all of `always`; each word once."""
    fixed = [word for word in map(_word, always) if word]
    taken = {word.casefold() for word in fixed}
    chosen: list[str] = []
    for word in map(_word, categories):
        if len(chosen) >= at_most:
            break
        if word and word.casefold() not in taken | _SAYS_NOTHING:
            taken.add(word.casefold())
            chosen.append(word)
    return tuple(dict.fromkeys(f"#{word}" for word in chosen + fixed))


def untagged(tags: Iterable[str], text: str) -> tuple[str, ...]:
    """Those of the hashtags that the text does not carry already, in whatever case."""
    carried = {word.casefold() for word in _TAGGED.findall(LINK.sub(" ", text))}
    return tuple(tag for tag in tags if tag[1:].casefold() not in carried)


def _word(category: str) -> str:
    """The category as one word: `machine learning` → `MachineLearning`; "" if it makes none."""
    text = normalize("NFKC", one_line(category[:200]))
    words = _WORD.findall(_APOSTROPHE.sub("", text))
    if "://" in text or not 0 < len(words) <= _MOST_WORDS:
        return ""
    word = words[0] if len(words) == 1 else "".join(map(_capital, words))
    # C++ and C# are not about C
    is_remnant = len(word) == 1 and word.isascii() and text != word
    return "" if is_remnant or size(word) > _LONGEST or not _LETTER.search(word) else word


def _capital(word: str) -> str:
    return word[0].upper() + word[1:] if word.islower() else word
