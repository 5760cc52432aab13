"""Removal of invisible characters; visible ones stay as they are."""

from __future__ import annotations

import regex

_LINE_END = regex.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANKS = regex.compile(r"[^\S\n]{2,}|[^\S\n \u00a0\u3000]")
_LINE_EDGES = regex.compile(r"[^\S\n]*\n[^\S\n]*")
_BLANK_LINES = regex.compile(r"\n{3,}")
# no script stacks more marks on a letter, but "Zalgo" texts do
_MANY_MARKS = regex.compile(r"(\p{M}{8})\p{M}+")

# scripts whose spelling needs the joiners (Unicode Standard, 9.2 and 12)
_JOINED = (
    r"[[\p{L}\p{M}]&&[\p{Arabic}\p{Syriac}\p{Nko}\p{Devanagari}\p{Bengali}\p{Gurmukhi}"
    r"\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}]]"
)
_VISIBLE_BY_CONTEXT = "|".join(
    (
        # 👩‍👩‍👧, ❤️‍🔥
        r"(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d(?=\p{Extended_Pictographic})",
        rf"(?<={_JOINED})[\u200c\u200d](?={_JOINED})",
        # ☎️ ☎︎, variants of ideographs and of mathematical signs, Mongolian
        r"(?<=\p{Emoji})[\ufe0e\ufe0f]",
        r"(?<=[\p{Han}\p{Sm}])[\ufe00-\ufe0d]",
        r"(?<=\p{Han})[\U000e0100-\U000e01ef]",
        r"(?<=\p{Mongolian})[\u180b-\u180d]",
        # the flags of England, Scotland and Wales
        r"(?<=\U0001f3f4[\U000e0020-\U000e007e]{0,6})[\U000e0020-\U000e007f]",
    )
)
# controls, lone surrogates, non-characters, bidi and other invisible formatting
_INVISIBLE = (
    r"[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}"
    r"\p{Bidi_Control}\ufff9-\ufffc]--[\n]]"
)
_ANY_INVISIBLE = regex.compile(_INVISIBLE, regex.V1)
_TO_REMOVE = regex.compile(
    rf"(?={_INVISIBLE})(?:({_VISIBLE_BY_CONTEXT})|.)", regex.V1 | regex.DOTALL
)


def clean(text: str) -> str:
    """The text without invisible characters: controls, bidi, zero-width, lone surrogates.

    Joiners and variation selectors stay where they change what is seen. Paragraphs are separated
    by one blank line at most. Letters are not normalised: the text is posted as the source
    wrote it.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        # most titles are such, and the patterns below would find nothing
        return text.strip()
    text = _LINE_END.sub("\n", text).replace("\t", " ")
    if _ANY_INVISIBLE.search(text):
        text = _TO_REMOVE.sub(lambda match: match[1] or "", text)
    text = _MANY_MARKS.sub(r"\1", text)
    text = _BLANKS.sub(" ", text)
    text = _LINE_EDGES.sub("\n", text)
    return _BLANK_LINES.sub("\n\n", text).strip()


def one_line(text: str) -> str:
    """The cleaned text on one line, its words separated by single spaces."""
    return " ".join(clean(text).split())
