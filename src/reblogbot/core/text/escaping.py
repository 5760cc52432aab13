"""Text as it is sent to a server that renders it, so that it stands there as it was meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.entities import html5

import regex

from reblogbot.model import Markup

# a link up to the first character that no address has
_LINK = r"(?P<link>[Hh][Tt][Tt][Pp][Ss]?://[^\s<>\"“”‘’「」『』【】《》〈〉（），。；：！？、…\\`|{}^]+)"
# the template's own mentions and the post's own hashtags: `defuse` has left no foreign ones
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
# markdown-it finds such a link by itself, and whole; with several signs in a row it may not
_FOUND_BY_HOLLO = regex.compile(
    r"(?!.*--)https?://[A-Za-z0-9.-]+"
    r"(?:[/?#](?:[A-Za-z0-9/&=_~#%@+$-]|[?.:;,](?=[A-Za-z0-9/]))*)?[A-Za-z0-9/]"
)


def escape(text: str, markup: Markup) -> str:
    """The text to send so that `text` stands there; links and hashtags keep working.

    gotosocial: it undoes character references and backslashes in plain text (goldmark).
    hollo: Markdown (markdown-it), where a single line break needs two spaces before it.
    snac: Markdown and HTML at once, so numeric references. One pass; "plain" changes nothing.
    """
    if markup == "plain":
        return text
    pattern, written = _FORMATS[markup]
    return pattern.sub(written, text)


def _for_gotosocial(found: regex.Match[str]) -> str:
    if found["link"] or found["own"]:
        return found[0]
    if found["backslash"]:
        return r"\\"
    name = found["name"]
    return "&amp;" if name.startswith("#") or f"{name};" in html5 else "&"


def _for_hollo(found: regex.Match[str]) -> str:
    if found["link"]:
        return found[0] if _FOUND_BY_HOLLO.fullmatch(found[0]) else f"<{found[0]}>"
    if found["own"]:
        return found[0]
    if found["bullet"]:
        return f"{found['number']}\\{found['bullet']}"
    if found["indent"]:
        return ""
    if found["break"]:
        text, start, end = found.string, found.start(), found.end()
        is_blank = text[start - 1 : start] in ("", "\n") or text[end : end + 1] in ("", "\n")
        return "\n" if is_blank else "  \n"
    return f"\\{found[0]}"


def _for_snac(found: regex.Match[str]) -> str:
    return found[0] if found["link"] or found["own"] else f"&#{ord(found[0])};"


_FORMATS: Mapping[Markup, tuple[regex.Pattern[str], Callable[[regex.Match[str]], str]]] = {
    "gotosocial": (_GOTOSOCIAL, _for_gotosocial),
    "hollo": (_HOLLO, _for_hollo),
    "snac": (_SNAC, _for_snac),
}
