"""Escaping for servers that interpret a text as Markdown or HTML, so that it is shown as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.entities import html5

import regex

from reblogbot.model import Markup

# a link up to the first character that is not allowed in one
_LINK = r"(?P<link>[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"“”‘’「」『』【】《》〈〉（），。；：！？、…\\`|{}^]+)"
# mentions of the template and hashtags of the post: `defuse` has removed those of the source
_OWN = r"(?P<own>(?<![\w/])(?:@[\w.-]*\w(?:@[\w.-]*\w)?|\#\w*[\p{L}_]\w*))"
_LINE = r"(?:\A|(?<=\n))[^\S\n]"
_GOTOSOCIAL = regex.compile(
    rf"{_LINK}|{_OWN}"
    r"|&(?=(?P<name>\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)"
    r"|(?P<backslash>\\)(?=[!-/:-@\[-`{-~])"
)
_HOLLO = regex.compile(
    rf"""
    {_LINK} | {_OWN}
    | (?P<break> (?<![^\S\n]) [^\S\n]*+ \n )
    | {_LINE}*+ (?P<number> [0-9]{{0,9}}+ ) (?P<bullet> (?<![0-9])[-+=:] | (?<=[0-9])[.)] )
    | (?P<indent> {_LINE}++ )
    | [\\*_`~\[\]<>\#&!|]
    """,
    regex.VERBOSE,
)
_SNAC = regex.compile(rf"{_LINK}|{_OWN}|[&<>*_`~\[\]!#@:\-]")
# markdown-it recognises the whole of such a link; with several special characters in a row it may
# not, and needs <…> around it
_RECOGNISED_BY_HOLLO = regex.compile(
    r"(?!.*--)https?://[A-Za-z0-9.-]+"
    r"(?:[/?#](?:[A-Za-z0-9/&=_~#%@+$-]|[?.:;,](?=[A-Za-z0-9/]))*)?[A-Za-z0-9/]"
)
# behind it, as behind a letter, markdown-it recognises no link
_HIDES_LINK_FROM_HOLLO = regex.compile(r"[^\s\p{P}]|_")
# colons behind a host; of several markdown-it shows one less when they are a part of the link
_HOST_AND_COLONS = regex.compile(
    r"(?P<address>https?://[^/?#]*[^/?#:])(?P<colons>:+)", regex.IGNORECASE
)
# what ends `_LINK` and is escaped
_ENDS_LINK_ESCAPED = ("\\", "`", "|", "<", ">")


def escape(text: str, markup: Markup) -> str:
    """The text to send so that the server shows `text`; links and hashtags keep working.

    gotosocial: it resolves character references and backslashes even in plain text (goldmark).
    hollo: Markdown (markdown-it), where a single line break needs two spaces before it.
    snac: Markdown and HTML at once, hence numeric references. "plain" needs no escaping.
    """
    if markup == "plain":
        return text
    pattern, escaped = _FORMATS[markup]
    return pattern.sub(escaped, text)


def _for_gotosocial(match: regex.Match[str]) -> str:
    if match["link"] or match["own"]:
        return match[0]
    if match["backslash"]:
        return r"\\"
    name = match["name"]
    return "&amp;" if name.startswith("#") or f"{name};" in html5 else "&"


def _for_hollo(match: regex.Match[str]) -> str:
    if match["link"]:
        return _link_for_hollo(match)
    if match["own"]:
        return match[0]
    if match["bullet"]:
        return f"{match['number']}\\{match['bullet']}"
    if match["indent"]:
        return ""
    if match["break"]:
        text, start, end = match.string, match.start(), match.end()
        is_blank = text[start - 1 : start] in ("", "\n") or text[end : end + 1] in ("", "\n")
        return "\n" if is_blank else "  \n"
    return f"\\{match[0]}"


def _link_for_hollo(match: regex.Match[str]) -> str:
    host = _HOST_AND_COLONS.fullmatch(match[0])
    if host is not None:
        return f"<{host['address']}>{host['colons']}"
    # it would take the backslash that escapes what follows the link for a part of the link
    is_followed_by_backslash = match.string.startswith(_ENDS_LINK_ESCAPED, match.end())
    is_recognised = (
        _RECOGNISED_BY_HOLLO.fullmatch(match[0])
        and not is_followed_by_backslash
        and not _HIDES_LINK_FROM_HOLLO.fullmatch(
            match.string[max(0, match.start() - 1) : match.start()]
        )
    )
    return match[0] if is_recognised else f"<{match[0]}>"


def _for_snac(match: regex.Match[str]) -> str:
    return match[0] if match["link"] or match["own"] else f"&#{ord(match[0])};"


_FORMATS: Mapping[Markup, tuple[regex.Pattern[str], Callable[[regex.Match[str]], str]]] = {
    "gotosocial": (_GOTOSOCIAL, _for_gotosocial),
    "hollo": (_HOLLO, _for_hollo),
    "snac": (_SNAC, _for_snac),
}
