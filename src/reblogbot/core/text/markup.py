"""HTML as the plain text a reader would see."""

from __future__ import annotations

from html import unescape
from html.entities import html5
from html.parser import HTMLParser

import regex

from reblogbot.core.text.cleaning import clean

# more than any post holds
_LONGEST = 200_000

_DROPPED = frozenset({"iframe", "noscript", "script", "style", "svg", "template"})
# fmt: off
_PARAGRAPHS = frozenset({
    "address", "article", "aside", "blockquote", "dl", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre",
    "section", "table", "ul",
})
# fmt: on
_LINES = frozenset({"dd", "div", "dt", "li", "option", "tr"})
_CELLS = frozenset({"td", "th"})

_CDATA = regex.compile(r"<!\[CDATA\[(.*?)\]\]>", regex.DOTALL)
# a tag that a feed has cut its text in; what merely looks like one (x <y) has no attribute
_CUT_TAG = regex.compile(r"<(?:/[A-Za-z0-9]*|[A-Za-z][A-Za-z0-9-]*\s[^<>=]*=[^<>]*+)")
_COMMENT = regex.compile(r"<!--.*?-->", regex.DOTALL)
_TAG = r"""[/A-Za-z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+>"""
_WHOLE = regex.compile(rf"(?:[^<]++|<(?:{_TAG}|[!?][^>]*+>|(?![/A-Za-z!?])))*+")
_BLANKS = regex.compile(r"[ \t\r\n\f]+")
_REFERENCE = regex.compile(r"&(#[xX][0-9a-fA-F]{1,8}|#[0-9]{1,8}|[A-Za-z][A-Za-z0-9]{1,40})(;|=)?")


def html_to_text(html: str) -> str:
    """The text of an HTML fragment: blocks on lines of their own, entities unescaped once.

    Scripts, styles and whatever else is not read are left out. As in attribute values
    (HTML, 13.2.5.73), an entity without its semicolon counts only where the word ends, so
    that a link's `&section=` stays.
    """
    reader = _Reader()
    read_by(reader, html)
    return clean("".join(reader.parts))


def read_by(parser: HTMLParser, html: str) -> None:
    """Lets `parser` read an HTML fragment to its end, whatever it is, in time that grows with it.

    Ampersands reach it escaped, in texts and in attributes: see `unescape_once`.
    """
    html = html[:_LONGEST]
    # a section that does not end would be looked for anew from each beginning
    end = html.rfind("]]>") + 3
    text = _uncut(_CDATA.sub(r"\1", html[:end]) + html[end:]).replace("&", "&amp;")
    # other marked sections, such as <![endif]>, make the parser give up
    parser.feed(_closed(text.replace("<![", "&lt;![")))
    parser.close()


def _uncut(html: str) -> str:
    """The HTML without the beginning of a tag at its end."""
    last = max(0, html.rfind("<"))
    return html[:last] if _CUT_TAG.fullmatch(html, last) else html


def _closed(html: str) -> str:
    """The HTML without comments, and with each "<" escaped after which no tag ends any more.

    The parser looks for the end of each of them anew: a text of nothing else takes it minutes.
    """
    end = html.rfind("-->") + 3
    html = _COMMENT.sub("", html[:end]) + html[end:]
    whole = _WHOLE.match(html)
    end = whole.end() if whole else 0
    return html[:end] + html[end:].replace("<", "&lt;")


class _Reader(HTMLParser):
    """Collects the pieces of text; ampersands come escaped, so that it leaves entities alone."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._is_at_line_start = True
        self._dropping = 0
        self._preformatted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropping += tag in _DROPPED
        self._preformatted += tag == "pre"
        self._break(tag)
        if tag == "br":
            self._add("\n")
        if tag == "img":
            self._emoji(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        self._dropping = max(0, self._dropping - (tag in _DROPPED))
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._dropping:
            text = unescape_once(data)
            self._add(text if self._preformatted else _BLANKS.sub(" ", text))

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._add("\n\n")
        elif tag in _LINES and not self._is_at_line_start:
            self._add("\n")
        elif tag in _CELLS:
            self._add(" ")

    def _add(self, part: str) -> None:
        self.parts.append(part)
        if part != " ":
            self._is_at_line_start = part.endswith("\n")

    def _emoji(self, attributes: dict[str, str | None]) -> None:
        if not self._dropping and "emoji" in (attributes.get("class") or ""):
            self._add(unescape_once(attributes.get("alt") or ""))


def unescape_once(text: str) -> str:
    """The text with its character references replaced; `&amp;lt;` becomes `&lt;`."""
    return _REFERENCE.sub(_character, text)


def _character(found: regex.Match[str]) -> str:
    name, end = found[1], found[2] or ""
    if name.startswith("#"):
        return unescape(f"&{name};") + end.replace(";", "")
    if end == ";":
        return html5.get(f"{name};", found[0])
    return found[0] if end else html5.get(name, found[0])
