"""Defusing of foreign text: no server finds a mention, hashtag or disguised link in it."""

from __future__ import annotations

from urllib.parse import quote

import regex

from reblogbot.core.text.links import LINK

_WORD = r"\p{L}\p{M}\p{N}_"
_NAME = rf"[{_WORD}]++(?:[.-]++[{_WORD}]++)*+"
_SIGN = "@＠#＃"
# the keycap #️⃣ is an emoji
_RUN = r"(?:[@＠＃]|\#(?!\ufe0f\u20e3))"
# characters that cannot belong to a hashtag on any server, Misskey included
_NO_TAG = r"[\s.,!?'\":/<>\]】」）]"
# LINK, but ending before the ]( of [label](address)
_SCHEME, _NOT_BLANK = LINK.pattern.removesuffix("+").split("://")
_NUMBER = rf"\#(?=[0-9]++(?![{_WORD}{_SIGN}]))"
# alternatives from the most to the least specific; each matches a whole run of @ and #
_HAZARDS = regex.compile(
    rf"""
    (?P<link> {_SCHEME}://(?: (?!\]\() {_NOT_BLANK} )+ )
    | (?P<keycap> \#\ufe0f\u20e3 (?= [{_WORD}·・\u200c] | \Z ) )
    | (?P<kept>
        (?<=[A-Za-z0-9]) @ (?=[A-Za-z0-9]{_NAME.replace("++", "*+", 1)}(?![@＠]))
      | [@＠] (?= [^{_WORD}.\-{_SIGN}] )
      | (?<=[A-Za-z0-9]) [#＃] (?![{_SIGN}])
      | (?: \#++ | ＃ ) (?={_NO_TAG})
      )
    | (?P<number> {_NUMBER} )
    | {_RUN}++ (?<=[@＠]) (?P<handle> {_NAME} (?: [@＠]++ {_NAME} )+ ) {_RUN}*+
    # Weibo closes its hashtags
    | [#＃] (?P<topic> [^\s\p{{Cc}}/:<$\[\]{_SIGN}]{{2,60}} ) [#＃]++ (?![{_WORD}@＠])
    | (?P<signs> {_RUN}++ )
    # [label](address), [label][name] and [name]: address, in Markdown and MFM
    | (?P<bracket> \] (?=[(\[:]) )
    # Pleroma takes &bob@example.org for an account
    | (?P<prefix> (?<! [^\s<>`(] ) [&+] (?= [A-Za-z0-9_-]++ @ ) )
    # MFM functions, MFM tags, HTML tags with attributes
    | (?P<opener> \$(?=\[) | <(?=/?(?:center|plain)>|[A-Za-z][\w-]*+\s[^<>=]*+=) )
    """,
    regex.VERBOSE,
)
_NEEDS_GAP = regex.compile(rf"[{_WORD}\]$<:/]")

# what MFM, the strictest of all, takes for one whole link: ASCII with balanced brackets
_IN_LINK = r"[.,a-zA-Z0-9_/:%#@$&?!~=+-]"
_WHOLE_LINK = regex.compile(
    rf"https?://(?:{_IN_LINK}|\((?:{_IN_LINK}|\({_IN_LINK}*\))*\)|\[{_IN_LINK}*\])++"
)
_PLAIN_IN_LINK = ".,_/:%@$&?!~=+-"
_ENDS_SAFELY = regex.compile(r"[A-Za-z0-9]\Z")
# Mastodon finds such a mention even within a link (account.rb, MENTION_RE)
_MENTION_IN_LINK = regex.compile(r"(?<![=/\w])@(?=\w|\Z)")

# an @ within a link or an address mentions nobody
_MENTION = regex.compile(rf"(?<![{_WORD}/=.@＠])[@＠]{_NAME}(?:[@＠]{_NAME})?")


def defuse(text: str, *, numbers: bool = True) -> str:
    """The text without the @ and # of mentions and hashtags: `alice`, `alice (host)`, `word`.

    By the rules of the parser that finds the most (ADR 0020): Misskey's, for which only an ASCII
    letter or digit before an @ or # makes it part of a word. The characters are removed and not
    separated by an invisible one, since `clean` removes those (ADR 0008). Addresses such as
    bob@example.org stay, and links keep working, with `%40` for their `@`. A space breaks
    `[label](address)`, MFM functions and HTML tags. With `numbers`, `#1` counts as a hashtag, as it
    does on some servers. One pass, in time proportional to the text.
    """

    def harmless(match: regex.Match[str]) -> str:
        if match["number"]:
            return _without_signs(match) if numbers else match[0]
        return _harmless(match)

    return _HAZARDS.sub(harmless, text)


def mentions(text: str) -> tuple[str, ...]:
    """The accounts that a text mentions, as it names them (`@name@host`), each once."""
    return tuple(dict.fromkeys(match[0] for match in _MENTION.finditer(text)))


def harmless_link(link: str) -> str:
    """The link in a form in which no server finds a mention or hashtag, on a line of its own."""
    if _WHOLE_LINK.fullmatch(link):
        return _MENTION_IN_LINK.sub("%40", link)
    return _with_encoded_path(link).replace("@", "%40")


def _harmless(match: regex.Match[str]) -> str:
    """The replacement of one hazard."""
    match match.lastgroup:
        case "link":
            return _link_in_text(match)
        case "kept":
            return match[0]
        case "keycap" | "bracket" | "prefix" | "opener":
            return f"{match[0]} "
    return _without_signs(match)


def _without_signs(match: regex.Match[str]) -> str:
    """The name behind @ or #, separated from the word before: 回复@某人 becomes 回复 某人."""
    before = match.string[max(0, match.start() - 1) : match.start()]
    gap = " " if _NEEDS_GAP.match(before) else ""
    if match["topic"]:
        return gap + match["topic"]
    name, *hosts = regex.split(r"[@＠]+", match["handle"] or "")
    return f"{gap}{name} ({', '.join(hosts)})" if hosts else gap


def _link_in_text(match: regex.Match[str]) -> str:
    """A link within a text, harmless also for servers that do not recognise it there.

    GoToSocial recognises no link behind 「 or :, and then finds mentions and hashtags in it.
    """
    link = match["link"].replace("@", "%40").replace("＃", "%EF%BC%83")
    # MFM may end the link earlier, and would find a function in the rest
    link = link.replace("$[", "%24[")
    head, _, fragment = _with_encoded_path(link).partition("#")
    fragment = fragment.replace("#", "%23")
    if not fragment:
        return head
    if fragment[0] in "/!" or _ENDS_SAFELY.search(head):
        return f"{head}#{fragment}"
    if not head.endswith("/") or not _WHOLE_LINK.fullmatch(head):
        return f"{head}%23{fragment}"
    before = match.string[max(0, match.start() - 1) : match.start()]
    gap = " " if before.strip() else ""
    return f"{gap}{head}#{fragment}"


def _with_encoded_path(link: str) -> str:
    """The link with everything before its fragment percent-encoded that would end it in MFM."""
    head, sign, fragment = link.partition("#")
    if not sign or _WHOLE_LINK.fullmatch(head):
        return link
    *origin, path = head.split("/", 3)
    if len(origin) < 3:
        # a host cannot be percent-encoded: it would be another host
        return link
    return "/".join([*origin, quote(path, safe=_PLAIN_IN_LINK)]) + sign + fragment
