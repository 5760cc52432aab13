"""Bytes to text: which of the encodings a document claims, or hides, is the true one."""

from __future__ import annotations

import codecs
import re

from reblogbot.errors import SourceError
from reblogbot.sources.shared import likeness

_REPLACEMENT = "\ufffd"
# where a page has to say its encoding, and some more (HTML, 4.2.5.4)
_HEAD = 4096
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<" or "{" and an ASCII character after it look without a byte order mark
_NUL_PATTERNS = (
    (re.compile(rb"[<{\[\s]\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{\[\s]\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[<{\[\s]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{\[\s]\0[^\0]"), "utf-16-be"),
)
# What is declared is often a subset of what is used; each of these reads all its subset reads.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "ascii": "cp1252",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ALIASES = {
    "x-gbk": "gbk",
    "x-sjis": "shift_jis",
    "x-euc-jp": "euc_jp",
    "x-big5": "big5",
    "ks_c_5601-1987": "euc_kr",
    "utf8mb4": "utf-8",
    "unicode": "utf-8",
}
# Python's inner codecs, and one that hides tags from whoever looks at the bytes
_NOT_FOR_DOCUMENTS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs"}
)
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)[\"']")
_META = re.compile(rb"<meta\s[^>]{0,300}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def decode(body: bytes, *, content_type: str = "", wanted: str = "") -> str:
    """The text of `body`, without byte order mark; never fails for what the bytes are.

    `wanted`, the admin's word, beats everything; then the byte order mark, valid UTF-8, and of
    what the XML declaration, `content_type` and a page's head say the one that leaves the fewest
    gaps. Where they say nothing, or what is said without a thought, the text shows what it is.
    Raises SourceError when `wanted` is no encoding at all.
    """
    if wanted:
        name = _known(wanted)
        if not name:
            raise SourceError(
                "encoding_unknown", f'encoding = "{wanted}" is not known; write "gb18030", say'
            )
        return _read(body, name)
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _read(body, name)
    for pattern, name in _NUL_PATTERNS:
        if pattern.match(body):
            return _read(body, name)
    return _decode_claimed(body, _claims(body, content_type))


def _decode_claimed(body: bytes, claims: list[str]) -> str:
    # these use ASCII bytes only, so they pass for UTF-8
    escaped = [name for name in claims if name.startswith("iso2022") or name == "hz"]
    if escaped or _ISO_2022_JP.search(body):
        return _read(body, escaped[0] if escaped else "iso2022_jp")
    text = _read(body, "utf-8")
    if _is_nearly_right(text):
        return text
    names = [name for name in claims if name != "utf-8"]
    thoughtful = [name for name in names if name not in likeness.WESTERN]
    claimed = min(
        thoughtful or names, key=lambda name: _read(body, name).count(_REPLACEMENT), default=""
    )
    return _read(body, likeness.encoding_of(body, claimed))


def _claims(body: bytes, content_type: str) -> list[str]:
    declared = _XML_DECLARATION.search(body[:400])
    served = _CHARSET.search(content_type)
    labels = [declared[1].decode("ascii", "replace")] if declared else []
    labels += [served[1]] if served else []
    labels += [label.decode("ascii", "replace") for label in _META.findall(body[:_HEAD])[:1]]
    names = (_known(label) for label in labels)
    # wide characters would have been seen by their NULs: a claim of them is false
    return [name for name in names if name and not name.startswith(("utf-16", "utf-32"))]


def _known(label: str) -> str:
    """Python's name of the encoding by which `label` is best read; "" for an unknown one."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
        b"".decode(name)
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_FOR_DOCUMENTS else _SUPERSETS.get(name, name)


def _read(body: bytes, name: str) -> str:
    return body.decode(name, "replace").removeprefix("\ufeff")


def _is_nearly_right(text: str) -> bool:
    """True when few of the characters beyond ASCII are gaps: other encodings leave mostly gaps."""
    gaps = text.count(_REPLACEMENT)
    return gaps == 0 or gaps * 10 <= sum(not char.isascii() for char in text)
