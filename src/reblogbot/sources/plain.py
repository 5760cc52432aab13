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
    r"</(?:a|b|div|em|font|h[1-6]|i|li|p|s|small|span|strong|sub|sup|u)\s?>"
    r"|<(?:br|wbr)\s?/?>|<img\s[^<>]{1,1000}>|<a\s+href\s*=|\A\s*<(?:p|div)>"
    r"|<(script|style)\b[^<>]{0,1000}>[^<]*</\1\s*>",
    re.IGNORECASE,
)


def has_markup(written: str) -> bool:
    """True when the text is HTML by its looks."""
    return bool(_MARKUP.search(written))


def plain(written: str) -> str:
    """The text, unescaped exactly once; its tags are markup only where they look like it.

    A lone "<" or ">" is none, and "&amp;" is one "&".
    """
    written = written[:LONGEST_HTML]
    text = html_to_text(written) if has_markup(written) else unescape_once(written)
    return text[:LONGEST_TEXT].strip()


def plain_line(written: str) -> str:
    """The same on one line, without invisible characters."""
    return one_line(plain(written))
