"""Where a text begins with its title."""

from __future__ import annotations

import regex

_LETTER = regex.compile(r"[\p{L}\p{M}\p{N}]")
_CUT = regex.compile(r"(?:…|\.{2,})[\s\p{Pe}\p{Pf}]*\Z")
# scripts whose words have no spaces between them
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_REST = regex.compile(r"[^\p{L}\p{M}\p{N}\n]*+")
_HEADING_END = regex.compile(r"[^\p{L}\p{M}\p{N}\n]*+\n\s*")


def end_of_title(title: str, text: str) -> int:
    """Where the title that the text begins with ends in it; 0 where it does not begin with it.

    Case, spaces and punctuation do not count. A title may break off, within a word too where it
    ends in an ellipsis; else it ends with a word.
    """
    signs = _LETTER.finditer(text)
    end = 0
    for wanted in _LETTER.finditer(title):
        found = next(signs, None)
        if found is None or found[0].casefold() != wanted[0].casefold():
            return 0
        end = found.end()
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
    return bool(_CUT.search(title))


def without_heading(text: str, end: int) -> str | None:
    """The text behind a title that ends at `end` on a line of its own; None where it does not.

    "" where nothing but punctuation follows.
    """
    if _REST.fullmatch(text, end):
        return ""
    heading = _HEADING_END.match(text, end)
    return text[heading.end() :] if heading else None
