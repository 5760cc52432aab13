"""Text that a step returned, made safe: what a model or a program writes is foreign text."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from unicodedata import normalize

import regex

from reblogbot.core.identity import canonical_link, clean_link
from reblogbot.core.text import clean, unescape_once
from reblogbot.core.text.links import top_level_domains
from reblogbot.core.text.mentions import defuse
from reblogbot.core.text.sentences import cut

# what is nested deeper than that was nested to deceive
_MOST_PASSES = 8
_MARKUP = regex.compile(r"[^\p{L}\p{M}\p{N}\s,，.。!！?？;；…-]")


def cleaned(
    text: str,
    *,
    own_links: Collection[str],
    own_tags: Collection[str],
    keep_links: bool,
    most: int,
) -> str:
    """The text of a step as it may be posted: plain, and in at most `most` graphemes.

    Invisible characters, HTML and Markdown are taken off, and the text in them stays; mentions and
    hashtags lose their sign. A link is taken off and its text stays, but for `own_links`, which are
    compared by their canonical form; `own_tags` keep their #. With `keep_links` every http(s) link
    and every hashtag stays. The text is cut at a sentence (`sentences.cut`).

    What a pass leaves may look like markup again (`<scr<b>ipt>`), so that passes are repeated until
    nothing changes: the cleaned text cleaned again is the same. The time grows with the length.
    """
    own = _Own(
        {canonical_link(link): clean_link(link) for link in own_links if clean_link(link)},
        frozenset(tag.removeprefix("#").casefold() for tag in own_tags),
        keep_links,
    )
    for _ in range(_MOST_PASSES):
        before = text
        text = cut(_plain(text, own), most)
        if text == before:
            return text
    return cut(clean(_MARKUP.sub(" ", text)), most)


@dataclass(frozen=True, slots=True)
class _Own:
    """The links that stay, by their canonical form, and the hashtags that stay, in lower case."""

    links: dict[str, str]
    tags: frozenset[str]
    keeps_all: bool
    kept: list[str] = field(default_factory=list)
    """The links that stay in the text of one pass."""

    def link(self, address: str) -> str:
        """The link in the form in which it stays, "" for one that is taken off."""
        own = self.links.get(canonical_link(address), "")
        return own or (clean_link(address) if self.keeps_all else "")


def _plain(text: str, own: _Own) -> str:
    """The text after one pass."""
    own.kept.clear()
    text = clean(unescape_once(_AMPERSANDS.sub("&", text)))
    text = _without_elements(text, own)
    text = _without_links(text, own)
    text = "\n".join(
        _plain_line(line) for line in text.split("\n") if not _DROPPED_LINE.match(line)
    )
    text = _without_emphasis(text)
    text = defuse(_with_own_tags(text, own)).replace(_TAG_SIGN, "#")
    return clean(_KEPT.sub(lambda match: _kept_link(match, own), text))


_AMPERSANDS = regex.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", regex.IGNORECASE)

# Noncharacters, which `clean` has removed from the text, stand for links while it is read.

_REMOVED = "\ufdd8"
_KEPT = regex.compile("\ufdd9([0-9]+)\ufdda")
_TAG_SIGN = "\ufddb"


def _placeholder(link: str, own: _Own) -> str:
    own.kept.append(link)
    return f"\ufdd9{len(own.kept) - 1}\ufdda"


def _kept_link(match: regex.Match[str], own: _Own) -> str:
    """The link, with a space where a letter would become a part of it."""
    following = match.string[match.end() : match.end() + 1]
    gap = " " if following.isalnum() or following in ("/", "#", "\ufdd9") else ""
    return own.kept[int(match[1])] + gap


# HTML

_TAG = regex.compile(
    r"<(?P<end>/?+)(?P<name>[A-Za-z][\w-]*+(?::[A-Za-z][\w-]*+)?)(?P<attributes>[\s/][^<>]*+)?>"
    r"|<[!?][^<>]*+>"
    # one that was cut off
    r"|<[A-Za-z][\w-]*+\s[^<>=]*+=[^<>]*+\Z"
)
_HREF = regex.compile(r"\bhref\s*+=\s*+[\"']?+(?P<address>[^\"'\s]++)", regex.IGNORECASE)
_THOUGHTS = frozenset({"think", "thinking", "reasoning"})
_SILENT = _THOUGHTS | frozenset(
    "head iframe math noscript object script style svg template textarea title".split()
)
_PARAGRAPHS = frozenset(
    "article blockquote details div dl figure footer form h1 h2 h3 h4 h5 h6 header hr ol p pre "
    "section table ul".split()
)
_LINES = frozenset({"br", "dd", "dt", "option", "summary", "tr"})
_CELLS = frozenset({"td", "th"})


def _without_elements(text: str, own: _Own) -> str:
    """The text without tags, and without elements whose content nobody sees.

    What a model thinks aloud (`<think>`) is left out, also where only its end is marked.
    """
    parts: list[str] = []
    position, silent, targets = 0, "", [""][:0]
    for tag in _TAG.finditer(text):
        name, is_end = (tag["name"] or "").lower(), bool(tag["end"])
        if silent:
            if is_end and name == silent:
                silent, position = "", tag.end()
            continue
        parts.append(text[position : tag.start()])
        position = tag.end()
        if is_end and name in _THOUGHTS:
            parts.clear()
        elif name in _SILENT and not is_end:
            silent = "" if (tag["attributes"] or "").endswith("/") else name
        elif name == "a" and not is_end:
            href = _HREF.search(tag["attributes"] or "")
            targets.append(own.link(unescape_once(href["address"])) if href else "")
            parts.append("[" if targets[-1] else "")
        elif name == "a" and targets:
            target = targets.pop()
            parts.append(f"]({target})" if target else "")
        else:
            parts.append(_break(name, is_end=is_end))
    return "".join(parts) + ("" if silent else text[position:])


def _break(name: str, *, is_end: bool) -> str:
    if name in _PARAGRAPHS:
        return "\n\n"
    if name == "li":
        return "" if is_end else "\n- "
    if name in _LINES and not (is_end and name == "br"):
        return "\n"
    return " " if name in _CELLS else ""


# links

_LABEL = r"(?:[^\[\]\n]|\[[^\[\]\n]{0,500}+\]){0,500}+"
_TARGET = (
    r"\(\s*+(?:<(?P<address>[^<>\n]*+)>|(?P<address>[^()\s<>]*+(?:\([^()\s<>]*+\)[^()\s<>]*+)*+))"
    r"(?:\s++(?:\"[^\"\n]*+\"|'[^'\n]*+'))?+\s*+\)"
)
_MARKDOWN_IMAGE = regex.compile(rf"!\[(?P<label>{_LABEL})\]{_TARGET}")
_MARKDOWN_LINK = regex.compile(rf"\[(?P<label>{_LABEL})\]{_TARGET}")
_DEFINITION = regex.compile(
    r"^[^\S\n]*+\[[^\[\]\n]++\]:[^\S\n]*+<?+(?:[a-z][a-z0-9+.-]*+:|//|www\.|/)\S*+.*+$\n?",
    regex.IGNORECASE | regex.MULTILINE,
)
# in a URL, up to a character of a script that puts no space behind it
_IN_URL = (
    r"[[!-~\p{L}\p{M}\p{N}]--[\"<>`{|}^]--[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]]"
)
_COLON, _SLASH = r"(?::|%3a)", r"(?:[/\\]|%2f|%5c)"
_HOST = r"(?:(?:[a-z0-9_-]++[.。])++[a-z][a-z0-9-]*+|[\p{L}\p{M}\p{N}._-]++)?+"
_SCHEMES = (
    "bitcoin callto ethereum javascript livescript magnet mailto vbscript view-source whatsapp xmpp"
).replace(" ", "|")
_BARE_LINK = rf"""
    (?:
      (?<![a-z0-9+.-]) [a-z0-9+.-]++ {_COLON} {_SLASH}{{2,}}+
    | (?<![a-z0-9]) https?+ {_COLON} {_SLASH}*+ (?=[\p{{L}}\p{{N}}_\[])
    | (?<![a-z0-9]) (?: {_SCHEMES} ) {_COLON} (?=\S)
    | (?<![a-z0-9]) data {_COLON} (?= [a-z]++/ | [;,] )
    | (?<![a-z0-9]) (?: tel | sms | geo | sips? | skype ) {_COLON} (?=[+0-9(])
    | (?<![a-z0-9]) file {_COLON} (?={_SLASH})
    | (?<![a-z0-9/:\\]) {_SLASH}{{2}}+ (?=[a-z0-9_-]++[.。][a-z0-9])
    | (?<![a-z0-9.@/-]) www[0-9]{{0,3}}+[.。] (?=[\p{{L}}\p{{N}}])
    )
    {_HOST} {_IN_URL}*+
  | (?<![a-z0-9.@/:_-]) (?:[a-z0-9_-]++\.)++ (?: \L<top_level> | xn--[a-z0-9-]++ )
    (?::[0-9]++)?+ [/?#] {_IN_URL}++
"""
_ENDS_URL = ".,;:!?'*_~-"
_AROUND_REMOVED = regex.compile(rf"[(（\[［<【]\s*+(?:{_REMOVED}[\s,;，、]*+)++[)）\]］>】]")
_REMOVED_WITH_BLANKS = regex.compile(
    rf"(?P<before>[^\S\n]*){_REMOVED}(?:[^\S\n]*+{_REMOVED})*+(?P<behind>[^\S\n]*+)"
    r"(?P<end>[.,;:!?)\]。，；：！？、）】\n]|\Z)?+"
)


# the names of RFC 2606, which are in no list: what links to them may look like a link to others
_RESERVED = frozenset({"example", "invalid", "localhost", "test"})


@cache
def _bare_link() -> regex.Pattern[str]:
    flags = regex.IGNORECASE | regex.VERBOSE | regex.V1
    return regex.compile(_BARE_LINK, flags, top_level=top_level_domains() | _RESERVED)


def _without_links(text: str, own: _Own) -> str:
    text = _DEFINITION.sub("", text)
    text = _MARKDOWN_IMAGE.sub(r"\g<label>", text)
    text = _MARKDOWN_LINK.sub(lambda match: _labelled_link(match, own), text)
    text = _with_own_spellings(text, own)
    parts, position = [], 0
    for match in _bare_link().finditer(_folded(text)):
        address = text[match.start() : match.end()].rstrip(_ENDS_URL)
        while address.endswith((")", "]")) and not _is_balanced(address):
            address = address[:-1].rstrip(_ENDS_URL)
        link = own.link(address)
        parts += [text[position : match.start()], _placeholder(link, own) if link else _REMOVED]
        position = match.start() + len(address)
    text = "".join(parts) + text[position:]
    text = _AROUND_REMOVED.sub(_REMOVED, text)
    return _REMOVED_WITH_BLANKS.sub(_gap, text)


def _labelled_link(match: regex.Match[str], own: _Own) -> str:
    """The label of a Markdown link, and the link behind it where it stays."""
    label, link = match["label"].strip(), own.link(match["address"])
    if not link:
        return label
    is_link = own.link(label) == link
    return _placeholder(link, own) if is_link or not label else f"{label} {_placeholder(link, own)}"


def _with_own_spellings(text: str, own: _Own) -> str:
    """The text with placeholders for the links that stay, as far as they are written alike.

    A link may contain letters of a script at which other links end.
    """
    for canonical, link in own.links.items():
        for spelling in dict.fromkeys((link, canonical)):
            if spelling in text:
                whole = regex.escape(spelling) + r"(?![A-Za-z0-9_%/?&=#~@-]|[.:+][A-Za-z0-9])"
                text = regex.sub(whole, _placeholder(link, own), text)
    return text


def _is_balanced(address: str) -> bool:
    return address.count("(") >= address.count(")") and address.count("[") >= address.count("]")


def _gap(match: regex.Match[str]) -> str:
    """What stands for links that were taken off: a space between words, nothing before a mark."""
    if match["end"] is not None:
        return match["end"]
    return " " if match["before"] or match["behind"] else ""


def _folded(text: str) -> str:
    """The text with plain letters and signs for full-width and mathematical ones, of equal length.

    The marks of Chinese sentences stay, since they end a link.
    """
    return text if text.isascii() else "".join(map(_folded_character, text))


@cache
def _folded_character(character: str) -> str:
    folded = normalize("NFKC", character)
    is_sign = len(folded) == 1 and folded.isascii() and character not in "，！？；（）"
    return folded if is_sign else character


# Markdown

_DROPPED_LINE = regex.compile(
    # fences of code, rules, underlines of headings, and the line below the head of a table
    r"\s*+(?:`{3,}+|~{3,}+)[\w+#.-]*+\s*+\Z"
    r"|\s*+(?:(?:-\s*+){3,}+|(?:\*\s*+){3,}+|(?:_\s*+){3,}+|={3,}+)\Z"
    r"|(?=[^|]*+\|)[\s|:-]*-[\s|:-]*+\Z"
)
_ROW = regex.compile(r"\s*+\|(?P<cells>.*)\|\s*+")
_HEADING = regex.compile(r"\s*+\#{1,6}+[^\S\n]++(?P<words>.*)")
_QUOTE = regex.compile(r"(?:\s*+>(?=\s|\Z))++\s*+")
_BULLET = regex.compile(r"\s*+[*+•‣▪●◦-]\s++(?:\[[ xX]\]\s++)?+")
_STARS = regex.compile(r"(?<!\\)\*{2,}+(?!(?<=[0-9A-Za-z)]\*\*)[0-9])|~{2,}+|`++")
_EMPHASIS = regex.compile(
    r"(?<![0-9A-Za-z*\\])\*(?=[^\s*])(?P<star>[^*\n]*+)(?<=\S)\*(?![0-9A-Za-z*])"
    # no name of a program, such as __init__
    r"|(?<![\p{L}\p{N}_/\\])__(?=\S)(?P<strong>[^_\n]*+)(?<=\S)__(?![\p{L}\p{N}_])"
    r"|(?<![\p{L}\p{N}_/\\])_(?=[^\s_])(?P<line>[^_\n]*+)(?<=\S)_(?![\p{L}\p{N}_])"
)
_IDENTIFIER = regex.compile(r"[a-z][a-z0-9]*")
_ESCAPE = regex.compile(r"\\(?=[*_`#~|>])")


def _plain_line(line: str) -> str:
    """The line without the marks at its start: of headings, quotations, lists and tables."""
    line = _QUOTE.sub("", line) if _QUOTE.match(line) else line
    row, heading = _ROW.fullmatch(line), _HEADING.fullmatch(line)
    if row:
        return " | ".join(cell for each in row["cells"].split("|") if (cell := each.strip()))
    if heading:
        return heading["words"].rstrip("# ")
    bullet = _BULLET.match(line)
    return f"- {line[bullet.end() :]}" if bullet else line


def _without_emphasis(text: str) -> str:
    text = _EMPHASIS.sub(_emphasised, _STARS.sub("", text))
    return _ESCAPE.sub("", text)


def _emphasised(match: regex.Match[str]) -> str:
    strong = match["strong"]
    if strong is not None and _IDENTIFIER.fullmatch(strong):
        return match[0]
    return match["star"] or strong or match["line"] or ""


# hashtags

_HASHTAG = regex.compile(r"[#＃](?P<word>[\p{L}\p{M}\p{N}_]++)")


def _with_own_tags(text: str, own: _Own) -> str:
    """The text with another sign for the # of hashtags that stay."""

    def sign(match: regex.Match[str]) -> str:
        stays = own.keeps_all or match["word"].casefold() in own.tags
        return _TAG_SIGN + match["word"] if stays else match[0]

    return _HASHTAG.sub(sign, text)
