"""Repair of XML text before it is parsed: invalid characters, undefined entities, a missing end."""

from __future__ import annotations

import html
import re
from html.entities import html5
from xml.parsers import expat

from reblogbot.errors import SourceError
from reblogbot.sources.feed import not_a_feed
from reblogbot.words import Words

# Some servers print warnings before it.
_DECLARATION = re.compile(r"[^<]{0,2000}<\?xml\s[^>]{0,1000}?\?>\s*")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
_UNDEFINED = re.compile("&(?!#|(?:amp|lt|gt|quot|apos);)")
# Named references that XML does not define, and CDATA sections, in which there are none.
_NAME = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?!#|(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{0,40};?)?(?=(=?))",
    re.DOTALL,
)
_ENTRY_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s{0,20}>", re.IGNORECASE)
_ROOT = re.compile(r"<((?:[\w.-]{1,40}:)?(?:rss|feed|rdf))(?=[\s/>])[^>]{0,5000}>", re.IGNORECASE)

# feedparser takes each of these for the entry's own title or text; renamed, they are kept apart.
# The prefixes are those that all feeds use.
_RENAMED = {
    "media:description": "media:caption",
    "media:title": "media:name",
    "itunes:summary": "itunes:about",
}
# The attributes are dropped: feedparser drops the text of unknown elements that have some.
_RENAME = re.compile(rf"(</?)({'|'.join(_RENAMED)})(?:\s[^<>]*?)?(/?>)")
SECONDARY_TEXTS = ("itunes_about", "media_caption")
"""The keys under which feedparser then has the texts of podcast directories and captions."""


def repair(text: str) -> tuple[str, bool]:
    """The repaired `text`, which declares UTF-8, and whether it was complete.

    Characters and references that XML forbids are removed, HTML's named references replaced, bare
    ampersands escaped. A document that was cut off is closed after its last complete entry.
    Raises SourceError when the document declares entities, and when it was cut off before its
    first entry was complete.
    """
    text = _FORBIDDEN.sub("", text.lstrip())
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    _refuse_entities(text)
    text = _REFERENCE.sub(_valid_reference, text) if "&#" in text else text
    text = _NAME.sub(_replaced_name, text) if _UNDEFINED.search(text) else text
    text = _RENAME.sub(lambda tag: f"{tag[1]}{_RENAMED[tag[2]]}{tag[3]}", text)
    closed = _closed(text)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + closed, closed == text


class _RootReached(Exception):
    """Raised through expat at the root element: entities are declared before it."""


def _refuse_entities(text: str) -> None:
    if "<!ENTITY" in text and _declares_entities(text):
        raise SourceError(
            "entity_declared",
            Words(
                "the feed declares entities, by which a small document can grow without "
                "bounds; no feed needs them: tell the feed's owner, or remove the source"
            ),
            outcome="refused",
        )


def _declares_entities(text: str) -> bool:
    def on_entity(*_: object) -> None:
        raise SourceError("entity_declared", "", outcome="refused")

    def on_root(*_: object) -> None:
        raise _RootReached

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = on_entity
    parser.StartElementHandler = on_root
    try:
        parser.Parse(text.encode())
    except _RootReached:
        return False
    except (SourceError, expat.ExpatError):
        # If expat cannot find the end of the prolog, no other parser gets to read it.
        return True
    return False


def _valid_reference(reference: re.Match[str]) -> str:
    hexadecimal, decimal = reference.groups()
    digits = (hexadecimal or decimal).lstrip("0")[:9] or "0"
    point = int(digits, 16 if hexadecimal else 10)
    is_character = (
        point in (0x9, 0xA, 0xD)
        or 0x20 <= point < 0xD800
        or 0xE000 <= point < 0xFFFE
        or 0x10000 <= point < 0x110000
    )
    if is_character:
        return reference[0]
    # A control character is removed, as a literal one is; others show that a character is missing.
    return "" if point < 0x20 else "\ufffd"


def _replaced_name(match: re.Match[str]) -> str:
    if match[0].startswith("<"):
        return match[0]
    name, is_parameter = match[1] or "", bool(match[2])
    # feedparser reads the parameter "&copy=" of a link as "©", and "AT&T;" as "AT&T".
    character = None if is_parameter and not name.endswith(";") else html5.get(name)
    return f"&amp;{name}" if character is None else html.escape(character)


def _closed(text: str) -> str:
    root = _ROOT.search(text[:20_000])
    if root is None or root[0].endswith("/>"):
        return text
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    complete = ends[-1] if ends else 0
    name = root[1]
    is_rss = name.lower().endswith("rss")
    end = rf"</(?:{re.escape(name)}{'|channel' if is_rss else ''})\s{{0,20}}>"
    if re.compile(end, re.IGNORECASE).search(text, complete):
        return text
    if not complete:
        raise not_a_feed.truncated_feed_error()
    # Half an entry is dropped: half a link would look like a new entry.
    return f"{text[:complete]}{'</channel>' if is_rss else ''}</{name}>"
