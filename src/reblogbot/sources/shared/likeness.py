"""Which encoding bytes are in that nobody named: by which they look most like a language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import category

_SAMPLE = 3000
_PIECE = re.compile(rb"<[^<>]*>|https?://[^\s<>\"]*|[\r\n]+")
_RUN = re.compile(rb"[\x80-\xff]+")
WESTERN = frozenset({"cp1252", "iso8859-15"})
_LEAST = 0.5
_MUCH = 0.4
_MANY = 16
_HAN = range(0x4E00, 0xA000)
_KANA = range(0x3041, 0x30FF)
_HANGUL = range(0xAC00, 0xD7A4)


# Tables that order Chinese characters by how common they are: by their first byte, the common
# ones end here. What is common in Taiwan is not rare in a text of China.
_COMMON = {"euc_jp": 0xCF, "gb2312": 0xD7, "big5": 0xC6}


@dataclass(frozen=True, slots=True)
class _Script:
    """The letters of an encoding's language, and the tables of its Chinese characters."""

    letters: range
    tables: tuple[str, ...] = ()


_JAPANESE = _Script(_KANA, ("euc_jp",))
_CYRILLIC = _Script(range(0x400, 0x460))
# Of two that are as like, the first: Korean looks like Chinese that has but common characters,
# Hebrew like Russian that has no capitals
_CANDIDATES = {
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


def encoding_of(body: bytes, claimed: str = "") -> str:
    """Python's name of the encoding of `body`, which is no UTF-8; Western Europe's in any doubt.

    A few words are enough where they are the words of one language. What is `claimed` stands
    unless there are many, much more like another's: what is claimed without a thought, Western
    Europe's, need only be less like.
    """
    sample = _sample(body)
    runs = [len(run) for run in _RUN.findall(sample)]
    is_thoughtless = claimed in WESTERN
    if claimed and (sum(runs) < _MANY or not (is_thoughtless or claimed in _CANDIDATES)):
        return claimed
    western = claimed if is_thoughtless else "cp1252"
    # letters with accents stand alone
    if sum(run for run in runs if run > 1) * 2 < sum(runs):
        return western
    likeness = {name: _likeness(sample, name) for name in _CANDIDATES}
    best = max(likeness, key=lambda name: likeness[name])
    if claimed in likeness and likeness[claimed] + _MUCH >= likeness[best]:
        return claimed
    return best if likeness[best] >= _LEAST else claimed or western


def _sample(body: bytes) -> bytes:
    pieces: dict[bytes, None] = {}
    size = 0
    for piece in _PIECE.split(body):
        if not piece.isascii() and piece not in pieces:
            pieces[piece] = None
            size += len(piece)
        if size > _SAMPLE:
            break
    return b"\n".join(pieces)[: 2 * _SAMPLE]


def _likeness(sample: bytes, name: str) -> float:
    """From 1 for nothing but a language's common characters down to -2 for none at all."""
    text = sample.decode(name, "replace")
    worths = list(_worths(text, _CANDIDATES[name]))
    return sum(worths) / len(worths) if worths else -2.0


def _worths(text: str, script: _Script) -> Iterator[float]:
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if not char.isascii():
            yield _worth(char, before, after, script)


def _worth(char: str, before: str, after: str, script: _Script) -> float:
    point = ord(char)
    if char == "\ufffd":
        return -2.0
    if point in _HAN:
        return _worth_of_han(char, script)
    if point in script.letters:
        return _worth_of_letter(char, before, after)
    # 。「」，！ and their like are everywhere
    return 0.0 if script.tables and (0x3000 <= point < 0x3020 or 0xFF01 <= point < 0xFF5F) else -1.0


def _worth_of_han(char: str, script: _Script) -> float:
    worth = 1.0
    for table in script.tables:
        lead = _encoded(char, table)[:1]
        if lead:
            return worth if lead[0] <= _COMMON[table] else -0.5
        worth -= 0.3
    return -1.0


def _worth_of_letter(char: str, before: str, after: str) -> float:
    if ord(char) in _HANGUL:
        # the rare ones are spelt out there
        return 1.0 if len(_encoded(char, "euc_kr")) == 2 else -1.0
    if ord(char) in _KANA:
        return 1.0
    kind = category(char)
    if kind == "Mn":
        return 1.0 if before.isalpha() else -1.0
    if any(other.isascii() and other.isalpha() for other in (before, after)):
        return -1.0
    if kind == "Lu":
        # a capital within a word is another encoding's small letter
        return 1.0 if not before.isalpha() else 0.0 if before.isupper() else -1.0
    return 1.0


def _encoded(char: str, table: str) -> bytes:
    return char.encode(table, "ignore")
