"""Compiles words and regexes. Imported with the first pattern: few configs have any."""

from __future__ import annotations

import warnings

import regex

_FLAGS = {"i": regex.IGNORECASE, "m": regex.MULTILINE, "s": regex.DOTALL, "x": regex.VERBOSE}

# scripts that are written without spaces have no word boundaries to search for
_LETTER = (
    r"[[\p{L}\p{M}\p{N}_]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}"
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー]]"
)


def compile_word(word: str) -> regex.Pattern[str]:
    """The pattern that finds a word in any case, and only as a whole word."""
    before = rf"(?<!{_LETTER})" if regex.match(_LETTER, word, regex.V1) else ""
    after = rf"(?!{_LETTER})" if regex.match(_LETTER, word[-1], regex.V1) else ""
    inner = r"\s+".join(regex.escape(part) for part in word.split())
    return regex.compile(before + inner + after, regex.V1 | regex.IGNORECASE)


def compile_regex(text: str) -> regex.Pattern[str]:
    """The pattern of `/regex/flags`. Raises ValueError."""
    body, slash, letters = text[1:].rpartition("/")
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
    with warnings.catch_warnings():
        # regex warns of a set that looks like a nested one, which is valid in V0
        warnings.simplefilter("ignore")
        try:
            return regex.compile(body, flags)
        except regex.error as error:
            raise ValueError(f"not a valid regex: {error}") from None
        except (ArithmeticError, LookupError, RecursionError, MemoryError) as error:
            raise ValueError(f"not a valid regex: {type(error).__name__}") from None


def replacement_error(pattern: regex.Pattern[str], replacement: str) -> str:
    r"""What is wrong with a replacement (\1, \g<name>) for a pattern, "" for nothing."""
    names = {group: f"?P<{name}>" for name, group in pattern.groupindex.items()}
    groups = range(1, pattern.groups + 1)
    # regex reads a replacement only at a match, so it is tried with a pattern that has the same
    # groups and matches the empty text
    same_groups = regex.compile("".join(f"({names.get(group, '')})" for group in groups))
    try:
        same_groups.sub(replacement, "")
    except (regex.error, LookupError, ValueError) as error:
        return f"not a valid replacement: {error}; write a backslash twice"
    return ""
