"""The languages of the page: which one a browser prefers, and texts in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from reblogbot.words import Words

LANGUAGES = {"en": "English", "zh": "中文"}
MAX_RECOGNISED = 2000
"""Characters; a longer text is not compared with the sentences of the catalogue."""
MAX_DEPTH = 3
"""How many texts a recognised one may be in: a text of others may look like many."""
PLACES_OF_TEXT = frozenset({"cause", "error", "message", "reason", "state"})
"""The places in sentences whose values are texts of ours too. Any other value is a name, or a text
of somebody else, and is never translated."""
PLACES_OF_NUMBERS = frozenset({"count", "limit", "length", "size", "total"})
"""The places whose values are numbers; a text that has none there is another sentence's."""
_LOCALES = Path(__file__).parent / "locales"
_HEADER_PART = re.compile(
    r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]{1,30})?\s*(?:;\s*[qQ]=([0-9.]{1,5}))?\s*"
)


def language_of(header: str) -> str:
    """The language that an Accept-Language header prefers among ours; English for none."""
    best = ("en", 0.0)
    for part in header[:500].split(","):
        match = _HEADER_PART.fullmatch(part)
        if match is None or match[1].lower() not in LANGUAGES:
            continue
        try:
            weight = min(float(match[2] or 1), 1.0)
        except ValueError:
            continue
        if weight > best[1]:
            best = (match[1].lower(), weight)
    return best[0]


@cache
def _catalog(language: str) -> Catalog:
    """The texts of a language; none for English."""
    file = _LOCALES / language / "LC_MESSAGES" / "reblogbot.po"
    if not file.is_file():
        return Catalog()
    with file.open("rb") as source:
        return read_po(source, locale=language)


@cache
def translations(language: str) -> GNUTranslations:
    """The texts of a language in the form that templates need."""
    compiled = BytesIO()
    write_mo(compiled, _catalog(language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def translated(
    text: str,
    language: str,
    value_text: Callable[[Any], Any] = lambda value: value,
    depth: int = 0,
) -> str:
    """A text of ours in the language; any other text stays as it is.

    The store keeps English text, such as the reason why an entry was skipped: the sentence that
    it was made from is found in the catalogue. `value_text` decides how values look. `depth` is
    the number of texts in which this one is.
    """
    words = text if isinstance(text, Words) else _recognised(text, language, depth)
    # a catalogue has its own facts under the empty text
    if not words:
        return text

    def text_of_place(name: str, value: Any) -> Any:
        if isinstance(value, str):
            is_ours = isinstance(value, Words) or name in PLACES_OF_TEXT
            return translated(value, language, value_text, depth + 1) if is_ours else value
        return value_text(value)

    return words.translated(translations(language), text_of_place)


@lru_cache(5000)
def _recognised(text: str, language: str, depth: int) -> Words | None:
    """What an English text was made of; None if no sentence of the catalogue fits."""
    if not text or len(text) > MAX_RECOGNISED or depth > MAX_DEPTH:
        return None
    if text in _catalog(language):
        return Words.of_catalogue(text)
    sentences = _sentences(language)
    for sentence in (*sentences.get(text[0], ()), *sentences.get("", ())):
        words = sentence.words_of(text)
        if words is None:
            continue
        texts = [words.values[name] for name in sentence.names if name in PLACES_OF_TEXT]
        # "{where}: {reason}" fits nearly everything
        if sentence.has_words or any(_recognised(each, language, depth + 1) for each in texts):
            return words
    return None


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence with places for values: `literals` are around them, one more than `names`.

    It is the singular or the plural of `words`, which have no values yet.
    """

    words: Words
    literals: tuple[str, ...]
    names: tuple[str, ...]

    def words_of(self, text: str) -> Words | None:
        """The text as words, if the sentence gives it with some values; else None."""
        first, *middle, last = self.literals
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last) and len(first) <= end):
            return None
        parts, start = [], len(first)
        # where each place ends as early as it can, the rest has the best chance to fit
        for literal in middle:
            position = text.find(literal, start, end)
            if position < 0:
                return None
            parts.append(text[start:position])
            start = position + len(literal)
        values: dict[str, Any] = dict(zip(self.names, (*parts, text[start:end]), strict=True))
        if any(not values[name][:1].isdigit() for name in self.names if name in PLACES_OF_NUMBERS):
            return None
        if self.words.plural:
            if not re.fullmatch("[0-9]{1,9}", values["count"]):
                return None
            values["count"] = int(values["count"])
        return self.words.filled(**values)

    @property
    def has_words(self) -> bool:
        """Whether it consists of more than places and punctuation."""
        return any(re.search("[a-z]{3}", literal) for literal in self.literals)


@cache
def _sentences(language: str) -> Mapping[str, Sequence[_Sentence]]:
    """The sentences with places by their first character, "" for those that begin with a place.

    Those with the most words of their own come first.
    """
    sentences: dict[str, list[_Sentence]] = {}
    for message in _catalog(language):
        if not message.python_brace_format:
            continue
        forms = (message.id,) if isinstance(message.id, str) else message.id
        words = Words.of_catalogue(*forms)
        for form in forms:
            parts = [(literal, name) for literal, name, _, _ in Formatter().parse(form)]
            names = tuple(name for _, name in parts if name is not None)
            literals = [literal for literal, _ in parts] + [""] * (parts[-1][1] is not None)
            if len(set(names)) == len(names):
                sentence = _Sentence(words, tuple(literals), names)
                sentences.setdefault(literals[0][:1], []).append(sentence)
    for group in sentences.values():
        group.sort(key=lambda each: -sum(map(len, each.literals)))
    return sentences
