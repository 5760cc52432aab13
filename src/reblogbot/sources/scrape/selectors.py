"""CSS selectors, checked when the config is read: what they select, and which attribute of it."""

from __future__ import annotations

import re
from difflib import get_close_matches

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

_LONGEST = 1000
_FORM = re.compile(r"(.*?)\s*(?:@([A-Za-z][\w:-]*))?", re.DOTALL)
_PSEUDO = re.compile(r":([a-z][a-z-]*)", re.IGNORECASE)
_PSEUDOS = (
    "any-link checked disabled empty enabled first-child first-of-type has is last-child "
    "last-of-type lexbor-contains link not nth-child nth-last-child nth-last-of-type nth-of-type "
    "only-child only-of-type optional read-only read-write required root where"
).split()
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")


def split(written: str) -> tuple[str, str]:
    """The selector and the attribute in `a.title@href`; either may be ""."""
    found = _FORM.fullmatch(written.strip())
    return (found[1], found[2] or "") if found else (written, "")


def read_selector(written: str) -> str:
    """A selector, with or without an attribute. Raises ValueError with words for the admin."""
    selector, attribute = split(written)
    if len(written) > _LONGEST:
        raise ValueError(f"a selector has at most {_LONGEST} characters")
    if not selector and attribute:
        return written
    try:
        LexborHTMLParser("<p></p>").css(selector)
    except (SelectolaxError, ValueError):
        raise ValueError(f"not a CSS selector; {_hint(selector)}") from None
    return written


def read_item(written: str) -> str:
    """A selector of whole elements."""
    if split(written)[1]:
        raise ValueError('an item is an element, not an attribute; write "li.entry"')
    return read_selector(written)


def _hint(selector: str) -> str:
    bare = _STRINGS.sub("", selector)
    if bare.startswith(("/", "./")):
        return 'this looks like XPath, which in CSS is "div.list > a"'
    if "::" in bare:
        return 'text is taken by itself, and an attribute is written "a@href"'
    if ":contains(" in bare:
        return "that one is written :lexbor-contains('text')"
    if any(bare.count(one) != bare.count(other) for one, other in ("[]", "()")) or (
        {"'", '"'} & {*bare}
    ):
        return "a bracket or a quote is not closed"
    for name in _PSEUDO.findall(bare):
        if name.lower() not in _PSEUDOS:
            near = get_close_matches(name.lower(), _PSEUDOS, 1)
            return f'did you mean ":{near[0]}"?' if near else f'":{name[:40]}" is not known'
    return 'write one such as "ul.list > li" or "a.title@href"'
