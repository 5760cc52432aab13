"""The admin's patterns: a word, or a /regex/ with flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    import regex

MAX_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word or a /regex/; `written` is what the admin wrote."""

    written: str
    compiled: regex.Pattern[str] = field(repr=False, compare=False)

    @classmethod
    def parse(cls, value: object) -> Self:
        """The pattern of `word` or `/regex/flags`, where flags are some of `imsx`.

        A word is found in any case, and only as a whole where its script puts spaces between
        words. Raises ValueError.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, str) or not value.strip():
            raise ValueError('a pattern is a word or a regex in quotes: "word" or "/regex/"')
        if len(value) > MAX_LENGTH:
            raise ValueError(f"a pattern has at most {MAX_LENGTH} characters")
        from reblogbot.config import pattern_compiler  # noqa: PLC0415  imports regex

        if value.startswith("/"):
            return cls(value, pattern_compiler.compile_regex(value))
        return cls(value, pattern_compiler.compile_word(value.strip()))

    @classmethod
    def __get_pydantic_core_schema__(cls, _of: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


def check_replacement(pattern: Pattern, replacement: str) -> None:
    """Raise ValueError if the pattern has not the groups that the replacement names."""
    from reblogbot.config import pattern_compiler  # noqa: PLC0415  imports regex

    error = pattern_compiler.replacement_error(pattern.compiled, replacement)
    if error:
        raise ValueError(error)
