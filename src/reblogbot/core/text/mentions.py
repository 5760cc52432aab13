"""Foreign text made harmless: no server finds a mention, a hashtag or a disguised link in it."""

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
# a link as elsewhere, but none that runs on into [label](address)
_SCHEME, _NOT_BLANK = LINK.pattern.removesuffix("+").split("://")
_NUMBER = rf"\#(?=[0-9]++(?![{_WORD}{_SIGN}]))"
# alternatives from the most to the least specific; each consumes a whole run of signs
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
    # MFM functions, MFM tags, HTML tags with attributes
    # Pleroma takes &bob@example.org for an account
    | (?P<prefix> (?<! [^\s<>`(] ) [&+] (?= [A-Za-z0-9_-]++ @ ) )
    | (?P<opener> \$(?=\[) | <(?=/?(?:center|plain)>|[A-Za-z][\w-]*+\s[^<>=]*+=) )
    """,
    regex.VERBOSE,
)
_NEEDS_GAP = regex.compile(rf"[{_WORD}\]$<:/]")

# what MFM takes for one link, and all other servers do: ASCII with balanced brackets
_IN_LINK = r"[.,a-zA-Z0-9_/:%#@$&?!~=+-]"
_WHOLE = regex.compile(
    rf"https?://(?:{_IN_LINK}|\((?:{_IN_LINK}|\({_IN_LINK}*\))*\)|\[{_IN_LINK}*\])++"
)
_PLAIN_IN_LINK = ".,_/:%@$&?!~=+-"
_ENDS_SAFELY = regex.compile(r"[A-Za-z0-9]\Z")
# where Mastodon finds a mention even within a link (account.rb, MENTION_RE)
_MENTION_IN_LINK = regex.compile(r"(?<![=/\w])@(?=\w|\Z)")


def defuse(text: str, *, numbers: bool = True) -> str:
    """The text without the signs of mentions and hashtags: `alice`, `alice (host)`, `word`.

    Judged by the strictest parser of all (docs/adr/0020): Misskey's, where only an ASCII letter
    or digit before a sign protects it. Signs are removed rather than replaced: an invisible
    character behind them is what `clean` removes. Addresses such as bob@example.org stay, and
    links keep working, with `%40` for their `@`. A space breaks `[label](address)`, MFM
    functions and HTML tags. With `numbers`, `#1` counts as a hashtag, as some servers have it.
    One pass, in time that grows with the text.
    """

    def harmless(found: regex.Match[str]) -> str:
        if found["number"]:
            return _without_signs(found) if numbers else found[0]
        return _harmless(found)

    return _HAZARDS.sub(harmless, text)


def harmless_link(link: str) -> str:
    """The same link, in which no server finds a mention or hashtag if it stands on a line alone."""
    if _WHOLE.fullmatch(link):
        return _MENTION_IN_LINK.sub("%40", link)
    return _closed_head(link).replace("@", "%40")


def _harmless(found: regex.Match[str]) -> str:
    """The replacement of one hazard."""
    match found.lastgroup:
        case "link":
            return _link_in_text(found)
        case "kept":
            return found[0]
        case "keycap" | "bracket" | "prefix" | "opener":
            return f"{found[0]} "
    return _without_signs(found)


def _without_signs(found: regex.Match[str]) -> str:
    """The words behind the signs, apart from the word before them: 回复@某人 becomes 回复 某人."""
    before = found.string[max(0, found.start() - 1) : found.start()]
    gap = " " if _NEEDS_GAP.match(before) else ""
    if found["topic"]:
        return gap + found["topic"]
    name, *hosts = regex.split(r"[@＠]+", found["handle"] or "")
    return f"{gap}{name} ({', '.join(hosts)})" if hosts else gap


def _link_in_text(found: regex.Match[str]) -> str:
    """A link within a text, which not every server recognises there.

    GoToSocial, for one, knows none behind 「 or :, and so finds mentions and hashtags in it.
    """
    link = found["link"].replace("@", "%40").replace("＃", "%EF%BC%83")
    # MFM may find a function in the rest of a link that it cuts short
    link = link.replace("$[", "%24[")
    head, _, fragment = _closed_head(link).partition("#")
    fragment = fragment.replace("#", "%23")
    if not fragment:
        return head
    if fragment[0] in "/!" or _ENDS_SAFELY.search(head):
        return f"{head}#{fragment}"
    if not head.endswith("/") or not _WHOLE.fullmatch(head):
        return f"{head}%23{fragment}"
    before = found.string[max(0, found.start() - 1) : found.start()]
    gap = " " if before.strip() else ""
    return f"{gap}{head}#{fragment}"


def _closed_head(link: str) -> str:
    """The link with all percent-encoded before its fragment that would end it early in MFM."""
    head, sign, fragment = link.partition("#")
    if not sign or _WHOLE.fullmatch(head):
        return link
    *origin, path = head.split("/", 3)
    if len(origin) < 3:
        # a host without a path: percent-encoded it would be another
        return link
    return "/".join([*origin, quote(path, safe=_PLAIN_IN_LINK)]) + sign + fragment
