"""English text that can be translated later: it remembers what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from gettext import NullTranslations


class Words(str):
    """A text made from a sentence with places for values: `Words("held: {cause}", cause=cause)`.

    It is the English text, ready to print. `translated` makes it of another language's sentence.
    One with a number has a second sentence for the plural:
    `Words("{count} post", "{count} posts", count=2)`.
    """

    __slots__ = ("plural", "sentence", "values")

    sentence: str
    plural: str
    values: dict[str, Any]

    def __new__(cls, sentence: str, plural: str = "", /, **values: Any) -> Self:
        """Make the English text."""
        form = plural if plural and values["count"] != 1 else sentence
        words = super().__new__(cls, form.format(**values) if values else form)
        words.sentence, words.plural, words.values = sentence, plural, values
        return words

    def filled(self, **values: Any) -> Self:
        """The same sentence with these values."""
        return type(self)(self.sentence, self.plural, **values)

    def translated(
        self, catalogue: NullTranslations, value_text: Callable[[Any], Any] = lambda value: value
    ) -> str:
        """The text in the language of the catalogue.

        Values that are words are translated as well. `value_text` decides how other values look.
        """
        if self.plural:
            form = catalogue.ngettext(self.sentence, self.plural, self.values["count"])
        else:
            form = catalogue.gettext(self.sentence)
        if not self.values:
            return form
        values = {
            name: value.translated(catalogue, value_text)
            if isinstance(value, Words)
            else value_text(value)
            for name, value in self.values.items()
        }
        return form.format(**values)
