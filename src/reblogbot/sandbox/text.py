"""Mastodon's view of the text of a status: links, hashtags, mentions, length, and its HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

import regex

from reblogbot.core.text.links import top_level_domains

_LINK = regex.compile(r"(?<![\w@#/])https?://[^\s<>\"]+", regex.IGNORECASE)
# characters that cannot end a link, after Mastodon's expression for link paths
_NEVER_LAST = "?!*\"'「」<>;:=,.$%[]~&|@。，、！？；：）】》』”’…"
_DOMAIN = regex.compile(r"(?:[\w\-]+\.)+(?:xn--[a-z0-9\-]+|(?P<top>\p{L}+))$")
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
    """A stretch of text; `name` is a link, or a hashtag or acct without its sign."""

    kind: Literal["text", "link", "tag", "mention"]
    text: str
    name: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The text in order, cut into links, hashtags, mentions and the text between them."""
    position = 0
    for start, end, piece in _entities(text):
        if start > position:
            yield Piece("text", text[position:start])
        yield piece
        position = end
    if position < len(text):
        yield Piece("text", text[position:])


def _entities(text: str) -> Iterator[tuple[int, int, Piece]]:
    """Links, hashtags and mentions with start and end; within a link there are none."""
    position = 0
    for match in _LINK.finditer(text):
        link = _trimmed_link(match.group())
        if match.start() < position or not link.partition("://")[2]:
            continue
        yield from _tags_and_mentions(text, position, match.start())
        position = match.start() + len(link)
        yield match.start(), position, Piece("link", link, link)
    yield from _tags_and_mentions(text, position, len(text))


def _trimmed_link(link: str) -> str:
    """The link without closing punctuation, which belongs to the sentence around it."""
    while link and (
        link[-1] in _NEVER_LAST or (link[-1] == ")" and link.count(")") > link.count("("))
    ):
        link = link[:-1]
    return link


def _tags_and_mentions(text: str, start: int, end: int) -> Iterator[tuple[int, int, Piece]]:
    entities = [
        (match.start(), match.end(), Piece("tag", match.group(), match.group(1)))
        for match in _TAG.finditer(text, start, end)
    ] + [
        (match.start(), match.end(), Piece("mention", match.group(), match.group()[1:]))
        for match in _MENTION.finditer(text, start, end)
    ]
    return iter(sorted(entities, key=lambda entity: entity[0]))


def length(text: str, per_link: int | None) -> int:
    """The number of grapheme clusters as Mastodon counts them.

    A link counts `per_link`, or in full where that is None; a remote mention counts its local
    part. A link counts `per_link` only if its host has a known top-level domain, as on Mastodon.
    """
    return sum(_piece_length(piece, per_link) for piece in pieces(text))


def _piece_length(piece: Piece, per_link: int | None) -> int:
    if piece.kind == "link" and per_link is not None and _has_known_domain(piece.name):
        return per_link
    text = piece.text
    if piece.kind == "mention":
        text = "@" + piece.name.partition("@")[0]
    return sum(1 for _ in _GRAPHEME.finditer(text))


def _has_known_domain(link: str) -> bool:
    host = regex.split(r"[/?#:]", link.partition("://")[2].lower(), maxsplit=1)[0]
    match = _DOMAIN.match(host)
    return match is not None and (match["top"] is None or match["top"] in top_level_domains())


def html(text: str, origin: str, mention_url: Callable[[str], str]) -> str:
    """The HTML that Mastodon makes of a plain text: paragraphs, breaks and links, else escaped.

    `mention_url` returns the profile page of an acct, "" for an unknown one.
    """
    blocks = regex.split(r"\n{2,}", text.replace("\r\n", "\n"))
    return "".join(f"<p>{inline_html(block, origin, mention_url)}</p>" for block in blocks if block)


def inline_html(text: str, origin: str, mention_url: Callable[[str], str]) -> str:
    """The same without paragraphs."""
    return "".join(_piece_html(piece, origin, mention_url) for piece in pieces(text))


def _piece_html(piece: Piece, origin: str, mention_url: Callable[[str], str]) -> str:
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
    return escape(piece.text).replace("\n", "<br />")


def _anchor(link: str) -> str:
    """A link whose scheme and everything after 30 characters are hidden, as on Mastodon."""
    scheme, _, rest = link.partition("://")
    scheme += "://"
    if rest.startswith("www."):
        scheme, rest = scheme + "www.", rest[4:]
    visible, hidden = rest[:30], rest[30:]
    ellipsis = ' class="ellipsis"' if hidden else ' class=""'
    return (
        f'<a href="{escape(link)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(scheme)}</span>'
        f"<span{ellipsis}>{escape(visible)}</span>"
        f'<span class="invisible">{escape(hidden)}</span></a>'
    )
