"""CSS selectors with an optional attribute, as in `a.title@href`; checked when the config loads."""

from __future__ import annotations

import re
from difflib import get_close_matches

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

_LONGEST = 1000
_SELECTOR = re.compile(r"(.*?)\s*(?:@([A-Za-z][\w:-]*))?", re.DOTALL)
_PSEUDO = re.compile(r":([a-z][a-z-]*)", re.IGNORECASE)
_PSEUDOS = (
    "any-link checked disabled empty enabled first-child first-of-type has is last-child "
    "last-of-type lexbor-contains link not nth-child nth-last-child nth-last-of-type nth-of-type "
    "only-child only-of-type optional read-only read-write required root where"
).split()
_STRINGS = re.compile(r"\"[^\"]*\"|'[^']*'")


def split(written: str) -> tuple[str, str]:
    """The selector and the attribute in `a.title@href`; either may be ""."""
    match = _SELECTOR.fullmatch(written.strip())
    return (match[1], match[2] or "") if match else (written, "")


def read_selector(written: str) -> str:
    """The selector, checked, with or without an attribute. Raises ValueError with a message."""
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
    """The selector, checked, of whole elements. Raises ValueError with a message."""
    if split(written)[1]:
        raise ValueError('an item is an element, not an attribute; write "li.entry"')
    return read_selector(written)


def _hint(selector: str) -> str:
    bare = _STRINGS.sub("", selector)
    if bare.startswith(("/", "./")):
        return 'this looks like XPath, which in CSS is "div.list > a"'
    if "::" in bare:
        return 'the text of an element is taken without it; an attribute is written "a@href"'
    if ":contains(" in bare:
        return "it is written :lexbor-contains('text') here"
    if any(bare.count(opening) != bare.count(closing) for opening, closing in ("[]", "()")) or (
        {"'", '"'} & {*bare}
    ):
        return "a bracket or a quote is not closed"
    for name in _PSEUDO.findall(bare):
        if name.lower() not in _PSEUDOS:
            near = get_close_matches(name.lower(), _PSEUDOS, 1)
            return f'did you mean ":{near[0]}"?' if near else f'":{name[:40]}" is not known'
    return 'write one such as "ul.list > li" or "a.title@href"'
