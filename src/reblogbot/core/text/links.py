"""Links in a text: those that must stay whole, and those that a server counts as links."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import regex

# Generous, since it finds what must not be cut or altered: a run without spaces, quotes, brackets
# of prose, or the punctuation of scripts that put no space behind it.
LINK = regex.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"“”‘’「」『』【】《》〈〉（），。；：！？、…]+"
)

_IN_PATH = r"a-z0-9\p{Cyrillic}\p{Latin}!*';:=+,.$/%#\[\]\-–_~@|&"
_AT_END = r"a-z0-9\p{Cyrillic}\p{Latin}=_#/+\-"

_COUNTED = rf"""
    (?<![a-z0-9@＠$\#＃])
    https?://
    (?:
      (?P<domain>
        (?:[\p{{L}}\p{{M}}\p{{N}}](?:[\p{{L}}\p{{M}}\p{{N}}_-]*[\p{{L}}\p{{M}}\p{{N}}])?\.)+
        (?:xn--[a-z0-9-]+|\L<top_level>)
      ) (?![a-z0-9@])
    | (?: (?!https?://) [\p{{L}}\p{{M}}\p{{N}}._-] )+
    )
    (?: :[0-9]+ )?
    (?: / (?: (?: [{_IN_PATH}] | \([{_IN_PATH}]+\) )* (?: [{_AT_END}] | \([{_IN_PATH}]+\) ) )? )?
    (?: \?[a-z0-9!?*'@();:&=+$/%\#\[\]\-_.,~|]* [a-z0-9\-_&=\#/] )?
"""


@cache
def counted() -> regex.Pattern[str]:
    """The pattern of what a server counts as a link; every Mastodon does if `domain` matches.

    Strict: after the twitter-text expressions that Mastodon uses, in their older form, where
    letters beyond Latin and Cyrillic end a link. Mastodon 4 includes them in the link and counts
    less than this pattern does, so that a text that fits by it fits there.
    """
    flags = regex.IGNORECASE | regex.VERBOSE
    return regex.compile(_COUNTED, flags, top_level=top_level_domains())


@cache
def top_level_domains() -> frozenset[str]:
    """The domains of twitter-text 3.1, in lower case: with others, Mastodon sees no link.

    The list is old: domains that were registered since (`.kids`) are missing, some that were
    removed since are in it. Reserved names (`.example`) are not.
    """
    names = Path(__file__).with_name("top_level_domains.txt").read_text("utf-8")
    return frozenset(names.split())
