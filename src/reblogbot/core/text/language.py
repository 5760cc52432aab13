"""Which language a text is in, as far as its script tells, and how languages are written."""

from __future__ import annotations

import regex

from reblogbot.core.text.links import LINK

_ENOUGH = 2000
# how many letters a character of these is worth
_DENSE = {"zh": 3, "ko": 2}
_SCRIPTS = {
    "zh": regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]"),
    "ko": regex.compile(r"\p{Hangul}"),
    "ru": regex.compile(r"\p{Cyrillic}"),
    "ar": regex.compile(r"\p{Arabic}"),
    "he": regex.compile(r"\p{Hebrew}"),
    "el": regex.compile(r"\p{Greek}"),
    "th": regex.compile(r"\p{Thai}"),
    "hi": regex.compile(r"\p{Devanagari}"),
    "bn": regex.compile(r"\p{Bengali}"),
    "ta": regex.compile(r"\p{Tamil}"),
    "te": regex.compile(r"\p{Telugu}"),
    "ka": regex.compile(r"\p{Georgian}"),
    "hy": regex.compile(r"\p{Armenian}"),
    "": regex.compile(r"\p{Latin}"),
}
BY_SCRIPT = frozenset(_SCRIPTS) - {""} | {"ja", "uk", "fa", "ur"}
"""The languages `language_of` can tell."""
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
# letters the first language of a script does without
_TELLING = {
    "ru": (("uk", regex.compile(r"[іїєґІЇЄҐ]")),),
    "ar": (("ur", regex.compile(r"[ٹڈڑںے]")), ("fa", regex.compile(r"[پچژگی]"))),
}
_UNKNOWN = frozenset({"und", "mul", "mis", "zxx"})
_TAG = regex.compile(
    r"([a-z]{2,3})(?:[-_][a-z]{3})*(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_].*)?",
    regex.IGNORECASE | regex.ASCII,
)


def language_of(text: str) -> str:
    """The language its script gives away (`zh`, `ja`, `ko`, `ru` …), "" for Latin or none."""
    text = LINK.sub(" ", text[:_ENOUGH])
    counts = {language: len(script.findall(text)) for language, script in _SCRIPTS.items()}
    for language, worth in _DENSE.items():
        counts[language] *= worth
    leading = max(counts, key=lambda language: counts[language])
    return _told_apart(leading, text) if counts[leading] else ""


def _told_apart(language: str, text: str) -> str:
    # a の or two is fashionable in Chinese too
    if language == "zh" and len(_KANA.findall(text)) * 10 > len(_SCRIPTS["zh"].findall(text)):
        return "ja"
    for other, letters in _TELLING.get(language, ()):
        if letters.search(text):
            return other
    return language


def language_tag(written: str) -> str:
    """The tag in its usual case, language, script and region only (RFC 5646); "" if it is none."""
    found = _TAG.fullmatch(written.strip())
    if found is None or found[1].lower() in _UNKNOWN:
        return ""
    parts = (found[1].lower(), (found[2] or "").title(), (found[3] or "").upper())
    return "-".join(part for part in parts if part)
