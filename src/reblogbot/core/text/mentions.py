"""Foreign text made harmless: no server takes a mention or a hashtag out of it."""

from __future__ import annotations

import regex

from reblogbot.core.text.links import LINK

_LETTER = r"\p{L}\p{M}\p{N}_"
# every part is possessive: no text makes the search go back
_NAME = rf"[{_LETTER}]++(?:[.-]++[{_LETTER}]++)*+"
_PARTS = regex.compile(rf"(?P<link>{LINK.pattern})|(?P<signs>[@＠#＃]++)")
_HANDLE = regex.compile(
    rf"(?P<name>{_NAME})(?P<hosts>(?:[#＃]*+[@＠][@＠#＃]*+{_NAME})++)[@＠#＃]*+"
)
_HOST = regex.compile(_NAME)
# Weibo closes its hashtags
_TOPIC = regex.compile(
    rf"(?!\ufe0f|\u20e3)(?P<topic>[^\s\p{{Cc}}/:@＠#＃]{{2,60}})[#＃](?![{_LETTER}])"
)
_MENTIONED = regex.compile(rf"[{_LETTER}]")
# a hashtag needs a letter, so "#1" stays, and so does the keycap of the sign; "#1#2#" is two topics
_TAGGED = regex.compile(
    r"(?!\ufe0f|\u20e3)(?:[\p{N}\p{M}]*+[\p{L}_·・]|[^\s\p{Cc}/:#＃]{1,60}[#＃])"
)
_INSIDE_WORD = regex.compile(r"(?<=[A-Za-z0-9_])")
_AFTER_LETTER = regex.compile(rf"(?<=[{_LETTER}][#＃]?)")
_SIGNS_AT_END = regex.compile(r"(?r)[\s@＠#＃]*\Z")
# where Mastodon finds a mention even within a link (account.rb, MENTION_RE)
_MENTION_IN_LINK = regex.compile(r"(?<![=/\w])@(?=\w|\Z)")


def defuse(text: str) -> str:
    """The text with the signs of mentions and hashtags taken away: `alice`, `alice (host)`, `word`.

    They go rather than get replaced. Fullwidth signs make hashtags on Mastodon 4.3 and may be
    folded into mentions elsewhere; an invisible character behind the sign would be just what
    `clean` takes out, and some screen readers stumble over it. Links keep working, and
    addresses such as bob@example.org stay: the sign within a word mentions nobody.

    One pass: each run of signs is judged once, by the text around it, so the cost grows with the
    text alone.
    """
    body = _body_end(text)
    parts: list[str] = []
    end = 0
    while part := _PARTS.search(text, end):
        parts.append(text[end : part.start()])
        replacement, end = _replacement(part, is_last=part.start() >= body)
        parts.append(replacement)
    return "".join([*parts, text[end:]])


def harmless_link(link: str) -> str:
    """The same link, in which no server finds a mention either."""
    return _MENTION_IN_LINK.sub("%40", link)


def _body_end(text: str) -> int:
    """Where the text ends, not counting signs and spaces at its end."""
    found = _SIGNS_AT_END.search(text)
    return found.start() if found else len(text)


def _replacement(part: regex.Match[str], *, is_last: bool) -> tuple[str, int]:
    """What a link or a run of signs becomes, and the end of the text that this replaces."""
    if part["link"]:
        return harmless_link(part["link"]), part.end()
    text, signs = part.string, part["signs"]
    # not every server cares what stands before a handle
    handle = _HANDLE.match(text, part.end()) if "@" in signs or "＠" in signs else None
    if handle:
        hosts = ", ".join(_HOST.findall(handle["hosts"]))
        return f"{_gap(text, part.start())}{handle['name']} ({hosts})", handle.end()
    kept = signs[: 1 if _INSIDE_WORD.match(text, part.start()) else 0]
    removable = signs[len(kept) :]
    gap = _gap(text, part.start() + len(kept))
    topic = _TOPIC.match(text, part.end()) if removable in ("#", "＃") else None
    if topic:
        return f"{kept}{gap}{topic['topic']}", topic.end()
    left = removable if not is_last else ""
    if left and _MENTIONED.match(text, part.end()) and left.strip("#＃"):
        left = ""
    elif left and _TAGGED.match(text, part.end()):
        left = left.rstrip("#＃")
    return kept + (gap if left != removable else "") + left, part.end()


def _gap(text: str, place: int) -> str:
    """回复@某人: the space that keeps the words on both sides of removed signs apart."""
    return " " if _AFTER_LETTER.match(text, place) else ""
