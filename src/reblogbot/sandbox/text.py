"""What a server sees in the text of a status: links, hashtags, mentions, length, and its HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

import regex

from reblogbot.core.text.links import top_level_domains

_LINK = regex.compile(r"(?<![\w@#/])https?://[^\s<>\"]+", regex.IGNORECASE)
# what may not end a link, after Mastodon's own expression for link paths
_NOT_AT_END = "?!*\"'「」<>;:=,.$%[]~&|@。，、！？；：）】》』”’…"
_COUNTABLE_HOST = regex.compile(r"(?:[\w\-]+\.)+(?:xn--[a-z0-9\-]+|(?P<top>\p{L}+))$")
_TAG = regex.compile(
    r"(?<![\w/&)])[#＃]([\p{L}\p{N}\p{M}_·・]*[\p{L}\p{M}_][\p{L}\p{N}\p{M}_·・]*)"
)
_MENTION = regex.compile(
    r"(?<![=/\w])@([a-z0-9_]+(?:[a-z0-9_.\-]+[a-z0-9_]+)?)(?:@([\w.\-]+[\w](?::\d+)?))?",
    regex.IGNORECASE,
)
_GRAPHEME = regex.compile(r"\X")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `name` is a tag or a mention's acct without its sign, or a link."""

    kind: Literal["text", "link", "tag", "mention"]
    shown: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The text in order, cut into links, hashtags, mentions and what lies between."""
    rest = 0
    for start, end, piece in _found(text):
        if start > rest:
            yield Piece("text", text[rest:start])
        yield piece
        rest = end
    if rest < len(text):
        yield Piece("text", text[rest:])


def _found(text: str) -> Iterator[tuple[int, int, Piece]]:
    """Links first: a tag or a mention inside a link is none."""
    rest = 0
    for match in _LINK.finditer(text):
        link = _trimmed(match.group())
        if match.start() < rest or not link.partition("://")[2]:
            continue
        yield from _signs(text, rest, match.start())
        rest = match.start() + len(link)
        yield match.start(), rest, Piece("link", link, link)
    yield from _signs(text, rest, len(text))


def _trimmed(link: str) -> str:
    """The link without closing punctuation that belongs to the sentence around it."""
    while link and (
        link[-1] in _NOT_AT_END or (link[-1] == ")" and link.count(")") > link.count("("))
    ):
        link = link[:-1]
    return link


def _signs(text: str, start: int, end: int) -> Iterator[tuple[int, int, Piece]]:
    found = [
        (match.start(), match.end(), Piece("tag", match.group(), match.group(1)))
        for match in _TAG.finditer(text, start, end)
    ] + [
        (match.start(), match.end(), Piece("mention", match.group(), match.group()[1:]))
        for match in _MENTION.finditer(text, start, end)
    ]
    return iter(sorted(found, key=lambda entry: entry[0]))


def length(text: str, per_link: int | None) -> int:
    """Grapheme clusters as Mastodon counts them.

    A link counts `per_link`, or in full where that is None; a remote mention counts its local
    part. Only links to a name under a top-level domain are shortened, as on Mastodon.
    """
    return sum(_counted(piece, per_link) for piece in pieces(text))


def _counted(piece: Piece, per_link: int | None) -> int:
    if piece.kind == "link" and per_link is not None and _is_countable(piece.name):
        return per_link
    shown = piece.shown
    if piece.kind == "mention":
        shown = "@" + piece.name.partition("@")[0]
    return sum(1 for _ in _GRAPHEME.finditer(shown))


def _is_countable(link: str) -> bool:
    host = regex.split(r"[/?#:]", link.partition("://")[2].lower(), maxsplit=1)[0]
    name = _COUNTABLE_HOST.match(host)
    return name is not None and (name["top"] is None or name["top"] in top_level_domains())


def html(text: str, origin: str, mention_url: Callable[[str], str]) -> str:
    """The content Mastodon makes of a plain text: paragraphs, breaks, links, all else escaped.

    `mention_url` gives the profile page of an acct, "" when it is nobody known.
    """
    blocks = regex.split(r"\n{2,}", text.replace("\r\n", "\n"))
    return "".join(f"<p>{inline(block, origin, mention_url)}</p>" for block in blocks if block)


def inline(text: str, origin: str, mention_url: Callable[[str], str]) -> str:
    """The same without paragraphs."""
    return "".join(_marked(piece, origin, mention_url) for piece in pieces(text))


def _marked(piece: Piece, origin: str, mention_url: Callable[[str], str]) -> str:
    match piece.kind:
        case "link":
            return _anchor(piece.name)
        case "tag":
            href = escape(f"{origin}/tags/{piece.name}")
            name = escape(piece.name)
            return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{name}</span></a>'
        case "mention" if url := mention_url(piece.name):
            name = escape(piece.name.partition("@")[0])
            return (
                '<span class="h-card" translate="no">'
                f'<a href="{escape(url)}" class="u-url mention">@<span>{name}</span></a></span>'
            )
    return escape(piece.shown).replace("\n", "<br />")


def _anchor(link: str) -> str:
    """A link whose scheme and far end are hidden, as Mastodon writes it."""
    scheme, _, rest = link.partition("://")
    scheme += "://"
    if rest.startswith("www."):
        scheme, rest = scheme + "www.", rest[4:]
    shown, hidden = rest[:30], rest[30:]
    ellipsis = ' class="ellipsis"' if hidden else ' class=""'
    return (
        f'<a href="{escape(link)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(scheme)}</span>'
        f"<span{ellipsis}>{escape(shown)}</span>"
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )
