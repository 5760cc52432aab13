"""HTML as the plain text a reader would see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import unescape
from html.entities import html5
from html.parser import HTMLParser

import regex

from reblogbot.core.text.cleaning import clean

# more than any post holds
_LONGEST = 200_000

_DROPPED = frozenset({"iframe", "noscript", "rp", "script", "style", "svg", "template"})
# fmt: off
_PARAGRAPHS = frozenset({
    "address", "article", "aside", "blockquote", "dl", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "nav", "ol", "p", "pre",
    "section", "table", "ul",
})
# fmt: on
_LINES = frozenset({"dd", "div", "dt", "li", "option", "tr"})
_CELLS = frozenset({"td", "th"})

_RUBY = frozenset({"rb", "rp", "rt", "rtc", "ruby"})
_EMOJI_CLASS = regex.compile(r"emoji|smiley|emoticon", regex.IGNORECASE)
# 🎉, [doge] and :tada:, whatever their images are called
_EMOJI = regex.compile(
    r"[[\p{Extended_Pictographic}\p{Emoji_Component}\u200d\ufe0f]--[0-9#*]]{1,20}"
    r"|\[[\p{L}\p{N}]{1,8}\]|:[\w+-]{1,30}:",
    regex.V1,
)

# sections are nested, cut or closed twice: what marks them is no text
_CDATA = regex.compile(r"<!\[CDATA\[|\]\]>")
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
    text = _uncut(_CDATA.sub("", html[:_LONGEST])).replace("&", "&amp;")
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
        self._in_reading = False
        self._script_tag = ""
        self._script_start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropping += tag in _DROPPED
        self._preformatted += tag == "pre"
        self._break(tag)
        if tag == "br":
            self._add("\n")
        elif tag == "img":
            self._emoji(dict(attrs))
        elif tag in _RUBY:
            self._ruby(opens=tag == "rt")
        elif tag in _SCRIPTS and not self._script_tag:
            self._script_tag, self._script_start = tag, len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        self._dropping = max(0, self._dropping - (tag in _DROPPED))
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        self._break(tag)
        if tag in _RUBY:
            self._ruby(opens=False)
        elif tag == self._script_tag:
            self._raise_or_lower()

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
        """Add the alternative text of an image that stands for a character."""
        alt = unescape_once(attributes.get("alt") or "")
        is_emoji = _EMOJI_CLASS.search(attributes.get("class") or "") or _EMOJI.fullmatch(alt)
        if is_emoji and not self._dropping:
            self._add(alt)

    def _ruby(self, *, opens: bool) -> None:
        """Put a reading in parentheses: 漢字(かんじ). A new reading ends the one before it."""
        if self._in_reading and self.parts[-1] == "(":
            self.parts.pop()
        elif self._in_reading:
            self._add(")")
        if opens:
            self._add("(")
        self._in_reading = opens

    def _raise_or_lower(self) -> None:
        """Rewrite the pieces since a sup or sub began. Those nested in it count as its text."""
        start, convert = self._script_start, _SCRIPTS[self._script_tag]
        self._script_tag = ""
        text = "".join(self.parts[start:])
        before = "".join(self.parts[max(0, start - 2) : start])[-1:]
        words = text.strip()
        converted = convert(words, before)
        self.parts[start:] = [text if converted == words else converted]


# superscripts and subscripts

_SIGNS = "0123456789+-−=()"
_RAISED = str.maketrans(f"{_SIGNS}in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ")
_LOWERED = str.maketrans(f"{_SIGNS}ijknx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ᵢⱼₖₙₓ")
_CAN_BE_RAISED = regex.compile(r"[0-9+\-−=()in](?:[0-9+\-−=()in, ]*[0-9+\-−=()in])?")
_CAN_BE_LOWERED = regex.compile(r"[0-9+\-−=()ijknx]+")
_FORMULA = regex.compile(r"(?=.*[\p{L}\p{N}])[\p{L}\p{N}.+\-−*/=()]{1,12}")
_MARKS = {"TM": "™", "SM": "℠"}
_DEGREES = {"o": "º", "a": "ª"}
_ORDINAL = regex.compile(r"st|nd|rd|th|er|re|[èe]me|ère|\p{L}{4,}", regex.IGNORECASE)


def _raised(text: str, before: str) -> str:
    """10⁹, xⁿ and word¹ as such characters, e^x where there is none; 1st and [1] as they are."""
    if text in _MARKS:
        return _MARKS[text]
    if text in _DEGREES and (before.isdigit() or before in ("n", "N")):
        return _DEGREES[text]
    # letters after a digit or a capital belong to an ordinal or abbreviation: 1st, XIXe, Mme
    if text.isalpha() and (before.isdigit() or before.isupper() or _ORDINAL.fullmatch(text)):
        return text
    if _CAN_BE_RAISED.fullmatch(text):
        return text.translate(_RAISED)
    is_power = (before.isalnum() or before == ")") and _FORMULA.fullmatch(text)
    return f"^{_grouped(text)}" if is_power else text


def _lowered(text: str, before: str) -> str:
    """H₂O as such characters, x_max where there is none; small print as it is."""
    if _CAN_BE_LOWERED.fullmatch(text):
        return text.translate(_LOWERED)
    return f"_{_grouped(text)}" if before.isalnum() and _FORMULA.fullmatch(text) else text


def _grouped(text: str) -> str:
    return text if text.replace(".", "").isalnum() or text.startswith("(") else f"({text})"


_SCRIPTS: Mapping[str, Callable[[str, str], str]] = {"sub": _lowered, "sup": _raised}

# entities


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
