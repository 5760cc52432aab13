"""Hashtags made of categories, in the form that every server accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from unicodedata import normalize

import regex

from reblogbot.core.text.cleaning import one_line
from reblogbot.core.text.links import LINK
from reblogbot.core.text.measure import size

_WORD = regex.compile(r"[\p{L}\p{M}\p{N}_]+")
_TAGGED = regex.compile(rf"[#＃]({_WORD.pattern})")
_APOSTROPHE = regex.compile(r"['’]")
_LETTER = regex.compile(r"\p{L}")
# the default categories of blogs
_MEANINGLESS = frozenset({"uncategorized", "uncategorised", "未分类", "未分類"})
# a longer category is a sentence
_MAX_WORDS = 3
_MAX_LENGTH = 40
_ARXIV = regex.compile(
    r"(?P<archive>astro-ph|cond-mat|cs|econ|eess|gr-qc|hep-(?:ex|lat|ph|th)|math|math-ph|nlin|nucl-(?:ex|th)"
    r"|physics|q-bio|q-fin|quant-ph|stat)(?P<subject>\.[A-Za-z-]{2,10})?"
)
# a code such as cs.AI, in contrast to archives that are words, such as physics
_ARXIV_CODE = regex.compile(r".*[.-].*")
# r/rust is a subject, u/ann is a person
_REDDIT = regex.compile(r"/?(?P<kind>[ru])/(?P<name>\w{2,30})", regex.ASCII)
_PARENTHESIS = regex.compile(r"\s*[(（\[][^()（）\[\]]*[)）\]]\s*")
_SEPARATOR = regex.compile(r"\s*[,;|、，；>]\s*|:\s+|\s+[&+/–—-]\s+|(?<=\p{L}{4})/(?=\p{L}{4})")


def hashtags(categories: Iterable[str], at_most: int, always: Iterable[str]) -> tuple[str, ...]:
    """`#Word` for at most so many subjects of categories, then for all of `always`; each once.

    A category with several subjects ("Tips & Tricks") becomes several hashtags; codes of arXiv
    and Reddit become the names that people use, or none.
    """
    fixed = [word for name in always if (word := _word(normalize("NFKC", name)))]
    used = {word.casefold() for word in fixed}
    chosen: list[str] = []
    parts = (part for category in categories for part in _subjects(category))
    for word in map(_word, parts):
        if len(chosen) >= at_most:
            break
        if word and word.casefold() not in used | _MEANINGLESS:
            used.add(word.casefold())
            chosen.append(word)
    return tuple(dict.fromkeys(f"#{word}" for word in chosen + fixed))


def untagged(tags: Iterable[str], text: str) -> tuple[str, ...]:
    """Those of the hashtags that the text does not contain already, in any case."""
    contained = {word.casefold() for word in _TAGGED.findall(LINK.sub(" ", text))}
    return tuple(tag for tag in tags if tag[1:].casefold() not in contained)


def _subjects(category: str) -> Iterator[str]:
    text = normalize("NFKC", one_line(category[:200]))
    code = _ARXIV.fullmatch(text)
    if code and _ARXIV_CODE.fullmatch(text):
        names = _arxiv()
        yield names.get(text) or names.get(code["archive"], "")
        return
    community = _REDDIT.fullmatch(text)
    if community:
        yield community["name"] if community["kind"] == "r" else ""
        return
    if "://" not in text:
        yield from _SEPARATOR.split(_PARENTHESIS.sub(" ", text).strip())


@cache
def _arxiv() -> Mapping[str, str]:
    """Hashtags by category of arXiv, and by archive for its other categories."""
    lines = Path(__file__).with_name("arxiv_categories.txt").read_text("utf-8").splitlines()
    rules = (line.split() for line in lines if line and not line.startswith("#"))
    return dict(rule for rule in rules if len(rule) == 2)


def _word(subject: str) -> str:
    """The subject as one word: `machine learning` → `MachineLearning`; "" if it makes none."""
    words = _WORD.findall(_APOSTROPHE.sub("", subject))
    if not 0 < len(words) <= _MAX_WORDS:
        return ""
    word = words[0] if len(words) == 1 else "".join(map(_capital, words))
    # what is left of C++ and C# would be C
    is_remnant = len(word) == 1 and word.isascii() and subject != word
    return "" if is_remnant or size(word) > _MAX_LENGTH or not _LETTER.search(word) else word


def _capital(word: str) -> str:
    return word[0].upper() + word[1:] if word.islower() else word
