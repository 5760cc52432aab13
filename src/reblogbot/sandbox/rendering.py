"""The HTML, hashtags and mentions that each kind of server makes of the text of a status."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape, unescape
from typing import Literal

import regex

from reblogbot.sandbox import text as texts

Rendering = Literal["mastodon", "gotosocial", "hollo", "snac", "takahe"]


@dataclass(slots=True)
class Rendered:
    """A rendered text; `mentions` are accts, and `tags` have no #."""

    html: str = ""
    tags: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)


def rendered(
    text: str, rendering: Rendering, origin: str, mention_url: Callable[[str], str]
) -> Rendered:
    """The text as a server of this kind renders it; `mention_url` is "" for an unknown acct."""
    if rendering == "mastodon":
        pieces = list(texts.pieces(text))
        return Rendered(
            texts.html(text, origin, mention_url),
            _unique(piece.name for piece in pieces if piece.kind == "tag"),
            _unique(piece.name for piece in pieces if piece.kind == "mention"),
        )
    writer = _Writer(origin, mention_url)
    writer.rendered.html = _RENDERERS[rendering](text, writer)
    writer.rendered.tags = _unique(writer.rendered.tags)
    return writer.rendered


def _unique(names: Iterable[str]) -> list[str]:
    """The names without repetitions in another case, as first written."""
    return list({name.lower(): name for name in reversed(list(names))}.values())[::-1]


class _Writer:
    """Writes links, hashtags and mentions as HTML, and collects the latter two."""

    def __init__(self, origin: str, mention_url: Callable[[str], str]) -> None:
        self.rendered = Rendered()
        self._origin = origin
        self._mention_url = mention_url

    def link(self, url: str, label: str = "") -> str:
        return f'<a href="{escape(url)}" target="_blank">{label or escape(url)}</a>'

    def tag(self, text: str) -> str:
        name = text[1:]
        self.rendered.tags.append(name)
        href = escape(f"{self._origin}/tags/{name}")
        return (
            f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{escape(name)}</span></a>'
        )

    def mention(self, text: str) -> str:
        acct = text[1:].rstrip(".-")
        url = self._mention_url(acct)
        if not url:
            return escape(text)
        self.rendered.mentions.append(acct)
        name = escape(acct.partition("@")[0])
        return f'<a href="{escape(url)}" class="u-url mention">@<span>{name}</span></a>'


# GoToSocial: internal/text. A link begins a line or follows white space or one of *_~(

_GOTOSOCIAL = regex.compile(
    r"""
      (?:^|(?<=[\s*_~(])) (?P<link> https?://[^\s<>"「」【】“”]*[^\s<>"「」【】“”.,;:!?)] )
    | (?:^|(?<=[\s\p{P}])) (?P<mention> @[\p{L}\p{M}\p{N}._-]+(?:@[\p{L}\p{M}\p{N}.:-]+)? )
    | (?:^|(?<=[\s|]|(?!_)\p{P})) (?P<tag> \#[\p{L}\p{M}\p{N}_]*[\p{L}][\p{L}\p{M}\p{N}_]* )
    | (?P<reference> &(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31}); )
    | \\(?P<escaped> [!-/:-@\[-`{-~] )
    | (?P<break> \n )
    """,
    regex.VERBOSE | regex.MULTILINE,
)


def _gotosocial(text: str, writer: _Writer) -> str:
    return f"<p>{_with_entities(_GOTOSOCIAL, text, writer)}</p>"


# Takahē, after its core/html.py

_TAKAHE = regex.compile(
    r"""
      (?P<link> \bhttps?://[^\s<>"「」【】“”]*[^\s<>"「」【】“”.,;:!?)] )
    | (?:^|(?<=[^\w\-/])) (?P<mention> @[\w-]+(?:@[\w.-]+[\w-]+)? )
    | \B (?P<tag> \#[a-zA-Z0-9(_)]+\b(?!;) )
    | (?P<break> \n )
    """,
    regex.VERBOSE | regex.MULTILINE,
)


def _takahe(text: str, writer: _Writer) -> str:
    return f"<p>{_with_entities(_TAKAHE, text, writer)}</p>"


def _with_entities(pattern: regex.Pattern[str], text: str, writer: _Writer) -> str:
    """The text escaped, with the matches of the pattern's groups written as HTML."""

    def write(match: regex.Match[str]) -> str:
        groups = match.groupdict()
        if groups["break"]:
            return "<br>"
        if groups.get("reference"):
            return escape(unescape(match[0]))
        if groups.get("escaped"):
            return escape(groups["escaped"])
        kind = next(kind for kind in ("link", "tag", "mention") if groups[kind])
        html: str = getattr(writer, kind)(groups[kind])
        return html

    return _replace(pattern, text, write, escape)


def _replace(
    pattern: regex.Pattern[str],
    text: str,
    write: Callable[[regex.Match[str]], str],
    plain: Callable[[str], str],
) -> str:
    """The text with matches written by `write` and the text between them by `plain`."""
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [plain(text[end : match.start()]), write(match)]
        end = match.end()
    return "".join([*parts, plain(text[end:])])


# snac: format.c (not_really_markdown) and activitypub.c (process_tags); HTML passes as it is

