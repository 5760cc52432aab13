"""English text that can be translated later: it remembers what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self


class Words(str):
    """A text made from a sentence with places for values: `Words("{n} held", n=3)`.

    It is the English text, ready to print. `translated` makes it of another sentence.
    """

    __slots__ = ("sentence", "values")

    sentence: str
    values: dict[str, Any]

    def __new__(cls, sentence: str, **values: Any) -> Self:
        """Make the English text."""
        words = super().__new__(cls, sentence.format(**values) if values else sentence)
        words.sentence, words.values = sentence, values
        return words

    def translated(self, translate: Callable[[str], str]) -> str:
        """The text with another sentence, and with values that are words translated as well."""
        sentence = translate(self.sentence)
        if not self.values:
            return sentence
        values = {
            name: value.translated(translate) if isinstance(value, Words) else value
            for name, value in self.values.items()
        }
        return sentence.format(**values)
