"""Plain text of fields of which the source does not say whether they are HTML."""

from __future__ import annotations

import re

from reblogbot.core.text import html_to_text, one_line
from reblogbot.core.text.markup import unescape_once

# Texts are cut before they are parsed: no post is longer, and parsing costs CPU per character.
LONGEST_HTML = 12_000
LONGEST_TEXT = 5_000
# Titles such as "Set<U>" and "the <p> element" are text. Markup is what closes an element, has
# attributes, or is an empty element.
_MARKUP = re.compile(
    r"</(?:a|abbr|b|big|cite|code|del|div|em|font|h[1-6]|i|ins|kbd|li|mark|object|ol|p|q|rt|ruby|s"
    r"|small|span|strong|sub|sup|tt|u|ul)\s?>"
    r"|<(?:br|hr|wbr)\s?/?>|<img\s[^<>]{1,1000}>|<a\s+href\s*=|\A\s*<(?:p|div)>"
    r"|<[a-z][\w-]{0,20}\s[^<>]{0,500}=\s?(?:\"[^<>\"]{0,500}\"|'[^<>']{0,500}')\s?/?>"
    r"|<(script|style)\b[^<>]{0,1000}>[^<]*</\1\s*>|<!\[CDATA\[|\]\]>\s*\Z",
    re.IGNORECASE,
)
# Nobody types these entities in plain text: the generator of the feed escaped it twice.
_ESCAPED_TWICE = re.compile(
    r"&(?:#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5}|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash);"
)


def has_markup(written: str) -> bool:
    """True when the text looks like HTML."""
    return ("<" in written or "]]>" in written) and bool(_MARKUP.search(written))


def plain(written: str) -> str:
    """The text, unescaped exactly once; tags are removed only where they look like markup.

    A lone "<" or ">" is text, and "&amp;" is one "&". Markup that was escaped twice is unescaped
    twice.
    """
    written = written[:LONGEST_HTML]
    text = html_to_text(written) if has_markup(written) else unescape_once(written)
    return _without_tags(text)[:LONGEST_TEXT].strip()


def from_html(html: str) -> str:
    """The text of HTML, a part of which may have been escaped twice."""
    return _without_tags(html_to_text(html[:LONGEST_HTML]))


def from_plain(text: str) -> str:
    """Text that is declared as plain, without the markup and entities it has nevertheless.

    Entities are unescaped only where one is of a kind that nobody types: `&#39;` shows that the
    generator escapes twice, but a single `&amp;` may be what the author wrote.
    """
    return from_escaped(_without_tags(text[:LONGEST_HTML]))


def from_escaped(text: str) -> str:
    """The same for a text whose tags are part of the text."""
    return unescape_once(text) if _ESCAPED_TWICE.search(text) else text


def _without_tags(text: str) -> str:
    return html_to_text(text) if has_markup(text) else text


def plain_line(written: str) -> str:
    """`plain` on one line, without invisible characters."""
    return one_line(plain(written))
