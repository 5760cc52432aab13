"""The length of a text: in grapheme clusters, and as a server counts a post."""

from __future__ import annotations

import regex

from reblogbot.core.text.escaping import escape
from reblogbot.core.text.links import counted
from reblogbot.model import ServerLimits

# flags are pairs of regional indicators; for each in a long run, \X looks back over the whole run
_CLUSTER = regex.compile(r"\p{RI}{1,2}+[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*+|\X")
# Mastodon, account.rb, MENTION_RE, with the plainer names of older versions
_MENTION = regex.compile(r"(?<![=/\w])(@[a-z0-9_]+)@[a-z0-9.-]+[a-z0-9]", regex.IGNORECASE)
_PLACEHOLDER = "x"
# characters that never join their neighbours (UAX 29, GB4, GB5 and GB999), as in most texts
_ALONE = regex.compile(r"[\p{GCB=Other}\p{GCB=LF}\p{GCB=Control}]*+")


def graphemes(text: str) -> list[str]:
    """The grapheme clusters of the text: what readers see as single characters (UAX 29)."""
    return list(text) if _is_simple(text) else _CLUSTER.findall(text)


def size(text: str) -> int:
    """The number of grapheme clusters in the text."""
    return len(text) if _is_simple(text) else len(_CLUSTER.findall(text))


def length(text: str, limits: ServerLimits, spoiler: str = "") -> int:
    """The length of a post that `limits.characters` restricts, never less than the server counts.

    A link counts `per_link` where the server says so, else in full; a remote mention its
    local part; the content warning in full (Mastodon, status_length_validator.rb). A server
    that renders its texts counts them as they are sent, escaped.
    """
    text = escape(text, limits.markup)
    if limits.per_link is not None:
        text = counted().sub(lambda link: _PLACEHOLDER * _weight(link, limits.per_link or 0), text)
    return size(_MENTION.sub(r"\1", text)) + size(spoiler)


def _weight(link: regex.Match[str], per_link: int) -> int:
    # Mastodon counts no link without a known top-level domain, but some of its forks do
    return per_link if link["domain"] else max(per_link, size(link[0]))


def _is_simple(text: str) -> bool:
    return _ALONE.fullmatch(text) is not None