_SNAC_MARKUP = regex.compile(
    r"""
      `(?P<code>[^`]+)` | ~~(?P<s>[^~]+)~~ | \*\*(?P<b>[^*]+)\*\* | \*(?P<i>[^*]+)\*
    | __(?P<u>[^_]+)__ | !?\[(?P<label>[^\]]{1,300})\]\((?P<target>[^)]+)\)
    | (?P<link> (?<![a-z])[a-z]++:// (?:[^\s,.)]|[,.)]+(?=[^\s,.)]))+ )
    """,
    regex.VERBOSE,
)
_SNAC_LINE = regex.compile(r"(?P<hr>---)|(?P<heading>\#{1,3})\ |(?P<quote>>)|(?P<item>[*-])\ ")
_SNAC_ENTITIES = regex.compile(
    r"(?P<mention>@[A-Za-z0-9_]+(?:@[A-Za-z0-9.-]+)?)|&\#[0-9]+;|(?P<tag>\#(?:_|[^\p{P}\p{S}\s])+)"
)
_SMILEYS = {":-)": "🙂", ":-D": "😀", "8-o": "😲", "<3": "❤️", ":beer:": "🍺"}


def _snac(text: str, writer: _Writer) -> str:
    html = "<br>".join(_snac_line(line.strip()) for line in text.split("\n"))
    for smiley, emoji in _SMILEYS.items():
        html = html.replace(smiley, emoji)

    def write(match: regex.Match[str]) -> str:
        if match["mention"]:
            return writer.mention(match[0])
        return writer.tag(match[0]) if match["tag"] else match[0]

    return f"<p>{_SNAC_ENTITIES.sub(write, html)}</p>"


def _snac_line(line: str) -> str:
    html = _SNAC_MARKUP.sub(_snac_markup, line)
    marker = _SNAC_LINE.match(html)
    if marker is None:
        return html
    rest = html[marker.end() :].strip()
    if marker["hr"]:
        return f"<hr>{rest}"
    name = {"heading": "h2", "quote": "blockquote", "item": "li"}[str(marker.lastgroup)]
    return f"<{name}>{rest}</{name}>"


def _snac_markup(match: regex.Match[str]) -> str:
    kind = str(match.lastgroup)
    if kind in ("link", "target"):
        url = match[kind].replace("#", "&#35;").replace("@", "&#64;")
        return f'<a href="{url}" target="_blank">{match["label"] or url}</a>'
    inner = escape(match[kind]) if kind == "code" else match[kind]
    return f"<{kind}>{inner}</{kind}>"


# Hollo: markdown-it with its mention and hashtag plug-ins; only Markdown that occurs in titles

_HOLLO_INLINE = regex.compile(
    r"""
      \\(?P<escaped> [!-/:-@\[-`{-~] )
    | <(?P<autolink> https?://[^\s<>]+ )>
    | `(?P<code>[^`]+)` | ~~(?P<s>[^~]+)~~ | \*\*(?P<strong>[^*\n]+)\*\* | __(?P<double>[^_\n]+)__
    | \*(?P<em>[^*\n]+)\* | (?<!\w)_(?P<under>[^_\n]+)_(?!\w)
    | !\[(?P<alt>[^\]]{0,300})\]\((?P<image>[^)\s]+)\)
    | \[(?P<label>[^\]]{1,300})\]\((?P<target>[^)\s]+)\)
    | (?P<link> https?://[^\s<>"「」【】“”\\*`|\[\]']*[^\s<>"「」【】“”\\*`|\[\]'.,;:!?)] )
    | (?P<reference> &(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31}); )
    | (?P<mention> @[\p{L}\p{N}._-]+@(?:[\p{L}\p{N}][\p{L}\p{N}_-]*\.)+[\p{L}\p{N}]{2,} )
    | (?P<tag> \#[\w\p{L}]+ )
    | (?P<break> \ \ \n )
    """,
    regex.VERBOSE,
)
_HOLLO_BLOCK = regex.compile(
    r"(?P<heading>\#{1,6})\ +|(?P<item>[-+*]|[0-9]{1,9}[.)])\ +|(?P<quote>>)\ ?"
)


def _hollo(text: str, writer: _Writer) -> str:
    blocks = regex.split(r"\n{2,}|\n(?=(?:#{1,6}|[-+*]|1[.)]) |>)", text)
    return "".join(_hollo_block(block, writer) for block in blocks if block.strip())


def _hollo_block(block: str, writer: _Writer) -> str:
    marker = _HOLLO_BLOCK.match(block)
    if marker is None:
        return f"<p>{_hollo_inline(block, writer)}</p>"
    name = {"heading": "h1", "item": "li", "quote": "blockquote"}[str(marker.lastgroup)]
    return f"<{name}>{_hollo_inline(block[marker.end() :], writer)}</{name}>"


def _hollo_inline(text: str, writer: _Writer) -> str:
    return _replace(_HOLLO_INLINE, text, lambda match: _hollo_markup(match, writer), escape)


def _hollo_markup(match_: regex.Match[str], writer: _Writer) -> str:
    match {name: value for name, value in match_.groupdict().items() if value is not None}:
        case {"escaped": char}:
            html = escape(char)
        case {"reference": reference}:
            html = escape(unescape(reference))
        case {"break": _}:
            html = "<br>\n"
        case {"code": code}:
            html = f"<code>{escape(code)}</code>"
        case {"autolink": url} | {"link": url}:
            html = writer.link(url)
        case {"image": url, "alt": alt}:
            html = f'<img src="{escape(url)}" alt="{escape(alt)}">'
        case {"target": url, "label": label}:
            html = writer.link(url, _hollo_inline(label, writer))
        case {"mention": acct}:
            html = writer.mention(acct)
        case {"tag": tag}:
            html = writer.tag(tag)
        case emphasised:
            (inner,) = emphasised.values()
            html = f"<em>{_hollo_inline(inner, writer)}</em>"
    return html


_RENDERERS: dict[Rendering, Callable[[str, _Writer], str]] = {
    "gotosocial": _gotosocial,
    "hollo": _hollo,
    "snac": _snac,
    "takahe": _takahe,
}
