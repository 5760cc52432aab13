"""Foreign text made harmless: no server takes a mention or a hashtag out of it."""

from __future__ import annotations

import regex

from reblogbot.core.text.links import LINK

_LETTER = r"\p{L}\p{M}\p{N}_"
_NAME = rf"[{_LETTER}](?:[{_LETTER}.-]*[{_LETTER}])?"
_SIGN = regex.compile(r"[@＠#＃]")
_SIGNS = regex.compile(
    rf"""
    (?P<link> {LINK.pattern} )
    |
    # not every server cares what stands before the sign
    [@＠#＃]* [@＠] (?P<handle> {_NAME} (?: [@＠]+ {_NAME} )+ ) [@＠]*
    |
    # Weibo closes them
    (?<! [A-Za-z0-9_] ) [#＃] (?P<topic> [^\s\p{{Cc}}/:@＠#＃]{{2,60}} ) [#＃] (?! [{_LETTER}] )
    |
    (?<! [A-Za-z0-9_] )
    (?: [@＠#＃]* [@＠] [@＠#＃]* (?= [{_LETTER}] | \s*\Z )
      # a hashtag needs a letter, so "#1" stays, and so does the keycap of the sign
      | [#＃]+ (?! \ufe0f | \u20e3 ) (?= [\p{{N}}\p{{M}}]* [\p{{L}}_·・] | \s*\Z )
    )
    """,
    regex.VERBOSE,
)
_AFTER_LETTER = regex.compile(rf"(?<=[{_LETTER}][#＃]?)")
# where Mastodon finds a mention even within a link (account.rb, MENTION_RE)
_MENTION_IN_LINK = regex.compile(r"(?<![=/\w])@(?=\w|\Z)")


def defuse(text: str) -> str:
    """The text with the signs of mentions and hashtags taken away: `alice`, `alice (host)`, `word`.

    They go rather than get replaced. Fullwidth signs make hashtags on Mastodon 4.3 and may be
    folded into mentions elsewhere; an invisible character behind the sign would be just what
    `clean` takes out, and some screen readers stumble over it. Links keep working, and
    addresses such as bob@example.org stay: the sign within a word mentions nobody.
    """
    while _SIGN.search(text):
        before, text = text, _SIGNS.sub(_harmless, text)
        # a sign taken away can leave the next one where it counts
        if text == before:
            break
    return text


def harmless_link(link: str) -> str:
    """The same link, in which no server finds a mention either."""
    return _MENTION_IN_LINK.sub("%40", link)


def _harmless(found: regex.Match[str]) -> str:
    if found["link"]:
        return harmless_link(found["link"])
    # 回复@某人: the words on both sides must not run together
    gap = " " if _AFTER_LETTER.match(found.string, found.start()) else ""
    if found["topic"]:
        return gap + found["topic"]
    name, *hosts = regex.split(r"[@＠]+", found["handle"] or "")
    return f"{gap}{name} ({', '.join(hosts)})" if hosts else gap
