"""Words and regexes compiled; imported when the first is written, for few configs have any."""

from __future__ import annotations

import warnings

import regex

_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}
_WORD = regex.V1 | regex.IGNORECASE

# scripts written without spaces have no edges a word could be found by
_LETTER = (
    r"[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]]"
)


def word(text: str) -> regex.Pattern[str]:
    """The pattern that finds a word, whatever its case."""
    before = rf"(?<!{_LETTER})" if regex.match(_LETTER, text, regex.V1) else ""
    after = rf"(?!{_LETTER})" if regex.match(_LETTER, text[-1], regex.V1) else ""
    inner = r"\s+".join(regex.escape(part) for part in text.split())
    return regex.compile(before + inner + after, _WORD)


def expression(written: str) -> regex.Pattern[str]:
    """The pattern written as `/regex/flags`. Raises ValueError."""
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


def probe(pattern: regex.Pattern[str], text: str) -> str:
    """What is wrong with `text` as the replacement of a pattern of such groups, or ""."""
    names = {group: f"?P<{name}>" for name, group in pattern.groupindex.items()}
    groups = range(1, pattern.groups + 1)
    # a replacement is read only once something matched: so does this, with the same groups
    alike = regex.compile("".join(f"({names.get(group, '')})" for group in groups))
    try:
        alike.sub(text, "")
    except (regex.error, LookupError, ValueError) as fault:
        return f"not a valid replacement: {fault}; a backslash itself is written twice"
    return ""
