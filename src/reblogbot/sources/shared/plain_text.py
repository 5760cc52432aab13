"""Text of which nobody says whether it is HTML, as the plain text that was meant."""

from __future__ import annotations

import re

from reblogbot.core.text import html_to_text, one_line
from reblogbot.core.text.markup import unescape_once

# Longer texts are cut before they are looked at: no post is that long, and a worker's time is dear
LONGEST_HTML = 12_000
LONGEST_TEXT = 5_000
# "Set<U>" and "the <p> element" are about such tags: what means them closes them
_MARKUP = re.compile(
    r"</(?:a|abbr|b|big|cite|code|del|div|em|font|h[1-6]|i|ins|kbd|li|mark|object|ol|p|q|rt|ruby|s"
    r"|small|span|strong|sub|sup|tt|u|ul)\s?>"
    r"|<(?:br|hr|wbr)\s?/?>|<img\s[^<>]{1,1000}>|<a\s+href\s*=|\A\s*<(?:p|div)>"
    r"|<[a-z][\w-]{0,20}\s[^<>]{0,500}=\s?(?:\"[^<>\"]{0,500}\"|'[^<>']{0,500}')\s?/?>"
    r"|<(script|style)\b[^<>]{0,1000}>[^<]*</\1\s*>|<!\[CDATA\[|\]\]>\s*\Z",
    re.IGNORECASE,
)


# entities that nobody writes on purpose: the generator has escaped its text twice
_ESCAPED_TWICE = re.compile(
    r"&(?:#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,5}|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash);"
)


def has_markup(written: str) -> bool:
    """True when the text is HTML by its looks."""
    return bool(_MARKUP.search(written))


def plain(written: str) -> str:
    """The text, unescaped exactly once; its tags are markup only where they look like it.

    A lone "<" or ">" is none, and "&amp;" is one "&". Where markup was escaped twice, it is undone
    as often.
    """
    written = written[:LONGEST_HTML]
    text = html_to_text(written) if has_markup(written) else unescape_once(written)
    return _without_tags(text)[:LONGEST_TEXT].strip()


def from_html(html: str) -> str:
    """The text of HTML, of which a part may have been escaped twice."""
    return _without_tags(html_to_text(html[:LONGEST_HTML]))


def from_plain(text: str) -> str:
    """Text that is said to be plain, without the tags and entities that it has nevertheless.

    Tags count where they look like markup; entities where some are such as nobody writes: `&#39;`
    tells that a generator escapes twice, `&amp;` alone may be what is meant.
    """
    return from_escaped(_without_tags(text[:LONGEST_HTML]))


def from_escaped(text: str) -> str:
    """The same, for a text in which tags are meant to be read."""
    return unescape_once(text) if _ESCAPED_TWICE.search(text) else text


def _without_tags(text: str) -> str:
    return html_to_text(text) if has_markup(text) else text


def plain_line(written: str) -> str:
    """The same on one line, without invisible characters."""
    return one_line(plain(written))
