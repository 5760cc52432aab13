"""Decoding of documents: which of the encodings that they declare, or hide, is the right one."""

from __future__ import annotations

import codecs
import re

from reblogbot.errors import SourceError
from reblogbot.sources.shared import encoding_detection

_REPLACEMENT = "\ufffd"
# A page has to declare its encoding in the first 1024 bytes (HTML, 4.2.5.4); some do it later.
_HEAD = 4096
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# How "<" or "{" and the ASCII character after it look in UTF-16 or UTF-32 without a mark.
_NUL_PATTERNS = (
    (re.compile(rb"[<{\[\s]\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{\[\s]\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[<{\[\s]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[<{\[\s]\0[^\0]"), "utf-16-be"),
)
# Documents often declare a subset of the encoding they use; the superset decodes both.
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
# Python's internal codecs, and UTF-7, which hides markup from filters that look at the bytes.
_NOT_FOR_DOCUMENTS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs"}
)
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")
_XML_DECLARATION = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)[\"']")
_META = re.compile(rb"<meta\s[^>]{0,300}?charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def decode(body: bytes, *, content_type: str = "", configured: str = "") -> str:
    """The text of `body`, without byte order mark; bytes that do not fit become U+FFFD.

    In this order: the `configured` encoding; the byte order mark; NUL bytes; valid UTF-8; and of
    the encodings that the XML declaration, `content_type` and a `meta` element declare the one
    that leaves the fewest replacement characters. Where none is declared, or only one of Western
    Europe, which is often a template's default, the text decides (`encoding_detection`).
    Raises SourceError when `configured` is not the name of an encoding.
    """
    if configured:
        name = _codec_name(configured)
        if not name:
            raise SourceError(
                "encoding_unknown",
                f'encoding = "{configured}" is not known; write a name such as "gb18030"',
            )
        return _decode_as(body, name)
    for mark, name in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return _decode_as(body, name)
    for pattern, name in _NUL_PATTERNS:
        if pattern.match(body):
            return _decode_as(body, name)
    declared = _declared_encodings(body, content_type)
    # ISO-2022 and HZ consist of ASCII bytes, so they would pass for UTF-8.
    escaped = [name for name in declared if name.startswith("iso2022") or name == "hz"]
    if escaped or _ISO_2022_JP.search(body):
        return _decode_as(body, escaped[0] if escaped else "iso2022_jp")
    text = _decode_as(body, "utf-8")
    if _is_nearly_valid(text):
        return text
    names = [name for name in declared if name != "utf-8"]
    specific = [name for name in names if name not in encoding_detection.WESTERN]
    best = min(
        specific or names, key=lambda name: _decode_as(body, name).count(_REPLACEMENT), default=""
    )
    return _decode_as(body, encoding_detection.detect(body, best))


def _declared_encodings(body: bytes, content_type: str) -> list[str]:
    in_xml = _XML_DECLARATION.search(body[:400])
    in_http = _CHARSET.search(content_type)
    labels = [in_xml[1].decode("ascii", "replace")] if in_xml else []
    labels += [in_http[1]] if in_http else []
    labels += [label.decode("ascii", "replace") for label in _META.findall(body[:_HEAD])[:1]]
    names = (_codec_name(label) for label in labels)
    # UTF-16 and UTF-32 have been recognised by their NUL bytes: declared here, they are wrong.
    return [name for name in names if name and not name.startswith(("utf-16", "utf-32"))]


def _codec_name(label: str) -> str:
    """Python's name of the encoding that decodes `label` best; "" for an unknown label."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
        b"".decode(name)
    except (LookupError, ValueError):
        return ""
    return "" if name in _NOT_FOR_DOCUMENTS else _SUPERSETS.get(name, name)


def _decode_as(body: bytes, name: str) -> str:
    return body.decode(name, "replace").removeprefix("\ufeff")


def _is_nearly_valid(text: str) -> bool:
    """True when at most a tenth of the characters beyond ASCII are replacement characters.

    Other encodings decoded as UTF-8 leave mostly replacement characters.
    """
    replaced = text.count(_REPLACEMENT)
    return replaced == 0 or replaced * 10 <= sum(not char.isascii() for char in text)
