"""XML text made fit to be parsed: what would blow up, crash the parser or was cut off."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from xml.parsers import expat

from reblogbot.core.text import html_to_text, one_line
from reblogbot.errors import SourceError
from reblogbot.sources.feed import not_a_feed
from reblogbot.sources.shared.urls import absolute

# with the warnings some servers print before it
_DECLARATION = re.compile(r"[^<]{0,2000}<\?xml\s[^>]{0,1000}?\?>\s*")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
# what XML has no name for; in a marked section nothing is a name
_NAME = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*)|&(?!#|(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{0,40};?)?(?=(=?))",
    re.DOTALL,
)
_ENTRY_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s{0,20}>", re.IGNORECASE)
_ROOT = re.compile(r"<((?:[\w.-]{1,40}:)?(?:rss|feed|rdf))(?=[\s/>])[^>]{0,5000}>", re.IGNORECASE)
_GUID = re.compile(
    r"<(?:[\w.-]{1,40}:)?(?:guid|id)((?:\s[^<>]{0,200})?)>\s{0,80}"
    r"(?:<!\[CDATA\[\s{0,80})?([^<\]]{1,2000})",
    re.IGNORECASE,
)
_MEDIUM = re.compile(
    r"<media:content\s([^<>]{1,3000}[^<>/])>(.{0,5000}?)</media:content\s{0,20}>", re.DOTALL
)
_MEDIUM_URL = re.compile(r"\burl\s{0,20}=\s{0,20}[\"']([^\"']{1,3000})")
_MEDIUM_TEXT = re.compile(
    r"<media:(caption|name)>\s{0,200}(?:<!\[CDATA\[)?([^<]{1,5000}?)(?:\]\]>)?</"
)

# feedparser takes each of these for the entry's own title or text; under these names it keeps them
# apart. Prefixes are as in all feeds.
_RENAMED = {
    "media:description": "media:caption",
    "media:title": "media:name",
    "itunes:summary": "itunes:about",
}
# without attributes: for the sake of one, feedparser would drop the text of what it does not know
_RENAME = re.compile(rf"(</?)({'|'.join(_RENAMED)})(?:\s[^<>]*?)?(/?>)")
ASIDES = ("itunes_about", "media_caption")
"""Where feedparser then has what a directory or a caption says."""


def prepare(text: str) -> tuple[str, bool]:
    """`text` as well-formed UTF-8 XML would be, as far as that can be had, and whether it is whole.

    Without characters and references XML forbids, with HTML's names of characters written out
    and bare ampersands as they should be, with a declaration that says UTF-8, and closed after
    its last whole entry where it was cut off. Raises SourceError when it declares
    entities, and when it was cut off before its first entry was whole.
    """
    text = _FORBIDDEN.sub("", text.lstrip())
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    _refuse_entities(text)
    text = _REFERENCE.sub(_valid_reference, text) if "&#" in text else text
    text = _NAME.sub(_written_out, text) if "&" in text else text
    text = _RENAME.sub(lambda found: f"{found[1]}{_RENAMED[found[2]]}{found[3]}", text)
    closed = _closed(text)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + closed, closed == text


def relative_guids(text: str, url: str) -> dict[str, str]:
    """The relative guids written in `text`, by what they are when made absolute against `url`."""
    guids = (html.unescape(written.strip()) for _, written in _GUID.findall(text))
    return {joined: guid for guid in guids if (joined := absolute(url, guid)) != guid}


def no_permalinks(text: str) -> frozenset[str]:
    """The guids in `text` that are said to be no permalinks."""
    found = _GUID.findall(text)
    return frozenset(
        html.unescape(written.strip())
        for attributes, written in found
        if "false" in attributes.lower()
    )


def media_alts(text: str) -> dict[str, str]:
    """What each `media:content` in `text` says of its picture, by its URL as it is written."""
    alts = {}
    for attributes, inside in _MEDIUM.findall(text) if "<media:content" in text else ():
        url = _MEDIUM_URL.search(attributes)
        said = {name: one_line(html_to_text(words)) for name, words in _MEDIUM_TEXT.findall(inside)}
        if url and said:
            alts[html.unescape(url[1]).strip()] = said.get("caption") or said.get("name", "")
    return alts


def media_groups(text: str) -> tuple[frozenset[str], ...]:
    """The URLs of the `media:content` of each `media:group` in `text`, as they are written."""
    blocks = _elements(text, "media:group")
    return tuple(
        frozenset(html.unescape(url).strip() for url in _MEDIUM_URL.findall(block))
        for block in blocks
    )


def _elements(text: str, name: str) -> Iterator[str]:
    """The elements of this name, in time that grows with the text."""
    at = text.find(f"<{name}")
    while at >= 0 and (end := text.find(f"</{name}", at)) >= 0:
        yield text[at:end]
        at = text.find(f"<{name}", end)


class _RootReached(Exception):
    """Thrown out of expat: entities are declared before the root, or not at all."""


def _refuse_entities(text: str) -> None:
    if "<!ENTITY" in text and _declares_entities(text):
        raise SourceError(
            "entity_declared",
            "the feed declares entities of its own, by which a small document can grow without "
            "bounds; no feed needs that, drop the source or tell its owner",
            outcome="refused",
        )


def _declares_entities(text: str) -> bool:
    def declared(*_: object) -> None:
        raise SourceError("entity_declared", "", outcome="refused")

    def rooted(*_: object) -> None:
        raise _RootReached

    parser = expat.ParserCreate()
    parser.EntityDeclHandler = declared
    parser.StartElementHandler = rooted
    try:
        parser.Parse(text.encode())
    except _RootReached:
        return False
    except (SourceError, expat.ExpatError):
        # where not even expat can say where its head ends, nobody else shall try
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
    # a control is left out as one that is written out; half a character shows that it is broken
    return "" if point < 0x20 else "\ufffd"


def _written_out(found: re.Match[str]) -> str:
    if found[0].startswith("<"):
        return found[0]
    name, is_parameter = found[1] or "", bool(found[2])
    # feedparser makes "©" of a link's "&copy=" and "AT&T;" of "AT&T"
    character = None if is_parameter and not name.endswith(";") else html5.get(name)
    return f"&amp;{name}" if character is None else html.escape(character)


def _closed(text: str) -> str:
    root = _ROOT.search(text[:20_000])
    if root is None or root[0].endswith("/>"):
        return text
    ends = [match.end() for match in _ENTRY_END.finditer(text)]
    whole = ends[-1] if ends else 0
    name = root[1]
    is_rss = name.lower().endswith("rss")
    end = rf"</(?:{re.escape(name)}{'|channel' if is_rss else ''})\s{{0,20}}>"
    if re.compile(end, re.IGNORECASE).search(text, whole):
        return text
    if not whole:
        raise not_a_feed.cut_off()
    # what follows is half an entry: half a link would pass for a new one
    return f"{text[:whole]}{'</channel>' if is_rss else ''}</{name}>"
