"""English text that can be translated later: it remembers what it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from gettext import NullTranslations
    from typing import Any, Self


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
        """Make the English text. Without values, braces stay as they are."""
        form = plural if plural and values.get("count", 1) != 1 else sentence
        words = super().__new__(cls, form.format(**values) if values else form)
        words.sentence, words.plural, words.values = sentence, plural, values
        return words

    @classmethod
    def lines(cls, texts: Iterable[str]) -> Self:
        """Several texts, each on a line of its own."""
        values = {f"line{number}": text for number, text in enumerate(texts)}
        return cls("\n".join(f"{{{name}}}" for name in values), **values)

    @classmethod
    def of_catalogue(cls, *sentences: str) -> Self:
        """A sentence that a catalogue has, or a sentence and its plural; without values."""
        return cls(*sentences)

    def filled(self, **values: Any) -> Self:
        """The same sentence with these values, for one that was made without."""
        return type(self)(self.sentence, self.plural, **values)

    def translated(self, catalogue: NullTranslations, value_text: Callable[[str, Any], Any]) -> str:
        """The text in the language of the catalogue.

        `value_text` says what is put into the place of a name for its value.
        """
        if self.plural:
            form = catalogue.ngettext(self.sentence, self.plural, self.values["count"])
        else:
            form = catalogue.gettext(self.sentence)
        if not self.values:
            return form
        values = {name: value_text(name, value) for name, value in self.values.items()}
        return form.format(**values)
