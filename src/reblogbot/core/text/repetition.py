"""Whether and how a text repeats its title at its start."""

from __future__ import annotations

import regex

_LETTER = regex.compile(r"[\p{L}\p{M}\p{N}]")
_ELLIPSIS = regex.compile(r"(?:…|\.{2,})[\s\p{Pe}\p{Pf}]*\Z")
# scripts whose words have no spaces between them
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_PUNCTUATION = regex.compile(r"[^\p{L}\p{M}\p{N}\n]*+")
_HEADING_END = regex.compile(r"[^\p{L}\p{M}\p{N}\n]*+\n\s*")


def end_of_title(title: str, text: str) -> int:
    """The index in the text at which its title ends; 0 if the text does not start with the title.

    Case, spaces and punctuation do not count. The title must end with a word of the text, unless
    it was cut off and ends in an ellipsis.
    """
    letters = _LETTER.finditer(text)
    end = 0
    for expected in _LETTER.finditer(title):
        letter = next(letters, None)
        if letter is None or letter[0].casefold() != expected[0].casefold():
            return 0
        end = letter.end()
    following = text[end : end + 1]
    is_within_word = bool(
        end
        and _LETTER.match(following)
        and not is_cut(title)
        and not _UNSPACED.match(text, end - 1)
        and not _UNSPACED.match(following)
    )
    return 0 if is_within_word else end


def is_cut(title: str) -> bool:
    """Whether the title ends in an ellipsis."""
    return bool(_ELLIPSIS.search(title))


def without_heading(text: str, end: int) -> str | None:
    """The text without its title, which ends at `end`; None if that is within a line.

    "" if nothing but punctuation follows.
    """
    if _PUNCTUATION.fullmatch(text, end):
        return ""
    heading = _HEADING_END.match(text, end)
    return text[heading.end() :] if heading else None
