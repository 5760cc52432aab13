"""Detection of an encoding that is not declared, by the language that the text would be in.

`charset-normalizer` was measured instead: docs/adr/0031-encodings-by-looks.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import category

WESTERN = frozenset({"cp1252", "iso8859-15"})
"""Encodings that templates and servers declare by default, whatever the text is in."""
_SAMPLE = 3000
_PIECE = re.compile(rb"<[^<>]*>|https?://[^\s<>\"]*|[\r\n]+")
_RUN = re.compile(rb"[\x80-\xff]+")
_MIN_SCORE = 0.5
# By so much must another encoding score higher to beat the declared one.
_MIN_LEAD = 0.4
# Bytes beyond ASCII; a declared encoding is not doubted for fewer.
_MIN_BYTES = 16
_HAN = range(0x4E00, 0xA000)
_KANA = range(0x3041, 0x30FF)
_HANGUL = range(0xAC00, 0xD7A4)

# These encodings put common Chinese characters before rare ones: the common ones end at this
# first byte. A character that is common in Taiwan is not counted as rare in a text from China.
_LAST_COMMON_LEAD_BYTE = {"euc_jp": 0xCF, "gb2312": 0xD7, "big5": 0xC6}


@dataclass(frozen=True, slots=True)
class _Script:
    """The letters of an encoding's language, and the encodings that order its Han characters."""

    letters: range
    han_tables: tuple[str, ...] = ()


_JAPANESE = _Script(_KANA, ("euc_jp",))
_CYRILLIC = _Script(range(0x400, 0x460))
# Of two with the same score the first is chosen: Korean decodes as Chinese that has only common
# characters, Hebrew as Russian without capitals.
CANDIDATES = {
    "cp949": _Script(_HANGUL),
    "euc_jp": _JAPANESE,
    "cp932": _JAPANESE,
    "gb18030": _Script(range(0), ("gb2312", "big5")),
    "big5hkscs": _Script(range(0), ("big5",)),
    "cp1255": _Script(range(0x5D0, 0x5EB)),
    "cp1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "iso8859-5": _CYRILLIC,
    "cp866": _CYRILLIC,
    "cp1253": _Script(range(0x386, 0x3CF)),
    "cp1256": _Script(range(0x621, 0x64B)),
    "iso8859-6": _Script(range(0x621, 0x64B)),
    "cp874": _Script(range(0xE01, 0xE4F)),
}


def detect(body: bytes, declared: str = "") -> str:
    """Python's name of the encoding of `body`, which is not UTF-8; a Western one when in doubt.

    A few words are enough, if they are of one language. A `declared` encoding is kept unless the
    text is long enough and scores much higher in another; a Western one is kept unless another
    scores well at all.
    """
    sample = _sample(body)
    runs = [len(run) for run in _RUN.findall(sample)]
    is_default = declared in WESTERN
    if declared and (sum(runs) < _MIN_BYTES or not (is_default or declared in CANDIDATES)):
        return declared
    western = declared if is_default else "cp1252"
    # Accented letters of Western languages stand alone between ASCII letters.
    if sum(run for run in runs if run > 1) * 2 < sum(runs):
        return western
    scores = {name: _score(sample, name) for name in CANDIDATES}
    best = max(scores, key=lambda name: scores[name])
    if declared in scores and scores[declared] + _MIN_LEAD >= scores[best]:
        return declared
    return best if scores[best] >= _MIN_SCORE else declared or western


def _sample(body: bytes) -> bytes:
    """Pieces of text with bytes beyond ASCII, without tags and URLs, each once."""
    pieces: dict[bytes, None] = {}
    size = 0
    for piece in _PIECE.split(body):
        if not piece.isascii() and piece not in pieces:
            pieces[piece] = None
            size += len(piece)
        if size > _SAMPLE:
            break
    return b"\n".join(pieces)[: 2 * _SAMPLE]


def _score(sample: bytes, name: str) -> float:
    """From 1, all characters are common in one language, down to -2, no character is valid."""
    text = sample.decode(name, "replace")
    scores = list(_character_scores(text, CANDIDATES[name]))
    return sum(scores) / len(scores) if scores else -2.0


def _character_scores(text: str, script: _Script) -> Iterator[float]:
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if not char.isascii():
            yield _character_score(char, before, after, script)


def _character_score(char: str, before: str, after: str, script: _Script) -> float:
    point = ord(char)
    if char == "\ufffd":
        return -2.0
    if point in _HAN:
        return _han_score(char, script)
    if point in script.letters:
        return _letter_score(char, before, after)
    # Punctuation such as 。「」，！ is common to all these languages.
    is_punctuation = 0x3000 <= point < 0x3020 or 0xFF01 <= point < 0xFF5F
    return 0.0 if script.han_tables and is_punctuation else -1.0


def _han_score(char: str, script: _Script) -> float:
    score = 1.0
    for table in script.han_tables:
        lead = char.encode(table, "ignore")[:1]
        if lead:
            return score if lead[0] <= _LAST_COMMON_LEAD_BYTE[table] else -0.5
        score -= 0.3
    return -1.0


def _letter_score(char: str, before: str, after: str) -> float:
    if ord(char) in _HANGUL:
        # EUC-KR has the common syllables as two bytes and spells out the rare ones.
        return 1.0 if len(char.encode("euc_kr", "ignore")) == 2 else -1.0
    if ord(char) in _KANA:
        return 1.0
    kind = category(char)
    if kind == "Mn":
        return 1.0 if before.isalpha() else -1.0
    if any(other.isascii() and other.isalpha() for other in (before, after)):
        return -1.0
    if kind == "Lu":
        # A capital within a word is the small letter of another encoding.
        return 1.0 if not before.isalpha() else 0.0 if before.isupper() else -1.0
    return 1.0
