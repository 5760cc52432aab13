"""Where links stand in a text: what must be left whole, and what a server counts as a link."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import regex

# Generous, for whatever must not be cut or altered: a run without spaces, quotes, brackets of
# prose, or the punctuation of scripts that put no space behind it.
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
    """What a server counts as a link; its group `domain` is set where every Mastodon does.

    Strict: after the twitter-text expressions Mastodon uses, in their older form, where letters
    beyond Latin and Cyrillic end a link. Mastodon 4 takes them in and so counts less, and a text
    that counts less than we think still fits.
    """
    flags = regex.IGNORECASE | regex.VERBOSE
    return regex.compile(_COUNTED, flags, top_level=top_level_domains())


@cache
def top_level_domains() -> frozenset[str]:
    """Those of twitter-text 3.1 in lower case, without dot: only these make a link to Mastodon.

    The list is old there: what was registered since (`.kids`) is not in it, what has been given
    up since still is. Reserved names (`.example`) are not.
    """
    names = Path(__file__).with_name("top_level_domains.txt").read_text("utf-8")
    return frozenset(names.split())
