"""Conversion of HTML to the plain text that a reader sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import unescape
from html.entities import html5
from html.parser import HTMLParser

import regex

from reblogbot.core.text.cleaning import clean

# longer than any post
_MAX_HTML = 200_000

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
# alternative texts of emoji without such a class: 🎉, [doge] and :tada:
_EMOJI = regex.compile(
    r"[[\p{Extended_Pictographic}\p{Emoji_Component}\u200d\ufe0f]--[0-9#*]]{1,20}"
    r"|\[[\p{L}\p{N}]{1,8}\]|:[\w+-]{1,30}:",
    regex.V1,
)

# CDATA sections may be nested, cut or closed twice, so that only their marks are removed
_CDATA = regex.compile(r"<!\[CDATA\[|\]\]>")
# a tag within which a feed has cut its text; "x <y" looks like one, but has no attribute
_CUT_TAG = regex.compile(r"<(?:/[A-Za-z0-9]*|[A-Za-z][A-Za-z0-9-]*\s[^<>=]*=[^<>]*+)")
_COMMENT = regex.compile(r"<!--.*?-->", regex.DOTALL)
_TAG = r"""[/A-Za-z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+>"""
_COMPLETE_TAGS = regex.compile(rf"(?:[^<]++|<(?:{_TAG}|[!?][^>]*+>|(?![/A-Za-z!?])))*+")
_BLANKS = regex.compile(r"[ \t\r\n\f]+")
_REFERENCE = regex.compile(r"&(#[xX][0-9a-fA-F]{1,8}|#[0-9]{1,8}|[A-Za-z][A-Za-z0-9]{1,40})(;|=)?")


def html_to_text(html: str) -> str:
    """The text of an HTML fragment: blocks on lines of their own, entities unescaped once.

    Scripts, styles and other invisible elements are omitted. As in attribute values
    (HTML, 13.2.5.73), an entity without its semicolon counts only where the word ends, so
    that a link's `&section=` stays.
    """
    collector = _TextCollector()
    read_by(collector, html)
    return clean("".join(collector.parts))


def read_by(parser: HTMLParser, html: str) -> None:
    """Feed any HTML fragment to `parser`, in time proportional to its length.

    Ampersands in texts and attributes arrive escaped: callers use `unescape_once`.
    """
    text = _without_cut_tag(_CDATA.sub("", html[:_MAX_HTML])).replace("&", "&amp;")
    # marked sections other than CDATA, such as <![endif]>, raise an error in the parser
    parser.feed(_without_open_tags(text.replace("<![", "&lt;![")))
    parser.close()


def _without_cut_tag(html: str) -> str:
    """The HTML without an incomplete tag at its end."""
    last = max(0, html.rfind("<"))
    return html[:last] if _CUT_TAG.fullmatch(html, last) else html


def _without_open_tags(html: str) -> str:
    """The HTML without comments, and with each "<" escaped behind the last complete tag.

    The parser would search the rest of the text for the end of each of them: minutes for a text
    of nothing else.
    """
    end = html.rfind("-->") + 3
    html = _COMMENT.sub("", html[:end]) + html[end:]
    complete = _COMPLETE_TAGS.match(html)
    end = complete.end() if complete else 0
    return html[:end] + html[end:].replace("<", "&lt;")


class _TextCollector(HTMLParser):
    """Collects the pieces of text, with ampersands as `read_by` escapes them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._is_at_line_start = True
        self._dropped_depth = 0
        self._preformatted_depth = 0
        self._is_in_reading = False
        self._script_tag = ""
        self._script_start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._dropped_depth += tag in _DROPPED
        self._preformatted_depth += tag == "pre"
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
        self._dropped_depth = max(0, self._dropped_depth - (tag in _DROPPED))
        self._preformatted_depth = max(0, self._preformatted_depth - (tag == "pre"))
        self._break(tag)
        if tag in _RUBY:
            self._ruby(opens=False)
        elif tag == self._script_tag:
            self._raise_or_lower()

    def handle_data(self, data: str) -> None:
        if not self._dropped_depth:
            text = unescape_once(data)
            self._add(text if self._preformatted_depth else _BLANKS.sub(" ", text))

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
        if is_emoji and not self._dropped_depth:
            self._add(alt)

    def _ruby(self, *, opens: bool) -> None:
        """Put the reading of a ruby in parentheses: 漢字(かんじ). A new one ends the one before."""
        if self._is_in_reading and self.parts[-1] == "(":
            self.parts.pop()
        elif self._is_in_reading:
            self._add(")")
        if opens:
            self._add("(")
        self._is_in_reading = opens

    def _raise_or_lower(self) -> None:
        """Convert the text since a sup or sub began; elements nested in it are part of its text."""
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
    """10⁹, xⁿ, word¹ in superscript characters, e^x where there are none; 1st and [1] unchanged."""
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
    return f"^{_parenthesised(text)}" if is_power else text


def _lowered(text: str, before: str) -> str:
    """H₂O in subscript characters, x_max where there are none; other texts unchanged."""
    if _CAN_BE_LOWERED.fullmatch(text):
        return text.translate(_LOWERED)
    return f"_{_parenthesised(text)}" if before.isalnum() and _FORMULA.fullmatch(text) else text


def _parenthesised(text: str) -> str:
    return text if text.replace(".", "").isalnum() or text.startswith("(") else f"({text})"


_SCRIPTS: Mapping[str, Callable[[str, str], str]] = {"sub": _lowered, "sup": _raised}

# entities


def unescape_once(text: str) -> str:
    """The text with its character references replaced; `&amp;lt;` becomes `&lt;`."""
    return _REFERENCE.sub(_character, text)


def _character(match: regex.Match[str]) -> str:
    name, end = match[1], match[2] or ""
    if name.startswith("#"):
        return unescape(f"&{name};") + end.replace(";", "")
    if end == ";":
        return html5.get(f"{name};", match[0])
    return match[0] if end else html5.get(name, match[0])
