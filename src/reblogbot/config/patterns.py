"""The admin's patterns: a plain word, or a /regex/ with flags, ready to be searched for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    import regex

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Pattern:
    """A plain word or a /regex/; `written` is what the admin wrote."""

    written: str
    compiled: regex.Pattern[str] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, written: object) -> Self:
        """The pattern written as `word` or `/regex/flags`, flags being some of `imsx`.

        A word is found whatever its case, and as a whole where its script puts spaces
        between words. Raises ValueError.
        """
        if isinstance(written, cls):
            return written
        if not isinstance(written, str) or not written.strip():
            raise ValueError('a pattern is a word or a regex in quotes: "word" or "/regex/"')
        if len(written) > LONGEST:
            raise ValueError(f"a pattern has at most {LONGEST} characters")
        from reblogbot.config import expressions  # noqa: PLC0415  see there

        if written.startswith("/"):
            return cls(written, expressions.expression(written))
        return cls(written, expressions.word(written.strip()))

    @classmethod
    def __get_pydantic_core_schema__(cls, _of: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


def replacement_fault(pattern: Pattern, text: str) -> str:
    r"""What is wrong with `text` as the replacement (\1, \g<name>) of `pattern`, or ""."""
    from reblogbot.config import expressions  # noqa: PLC0415  see there

    return expressions.probe(pattern.compiled, text)
