"""The admin's patterns: a plain word, or a /regex/ with flags, ready to be searched for."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any, Self

import regex
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

LONGEST = 2000
_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}
_WORD = regex.V1 | regex.IGNORECASE

# scripts written without spaces have no edges a word could be found by
_LETTER = (
    r"[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]]"
)


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
        if written.startswith("/"):
            return cls(written, _regex(written))
        return cls(written, _word(written.strip()))

    @classmethod
    def __get_pydantic_core_schema__(cls, _of: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.parse)


def replacement_fault(pattern: Pattern, text: str) -> str:
    r"""What is wrong with `text` as the replacement (\1, \g<name>) of `pattern`, or ""."""
    names = {group: f"?P<{name}>" for name, group in pattern.compiled.groupindex.items()}
    groups = range(1, pattern.compiled.groups + 1)
    # a replacement is read only once something matched: so does this, with the same groups
    probe = regex.compile("".join(f"({names.get(group, '')})" for group in groups))
    try:
        probe.sub(text, "")
    except (regex.error, LookupError, ValueError) as fault:
        return f"not a valid replacement: {fault}; a backslash itself is written twice"
    return ""


def _word(word: str) -> regex.Pattern[str]:
    before = rf"(?<!{_LETTER})" if regex.match(_LETTER, word, regex.V1) else ""
    after = rf"(?!{_LETTER})" if regex.match(_LETTER, word[-1], regex.V1) else ""
    inner = r"\s+".join(regex.escape(part) for part in word.split())
    return regex.compile(before + inner + after, _WORD)


def _regex(written: str) -> regex.Pattern[str]:
    body, slash, letters = written[1:].rpartition("/")
    if not slash:
        raise ValueError("a regex ends with a slash, as in /regex/; a word does not begin with one")
    if not body:
        raise ValueError("an empty regex would match everything")
    unknown = "".join(sorted(set(letters) - set(_FLAGS)))
    if unknown:
        raise ValueError(f"unknown regex flag {unknown!r}; there are i, m, s and x")
    flags = regex.V0
    for letter in letters:
        flags |= _FLAGS[letter]
    return _compile(body, flags)


def _compile(body: str, flags: int) -> regex.Pattern[str]:
    with warnings.catch_warnings():
        # a set that looks nested is no fault of the admin's
        warnings.simplefilter("ignore")
        try:
            return regex.compile(body, flags)
        except regex.error as fault:
            raise ValueError(f"not a valid regex: {fault}") from None
        except (ArithmeticError, LookupError, RecursionError, MemoryError) as fault:
            raise ValueError(f"not a valid regex: {type(fault).__name__}") from None
