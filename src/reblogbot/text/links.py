"""Where links stand in a text: what must be left whole, and what a server counts as a link."""

from __future__ import annotations

import regex

# Generous, for whatever must not be cut or altered: a run without spaces, quotes, brackets of
# prose, or the punctuation of scripts that put no space behind it.
LINK = regex.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"“”‘’「」『』【】《》〈〉（），。；：！？、…]+"
)

_IN_PATH = r"a-z0-9\p{Cyrillic}\p{Latin}!*';:=+,.$/%#\[\]\-–_~@|&"
_AT_END = r"a-z0-9\p{Cyrillic}\p{Latin}=_#/+\-"

# Strict, for counting: after the twitter-text expressions Mastodon uses, in their older form,
# where letters beyond Latin and Cyrillic end a link. Mastodon 4 takes them in and so counts
# less, and a text that counts less than we think still fits.
COUNTED = regex.compile(
    rf"""
    (?<![a-z0-9@＠$\#＃])
    https?://
    (?:
      (?P<domain>
        (?:[\p{{L}}\p{{M}}\p{{N}}](?:[\p{{L}}\p{{M}}\p{{N}}_-]*[\p{{L}}\p{{M}}\p{{N}}])?\.)+
        (?:xn--[a-z0-9-]+|[a-z]{{2,}})
      ) (?![a-z0-9@])
    | [\p{{L}}\p{{M}}\p{{N}}._-]+
    )
    (?: :[0-9]+ )?
    (?: / (?: (?: [{_IN_PATH}] | \([{_IN_PATH}]+\) )* (?: [{_AT_END}] | \([{_IN_PATH}]+\) ) )? )?
    (?: \?[a-z0-9!?*'@();:&=+$/%\#\[\]\-_.,~|]* [a-z0-9\-_&=\#/] )?
    """,
    regex.IGNORECASE | regex.VERBOSE,
)
